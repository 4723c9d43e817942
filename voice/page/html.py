"""HTML that is escaped by construction: a `str` is text and is escaped, only `Html` passes as markup."""

from __future__ import annotations

from html import escape

__all__ = ["Html", "many", "tag"]

_VOID = frozenset({"br", "meta", "input", "rect", "line", "path", "circle"})


class Html(str):
    """Markup made by `tag` or read from assets/."""

    __slots__ = ()


def many(*children: object) -> Html:
    """Children one after another; None is left out, text is escaped."""
    return Html("".join(_markup(child) for child in children))


def tag(name: str, *children: object, **attributes: object) -> Html:
    """An element. `cls` and `for_` are `class` and `for`, an underscore is a hyphen; None and False leave one out."""
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{written}/>" if name not in ("br", "meta", "input") else f"<{name}{written}>")
    return Html(f"<{name}{written}>{many(*children)}</{name}>")


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = {"cls": "class", "for_": "for"}.get(key, key.replace("_", "-"))
    return f" {name}" if value is True else f' {name}="{_escape(str(value))}"'


def _markup(child: object) -> str:
    if child is None:
        return ""
    return child if isinstance(child, Html) else _escape(str(child))


def _escape(text: str) -> str:
    """Escape markup; signs that HTML cannot hold (controls, lone surrogates) become U+FFFD."""
    safe = "".join(
        "\N{REPLACEMENT CHARACTER}"
        if (sign < " " and sign not in "\t\n") or "\ud800" <= sign <= "\udfff" or sign == "\x7f"
        else sign
        for sign in text
    )
    return escape(safe, quote=True)
