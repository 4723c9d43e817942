"""What works on this machine, and what to do about what doesn't."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "examine"]


@dataclass(frozen=True)
class Finding:
    what: str
    state: Literal["ok", "warn", "fail"]
    """"fail": the demo can't run like this."""
    detail: str
    do: str = ""
    """What to do about it."""


def examine() -> Iterator[Finding]:
    """Every check in turn; none changes anything but the cache, and none raises."""
    yield _python()
    yield from _libraries()
    yield from _machine()
    cache = _cache()
    yield cache
    if cache.state == "fail":  # models are joined there: nothing further can be judged
        return
    yield from _models()
    yield _trial("hearing", _hears)
    for language in ("fr", "en"):
        yield _trial(f"speaking ({language})", lambda language=language: _speaks(language))
    yield _trial("understanding", _understands)
    yield from _optional()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):  # noqa: UP036 - run from a checkout, no installer has looked
        return Finding("Python", "fail", version, "install Python 3.11 or newer")
    return Finding("Python", "ok", version)


def _libraries() -> Iterator[Finding]:
    for name in _requirements():
        try:
            yield Finding(name, "ok", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, "fail", "not installed", f"run: {sys.executable} -m pip install {name}")


def _requirements() -> list[str]:
    try:
        lines = importlib.metadata.requires("candide-voice") or []
    except importlib.metadata.PackageNotFoundError:
        return ["faster-whisper", "numpy", "piper-tts", "scikit-learn", "webrtcvad-wheels"]
    return sorted(re.split(r"[^\w.-]", line)[0] for line in lines if "extra ==" not in line)


def _machine() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding("cores", "ok" if cores >= 2 else "warn", str(cores), "" if cores >= 2 else "two cores answer in time")
    if hasattr(os, "sysconf"):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
        enough = memory >= 2
        yield Finding("memory", "ok" if enough else "warn", f"{memory:.1f} GB", "" if enough else "2 GB are needed")


def _cache() -> Finding:
    from voice.engines.user_cache import cache_dir

    cache = cache_dir()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(cache).free / 1e9
        usable = os.access(cache, os.W_OK)
    except OSError as error:
        return Finding("cache", "fail", f"{cache}: {error.strerror}", "set CANDIDE_CACHE to a folder of yours")
    if not usable:
        return Finding("cache", "fail", f"{cache} can't be written", "set CANDIDE_CACHE to a folder of yours")
    enough = free >= 1
    return Finding(
        "cache", "ok" if enough else "warn", f"{cache}, {free:.0f} GB free", "" if enough else "make 1 GB of room"
    )


def _models() -> Iterator[Finding]:
    from voice.engines.models import ModelDamaged, ModelMissing, Models

    models = Models()
    speaks = {
        language: any(models.present(name) for name in names) for language, names in models.listed.voices.items()
    }
    for name, spec in models.listed.models.items():
        needed = spec.needed or (spec.speaks and not any(speaks[each] for each in spec.languages if each in speaks))
        try:
            found = models.find(name)
            yield Finding(f"model {name}", "ok", f"{spec.purpose}, from {found.source}")
        except ModelMissing:
            state = "warn" if needed else "ok"
            detail = spec.purpose if needed else f"optional, not here: {spec.purpose}"
            yield Finding(f"model {name}", state, detail, f"run: candide models fetch {name}" if needed else "")
        except ModelDamaged as damaged:
            yield Finding(f"model {name}", "fail" if needed else "warn", "damaged", str(damaged))


def _trial(what: str, attempt: Callable[[], str]) -> Finding:
    began = time.perf_counter()
    try:
        told = attempt()
    except Exception as error:  # a doctor reports whatever it meets
        return Finding(what, "fail", type(error).__name__, str(error))
    return Finding(what, "ok", f"{told} ({time.perf_counter() - began:.1f} s with loading)")


def _hears() -> str:
    import numpy as np

    from voice.engines.models import Models
    from voice.engines.whisper import LocalWhisper
    from voice.hearing.vad import FRAME, VoiceActivity

    activity = VoiceActivity()
    silence = [activity.push(np.zeros(FRAME, np.int16)).speech for _ in range(10)]
    text = LocalWhisper(Models().ready("whisper-base")).transcribe(np.zeros(16_000, np.int16), "en").text
    if any(silence) or text:
        raise RuntimeError("a silence was heard as speech: run candide models check whisper-base")
    return "a silence is heard as a silence"


def _speaks(language: str) -> str:
    from voice.engines.synthesizer import synthesizer_for

    voice = synthesizer_for(language)
    samples = sum(len(piece) for piece in voice.synthesize("Bonjour." if language == "fr" else "Hello."))
    return f"{voice.name} said a word of {samples / voice.rate:.1f} s"


def _understands() -> str:
    from nlu.understanding import Understanding

    meaning = Understanding().understand("I would like to talk to a real person", "en")
    if meaning.intent != "human":
        raise RuntimeError(f"a request for a person was taken for {meaning.intent}: reinstall Candide")
    return "a request for a person is understood"


def _optional() -> Iterator[Finding]:
    """What `candide talk`, `candide line` and a shop in a database need besides; the demo needs none of it."""
    for what, module, extra in (
        ("telephone line", "aiosipua", "line"),
        ("shop in a database", "sqlalchemy", "store"),
    ):
        here = importlib.util.find_spec(module) is not None
        detail = "its libraries are here" if here else f"optional, not here: pip install 'candide-voice[{extra}]'"
        yield Finding(what, "ok", detail)
    yield _sound_card()


def _sound_card() -> Finding:
    from voice.channels.devices import DeviceError, devices

    what = "microphone and loudspeaker"
    try:
        found = devices()
    except DeviceError as missing:
        return Finding(what, "ok", f"optional, for candide talk: {missing}")
    ways = [any(device.inputs for device in found), any(device.outputs for device in found)]
    if all(ways):
        return Finding(what, "ok", f"{len(found)} devices: candide talk --list-devices names them")
    return Finding(what, "ok", "none (none is needed: the demo plays a recorded call)")
