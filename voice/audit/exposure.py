"""What a line's settings open to others: ports, names of networks, addresses without TLS, secrets in the file."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path

from personalization.audit.finding import Finding
from personalization.audit.permissions import open_to_others
from voice.line.settings import LineSettings

__all__ = ["audit_settings"]


def audit_settings(settings: LineSettings, path: Path | None = None) -> Iterator[Finding]:
    """
    Args:
        path: the file they were read from; others may not read it where it holds a secret.
    """
    outside = [(name, way) for name, way in _ways(settings) if not _loopback(way.host)]
    for name, way in outside:
        what = f"{name} listens on {way.host}:{way.port}"
        if not settings.allow:
            yield Finding("high", "ports", f"{what} and no address is named in allow",
                          "name the exchange's addresses in allow, and let a firewall hold the rest off")  # fmt: skip
        elif _everybody(settings):
            yield Finding("high", "ports", f"{what} and allow takes every address", "name the exchange's addresses")
        else:
            yield Finding("info", "ports", f"{what}, for {', '.join(settings.allow)}", "nothing, if that is meant")
        yield Finding("info" if settings.allow else "low", "tls", f"{name} has no TLS of its own",
                      "end TLS and SRTP in the exchange or border controller in front")  # fmt: skip
    media = settings.media_streams
    if media and (media.public or "").startswith("ws://"):
        yield Finding("high", "tls", "media streams come over ws://, without TLS", "give the public address as wss://")
    if media and media.public and not media.twilio_token:
        yield Finding("medium", "ports", "media streams are public and no signature is checked", "set twilio_token")
    for name, url in _posted(settings):
        if url.startswith("http://") and not _loopback(_host(url)):
            yield Finding("high", "tls", f"{name} are posted over http://, without TLS", "give an https:// address")
    if path is not None and _holds_secrets(settings):
        yield from open_to_others([path])


def _ways(settings: LineSettings):
    named = (("sip", settings.sip), ("audiosocket", settings.audiosocket), ("media_streams", settings.media_streams))
    return [(name, way) for name, way in named if way is not None]


def _posted(settings: LineSettings) -> list[tuple[str, str]]:
    posted = (("events", settings.webhook), ("one-time codes", settings.codes))
    return [(name, where.url) for name, where in posted if where is not None and where.url]


def _holds_secrets(settings: LineSettings) -> bool:
    sip, media = settings.sip, settings.media_streams
    posted = [where.secret for where in (settings.webhook, settings.codes) if where is not None]
    return any([sip and sip.password, media and media.twilio_token, *posted])


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).hostname or ""


def _everybody(settings: LineSettings) -> bool:
    return any(network.prefixlen == 0 for network in settings.networks)
