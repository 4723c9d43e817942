"""What `candide line` does: settings, engines, the service, and a quiet end on SIGTERM or the keyboard's interrupt."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import signal
import socket
from pathlib import Path
from typing import Any

from voice.channels.live import PortTaken
from voice.line.settings import LineSettings, SettingsError

__all__ = ["line_settings", "run_line"]


def line_settings(path: Path | None, ways: dict[str, str | None], given: dict[str, Any]) -> LineSettings:
    """The file's settings with what the command line says instead.

    Args:
        ways: "HOST:PORT" by way in; None where the command line doesn't name it.
        given: other settings by name.

    Raises:
        SettingsError: something can't be used.
    """
    found = LineSettings.load(path).model_dump(exclude_unset=True)
    for way, address in ways.items():
        if address is not None:
            found[way] = {**(found.get(way) or {}), **_address(address)}
    try:
        settings = LineSettings(**found | given)
    except ValueError as error:
        first = error.errors()[0] if hasattr(error, "errors") else {"loc": (), "msg": str(error)}
        where = ".".join(str(each) for each in first["loc"])
        raise SettingsError(f"{where}: {first['msg']}: correct it") from error
    if not (settings.sip or settings.audiosocket or settings.media_streams):
        raise SettingsError("no way in: say where calls come from, with --sip, --audiosocket, --media or --settings")
    if settings.sip and not settings.allow and not _this_machine(settings.sip.host):
        raise SettingsError(
            f"SIP on {settings.sip.host} would answer everybody: name who may call with --allow ADDRESS"
        )
    return settings


def _address(text: str) -> dict[str, Any]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise SettingsError(f"{text!r} isn't HOST:PORT: write 127.0.0.1:5060")
    return {"host": host.strip("[]"), "port": int(port)}


def _this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_ports(settings: LineSettings) -> None:
    """Before anything is loaded, which may take a minute.

    Raises:
        PortTaken: a port is another program's.
    """
    ways = (
        ("SIP", settings.sip, socket.SOCK_DGRAM),
        ("AudioSocket", settings.audiosocket, socket.SOCK_STREAM),
        ("The media stream server", settings.media_streams, socket.SOCK_STREAM),
    )
    for what, way, kind in ways:
        if way is None:
            continue
        with socket.socket(socket.AF_INET6 if ":" in way.host else socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((way.host, way.port))
            except OSError as error:
                raise PortTaken(what, way.host, way.port) from error


def run_line(path: Path | None, ways: dict[str, str | None], given: dict[str, Any], named: str | None) -> int:
    """Runs until it is told to stop. Returns the exit code.

    Raises:
        SettingsError, PortTaken, ModelMissing, ModelDamaged, CatalogueError, StoreError: the message says what to do.
    """
    from personalization.phrases import LANGUAGES
    from personalization.store.opening import open_shop
    from voice.engines.loading import load_engines
    from voice.line.service import LineService, line_engines
    from voice.record import shop_records

    settings = line_settings(path, ways, given)
    check_ports(settings)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    shop = open_shop(named)
    try:
        shop_records(settings.records, shop)
    except OSError as error:
        raise SettingsError(f"records: {settings.records}: {error.strerror}: name another folder") from error
    print(f"Loading the models for {shop.brand} ...", flush=True)
    engines = line_engines(load_engines(shop, LANGUAGES, settings.language, quiet=True), shop)
    service = LineService(
        shop, engines, settings, lambda sentence: print(sentence, flush=True), door=door(shop, settings)
    )
    if not settings.human:
        print("note: no --human is named, so whoever asks for a person is offered a call back.", flush=True)
    if settings.webhook is None:
        print(
            "note: no webhook is set, so requests for a call back reach nobody: see assets/line/line.yaml", flush=True
        )
    try:
        asyncio.run(_serve(service))
    finally:
        engines.transcriber.close()
    return 0


def door(shop: Any, settings: LineSettings) -> Any:
    """What judges who callers are: a shop in a database keeps their PINs; one in a folder knows nobody."""
    from personalization.shop import Shop

    if type(shop) is Shop:
        return None
    from voice.line.door import door_of

    return door_of(shop, settings.codes)


async def _serve(service: Any) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    for where in await service.start():
        print(f"listening, {where}", flush=True)
    print("ready", flush=True)
    await stop.wait()
    print(f"stopping: no new calls, {service.calls} to finish", flush=True)
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(name)
    await service.close()
    late = service.clock.late
    print(
        f"stopped: {service.answered} calls; {late.frames} frames, 95 % of them less than "
        f"{1000 * late.percentile(0.95):.1f} ms late",
        flush=True,
    )
