"""A fake OpenAI-compatible endpoint on 127.0.0.1, which says what it is told: no model can be fetched for the tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Fake:
    """What the server answers, and what it was asked."""

    url: str = ""
    pieces: tuple[str, ...] = ()
    """The answer, as it is streamed."""
    status: int = 200
    raw: bytes | None = None
    """Sent in place of events."""
    cut: bool = False
    """The connection ends after the pieces, without the end of the answer."""
    waits_before: int | None = None
    """Before the piece of this number, the server waits until the test is over."""
    asked: list[dict] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def fake_endpoint(**answers) -> Iterator[Fake]:
    fake = Fake(**answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            fake.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(fake.status)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            with suppress(OSError):  # the caller hung up, as it does with a slow model
                self._answer()

        def _answer(self) -> None:
            if fake.raw is not None:
                self.wfile.write(fake.raw)
                return
            for number, piece in enumerate(fake.pieces):
                if number == fake.waits_before:
                    self.wfile.flush()
                    fake.released.wait(30)
                event = {"choices": [{"index": 0, "delta": {"content": piece}}]}
                self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
                self.wfile.flush()
            if not fake.cut:
                self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    serving.start()
    try:
        yield fake
    finally:
        fake.released.set()
        server.shutdown()
        server.server_close()
        serving.join()
