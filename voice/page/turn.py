"""One turn on the page: what was said on the left, what happened underneath it on the right."""

from __future__ import annotations

from typing import Any

from personalization import events as customer
from voice.journal import Understood
from voice.page import charts
from voice.page.html import Html, many, tag
from voice.page.labels import Labels
from voice.page.summary import consent_words
from voice.page.turns import SpokenLine, Turn, clock
from voice.page.words import spoken_words, typeset

__all__ = ["turn_section"]


def turn_section(turn: Turn, scale: float, names: dict[str, str], labels: Labels) -> Html:
    """A turn.

    Args:
        scale: seconds that fill the width of its waterfall, the same in all turns so that they compare.
        names: product names by id.
    """
    name = labels("opening") if turn.number == 0 else labels("turn", number=turn.number)
    head = tag(
        "h3",
        name,
        " ",
        tag("span", clock(turn.at if turn.utterance else _began(turn))[:5], cls="at"),
        id=f"turn-{turn.number}",
    )
    said = tag("div", _caller(turn, labels), *(_line(line, labels) for line in turn.lines), cls="said")
    under = tag("div", *_panels(turn, scale, names, labels), cls="under")
    return tag("article", head, said, under, cls="turn", aria_labelledby=f"turn-{turn.number}")


def _began(turn: Turn) -> float:
    return min((line.began for line in turn.lines), default=turn.at)


def _caller(turn: Turn, labels: Labels) -> Html | None:
    said = turn.utterance
    if said is None:
        return None
    decided_by = turn.understood.decided_by if turn.understood else ()
    words = spoken_words(said, decided_by) if said.text.strip() else tag("em", labels("nothing_understood"))
    return _bubble("caller", said.began, said.ended, words, [], labels, said.language)


def _line(line: SpokenLine, labels: Labels) -> Html:
    marks = [tag("span", labels("mark_" + line.role), cls=f"mark {line.role}")] if line.role else []
    text = many(typeset(line.text))
    if line.ended is None:
        marks.append(tag("span", labels("still_speaking"), cls="mark cut"))
    elif line.unheard:
        text = many(
            typeset(line.heard), " ", tag("s", typeset(line.unheard), aria_label=f"{labels('unheard')}: {line.unheard}")
        )
        marks.append(tag("span", labels("interrupted"), cls="mark cut"))
    elif line.resumed:
        marks.append(tag("span", labels("resumed"), cls="mark"))
    return _bubble("assistant", line.began, line.ended, text, marks, labels, line.language)


def _bubble(
    who: str, begin: float, end: float | None, text: object, marks: list[Html], labels: Labels, language: str
) -> Html:
    listen = tag(
        "button", type="button", cls="listen", hidden=True, aria_label=labels("listen_from", time=clock(begin)[:5])
    )
    name = tag("p", labels(who), tag("span", clock(begin)[:5], cls="at"), listen, cls="who")
    begins, ends = f"{begin:.2f}", f"{end if end is not None else begin:.2f}"
    words = tag("p", text, lang=language, cls="words")
    return tag(
        "div",
        name,
        words,
        tag("p", *_spaced(marks), cls="marks") if marks else None,
        cls=f"bubble {who}",
        data_begin=begins,
        data_end=ends,
    )


def _spaced(parts: list[Html]) -> list[object]:
    return [piece for part in parts for piece in (part, " ")][:-1]


def _panels(turn: Turn, scale: float, names: dict[str, str], labels: Labels) -> list[Html | None]:
    return [
        _meaning(turn.understood, names, labels) if turn.understood else None,
        _panel(labels("cues"), charts.cues(turn.cues, labels)) if turn.cues else None,
        _panel(labels("consent"), *(tag("p", consent_words(consent, labels)) for consent in turn.consents))
        if turn.consents
        else None,
        _data(turn, labels),
        *(_suggestion(suggested, labels) for suggested in turn.suggested),
        *(tag("p", labels("why_depth", depth=event.depth), cls="note") for event in turn.explained),
        *(tag("p", labels("refused", what=_named(event, names)), cls="note") for event in turn.refused),
        *(
            tag("p", labels("identity", method=labels("method_" + event.method)), cls="note")
            for event in turn.authenticated
        ),
        _kept_out(turn.suppressed, labels) if turn.suppressed else None,
        _handed_off(turn.handed_off, labels) if turn.handed_off else None,
        *(_panel(labels("trouble"), tag("p", f"{event.where}: {event.what}")) for event in turn.troubles),
        _panel(labels("times"), charts.waterfall(turn.times, scale, labels)) if turn.times else None,
    ]


def _panel(title: str, *children: object, cls: str = "panel") -> Html:
    return tag("section", tag("h4", title), *children, cls=cls)


