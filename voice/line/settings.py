"""What a shop says about its line: `candide line --settings line.yaml`, every field with a default."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime, time
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

__all__ = ["LineSettings", "SettingsError"]

_HOURS = re.compile(r"([0-6])(?:-([0-6]))?\s+(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


class SettingsError(ValueError):
    """The file can't be used; the message says what to correct."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SipSettings(_Strict):
    host: str = "0.0.0.0"
    port: int = Field(5060, ge=0, le=65_535)
    public: str | None = None
    """The address others reach this machine by, where that isn't its own."""
    rtp_first: int = Field(10_000, ge=1_024, le=65_000)
    rtp_last: int = Field(10_998, ge=1_024, le=65_535)
    rings: float = Field(0.0, ge=0, le=60)
    """Seconds it rings before it is answered."""
    early: float = Field(0.0, ge=0, le=30)
    """Seconds of the conversation heard before the call is answered (early media): the opening takes about 5."""
    codecs: tuple[Literal["pcmu", "pcma", "g722"], ...] = ("pcmu", "pcma", "g722")
    """Those preferred first. G.722 is wideband: heard better, four times the work to code."""
    user: str | None = None
    password: str | None = None
    registrar: str | None = None
    domain: str = ""


class AudioSocketSettings(_Strict):
    host: str = "127.0.0.1"
    port: int = Field(9092, ge=0, le=65_535)


class MediaStreamSettings(_Strict):
    host: str = "127.0.0.1"
    port: int = Field(8765, ge=0, le=65_535)
    twilio_token: str | None = None
    twilio_account: str | None = None
    public: str | None = None
    """The address Twilio was given, "wss://voice.example.com/twilio": its signature is over that."""


class WebhookSettings(_Strict):
    url: str = Field(pattern=r"^https?://")
    secret: str = Field(min_length=16)


class CodeSettings(_Strict):
    """How one-time codes reach customers: a file that a gateway reads, or an address they are posted to."""

    file: Path | None = None
    url: str | None = Field(None, pattern=r"^https?://")
    secret: str = ""

    @model_validator(mode="after")
    def _one(self) -> CodeSettings:
        if (self.file is None) == (self.url is None):
            raise ValueError("name either a file or a url")
        if self.url and len(self.secret) < 16:
            raise ValueError("a url takes a secret of at least 16 characters")
        return self


class LineSettings(_Strict):
    """Settings of a line."""

    sip: SipSettings | None = None
    audiosocket: AudioSocketSettings | None = None
    media_streams: MediaStreamSettings | None = None
    allow: tuple[str, ...] = ()
    """Addresses and networks calls are taken from ("10.0.0.5", "192.168.1.0/24")."""
    language: Literal["fr", "en"] = "fr"
    """Of the opening, where the number dialled doesn't tell."""
    numbers: dict[str, Literal["fr", "en"]] = {}
    """The language of the opening by the number dialled."""
    language_keys: bool = False
    """Offer the languages by key at the opening, where the number dialled doesn't tell."""
    human: str | None = None
    """Where a human answers: a SIP address, an extension, or a telephone number, as the way in understands it."""
    human_rings: float = Field(30.0, gt=0, le=300)
    hours: str = ""
    """When the line answers, "0-4 9:00-19:00; 5 9:00-18:00" (Monday is 0); empty is always."""
    emergency: dict[Literal["fr", "en"], str] = {}
    """Said to every caller before the opening: a recall, a closed store."""
    most_calls: int = Field(8, ge=1, le=500)
    longest_call: float = Field(20.0, gt=0, le=240)
    """Minutes."""
    closing: float = Field(20.0, ge=0, le=600)
    """Seconds that calls may go on when the line is being stopped."""
    webhook: WebhookSettings | None = None
    codes: CodeSettings | None = None
    """How one-time codes are sent; without it customers read them off their authenticator."""
    records: Path | None = None
    """A folder for a line of figures a call, that `candide audit` reads (`voice.record`); without it none are kept."""

    @field_validator("allow")
    @classmethod
    def _networks(cls, allow: tuple[str, ...]) -> tuple[str, ...]:
        for each in allow:
            ipaddress.ip_network(each, strict=False)
        return allow

    @field_validator("hours")
    @classmethod
    def _readable(cls, hours: str) -> str:
        for part in filter(None, (each.strip() for each in hours.split(";"))):
            if not _HOURS.fullmatch(part):
                raise ValueError(f"{part!r} isn't understood: write hours as 0-4 9:30-19:00")
            _times(part)
        return hours

    @classmethod
    def load(cls, path: Path | None) -> LineSettings:
        """The file's settings, or the defaults.

        Raises:
            SettingsError: the file isn't there or holds something else.
        """
        if path is None:
            return cls()
        try:
            found = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: it can't be read ({type(error).__name__}): name another file") from error
        except yaml.YAMLError as error:
            raise SettingsError(f"{path}: not well-formed YAML: {str(error).splitlines()[0]}") from error
        if not isinstance(found or {}, dict):
            raise SettingsError(f"{path}: it isn't a list of settings: write 'name: value' lines")
        try:
            return cls(**(found or {}))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(each) for each in first["loc"]) or "the file"
            raise SettingsError(f"{path}: {where}: {first['msg']}: correct it") from error

    @property
    def networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        return tuple(ipaddress.ip_network(each, strict=False) for each in self.allow)

    def open_at(self, moment: datetime) -> bool:
        parts = [each.strip() for each in self.hours.split(";") if each.strip()]
        return not parts or any(_open(part, moment) for part in parts)

    def language_of(self, dialled: str) -> str:
        return self.language_dialled(dialled) or self.language

    def language_dialled(self, dialled: str) -> str | None:
        """None where the number dialled doesn't tell."""
        return self.numbers.get(dialled) or self.numbers.get("+" + dialled.lstrip("+"))


def _times(part: str) -> tuple[range, time, time]:
    first, last, *clock = _HOURS.fullmatch(part).groups()
    hour, minute, until, until_minute = (int(each) for each in clock)
    return range(int(first), int(last or first) + 1), time(hour, minute), time(until, until_minute)


def _open(part: str, moment: datetime) -> bool:
    days, start, end = _times(part)
    return moment.weekday() in days and start <= moment.time() < end
