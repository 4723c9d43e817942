"""The demo: a recorded call played through the whole pipeline, and everything about it written down."""

from __future__ import annotations

import asyncio
import json
import statistics
import warnings
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from personalization.assets import asset
from personalization.events import ConsentChanged, HandedOff, Suggested
from personalization.shop import Shop
from personalization.store.opening import open_shop
from voice import __version__
from voice.journal import (
    ConversationEnded,
    Entry,
    Journal,
    LineHeard,
    LineStarted,
    Replied,
    StageTimes,
    Understood,
    Utterance,
)

__all__ = ["Demo", "Outcome", "SampleCall", "sample_call"]

NOTHING_HEARD = 3
"""Exit code of a recording in which nobody could be understood."""


STOPPED = 130
"""Exit code after the keyboard's interrupt, as shells have it."""


@dataclass(frozen=True)
class SampleCall:
    """A recorded call of assets/calls."""

    path: Path
    language: str
    customer: str | None
    at: time | None
    """The hour it is made at, on a Tuesday: shops and advisers keep hours."""
    turns: tuple[str, ...]
    """What the caller says, turn by turn: the reference for the recogniser."""


def sample_call(language: str) -> SampleCall:
    """The sample call in a language."""
    sheet = yaml.safe_load(asset("calls", f"{language}.yaml").read_text(encoding="utf-8"))
    return SampleCall(
        asset("calls", sheet["sound"]), language, sheet.get("customer"), _hour(sheet), tuple(sheet["turns"])
    )


def _hour(sheet: dict[str, Any]) -> time | None:
    return time.fromisoformat(str(sheet["at"])) if "at" in sheet else None


@dataclass
class Outcome:
    summary: dict[str, Any]
    files: dict[str, Path]
    entries: list[Entry]
    exit_code: int = 0
    message: str = ""


