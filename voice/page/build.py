"""The page put together."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path
from string import Template

import numpy as np

from personalization.assets import asset
from voice.journal import Entry
from voice.page import summary
from voice.page.html import Html, many, tag
from voice.page.labels import Labels
from voice.page.sound import read_stereo
from voice.page.turn import turn_section
from voice.page.turns import Conversation, read_turns
from voice.wavfile import read_wav_metadata, synthetic_speech

__all__ = ["page_html", "write_page"]


def page_html(entries: Iterable[Entry], sound: Path | str | np.ndarray | None = None, rate: int = 8000) -> str:
    """The page as text (see `write_page`)."""
    conversation = read_turns(entries)
    labels = Labels(conversation.language)
    stereo = None if sound is None else read_stereo(sound, rate)
    script = _asset("page.js")
    # Only our own script may run and nothing may be fetched, whatever a caller's words manage to contain.
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; media-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
    )
    return Template(_asset("page.html")).substitute(
        language=many(labels.language),
        policy=many(policy),
        title=many(summary.title(conversation, labels)),
        synthetic=many(labels("synthetic")),
        style=_asset("page.css"),
        heading=summary.heading(conversation, labels),
        player=summary.player(conversation, stereo, labels, _mark(sound)),
        turns=_turns(conversation, labels),
        consent=summary.consent_timeline(conversation, labels),
        privacy=summary.privacy_note(labels),
        script=script,
    )


def _mark(sound: Path | str | np.ndarray | None) -> dict[str, str] | None:
    """What a file says of its voices; None where there is no file, or it says nothing."""
    if sound is None or isinstance(sound, np.ndarray):
        return None
    told = read_wav_metadata(sound)
    return {name: told[name] for name in ("title", *synthetic_speech("")) if name in told} or None


def write_page(entries: Iterable[Entry], sound: Path | str | np.ndarray | None, rate: int, path: Path | str) -> Path:
    """Write the page of a conversation.

    Args:
        entries: the journal's entries, in order.
        sound: the conversation as a WAV file, or as PCM of shape (n, 2) int16, caller first, assistant second; None
            writes a page without sound.
        rate: samples per second of `sound` when it is PCM (a WAV file says its own).

    Returns:
        The path written.

    Raises:
        ValueError: the sound is not two-channel 16-bit.
    """
    path = Path(path)
    path.write_text(page_html(entries, sound, rate), encoding="utf-8")
    return path


def _turns(conversation: Conversation, labels: Labels) -> Html:
    names = {offer.product: offer.name for offer in conversation.suggestions}
    # The same scale in every turn, so that a slow one is seen; a second at least, so that a fast call looks fast.
    scale = max([1.0, *conversation.responses])
    articles = [turn_section(turn, scale, names, labels) for turn in conversation.turns if turn.lines or turn.utterance]
    heading = tag("h2", labels("conversation"), id="conversation")
    return tag("section", heading, *articles, cls="turns", aria_labelledby="conversation")


def _asset(name: str) -> str:
    return asset("page", name).read_text(encoding="utf-8").strip()
