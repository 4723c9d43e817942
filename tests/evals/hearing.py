"""Short-window Whisper against stock faster-whisper: errors, time, bandwidth, partials, callers at once."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.evals import hearing_products, hearing_values
from tests.evals.hearing_callers import callers_within
from voice.audit.recordings import (
    HOW_TO_INSTALL,
    STAMPS_HOW_TO_INSTALL,
    WIDE_HOW_TO_INSTALL,
    Prompt,
    prompts,
    spoken_words,
    stamps,
    telephone,
    word_errors,
)
from voice.engines.whisper import LocalWhisper, Request
from voice.hearing.partials import LocalAgreement

__all__ = ["compare", "figures", "on_the_telephone", "partials", "run", "show"]

MODELS = ("whisper-tiny", "whisper-base", "whisper-small")
_BANDS = ("16k", "8k_g711")
_PARTIAL_EVERY = 0.5
_SAID_WITHIN = 0.8


def run(quick: bool = False) -> dict[str, Any]:
    """The figures of hearing; with `skipped` and why instead, when the recordings aren't installed.

    Returns:
        final_speedup: median over recordings of stock's time divided by ours, both given the whole recording at once
            (what is saved while the caller speaks comes on top: `callers`). wer_delta_points: our word error rate minus
            stock's, percentage points, both languages. hurried_points: what the narrower search made while other
            callers wait adds to it. wer: by language, bandwidth and engine. halves: the same for the recordings that
            settings were chosen on and those never looked at. callers_p95_0_7: see `hearing_callers`. models: a row for
            each set of weights that is here. products, values: what the evaluations of those names give (not in the
            quick form; an hour of silence only by its own name).
    """
    chosen = {
        "fr": [*prompts("fr", 12 if quick else 130), *stamps(6 if quick else 110)],
        "en": prompts("en", 12 if quick else 130),
    }
    if not chosen["en"] or not prompts("fr", 1):
        return {"skipped": f"the telephone prompts aren't installed: {HOW_TO_INSTALL}"}
    from voice.engines.models import Models

    models = Models()
    found: dict[str, Any] = {"models": {}}
    for name in MODELS:
        if name not in models.listed.models or not models.present(name):
            continue
        rows = compare(chosen, str(models.ready(name)))
        found["models"][name] = summary = figures(rows)
        if name == "whisper-base":
            found = summary | {"halves": _halves(rows), "longest_20_percent": _longest(rows)} | found
    ours = LocalWhisper(models.ready("whisper-base"))
    found["telephone"] = on_the_telephone(ours, 8 if quick else 150)
    found["wer"] |= found["telephone"].get("wer", {})
    found["partials"] = partials(ours, chosen, 3 if quick else 40)
    found["callers"] = callers_within(ours, quick)
    found["callers_p95_0_7"] = found["callers"]["callers_p95_0_7"]
    if not quick:  # each has a quick form of its own
        for name, module in (("products", hearing_products), ("values", hearing_values)):
            found[name] = module.run()
    return found


def compare(chosen: dict[str, list[Prompt]], model_dir: str, threads: int = 2) -> list[dict[str, Any]]:
    """Both on the same recordings in turn, so that a busy machine slows both."""
    from faster_whisper import WhisperModel

    ours = LocalWhisper(model_dir, threads=threads)
    stock = WhisperModel(model_dir, device="cpu", compute_type="int8", cpu_threads=threads)
    rows = []
    for language, listed in chosen.items():
        for prompt in listed:
            reference = spoken_words(prompt.text, language)
            sound = prompt.pcm.astype(np.float32) / 32768
            began = time.perf_counter()
            segments, _ = stock.transcribe(sound, language=language, beam_size=1)
            theirs = " ".join(segment.text for segment in segments)
            middle = time.perf_counter()
            hypothesis = ours.transcribe(prompt.pcm, language)
            ended = time.perf_counter()
            hurried = ours.transcribe_all([Request(prompt.pcm, language, others_wait=lambda: True)])[0]
            rows.append(
                {
                    "language": language,
                    "half": prompt.half,
                    "seconds": prompt.seconds,
                    "words": len(reference),
                    "stock_errors": word_errors(reference, spoken_words(theirs, language)),
                    "our_errors": word_errors(reference, spoken_words(hypothesis.text, language)),
                    "hurried_errors": word_errors(reference, spoken_words(hurried.text, language)),
                    "stock_seconds": middle - began,
                    "our_seconds": ended - middle,
                    "full": hypothesis.how == "full",
                    "refused": bool(hypothesis.refused),
                    "voice": "amateur" if prompt.name.endswith(".ogg") else "professional",
                }
            )
    return rows


def figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy and time side by side."""
    ratios = [row["stock_seconds"] / row["our_seconds"] for row in rows]
    return {
        "recordings": len(rows),
        "final_speedup": round(statistics.median(ratios), 2),
        "final_speedup_p10": round(float(np.percentile(ratios, 10)), 2),
        "final_seconds_median": round(statistics.median(row["our_seconds"] for row in rows), 3),
        "final_seconds_p95": round(float(np.percentile([row["our_seconds"] for row in rows], 95)), 3),
        "stock_seconds_median": round(statistics.median(row["stock_seconds"] for row in rows), 3),
        "wer_delta_points": round(_rate(rows, "our_errors") - _rate(rows, "stock_errors"), 2),
        "hurried_points": round(_rate(rows, "hurried_errors") - _rate(rows, "our_errors"), 2),
        "wer": {
            language: {
                "hurried": round(_rate(its, "hurried_errors"), 1),
                "ours": round(_rate(its, "our_errors"), 1),
                "stock": round(_rate(its, "stock_errors"), 1),
            }
            for language, its in _by(rows, "language").items()
        },
        "refused_by_guard": {
            f"{language}, {voice}": round(sum(row["refused"] for row in its) / len(its), 4)
            for language, spoken in _by(rows, "language").items()
            for voice, its in _by(spoken, "voice").items()
        },
        "full_window": round(sum(row["full"] for row in rows) / len(rows), 3),
    }


