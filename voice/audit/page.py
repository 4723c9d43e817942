"""The audit to look at: one page with its intervals drawn, that fetches nothing and runs nothing."""

from __future__ import annotations

from typing import Any

from voice.page.html import Html, many, tag

__all__ = ["audit_page"]

_STYLE = Html(
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;"
    "max-width:64rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;vertical-align:top;"
    "border-bottom:1px solid #8886}td.n{text-align:right}"
    "svg{width:16rem;height:1.4rem}.bar{stroke:#2a6fb0;stroke-width:4}"
    ".dot{fill:#2a6fb0}.axis{stroke:#8888}.limit{stroke:#b03a2a;stroke-dasharray:3 2}"
    ".small{opacity:.55}"
    ".broken{font-weight:700;color:#c2402e}.high,.medium{font-weight:700}"
)
_WIDE = 240


def audit_page(report: dict[str, Any]) -> str:
    """
    Args:
        report: what `voice.audit.whole.whole_audit` gives, signed or not.
    """
    parts = report["parts"]
    verdict = "Every threshold holds." if report["holds"] else "A threshold is broken."
    body = many(
        tag("h1", f"Audit of {report['brand']}"),
        tag("p", f"Made {report['made']} by Candide {report['candide']}. ",
            tag("span", verdict, cls=None if report["holds"] else "broken")),
        _promises(parts["promises"]),
        _security(parts["security"]),
        _recommendation(parts["recommendation"]),
        _groups("Recognition", parts["recognition"]),
        _groups("Hand-offs to a human", parts["handoffs"]),
        tag("h2", "Compliance pack"),
        tag("ul", *(tag("li", tag("a", name, href=name), f" (SHA-256 {digest[:16]}…)")
                    for name, digest in parts["compliance"]["files"].items())),
        _signature(report.get("signature")),
    )  # fmt: skip
    head = many(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content="default-src 'none'; style-src 'unsafe-inline'"),
        tag("title", f"Audit of {report['brand']}"),
        tag("style", _STYLE),
    )
    return f"<!doctype html>{tag('html', tag('head', head), tag('body', body), lang='en')}\n"


def interval(low: float, value: float, high: float, most: float = 1.0, limit: float | None = None) -> Html:
    """A dot on its 95 % interval, from 0 to `most`, with the threshold as a dashed line."""
    most = most or 1.0

    def x(number: float) -> str:
        return f"{8 + _WIDE * min(1.0, number / most):.1f}"

    words = f"{value:.3f}, 95 % interval {low:.3f} to {high:.3f}"
    dashed = None if limit is None else tag("line", cls="limit", x1=x(limit), x2=x(limit), y1=2, y2=18)
    return tag(
        "svg",
        tag("title", words),
        tag("line", cls="axis", x1=8, x2=8 + _WIDE, y1=10, y2=10),
        tag("line", cls="bar", x1=x(low), x2=x(high), y1=10, y2=10),
        tag("circle", cls="dot", cx=x(value), cy=10, r=5),
        dashed,
        viewBox=f"0 0 {_WIDE + 16} 20",
        role="img",
        aria_label=words,
    )


def _promises(part: dict[str, Any]) -> Html:
    graph = part["graph"]
    whole = "all of them" if graph["complete"] else "as many as the bound allows"
    said = f"Calls: {part['journals']:,}" if part["journals"] else "No call was named, so nothing said was counted"
    counted = f"{said}; {graph['states']:,} states of the dialogue explored by {graph['steps']:,} steps"
    return many(tag("h2", "Promises"), tag("p", f"{counted}, {whole}."), _shares(part["shares"]))


def _shares(shares: list[dict[str, Any]]) -> Html:
    rows = [_head("", "share", "n", "95 % interval", "")]
    for share in shares:
        limit = share["at_least"] if share["at_least"] is not None else share["at_most"]
        drawn = None if share["value"] is None else interval(share["low"], share["value"], share["high"], 1.0, limit)
        value = "nothing to count" if share["value"] is None else f"{share['value']:.1%}"
        judged = tag("td") if share["value"] is None else _verdict(share["holds"])
        rows.append(tag("tr", tag("td", _name(share["name"])), tag("td", value), tag("td", f"{share['n']:,}", cls="n"),
                        tag("td", drawn), judged))  # fmt: skip
    places = [tag("li", f"{_name(share['name'])}: {place}") for share in shares for place in share["broken"][:50]]
    return many(tag("table", *rows), tag("ul", *places) if places else None)


def _security(part: dict[str, Any]) -> Html:
    rows = [_head("severity", "looked at", "found", "what to do")]
    rows += [tag("tr", tag("td", each["severity"], cls=each["severity"]), *(tag("td", each[name]) for name in
                 ("check", "what", "to_do"))) for each in part["findings"]]  # fmt: skip
    return many(tag("h2", "Security"), tag("table", *rows))


def _recommendation(part: dict[str, Any]) -> Html:
    if "not_measured" in part:
        return many(tag("h2", "Recommendation"), tag("p", f"Not measured: {part['not_measured']}"))
    found = [tag("h2", "Recommendation"), tag("p", "Each offer made again with only the group changed:")]
    found.append(_shares(part["shares"]))
    return many(*found, _comparisons(part["comparisons"]))


def _groups(title: str, part: dict[str, Any]) -> Html:
    told = tag("p", f"Not measured: {part['not_measured']}") if "not_measured" in part else None
    return many(tag("h2", title), told, _comparisons(part["comparisons"]))


def _comparisons(comparisons: list[dict[str, Any]]) -> Html:
    found = []
    for each in comparisons:
        verdict = tag("span", each["verdict"], cls=None if each["holds"] else "broken")
        found.append(tag("h3", f"{_name(each['measure'])} by {each['attribute']}: ", verdict))
        most = max((group["high"] for group in each["groups"]), default=1.0)
        rows = [_head("group", "mean", "n", "95 % interval", "")]
        for group in each["groups"]:
            rows.append(tag("tr", tag("td", group["name"]), tag("td", f"{group['mean']:.3f}"),
                            tag("td", f"{group['n']:,}", cls="n"),
                            tag("td", interval(group["low"], group["mean"], group["high"], max(1.0, most))),
                            tag("td", "too small" if group["too_small"] else ""),
                            cls="small" if group["too_small"] else None))  # fmt: skip
        found.append(tag("table", *rows))
    return many(*found)


def _head(*names: str) -> Html:
    return tag("tr", *(tag("th", name, scope="col") for name in names))


def _verdict(holds: bool) -> Html:
    return tag("td", "holds" if holds else "broken", cls=None if holds else "broken")


def _name(name: str) -> str:
    return name.replace("_", " ")


def _signature(signature: dict[str, str] | None) -> Html | None:
    if signature is None:
        return None
    told = f"The JSON file of the same name is signed ({signature['method']}, {signature['key']}): {signature['mac']}"
    return many(tag("h2", "Signature"), tag("p", told), tag("p", "candide audit verify FILE.json"))
