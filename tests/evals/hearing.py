"""Our short-window Whisper against stock faster-whisper, side by side on telephone prompts: errors and time."""

from __future__ import annotations

import statistics
import time
from typing import Any

from tests.evals._recordings import HOW_TO_INSTALL, Prompt, prompts, spoken_words, word_errors
from voice.engines.whisper import LocalWhisper

__all__ = ["compare", "run"]


def run(quick: bool = False, model_dir: str | None = None) -> dict[str, Any]:
    """The figures of hearing; with `skipped` and why instead, when the recordings aren't installed.

    Returns:
        final_speedup: median over prompts of stock's time divided by ours, final decode, in this one run.
        partial_speedup: the same for a partial decode.
        wer_delta_points: our word error rate minus stock's, percentage points, both languages together.
        wer: {language: {"ours": %, "stock": %}}. full_window: share of prompts that needed the full window.
    """
    chosen = {language: prompts(language, 15 if quick else 60) for language in ("fr", "en")}
    if not all(chosen.values()):
        return {"skipped": f"the telephone prompts aren't installed: {HOW_TO_INSTALL}"}
    if model_dir is None:
        from voice.engines.models import Models

        model_dir = str(Models().ready("whisper-base"))
    return compare(chosen, model_dir)


def compare(chosen: dict[str, list[Prompt]], model_dir: str, threads: int = 2) -> dict[str, Any]:
    """Both on the same prompts in turn, so that a busy machine slows both."""
    from faster_whisper import WhisperModel

    ours = LocalWhisper(model_dir, threads=threads)
    stock = WhisperModel(model_dir, device="cpu", compute_type="int8", cpu_threads=threads)
    finals, partials, seconds = [], [], []
    full = detected = 0
    errors = {language: {"ours": 0, "stock": 0} for language in chosen}
    spoken = dict.fromkeys(chosen, 0)
    for language, listed in chosen.items():
        for prompt in listed:
            reference = spoken_words(prompt.text, language)
            started = time.perf_counter()
            segments, _ = stock.transcribe(prompt.pcm.astype("float32") / 32768, language=language, beam_size=1)
            theirs = " ".join(segment.text for segment in segments)
            stock_took = time.perf_counter() - started
            started = time.perf_counter()
            hypothesis = ours.transcribe(prompt.pcm, language)
            seconds.append(time.perf_counter() - started)
            finals.append(stock_took / seconds[-1])
            started = time.perf_counter()
            ours.transcribe(prompt.pcm, language, final=False)
            partials.append(stock_took / (time.perf_counter() - started))
            full += hypothesis.how == "full"
            detected += ours.transcribe(prompt.pcm, None).language == language
            spoken[language] += len(reference)
            errors[language]["ours"] += word_errors(reference, spoken_words(hypothesis.text, language))
            errors[language]["stock"] += word_errors(reference, spoken_words(theirs, language))
    recordings = sum(len(listed) for listed in chosen.values())
    both = {who: 100 * sum(e[who] for e in errors.values()) / sum(spoken.values()) for who in ("ours", "stock")}
    return {
        "final_speedup": round(statistics.median(finals), 2),
        "partial_speedup": round(statistics.median(partials), 2),
        "final_seconds_median": round(statistics.median(seconds), 3),
        "wer_delta_points": round(both["ours"] - both["stock"], 2),
        "wer": {
            language: {who: round(100 * count / spoken[language], 1) for who, count in found.items()}
            for language, found in errors.items()
        },
        "full_window": round(full / recordings, 3),
        "language_right": round(detected / recordings, 3),
        "recordings": recordings,
    }
