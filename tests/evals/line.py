"""The telephone line under load: transport alone, then whole conversations at the same time."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

TUESDAY = datetime(2026, 11, 24, 10, 30)
TRANSPORT_CALLS = 100


def run(quick: bool = False) -> dict[str, Any]:
    """Transport: 100 SIP calls of sipp's, each playing G.711 and hearing it back. Conversations: French sample callers
    by AudioSocket, in a process of their own, each waiting for the answers; 2 at once with four turns each (quick),
    else 8 with seven, then 16 and 32. They call 2 s after one another and each says what nobody else does
    (tests/line/callers.yaml). `same_call`, `burst`: 8 who all say the same, so that much of the sound is made once, and
    8 who don't; both call within 5 s, so that all make their first request at the same time.

    `conversations`: callers who said all their turns and were answered; `handed_off`: those who reached the person
    they asked for at the end.

    `first_sound_p95_s` is measured by the callers, from sound alone: last loud sample of a turn to the first of the
    answer. `gaps`: frames within a reply that weren't ready, but for a pause after its opener ("Well,"). `lost_frames`:
    of the callers', filled in by the line. The load of the machine while it ran stands beside, as other work on it
    shows in every figure.
    """
    figures: dict[str, Any] = {"load_before": round(os.getloadavg()[0], 1)}
    figures["transport"] = asyncio.run(_transport(3 if quick else 20))
    if quick:
        figures |= _conversations(2, "short")
    else:
        figures |= _conversations(8, "mixed")
        figures["same_call"] = _conversations(8, "whole")
        figures["burst"] = _conversations(8, "burst")
        for count in (16, 32):
            figures[f"at_{count}"] = _conversations(count, "mixed")
    figures["lost_frames"] += figures["transport"].get("lost_frames", 0)
    figures["load_after"] = round(os.getloadavg()[0], 1)
    figures["goals"] = {"conversations": 8, "first_sound_p95_s": 1.5, "gaps": 0, "lost_frames": 0, "pacing_p95_ms": 3}
    return figures


async def _transport(seconds: float) -> dict[str, Any]:
    from tests.line.peers import Echo
    from tests.line.sipp import Scenario, mulaw_file
    from voice.channels.clock import FrameClock
    from voice.channels.sip import SipServer
    from voice.channels.sip_transport import Limit

    if shutil.which("sipp") is None:
        return {"skipped": "sipp isn't here: apt-get install sip-tester"}
    clock, echo = FrameClock(), Echo()
    server = SipServer(echo, clock, port=0, rtp=(24_000, 24_998), limit=Limit(1e6, 1e6))
    await server.start()
    cpu, began = _cpu(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        tone = 6_000 * np.sin(2 * np.pi * 440 * np.arange(int(8_000 * (seconds + 1))) / 8_000)
        speech = mulaw_file(tone.astype(np.int16), Path(folder) / "tone.ulaw")
        scenario = Scenario().invite().expect(200).send("ACK").speak(speech).pause(seconds).bye()
        count = str(TRANSPORT_CALLS)
        said = await scenario.run(server.port, Path(folder), "-m", count, "-r", "25", "-l", count, within=60 + seconds)
    used = (_cpu() - cpu) / (time.perf_counter() - began)
    await server.close()
    return {
        "calls": len(echo.calls),
        "sipp": said or "all as expected",
        "frames": clock.late.frames,
        "lost_frames": sum(call.sound.lost for call in echo.calls),
        "late_packets": sum(call.sound.late for call in echo.calls),
        "pacing_p50_ms": round(1_000 * clock.late.percentile(0.5), 2),
        "pacing_p95_ms": round(1_000 * clock.late.percentile(0.95), 2),
        "share_of_a_core": round(used, 2),
    }


def _conversations(count: int, how: str) -> dict[str, Any]:
    from personalization.shop import Shop
    from voice.engines.loading import load_engines
    from voice.line.service import LineService, line_engines
    from voice.line.settings import LineSettings

    shop = Shop.load(today=TUESDAY.date())
    engines = line_engines(load_engines(shop, ("fr",), "fr", quiet=True), shop, ("fr",))
    settings = LineSettings(audiosocket={"port": 0}, human="300", most_calls=count)
    service = LineService(shop, engines, settings, now=lambda: TUESDAY)
    try:
        rows = asyncio.run(_callers(service, count, 100 if how == "short" else 400, how))
    finally:
        engines.transcriber.close()
    answers = [each for row in rows for each in row["answers"]]
    return {
        "conversations": sum(not row["left"] and len(row["answers"]) >= row["turns"] for row in rows),
        "handed_off": sum(outcome.ended == "handed off" for outcome in service.outcomes),
        "asked_for": count,
        "first_sound_p50_s": _percentile(answers, 50),
        "first_sound_p95_s": _percentile(answers, 95),
        "opening_p95_s": _percentile([row["first_sound"] for row in rows if row["first_sound"] is not None], 95),
        "answers": len(answers),
        "gaps": sum(outcome.gaps for outcome in service.outcomes),
        "lost_frames": sum(outcome.lost for outcome in service.outcomes),
        "pacing_p95_ms": round(1_000 * service.clock.late.percentile(0.95), 2),
        "partials_given_up": engines.transcriber.dropped,
        "batches": {str(size): number for size, number in sorted(engines.transcriber.batches.items())},
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


async def _callers(service: Any, count: int, within: float, how: str) -> list[dict[str, Any]]:
    await service.start()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.line.caller", str(service._servers[-1].port), str(count), "fr", how,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, _ = await asyncio.wait_for(process.communicate(), within)
    except TimeoutError:
        process.kill()
        out, _ = await process.communicate()
    finally:
        await service.close(at_once=True)
    return [json.loads(line) for line in out.splitlines() if line.startswith(b"{")]


def _percentile(values: list[float], share: float) -> float | None:
    return round(float(np.percentile(values, share)), 3) if values else None


def _cpu() -> float:
    return time.process_time()
