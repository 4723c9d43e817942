"""Unfinished turns cut off against seconds waited: a pause cut into each prompt, beside fixed silences."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np

from nlu.understanding import Understanding
from personalization.shop import Shop
from voice.audio import HEARING_RATE
from voice.audit.recordings import HOW_TO_INSTALL, Prompt, prompts
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.engines.smart_turn import SmartTurn
from voice.engines.whisper import LocalWhisper
from voice.hearing.endpoint import Endpoint, EndpointRules, TurnEvent
from voice.hearing.vad import FRAME, VoiceActivity
from voice.journal import EndpointReached
from voice.listening import Listener
from voice.workers import SimulatedWorkers

__all__ = ["LANGUAGES", "run", "with_pause"]

LANGUAGES = ("fr", "en")
PAUSES = (0.4, 1.5)
"""Seconds a pause inside a turn lasts, at least and at most."""
FIXED = (0.3, 0.4, 0.5, 0.65, 0.8, 1.0)
_AFTER = 2.0


def run(quick: bool = False) -> dict[str, Any]:
    """Part of `turns`; with `skipped` and why instead, when the recordings aren't installed.

    Returns:
        cut_offs_per_100: unfinished turns ended in a pause (0.4 to 1.5 s, one cut into each prompt), with what is
            installed; by language, the rows behind it.
    """
    found = {language: _held_out(language)[: 4 if quick else 60] for language in LANGUAGES}
    if not all(found.values()):
        return {"skipped": f"no recordings: {HOW_TO_INSTALL}"}
    rows = _ends(found)
    shares = [_with_all(row)["cut_off"] for row in rows.values()]
    return {"cut_offs_per_100": round(100 * statistics.mean(shares), 1), "pauses_s": list(PAUSES)} | rows


def _held_out(language: str) -> list[Prompt]:
    """Those that no weight was fitted on (`tests.evals.turn_weights`)."""
    return [each for each in prompts(language, 1_000, shortest=2.0, longest=7.0) if each.half == "held out"]


def _ends(found: dict[str, list[Prompt]]) -> dict[str, Any]:
    """Each prompt once with a pause cut in between two words: an end found in the pause is a cut-off.

    `same_wait` is the share that a fixed silence as long as our median wait cuts off. Professional telephone prompts:
    their sentences have none of the hesitations that real callers leave before a pause.
    """
    whisper = LocalWhisper(Models().ready("whisper-base"))
    shop = Shop.load()
    understand = Understanding(shop.catalogue, {store.id: store.name for store in shop.stores}).understand
    melodies: dict[str, Any] = {"words": None}
    try:
        melodies["words_and_melody"] = SmartTurn(Models().find("smart-turn").dir).finished
    except (ModelMissing, ModelDamaged) as missing:
        melodies["words_and_melody"] = str(missing)
    figures: dict[str, Any] = {}
    for language, recordings in found.items():
        rows = [with_pause(each, language, whisper, number) for number, each in enumerate(recordings)]
        turns = [row for row in rows if row]
        figures[language] = _fixed_silences(turns)
        for name, melody in melodies.items():
            told = isinstance(melody, str)
            figures[language][name] = melody if told else _compared(turns, language, whisper, melody, understand)
    return figures


def _with_all(row: dict[str, Any]) -> dict[str, float]:
    """The row with the melody where that model is installed, else the one with words alone."""
    return row["words"] if isinstance(row["words_and_melody"], str) else row["words_and_melody"]


def with_pause(prompt: Prompt, language: str, whisper: LocalWhisper, seed: int) -> tuple[np.ndarray, float] | None:
    """(sound with a pause cut in, where the pause ends in seconds); None for too few words."""
    words = whisper.transcribe(prompt.pcm, language).words
    if len(words) < 4:
        return None
    choice = np.random.default_rng(seed)
    near = int(words[int(choice.integers(1, len(words) - 1))].start * HEARING_RATE)
    span = prompt.pcm[max(0, near - 1600) : near + 1600].astype(np.float64)
    quiet = np.convolve(np.abs(span), np.ones(320), "same")
    at = max(0, near - 1600) + int(np.argmin(quiet[160:-160])) + 160 if len(span) > 640 else near
    pause = int(choice.uniform(*PAUSES) * HEARING_RATE)
    noise = choice.normal(0, 8, pause + int(_AFTER * HEARING_RATE) + 8000).astype(np.int16)
    sound = np.concatenate([noise[:8000], prompt.pcm[:at], noise[8000 : 8000 + pause], prompt.pcm[at:], noise[-32000:]])
    return sound, (8000 + at + pause) / HEARING_RATE


def _fixed_silences(turns: list) -> dict[str, Any]:
    speech = [(_speech(sound), until) for sound, until in turns]
    rows = {f"{each:.2f}": _row([_fixed(*turn, each) for turn in speech]) for each in FIXED}
    return {"turns": len(turns), "fixed": rows}


def _compared(turns: list, language: str, whisper: LocalWhisper, melody: Any, understand: Any) -> dict[str, Any]:
    ours = _row([_adaptive(sound, until, language, whisper, melody, understand) for sound, until in turns])
    same = _row([_fixed(_speech(sound), until, ours["median_wait_s"]) for sound, until in turns])
    share = round(ours["cut_off"] / same["cut_off"], 3) if same["cut_off"] else None
    return ours | {"cut_off_at_same_wait": same["cut_off"], "share_of_it": share}


def _row(rows: list[tuple[bool, float | None]]) -> dict[str, float]:
    waits = [wait for _, wait in rows if wait is not None]
    return {
        "cut_off": round(sum(cut for cut, _ in rows) / len(rows), 3),
        "median_wait_s": round(statistics.median(waits), 3),
        "p95_wait_s": round(float(np.percentile(waits, 95)), 3),
    }


def _adaptive(
    sound: np.ndarray, until: float, language: str, whisper: LocalWhisper, melody: Any, understand: Any
) -> tuple[bool, float | None]:
    """(cut off, seconds waited at the real end), by the listener as calls use it; decodes take their measured time."""
    listener = Listener(
        HEARING_RATE,
        whisper,
        understand,
        SimulatedWorkers(),
        language,
        melody,
    )
    ends = []
    for number in range(len(sound) // FRAME):
        now = (number + 1) * FRAME / HEARING_RATE
        for event in listener.push(sound[number * FRAME : (number + 1) * FRAME], now):
            if isinstance(event, EndpointReached):
                ends.append((now, event.silence))
    return _judged(ends, until)


def _speech(sound: np.ndarray) -> list[bool]:
    activity = VoiceActivity(HEARING_RATE)
    return [activity.push(sound[at : at + FRAME]).speech for at in range(0, len(sound) - FRAME + 1, FRAME)]


def _fixed(speech: list[bool], until: float, silence: float) -> tuple[bool, float | None]:
    rules = EndpointRules(finished=silence, usual=silence, hesitating=silence, dictating=silence)
    endpoint, ends = Endpoint(rules), []
    for number, voiced in enumerate(speech):
        for turn in endpoint.feed((number + 1) * FRAME / HEARING_RATE, voiced):
            if turn.event is TurnEvent.OVER:
                ends.append((turn.at, turn.silence))
    return _judged(ends, until)


def _judged(ends: list[tuple[float, float]], until: float) -> tuple[bool, float | None]:
    cut = any(at < until + 0.1 for at, _ in ends)
    last = [silence for at, silence in ends if at >= until + 0.1]
    return cut, last[-1] if last else None
