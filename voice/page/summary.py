"""The top of the page: what conversation this is, its figures, the player, and consent over the call."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from personalization.events import ConsentChanged
from voice.page.html import Html, many, tag
from voice.page.labels import Labels
from voice.page.sound import data_address, waveform
from voice.page.turns import Conversation, clock, percentile

__all__ = ["consent_timeline", "heading", "player", "privacy_note"]


def heading(conversation: Conversation, labels: Labels) -> Html:
    started = conversation.started
    facts = None
    if started:
        end = conversation.ended.reason if conversation.ended else "unknown"
        facts = labels(
            "subtitle",
            channel=labels("channel_" + started.channel),
            rate=labels.number(started.rate / 1000, 0 if started.rate % 1000 == 0 else 2),
            length=short(conversation.length),
            end=labels("end_" + end),
        )
        facts = f"{facts} · {labels('clock_' + started.clock)}"
    name = title(conversation, labels)
    return tag(
        "header",
        tag("p", "Candide", cls="brand"),
        tag("h1", name),
        tag("p", facts, cls="quiet"),
        _figures(conversation, labels),
    )


def title(conversation: Conversation, labels: Labels) -> str:
    return labels("title", brand=conversation.started.brand if conversation.started else "Candide")


def short(seconds: float) -> str:
    """1:04, as a player shows it."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def _figures(conversation: Conversation, labels: Labels) -> Html:
    responses = conversation.responses
    median, slow = percentile(responses, 0.5), percentile(responses, 0.95)
    rows = (
        ("turns", str(sum(turn.utterance is not None for turn in conversation.turns)), None),
        ("median", "–" if median is None else labels.ms(median), "median_note"),
        ("p95", "–" if slow is None else labels.ms(slow), "p95_note"),
        ("disclosures", str(conversation.disclosures), "disclosures_note"),
        ("verified", "{} / {}".format(*conversation.verified), "verified_note"),
    )
    return tag("dl", *(_figure(labels, *row) for row in rows), cls="figures")


def _figure(labels: Labels, name: str, value: str, note: str | None) -> Html:
    return tag("div", tag("dt", labels(name)), tag("dd", value, tag("small", labels(note)) if note else None))


def player(
    conversation: Conversation,
    sound: tuple[np.ndarray, int] | None,
    labels: Labels,
    mark: Mapping[str, str] | None = None,
) -> Html:
    """The waveform and the audio element, with the mark of the file it comes from. The browser's own controls serve
    where JavaScript is off.
    """
    if sound is None:
        return tag("p", labels("no_sound"), cls="quiet")
    pcm, rate = sound
    length = len(pcm) / rate
    audio = tag(
        "audio",
        id="sound",
        controls=True,
        preload="auto",
        src=data_address(pcm, rate, mark),
        aria_label=labels("player"),
    )
    button = tag(
        "button",
        tag("span", cls="icon", aria_hidden="true"),
        type="button",
        id="play",
        hidden=True,
        aria_label=labels("play"),
        data_play=labels("play"),
        data_pause=labels("pause"),
    )
    seek = tag(
        "input",
        type="range",
        id="seek",
        min="0",
        max=f"{length:.2f}",
        step="0.1",
        value="0",
        hidden=True,
        aria_label=labels("seek"),
    )
    picture = tag(
        "div",
        waveform(pcm, labels("waveform")),
        tag("span", cls="playhead", id="playhead", hidden=True),
        seek,
        cls="scope",
    )
    lanes = tag("div", tag("span", labels("caller")), tag("span", labels("assistant")), cls="lanes", aria_hidden="true")
    time = tag("output", f"0:00 / {short(length)}", id="time", for_="seek", aria_live="off", hidden=True)
    keys = tag("p", labels("keys"), id="keys", cls="quiet", hidden=True)
    bar = tag("div", button, lanes, picture, time, cls="bar")
    return tag("section", bar, audio, keys, cls="player", aria_label=labels("player"), data_length=f"{length:.2f}")


def consent_timeline(conversation: Conversation, labels: Labels) -> Html:
    """For each purpose, when its use was allowed during the call, and every change with the words that made it."""
    heading = tag("h2", labels("consent_title"), id="consent")
    if not conversation.consents:
        return tag("section", heading, tag("p", labels("consent_none"), cls="quiet"), aria_labelledby="consent")
    purposes = dict.fromkeys(consent.purpose for _, consent in conversation.consents)
    lanes = [_lane(conversation, purpose, labels) for purpose in purposes]
    changes = [tag("li", _time(at), " ", consent_words(consent, labels)) for at, consent in conversation.consents]
    return tag(
        "section",
        heading,
        tag("div", *lanes, cls="timeline"),
        tag("ul", *changes, cls="changes"),
        aria_labelledby="consent",
    )


def _time(at: float) -> Html:
    return tag("span", clock(at)[:5], cls="at")


def _lane(conversation: Conversation, purpose: str, labels: Labels) -> Html:
    length = max(conversation.length, 1e-9)
    name = labels(f"data_{purpose}")
    bars, opened = [], None
    for at, consent in [*(row for row in conversation.consents if row[1].purpose == purpose), (length, None)]:
        if opened is not None:
            words = labels("allowed_bar", purpose=name, begin=short(opened), end=short(at))
            style = f"left:{opened / length * 100:.2f}%;width:{(at - opened) / length * 100:.2f}%"
            bars.append(tag("i", style=style, role="img", aria_label=words, title=words))
        opened = at if consent and consent.granted else None
    return tag("div", tag("span", name), tag("span", *bars, cls="track"), cls="lane")


def consent_words(consent: ConsentChanged, labels: Labels) -> Html:
    """One change of a consent: what, how long, and the caller's words that are its proof."""
    state = "granted" if consent.granted else consent.why if consent.why in ("withdrawn", "spent") else "not_granted"
    scope = f" ({labels(f'scope_{consent.scope}')})" if consent.scope and consent.granted else ""
    heard = labels("heard", words=consent.heard, percent=labels.percent(consent.confidence)) if consent.heard else ""
    what = tag(
        "strong",
        f"{labels(f'data_{consent.purpose}')} : "
        if labels.language == "fr"
        else f"{labels(f'data_{consent.purpose}')}: ",
        labels(state),
        scope,
    )
    return many(what, " ", tag("span", heard, cls="quiet"))


def privacy_note(labels: Labels) -> Html:
    return tag("footer", tag("h2", labels("privacy_title")), tag("p", labels("privacy")), tag("p", labels("synthetic")))
