"""The conversation as readable text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from personalization.events import ConsentChanged, HandedOff
from voice.journal import Entry
from voice.page.turns import Conversation, SpokenLine, Turn, clock, one_line, read_turns

__all__ = ["transcript_text", "write_transcript"]

_WHO = {"caller": "Caller   ", "assistant": "Assistant", "note": "         "}


def transcript_text(entries: Iterable[Entry]) -> str:
    """Time, who, the words each heard, [disclosure], [reason], [consent], and what was interrupted.

    The words are in the conversation's language, the marks in English. Times are minutes:seconds on the audio clock.
    """
    conversation = read_turns(entries)
    moments = sorted(_moments(conversation), key=lambda moment: moment[0])
    return "\n".join([*_heading(conversation), "", *(_row(*moment) for moment in moments), ""])


def write_transcript(entries: Iterable[Entry], path: Path | str) -> Path:
    """Write `transcript_text`; returns the path."""
    path = Path(path)
    path.write_text(transcript_text(entries), encoding="utf-8")
    return path


def _heading(conversation: Conversation) -> list[str]:
    started = conversation.started
    if started is None:
        return ["Conversation (the journal does not hold its beginning)"]
    ended = conversation.ended.reason if conversation.ended else "cut short"
    return [
        f"Conversation {started.conversation} with {one_line(started.brand)}",
        f"Language {started.language}, channel {started.channel}, {clock(conversation.length)} long, end: {ended}.",
        "The assistant's speech is synthetic. These are the words as each side heard them.",
    ]


def _moments(conversation: Conversation) -> Iterator[tuple[float, str, str]]:
    for turn in conversation.turns:
        if turn.utterance:
            yield turn.utterance.began, "caller", turn.utterance.text or "(nothing understood)"
        for line in turn.lines:
            yield line.began, "assistant", _line(line)
        if turn.handed_off:
            yield _last_moment(turn), "note", _hand_off(turn.handed_off)
        for trouble in turn.troubles:
            yield _last_moment(turn), "note", f"[trouble] {trouble.where}: {trouble.what}"
    for at, consent in conversation.consents:
        yield at, "note", _consent(consent)
    if conversation.ended:
        yield conversation.length, "note", f"[end] {conversation.ended.reason}"


def _last_moment(turn: Turn) -> float:
    return max((line.ended or line.began for line in turn.lines), default=turn.at)


def _line(line: SpokenLine) -> str:
    mark = {"opening": "[disclosure] ", "disclosure": "[disclosure] ", "reason": "[reason] "}.get(line.role, "")
    mark = mark or ("[consent] " if line.role == "consent" else "")
    if line.ended is None:
        return f"{mark}{line.text} [recording ends here]"
    if not line.unheard:
        return f"{mark}{line.text}{' [paused, then went on]' if line.resumed else ''}"
    return f"{mark}{line.heard} — [interrupted; not heard: {line.unheard}]"


def _consent(consent: ConsentChanged) -> str:
    done = "granted" if consent.granted else "not granted"
    scope = f", scope {consent.scope}" if consent.scope else ""
    why = f", {consent.why}" if consent.why else ""
    return f"[consent] {consent.purpose} {done}{scope}{why} (heard: {consent.heard}; {consent.confidence:.0%} sure)"


def _hand_off(handed: HandedOff) -> str:
    return f"[hand-off] {handed.outcome}, because: {', '.join(handed.reasons) or 'unknown'}"


def _row(at: float, who: str, text: str) -> str:
    head = f"{clock(at)}  {_WHO[who]}  "
    return textwrap.fill(
        one_line(text), 100, initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False
    )