@dataclass
class Demo:
    """One run of the demo.

    Args:
        call: a WAV file; None plays the sample call of `language`.
        language: of the opening.
        language_given: the user named the language, so it isn't replaced by the one detected in a sample call.
        customer: a customer of the demo shop; None takes the sample call's own (and nobody for another file).
        shop: a shop's folder, in the form of assets/shop, or a database; None takes the demo shop.
        paced: in real time; else as fast as the engines go, with their measured durations on the audio clock.
        out: folder for the files; made if it isn't there.
        listens: the recorded caller waits for the answers.
        repeatable: engines' durations don't count, so that a run gives the same journal each time (unpaced only).
    """

    call: Path | None = None
    language: str = "en"
    language_given: bool = False
    customer: str | None = None
    shop: Path | str | None = None
    paced: bool = True
    out: Path = field(default_factory=Path)
    listens: bool = True
    repeatable: bool = False
    _copies: list[dict[str, Any]] = field(default_factory=list, init=False)
    """Copies of their data the caller asked for (GDPR art. 15(3))."""

    def play(self, quiet: bool = False) -> Outcome:
        """Runs the call, writes the files, and tells how it went.

        Raises:
            AudioError: the recording can't be read.
            UnknownCustomer: no customer of that name.
            ModelMissing, ModelDamaged: a model isn't there; the message says what to run.
        """
        from voice.channels.wav import RecordedCall

        sample = sample_call(self.language) if self.call is None else None
        path = sample.path if sample else self.call
        sound, rate, notes = _read(path)
        moment = datetime.now()
        if sample and sample.at:
            tuesday = date.today() - timedelta(days=(date.today().weekday() - 1) % 7)
            moment = datetime.combine(tuesday, sample.at)
        shop = open_shop(self.shop, today=moment.date())
        notes += [str(problem) for problem in shop.problems]
        name = self.customer or (sample.customer if sample else None)
        customer = shop.open_file(name) if name else None
        self.out.mkdir(parents=True, exist_ok=True)
        view = None if quiet else _view(self.language, notes)
        engines = self._engines(shop, quiet)
        journal = Journal(self.out / f"candide-{self._stem}.jsonl")
        channel = RecordedCall(sound, rate, paced=self.paced, listens=self.listens)
        recorder = shop.recorder(name) if name else None
        if recorder:
            journal.listeners.append(recorder)
        stopped = False
        try:
            if view:
                journal.listeners.append(view.listener)
                with view:
                    self._converse(channel, shop, customer, engines, journal, moment, recorder)
            else:
                self._converse(channel, shop, customer, engines, journal, moment, recorder)
        except KeyboardInterrupt:
            stopped = True
        finally:
            journal.close()
            if recorder:
                recorder.close()
        files = self._write(journal, channel.stereo(), rate, engines)
        for copy in self._copies[-1:]:
            files["copy"] = self.out / f"candide-{self._stem}.copy.json"
            files["copy"].write_text(json.dumps(copy, ensure_ascii=False, indent=2), encoding="utf-8")
        outcome = self._outcome(journal, files, engines, notes)
        if stopped:
            outcome.exit_code, outcome.message = STOPPED, "stopped; what was said until then is written"
        if view:
            view.summary(files=list(files.values()))
        return outcome

    @property
    def _stem(self) -> str:
        return f"demo-{self.language}" if self.call is None else self.call.stem

    def _engines(self, shop: Shop, quiet: bool):
        from voice.engines.loading import load_engines

        return load_engines(
            shop, (self.language,) if self.call is None else ("fr", "en"), first=self.language, quiet=quiet
        )

    def _converse(self, channel, shop, customer, engines, journal, moment: datetime, recorder=None) -> None:
        from nlu.dialogue import Dialogue
        from personalization.events import Authenticated
        from voice.conversation import Conversation
        from voice.workers import SimulatedWorkers, ThreadWorkers

        acts = {"export": lambda detail: self._copies.append(customer.export())}
        if recorder:
            acts["erase"] = lambda detail: recorder.erase()
        workers = ThreadWorkers() if self.paced else SimulatedWorkers(durations=not self.repeatable)
        dialogue = Dialogue(shop, customer, self.language, "phone", moment, authenticated=customer is not None)
        conversation = Conversation(
            channel, dialogue, engines, workers, journal, name=f"candide-{self._stem}",
            clock="real time" if self.paced else "simulated",
            facts=[Authenticated("demo call sheet")] if customer is not None else [],
            acts=acts,
        )  # fmt: skip
        try:
            asyncio.run(conversation.run())
        finally:
            workers.close()

    def _write(self, journal: Journal, stereo: np.ndarray, rate: int, engines) -> dict[str, Path]:
        from voice.page import write_page
        from voice.transcript import write_transcript
        from voice.wavfile import write_wav

        stem = self.out / f"candide-{self._stem}"
        files = {kind: Path(f"{stem}.{kind}") for kind in ("wav", "txt", "jsonl", "html")}
        write_wav(files["wav"], stereo, rate, engines.voices.mark(journal_languages(journal)))
        write_transcript(journal.entries, files["txt"])
        write_page(journal.entries, files["wav"], rate, files["html"])
        return files

    def _outcome(self, journal: Journal, files: dict[str, Path], engines, notes: list[str]) -> Outcome:
        summary = summarise(journal.entries)
        summary |= {
            "candide": __version__,
            "language": self.language,
            "clock": "real time" if self.paced else "simulated",
            "voices": {language: engines.voices.name(language) for language in journal_languages(journal)},
            "notes": notes,
            "files": {kind: str(path) for kind, path in files.items()},
        }
        understood = any(isinstance(entry.event, Understood) for entry in journal.entries)
        if understood:
            return Outcome(summary, files, journal.entries)
        message = (
            "nobody could be understood in this recording (silence, noise, music or another language); "
            "the journal is complete"
        )
        return Outcome(summary, files, journal.entries, NOTHING_HEARD, message)


def journal_languages(journal: Journal) -> list[str]:
    """Languages the assistant spoke, in order."""
    return list(dict.fromkeys(entry.event.language for entry in journal.of(LineStarted)))