def _meaning(understood: Understood, names: dict[str, str], labels: Labels) -> Html:
    sure = labels("confidence", percent=labels.percent(understood.confidence))
    meter = tag(
        "span",
        tag("i", style=f"width:{min(max(understood.confidence, 0), 1) * 100:.0f}%"),
        cls="meter",
        aria_hidden="true",
    )
    chips = [
        tag("span", labels("intent_" + understood.intent), cls="chip intent", title=understood.intent),
        tag("span", meter, sure, cls="sure"),
    ]
    if understood.also:
        chips += [
            tag("span", labels("also"), cls="quiet"),
            tag("span", labels("intent_" + understood.also), cls="chip intent", title=understood.also),
        ]
    slots = [_slot(slot, value, names, labels) for slot, value in understood.slots.items() if value is not None]
    why = tag("p", labels("decided_by"), cls="hidden") if understood.decided_by else None
    return _panel(labels("understood"), tag("p", *_spaced(chips + slots), cls="chips"), why)


def _slot(slot: str, value: Any, names: dict[str, str], labels: Labels) -> Html:
    """A slot in words: a product by its name, a purpose or scope by its label."""
    shown = names.get(str(value), str(value))
    if slot in ("purpose", "kind", "scope"):
        shown = labels(f"{'scope' if slot == 'scope' else 'data'}_{value}")
    return tag("span", tag("span", labels("slot_" + slot), cls="slot"), " ", shown, cls="chip")


def _named(event: customer.Refused, names: dict[str, str]) -> str:
    return names.get(event.product or "", event.product or "") or event.category or "–"


def _data(turn: Turn, labels: Labels) -> Html | None:
    kinds = dict.fromkeys([*(turn.replied.uses if turn.replied else ()), *(str(read.purpose) for read in turn.reads)])
    if not kinds:
        return None
    announced = set(turn.replied.discloses) if turn.replied else set()
    chips = []
    for kind in kinds:
        counts = [read.records for read in turn.reads if read.purpose == kind]
        records = tag("span", labels("records", count=max(counts)), cls="slot") if counts else None
        aloud = tag("span", labels("announced"), cls="mark disclosure") if kind in announced else None
        chips.append(tag("span", labels(f"data_{kind}"), " ", records, " ", aloud, cls="chip data"))
    return _panel(labels("data"), tag("p", *_spaced(chips), cls="chips"))


def _suggestion(offer: customer.Suggested, labels: Labels) -> Html:
    """The offer with its price, reason and the purchases it rests on."""
    badge = (
        None
        if not offer.evidence
        else tag(
            "span",
            labels("is_verified" if offer.verified else "not_verified"),
            cls="badge" if offer.verified else "badge no",
            title=labels("verified_means"),
        )
    )
    cited = [
        tag(
            "li",
            tag("span", str(purchase.get("name", purchase.get("product", "")))),
            " ",
            tag("time", labels.day(purchase["date"]), datetime=str(purchase["date"])) if purchase.get("date") else None,
        )
        for purchase in offer.evidence
    ]
    rests = many(tag("h5", labels("evidence")), tag("ul", *cited)) if cited else None
    means = labels("verified_means") if offer.evidence else labels("popular_means") if offer.rule == "popular" else None
    head = tag("p", tag("strong", offer.name), tag("span", labels.price(offer.price), cls="price"), cls="product")
    marks = tag("p", badge, " ", tag("span", labels("rule_" + offer.rule), cls="chip"), cls="chips")
    return _panel(
        labels("suggestion"),
        head,
        marks,
        tag("blockquote", typeset(offer.reason)),
        rests,
        tag("p", means, cls="quiet") if means and (offer.verified or not offer.evidence) else None,
        cls="panel card",
    )


def _kept_out(kept: list[customer.Suppressed], labels: Labels) -> Html:
    rows = []
    for item in kept:
        until = f", {labels('until', date=labels.day(item.until))}" if item.until else ""
        rows.append(
            tag(
                "li",
                item.name or labels("everything"),
                " ",
                tag("span", "· ", labels("kept_" + item.rule), until, cls="quiet"),
            )
        )
    return _panel(labels("kept_out"), tag("ul", *rows, cls="kept"))


def _handed_off(handed: customer.HandedOff, labels: Labels) -> Html:
    rows = [
        ("because", [labels("reason_" + reason) for reason in handed.reasons]),
        ("tried", handed.tried),
        ("handoff_refused", handed.refused),
        ("passed_on", handed.turns_redacted),
    ]
    shown = [tag("div", tag("dt", labels(name)), tag("dd", "; ".join(values))) for name, values in rows if values]
    outcome = tag("p", tag("strong", labels("handoff_" + handed.outcome)))
    return _panel(labels("handoff"), outcome, tag("dl", *shown, cls="own") if shown else None, cls="panel card human")
