"""The kiosk's page: served to this machine's browser alone, told what the screen shows, tells what is touched.

Everything it needs lies in assets/kiosk; nothing is fetched from elsewhere, and its policy (CSP level 3) forbids it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import yaml

from personalization.assets import asset
from personalization.phrases import LANGUAGES
from voice.audio import AudioError
from voice.kiosk.screen import Screen

if TYPE_CHECKING:
    from aiohttp import web

    from voice.kiosk.kiosk import Kiosk

__all__ = ["POLICY", "Page", "PageError", "labels"]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
_FILES = {
    "/": ("index.html", "text/html"),
    "/kiosk.css": ("kiosk.css", "text/css"),
    "/kiosk.js": ("kiosk.js", "text/javascript"),
    "/keyboard.js": ("keyboard.js", "text/javascript"),
    "/data.js": ("data.js", "text/javascript"),
}
_LONGEST_MESSAGE = 4096
_TELL_EVERY = 0.05
"""Seconds between two pictures, at least."""


class PageError(AudioError):
    """The page can't be served; the message says what to do."""


def labels() -> dict[str, dict[str, str]]:
    """The page's own words, by language."""
    files = {language: asset("kiosk", f"labels.{language}.yaml") for language in LANGUAGES}
    return {language: yaml.safe_load(path.read_text(encoding="utf-8")) for language, path in files.items()}


class Page:
    """
    Args:
        kiosk: what is touched goes there.
        screen: what is shown comes from here.
        port: on 127.0.0.1; 0 takes a free one.
    """

    def __init__(self, kiosk: Kiosk, screen: Screen, port: int = 8020) -> None:
        self.port = port
        self._kiosk, self._screen = kiosk, screen
        self._looking: set[web.WebSocketResponse] = set()
        self._news = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._telling: asyncio.Task | None = None
        self._labels = json.dumps(labels(), ensure_ascii=False)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def open(self) -> None:
        """Raises:
        PageError: aiohttp isn't installed, or the port is taken.
        """
        try:
            from aiohttp import web
        except ImportError as missing:
            raise PageError("The page needs one more package: pip install 'candide-voice[kiosk]'") from missing
        app = web.Application(
            middlewares=[_only_this_machine(web, lambda: self.port)], client_max_size=_LONGEST_MESSAGE
        )
        for path in _FILES:
            app.router.add_get(path, self._file)
        app.router.add_get("/labels.json", self._words)
        app.router.add_get("/favicon.ico", self._nothing)
        app.router.add_get("/talk", self._talk)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        except OSError as taken:
            await self._runner.cleanup()
            raise PageError(
                f"Port {self.port} is used by another program: choose another with --port, or end that one."
            ) from taken
        self.port = self._runner.addresses[0][1]
        self._screen.changed = self._news.set
        self._telling = asyncio.create_task(self._tell())

    async def close(self) -> None:
        if self._telling:
            self._telling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._telling
        for socket in list(self._looking):
            await socket.close()
        if self._runner:
            await self._runner.cleanup()

    async def _file(self, request: web.Request) -> web.Response:
        from aiohttp import web

        name, kind = _FILES[request.path]
        text = asset("kiosk", name).read_text(encoding="utf-8")
        return web.Response(text=text, content_type=kind, charset="utf-8", headers=_HEADERS)

    async def _nothing(self, request: web.Request) -> web.Response:
        from aiohttp import web

        return web.Response(status=204, headers=_HEADERS)

    async def _words(self, request: web.Request) -> web.Response:
        from aiohttp import web

        return web.Response(text=self._labels, content_type="application/json", headers=_HEADERS)

    async def _talk(self, request: web.Request) -> web.WebSocketResponse:
        from aiohttp import WSMsgType, web

        socket = web.WebSocketResponse(max_msg_size=_LONGEST_MESSAGE, heartbeat=20.0)
        await socket.prepare(request)
        self._looking.add(socket)
        try:
            await socket.send_str(self._picture())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    obey(self._kiosk, message.data)
        finally:
            self._looking.discard(socket)
        return socket

    async def _tell(self) -> None:
        """Each change of the screen, to every page that looks; changes that follow closely go together."""
        while True:
            await self._news.wait()
            self._news.clear()
            picture = self._picture()
            for socket in list(self._looking):
                with contextlib.suppress(ConnectionError, RuntimeError, TimeoutError):
                    await asyncio.wait_for(socket.send_str(picture), 1.0)
            await asyncio.sleep(_TELL_EVERY)

    def _picture(self) -> str:
        return json.dumps(self._screen.picture(), ensure_ascii=False)


def obey(kiosk: Kiosk, message: str) -> bool:
    """Carries a page's message out: `{"do": name, ...}` with that command's own value. False: it isn't one."""
    try:
        told = json.loads(message)
    except ValueError:
        return False
    if not isinstance(told, dict) or not isinstance(told.get("do"), str) or told["do"] not in _COMMANDS:
        return False
    takes: dict[str, type] = _COMMANDS[told["do"]]
    values = {name: told[name] for name in takes if name in told}
    if any(not isinstance(value, takes[name]) for name, value in values.items()) or len(values) < len(takes):
        return False
    act: Callable[..., Any] = getattr(kiosk, told["do"])
    act(**values)
    return True


_COMMANDS: dict[str, dict[str, type]] = {
    "start": {"language": str},
    "stop": {},
    "say": {"text": str},
    "human": {},
    "touch": {},
    "mute": {"muted": bool},
    "language": {"language": str},
    "identify": {"wanted": bool},
    "code": {"code": str},
    "data": {"wanted": bool},
}


def _only_this_machine(web: Any, port: Callable[[], int]):
    """Refuses a page of another site, and a name that was made to point here (DNS rebinding)."""

    @web.middleware
    async def check(request: web.Request, handler):
        hosts = {f"127.0.0.1:{port()}", f"localhost:{port()}"}
        origin = request.headers.get("Origin")
        here = request.host in hosts and (origin is None or origin in {f"http://{host}" for host in hosts})
        if not here or (request.path == "/talk" and origin is None):
            raise web.HTTPForbidden(text="This page is for this machine's own browser.")
        return await handler(request)

    return check
