"""What it weighs: peak memory of the demo, import time, real-time factor and first sound of the voices."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from typing import Any

_MEMORY = """
import json, re, sys, tempfile
from pathlib import Path
from voice.demo import Demo
Demo(language=sys.argv[1], language_given=True, paced=False, out=Path(tempfile.mkdtemp())).play(quiet=True)
# Not ru_maxrss: a process inherits its parent's through exec.
print(json.dumps(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024))
"""
_TEXTS = {
    "fr": ["Je vous propose les filtres à café.", "Votre commande arrive demain, avant midi, dans votre magasin."],
    "en": ["I suggest the coffee filters, today.", "Your order arrives tomorrow, before noon, in your store."],
}


def run(quick: bool = False) -> dict[str, Any]:
    figures: dict[str, Any] = {"import_voice_s": round(_import_time(3 if quick else 7), 4), "voices": {}}
    for language in ("fr", "en"):
        figures[f"peak_memory_mb_{language}"] = round(_run(_MEMORY, language), 1)
        figures["voices"][language] = _voice(language, 1 if quick else 3)
    figures["goals"] = {"peak_memory_mb": 900, "import_voice_s": 0.3}
    return figures


def _import_time(times: int) -> float:
    """Seconds `import voice` adds to an interpreter that starts: median of the differences."""

    def started(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    return statistics.median(started("import voice") - started("pass") for _ in range(times))


def _run(code: str, *arguments: str) -> float:
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def _voice(language: str, times: int) -> dict[str, Any]:
    from voice.engines.synthesizer import synthesizer_for

    voice = synthesizer_for(language)
    list(voice.synthesize("Bonjour." if language == "fr" else "Hello."))
    firsts, factors = [], []
    for text in _TEXTS[language] * times:
        began, first, samples = time.perf_counter(), None, 0
        for piece in voice.synthesize(text):
            first = first or time.perf_counter() - began
            samples += len(piece)
        firsts.append(first)
        factors.append((time.perf_counter() - began) / (samples / voice.rate))
    return {
        "voice": voice.name,
        "first_sound_s": round(statistics.median(firsts), 3),
        "real_time_factor": round(statistics.median(factors), 3),
    }