def summarise(entries: list[Entry]) -> dict[str, Any]:
    """What a program wants to know of a conversation: turns, replies, disclosures, suggestions, latencies by stage."""
    plain = [entry.as_dict() for entry in entries]
    stages = [entry.event for entry in entries if isinstance(entry.event, StageTimes)]
    turns: dict[int, dict[str, Any]] = {}
    for entry, row in zip(entries, plain, strict=True):
        if isinstance(entry.event, Utterance):
            turns.setdefault(entry.event.turn, {"turn": entry.event.turn}).update(
                heard=entry.event.text, language=entry.event.language, began=row["began"], ended=row["ended"]
            )
        elif isinstance(entry.event, Understood):
            turns[entry.event.turn] |= {key: row[key] for key in ("intent", "slots", "confidence", "also")}
        elif isinstance(entry.event, Replied):
            turns.setdefault(entry.event.turn, {"turn": entry.event.turn}).update(
                reply=entry.event.text, uses=row["uses"], discloses=row["discloses"], actions=row["actions"]
            )
        elif isinstance(entry.event, StageTimes):
            turns[entry.event.turn]["latency"] = _latency(entry.event)
    heard = [entry for entry in entries if isinstance(entry.event, LineHeard)]
    scripts = [entry for entry in entries if isinstance(entry.event, LineStarted) and entry.event.script]
    return {
        "turns": [turns[number] for number in sorted(turns)],
        "replies": [row["text"] for entry, row in zip(entries, plain, strict=True) if isinstance(entry.event, Replied)],
        "heard": [entry.event.text for entry in heard],
        "disclosures": [
            {
                "at": round(entry.at, 3),
                "script": entry.event.phrase,
                "version": entry.event.version,
                "text": entry.event.text,
            }
            for entry in scripts
        ],
        "suggestions": _events(entries, plain, Suggested),
        "consents": _events(entries, plain, ConsentChanged),
        "handoffs": _events(entries, plain, HandedOff),
        "latencies": _latencies(stages),
        "ended": next((entry.event.reason for entry in entries if isinstance(entry.event, ConversationEnded)), None),
        "seconds": round(entries[-1].at, 3) if entries else 0.0,
    }


def _events(entries: list[Entry], plain: list[dict[str, Any]], kind: type) -> list[dict[str, Any]]:
    return [row for entry, row in zip(entries, plain, strict=True) if isinstance(entry.event, kind)]


def _latency(stage: StageTimes) -> dict[str, float]:
    moments = {
        "endpoint": stage.endpoint - stage.end_of_speech,
        "transcription": stage.transcribed - stage.endpoint,
        "understanding": stage.understood - stage.transcribed,
        "first_sound": stage.first_sound - stage.understood,
        "total": stage.first_sound - stage.end_of_speech,
    }
    return {key: round(value, 4) for key, value in moments.items()}


def _latencies(stages: list[StageTimes]) -> dict[str, Any]:
    """Median and 95th percentile by stage, seconds from the caller's last voiced sample on the audio clock."""
    rows = [_latency(stage) for stage in stages]
    figures: dict[str, Any] = {"turns": len(rows)}
    for key in ("endpoint", "transcription", "understanding", "first_sound", "total"):
        values = [row[key] for row in rows]
        if values:
            figures[key] = {
                "p50": round(statistics.median(values), 4),
                "p95": round(float(np.percentile(values, 95)), 4),
            }
    return figures


def _read(path: Path) -> tuple[np.ndarray, int, list[str]]:
    """(n,) int16, rate, and what was changed on the way.

    Raises:
        AudioError: there is nothing that can be played.
    """
    from voice.wavfile import AudioWarning, read_wav

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AudioWarning)
        sound, rate = read_wav(path)
    return sound, rate, [str(each.message) for each in caught]


def _view(language: str, notes: list[str]):
    from rich.console import Console

    from voice.view import LiveView

    console = Console(highlight=False)
    for note in notes:
        console.print(f"note: {note}", style="yellow", markup=False)
    return LiveView(console, language)
