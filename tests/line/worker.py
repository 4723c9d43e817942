"""A worker for the proxy's test: a SIP endpoint of ours in a process of its own, that sends back what it hears.

Writes "began" and "ended" lines to its output, one a call.
"""

from __future__ import annotations

import asyncio
import sys

from voice.channels import Floor
from voice.channels.clock import FrameClock
from voice.channels.live import LiveCall
from voice.channels.sip import SipServer


async def main(port: int) -> None:
    async def answer(call: LiveCall) -> None:
        print("began", flush=True)
        out = None
        while (tick := await call.exchange(out, Floor.CALLER)) is not None:
            out = tick.sound
        print("ended", flush=True)

    first = 20_000 + 40 * (port % 500)
    server = SipServer(answer, FrameClock(), "127.0.0.1", port, rtp=(first, first + 38))
    await server.start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