def _halves(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {half: figures(its) for half, its in _by(rows, "half").items()}


def _longest(rows: list[dict[str, Any]]) -> dict[str, Any]:
    longest = sorted(rows, key=lambda row: row["seconds"])[-max(1, len(rows) // 5) :]
    return {key: figures(longest)[key] for key in ("recordings", "final_speedup", "wer_delta_points")}


def _rate(rows: Iterable[dict[str, Any]], key: str) -> float:
    rows = list(rows)
    return 100 * sum(row[key] for row in rows) / max(1, sum(row["words"] for row in rows))


def _by(rows: list[dict[str, Any]], key: str) -> dict[str, list[dict[str, Any]]]:
    groups = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return dict(groups)


def on_the_telephone(ours: LocalWhisper, count: int) -> dict[str, Any]:
    """The same recordings at 16 kHz and after G.711 (A-law, 8 kHz): what the telephone costs.

    Args:
        count: recordings of each kind of speaker at most.

    Returns:
        cost_points: of all words. by_voice: recordings, words, both rates and the cost for each kind of speaker. wer:
            both rates of each language.
    """
    wide = [*prompts("fr", count, wide=True), *prompts("en", count, wide=True), *stamps(count)]
    if not wide:
        return {"skipped": f"no wide-band recordings: {WIDE_HOW_TO_INSTALL}; {STAMPS_HOW_TO_INSTALL}"}
    rows = []
    for prompt in wide:
        reference = spoken_words(prompt.text, prompt.language)
        row = {"language": prompt.language, "voice": prompt.groups["voice"], "words": len(reference)}
        for band, pcm in zip(_BANDS, (prompt.pcm, telephone(prompt.pcm)), strict=True):
            heard = ours.transcribe(pcm, prompt.language).text
            row[band] = word_errors(reference, spoken_words(heard, prompt.language))
        rows.append(row | {"speakers": f"{prompt.language}, {row['voice']}"})
    by_voice = {
        speakers: {"recordings": len(its), "words": sum(row["words"] for row in its)} | _cost(its)
        for speakers, its in _by(rows, "speakers").items()
    }
    by_language = _by(rows, "language").items()
    wer = {f"{language}_{band}": round(_rate(its, band), 2) for language, its in by_language for band in _BANDS}
    return {"recordings": len(rows)} | _cost(rows) | {"by_voice": by_voice, "wer": wer}


def _cost(rows: list[dict[str, Any]]) -> dict[str, float]:
    wide, narrow = (round(_rate(rows, band), 2) for band in _BANDS)
    return {"wer_16k": wide, "wer_8k_g711": narrow, "cost_points": round(narrow - wide, 2)}


def partials(ours: LocalWhisper, chosen: dict[str, list[Prompt]], count: int) -> dict[str, Any]:
    """A partial each 0.5 s of sound, one at a time, its measured duration on the audio clock (discrete events).

    Returns:
        first_words_s: from the end of the second word (placed in proportion to the text) to when any word of the turn
            is shown. committed_s: the same to when the first word is committed. retracted: committed words taken
            back, of all; committed_wrong: share of committed words that the final text doesn't have there.
    """
    shown, settled, retracted, committed, wrong = [], [], 0, 0, 0
    for language, listed in chosen.items():
        for prompt in [each for each in listed if each.seconds > 2][:count]:
            final = [word.text for word in ours.transcribe(prompt.pcm, language).words]
            said = [word.end for word in ours.transcribe(prompt.pcm, language).words]
            if len(said) < 4:
                continue
            before: tuple[str, ...] = ()
            first = commit = None
            for now, words, firm in _streamed(ours, prompt, language):
                first = now if first is None and (words or firm) else first
                commit = now if commit is None and firm else commit
                retracted += firm[: len(before)] != before
                before = firm
            committed += len(before)
            wrong += word_errors(spoken_words(" ".join(final[: len(before)]), language),
                                 spoken_words(" ".join(before), language))  # fmt: skip
            shown += [first - said[1]] if first else []
            settled += [commit - said[0]] if commit else []
    return {
        "turns": len(shown),
        "first_words_s": _two(shown),
        "within_0_8_s": round(float(np.mean(np.array(shown) <= _SAID_WITHIN)), 3) if shown else None,
        "committed_s": _two(settled),
        "committed_words": committed,
        "retracted": retracted,
        "committed_wrong": round(wrong / max(1, committed), 3),
    }


def _streamed(ours: LocalWhisper, prompt: Prompt, language: str) -> Iterator[tuple[float, tuple, tuple]]:
    agreement, now = LocalAgreement(), _PARTIAL_EVERY
    while now < prompt.seconds:
        began = time.perf_counter()
        sound = prompt.pcm[: int(now * 16_000)]
        hypothesis = ours.transcribe(sound, language, prefix=agreement.prefix, final=False)
        took = time.perf_counter() - began
        firm, words = agreement.update([word.text for word in hypothesis.words])
        yield now + took, words, firm
        now += max(_PARTIAL_EVERY, took)


def _two(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    return {"p50": round(statistics.median(values), 3), "p95": round(float(np.percentile(values, 95)), 3)}


def show(found: dict[str, Any]) -> None:
    """A table, and a picture of accuracy beside time in candide-hearing.png where matplotlib is installed."""
    from rich.console import Console
    from rich.pretty import pprint
    from rich.table import Table

    if "skipped" in found:
        Console().print(found["skipped"])
        return
    table = Table("weights", "recordings", "WER fr (stock)", "WER en (stock)", "points", "s (stock)", "times sooner")
    for name, row in found["models"].items():
        wer = [f"{row['wer'][each]['ours']} ({row['wer'][each]['stock']})" for each in ("fr", "en")]
        seconds = f"{row['final_seconds_median']} ({row['stock_seconds_median']})"
        table.add_row(
            name, str(row["recordings"]), *wer, str(row["wer_delta_points"]), seconds, str(row["final_speedup"])
        )
    Console().print(table)
    pprint({key: value for key, value in found.items() if key not in ("models", "wer")}, expand_all=True)
    if importlib.util.find_spec("matplotlib"):
        Console().print(f"picture: {_draw(found, Path('candide-hearing.png'))}")


def _draw(found: dict[str, Any], path: Path) -> Path:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    for name, row in found["models"].items():
        for who, colour, seconds in (
            ("ours", "tab:green", row["final_seconds_median"]),
            ("stock", "tab:grey", row["stock_seconds_median"]),
        ):
            for language, marker in (("fr", "o"), ("en", "s")):
                axes.scatter(seconds, row["wer"][language][who], c=colour, marker=marker, s=70)
                label = f"{name.removeprefix('whisper-')} {language} {who}"
                axes.annotate(label, (seconds, row["wer"][language][who]), xytext=(6, 4), textcoords="offset points")
    axes.set(xlabel="seconds for a turn of 1 to 8 s (median)", ylabel="word error rate, %", xlim=(0, None))
    axes.set_ylim(0, None)
    axes.set_title(f"{found['recordings']} recordings, two cores")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return path
