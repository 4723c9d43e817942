"""Who is heard how well: each labelled recording goes through the ears of a call, wideband and as the telephone has it.

Errors, words nobody said, turns cut off before their end, voices that don't take the floor from the assistant, turns in
which nothing is recognised, what the dialogue makes of what was heard instead of what was said, and whether a human
comes in by it: by language, codec, and what the recordings tell of who speaks. How high the voice is and how fast it
speaks are measured from the sound: no labels.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlu.meaning import Meaning
from personalization.audit.groups import Comparison, compare_rates
from voice.audio import HEARING_RATE
from voice.audit.misheard import Misheard
from voice.audit.recordings import (
    HOW_TO_INSTALL,
    STAMPS_HOW_TO_INSTALL,
    Prompt,
    RecordingsError,
    errors_of,
    listed,
    prompts,
    spoken_words,
    stamps,
    telephone,
)
from voice.engines.models import Models
from voice.engines.whisper import LocalWhisper
from voice.heard import Heard
from voice.hearing.barge_in import takes_the_floor
from voice.hearing.prosody import pitch_track, syllables
from voice.hearing.transcriber import LANGUAGES, Hypothesis, Transcriber
from voice.journal import EndpointReached
from voice.listening import Listener
from voice.workers import SimulatedWorkers

__all__ = ["MEASURES", "Listened", "audit_recognition", "hear", "installed", "listen_to"]

FRAME = HEARING_RATE // 50
TELEPHONE = "G.711"
_BEFORE, _AFTER = 0.5, 2.5
"""Seconds of a quiet room around each recording."""
_ROOM = 8.0
"""Of that room, the deviation of its noise in steps of 16 bits."""
_FLOOR_WITHIN = 1.0
"""Seconds of voice within which a caller should have taken the floor."""
_LOW, _HIGH = 165.0, 255.0
"""Hz between which a voice is called of middle height: about between most men and women, and women and children."""
_SLOW, _FAST = 3.5, 5.0
"""Syllables a second, pauses left in."""

MEASURES = {
    "word_error_rate": ("errors", "words"),
    "invented_words": ("invented", "words"),
    "nothing_recognised": ("nothing", "one"),
    "cut_off": ("cut_off", "one"),
    "floor_not_taken": ("floor_not_taken", "one"),
    "taken_otherwise": ("taken_otherwise", "one"),
    "handed_off": ("handed_off", "one"),
}
"""By name: what is counted of `Listened`, over what."""


@dataclass(frozen=True)
class Listened:
    """One recording, heard once."""

    groups: dict[str, str]
    words: int
    errors: int
    invented: int
    nothing: bool
    cut_off: bool
    """A turn ended more than once: its first end came too soon."""
    floor_not_taken: bool
    taken_otherwise: bool = False
    """The understanding reads another intent in what was heard than in what was said."""
    handed_off: bool = False
    """A person comes in because of the hearing alone (`Misheard`)."""
    one: int = 1


def installed(most: int | None = None) -> list[Prompt]:
    """What this machine has: prompts of both languages, at 16 kHz where they are, and the stamps; or none."""
    each = 400 if most is None else -(-most // 3)
    of_each = [prompts(language, each, wide=True) or prompts(language, each) for language in LANGUAGES]
    return [*itertools.chain(*of_each), *stamps(each)]


def hear(
    recordings: Path | None, most: int | None = None, told: Callable[[int], None] = lambda count: None
) -> list[Listened]:
    """Every recording of a list (`recordings.listed`), or of this machine, by the recogniser that calls use.

    Args:
        told: is given how many have been heard, now and then.

    Raises:
        RecordingsError: there are none, or they can't be read.
        ModelMissing, ModelDamaged: the message says what to run.
    """
    named = listed(recordings, most) if recordings else installed(most)
    if not named:
        raise RecordingsError(f"no recordings here: name a list, or {HOW_TO_INSTALL}; {STAMPS_HOW_TO_INSTALL}")
    transcriber, misheard, heard = LocalWhisper(Models().ready("whisper-base")), Misheard(), []
    for number, recording in enumerate(named, 1):
        heard += listen_to(recording, transcriber, misheard)
        if number % 20 == 0:
            told(number)
    return heard


def listen_to(recording: Prompt, transcriber: Transcriber, misheard: Misheard) -> tuple[Listened, Listened]:
    """The recording as it is, and as the telephone has it (A-law, 8 kHz)."""
    own = _measured_groups(recording)
    return tuple(
        _listened(sound, recording, transcriber, misheard, own | {"codec": codec})
        for codec, sound in (("wideband", recording.pcm), (TELEPHONE, telephone(recording.pcm)))
    )


def audit_recognition(heard: Sequence[Listened], limits: dict[str, Any]) -> tuple[Comparison, ...]:
    """Codecs against each other; every other group as the telephone has it.

    Args:
        limits: `gap` between the worst group and the best, `least` recordings of a group, `resamples`.
    """
    found = []
    for attribute in dict.fromkeys(name for each in heard for name in each.groups):
        rows = [each for each in heard if attribute == "codec" or each.groups["codec"] == TELEPHONE]
        names = [each.groups.get(attribute, "not given") for each in rows]
        for measure, (count, total) in MEASURES.items():
            counts, totals = ([getattr(each, name) for each in rows] for name in (count, total))
            found.append(
                compare_rates(
                    measure, attribute, counts, totals, names, least=int(limits["least"]),
                    at_most=float(limits["gap"]), resamples=int(limits["resamples"]),
                )
            )  # fmt: skip
    return tuple(found)


def _measured_groups(recording: Prompt) -> dict[str, str]:
    pitch = pitch_track(recording.pcm)
    voiced = pitch[~np.isnan(pitch)]
    height = float(np.median(voiced)) if len(voiced) else np.nan
    pace = syllables(recording.text, recording.language) / max(0.1, recording.seconds)
    return {"language": recording.language} | recording.groups | {
        "height of voice": "not heard" if np.isnan(height) else _third(height, _LOW, _HIGH, ("low", "middle", "high")),
        "pace": _third(pace, _SLOW, _FAST, ("slow", "usual", "fast")),
    }  # fmt: skip


def _third(value: float, low: float, high: float, names: tuple[str, str, str]) -> str:
    return names[0] if value < low else names[1] if value < high else names[2]


def _listened(
    sound: np.ndarray, recording: Prompt, transcriber: Transcriber, misheard: Misheard, groups: dict[str, str]
) -> Listened:
    """Through the listener that calls use, while the assistant is supposed to speak; decodes take no time."""
    ears = _Ears(transcriber)
    listener = Listener(
        HEARING_RATE, ears, lambda text, spoken: Meaning("greet", 1.0, text, spoken),
        SimulatedWorkers(durations=False), recording.language,
    )  # fmt: skip
    listener.overlapping = True
    room = np.random.default_rng(len(sound)).normal(0, _ROOM, int((_BEFORE + _AFTER) * HEARING_RATE)).astype(np.int16)
    before = int(_BEFORE * HEARING_RATE)
    whole = np.concatenate([room[:before], sound, room[before:]])
    texts: list[str] = []
    ends, taken = 0, False
    for place in range(len(whole) // FRAME):
        for event in listener.push(whole[place * FRAME : (place + 1) * FRAME], (place + 1) * FRAME / HEARING_RATE):
            if isinstance(event, EndpointReached):
                ends += 1
            elif isinstance(event, Heard) and event.prepared is not None:
                texts.append(event.prepared.hypothesis.text)
        if not ears.only_finals and listener.speaking:
            within = listener.voiced <= _FLOOR_WITHIN
            taken = within and takes_the_floor(listener.loud, listener.recognised, recording.language, "")
            ears.only_finals = taken or not within
    reference = spoken_words(recording.text, recording.language)
    got = spoken_words(" ".join(texts), recording.language)
    errors, invented = errors_of(reference, got)
    another, handed_off = misheard.compare(recording.text, " ".join(texts), recording.language)
    return Listened(
        groups, len(reference), errors, invented, nothing=not got, cut_off=ends > 1, floor_not_taken=not taken,
        taken_otherwise=another, handed_off=handed_off,
    )  # fmt: skip


class _Ears:
    """The transcriber, which makes no partials any more once the caller has the floor: they decide nothing here."""

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber
        self.only_finals = False

    def transcribe(self, pcm: np.ndarray, language: str | None, final: bool = True, **more: Any) -> Hypothesis:
        if self.only_finals and not final:
            return Hypothesis("", refused="too late")
        return self._transcriber.transcribe(pcm, language, final=final, **more)
