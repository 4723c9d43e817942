"""Microphones and loudspeakers: which there are, which is meant, at what rate it opens, and why it doesn't.

PortAudio does the work, through `sounddevice`. Its errors become one sentence that says what to do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

import numpy as np

from voice.audio import AudioError

__all__ = ["Device", "DeviceError", "Way", "choose", "devices", "open_stream", "portaudio", "rates_to_try", "rescan"]

Way = Literal["input", "output"]
Captured = Callable[[np.ndarray, bool], None]
"""((n,) int16, whether samples were lost before it)"""
Wanted = Callable[[int], np.ndarray]
"""Asked for n samples, gives (n,) int16."""

_NAMED: dict[Way, str] = {"input": "microphone", "output": "loudspeaker"}
_USUAL_RATES = (48_000, 44_100, 32_000, 16_000, 96_000, 24_000, 22_050, 8_000)
_BLOCK = 0.02
"""Seconds of sound the card hands over at a time."""
_SLACK = 0.1
"""Seconds the sound server may hold, so that a busy machine doesn't crackle."""

_BUSY, _INVALID_RATE, _INVALID_DEVICE = -9985, -9997, -9996  # PaErrorCode


class DeviceError(AudioError):
    """A device can't be used; the message says why and what to do."""


@dataclass(frozen=True)
class Device:
    index: int
    name: str
    inputs: int
    """Channels it can record."""
    outputs: int
    rate: int
    """Its own sample rate, Hz."""
    default: frozenset[Way] = frozenset()

    def channels(self, way: Way) -> int:
        return self.inputs if way == "input" else self.outputs


def portaudio() -> ModuleType:
    """The `sounddevice` module.

    Raises:
        DeviceError: it, or PortAudio itself, isn't installed.
    """
    try:
        import sounddevice
    except ModuleNotFoundError as missing:
        raise DeviceError("Sound cards need one more package: pip install 'candide-voice[kiosk]'") from missing
    except OSError as missing:
        raise DeviceError(
            "The PortAudio library is missing: install it (Debian: apt install libportaudio2)."
        ) from missing
    return sounddevice


def devices() -> list[Device]:
    """All of them, in PortAudio's order.

    Raises:
        DeviceError: PortAudio isn't installed.
    """
    sounds = portaudio()
    found = []
    usual = _defaults(sounds)
    for index, each in enumerate(sounds.query_devices()):
        default = frozenset(way for way, at in usual.items() if at == index)
        inputs, outputs = int(each["max_input_channels"]), int(each["max_output_channels"])
        found.append(Device(index, str(each["name"]), inputs, outputs, int(each["default_samplerate"]), default))
    return found


def _defaults(sounds: ModuleType) -> dict[Way, int]:
    """The host's default devices, which every host API names for itself."""
    usual: dict[Way, int] = {"input": int(sounds.default.device[0]), "output": int(sounds.default.device[1])}
    for host in sounds.query_hostapis():
        for way in usual:
            if usual[way] < 0:
                usual[way] = int(host[f"default_{way}_device"])
    return usual


def choose(found: Iterable[Device], wanted: str | None, way: Way) -> Device:
    """The device meant: a number of the list, a name, or a part of one; None is the machine's default.

    Raises:
        DeviceError: none or several fit; the message lists those there are.
    """
    able = [device for device in found if device.channels(way) > 0]
    kind = _NAMED[way]
    if not able:
        raise DeviceError(f"No {kind} was found: plug one in, or check that the sound server runs.")
    if wanted is None:
        return next((device for device in able if way in device.default), able[0])
    if wanted.strip().isdecimal():
        fit = [device for device in able if device.index == int(wanted)]
    else:
        plain = wanted.strip().casefold()
        fit = [device for device in able if device.name.casefold() == plain]
        fit = fit or [device for device in able if plain in device.name.casefold()]
    if len(fit) == 1:
        return fit[0]
    said = "Several devices have" if fit else f"No {kind} has"
    listed = "; ".join(f"{device.index} {device.name}" for device in fit or able)
    raise DeviceError(f"{said} {wanted!r} in the name. There are: {listed}. Choose one by its number.")


def rates_to_try(device: Device, preferred: int) -> list[int]:
    """Sample rates in the order they are tried, Hz: the device's own, the one wanted, then the usual ones."""
    return list(dict.fromkeys([device.rate, preferred, *_USUAL_RATES]))


def rescan() -> None:
    """Looks for devices anew: PortAudio lists them only once. Streams that are open don't survive it."""
    sounds = portaudio()
    with contextlib.suppress(sounds.PortAudioError):
        sounds._terminate()
    with _explained("sound server", "input"):
        sounds._initialize()


def open_stream(device: Device, way: Way, preferred: int, serve: Captured | Wanted) -> tuple[Any, int]:
    """Opens and starts a device, one channel of int16, at the first rate it takes.

    Args:
        preferred: rate that needs no conversion, Hz.
        serve: called in PortAudio's thread each 20 ms or so: with what was captured, or for what is to be played.

    Returns:
        (the stream, its rate in Hz)

    Raises:
        DeviceError: busy, gone, or at no rate.
    """
    sounds = portaudio()
    check = sounds.check_input_settings if way == "input" else sounds.check_output_settings
    last: Exception | None = None
    for rate in rates_to_try(device, preferred):
        for channels in dict.fromkeys((1, min(2, device.channels(way)), device.channels(way))):
            settings = {"device": device.index, "channels": channels, "dtype": "int16", "samplerate": rate}
            try:
                check(**settings)
            except (sounds.PortAudioError, ValueError) as refused:
                last = refused
                if _code(refused) in (_BUSY, _INVALID_DEVICE):
                    raise DeviceError(_sentence(refused, device.name, way)) from refused
                continue
            with _explained(device.name, way):
                kind = sounds.InputStream if way == "input" else sounds.OutputStream
                answer = _capture(serve) if way == "input" else _play(serve)
                stream = kind(**settings, blocksize=int(rate * _BLOCK), latency=_SLACK, callback=answer)
                try:
                    stream.start()
                except sounds.PortAudioError:
                    stream.close(ignore_errors=True)
                    raise
                return stream, rate
    raise DeviceError(_sentence(last, device.name, way)) from last


def _capture(serve: Captured):
    def answer(data: np.ndarray, frames: int, time: Any, status: Any) -> None:
        mono = data[:, 0].copy() if data.shape[1] == 1 else data.mean(axis=1).astype(np.int16)
        serve(mono, bool(status.input_overflow))

    return answer


def _play(serve: Wanted):
    def answer(data: np.ndarray, frames: int, time: Any, status: Any) -> None:
        data[:] = serve(frames)[:, None]

    return answer


@contextlib.contextmanager
def _explained(name: str, way: Way) -> Iterator[None]:
    sounds = portaudio()
    try:
        yield
    except sounds.PortAudioError as refused:
        raise DeviceError(_sentence(refused, name, way)) from refused


def _code(error: Exception | None) -> int | None:
    return error.args[1] if error is not None and len(error.args) > 1 else None


def _sentence(error: Exception | None, name: str, way: Way) -> str:
    kind, code = _NAMED[way], _code(error)
    if code == _BUSY:
        return f"The {kind} {name!r} is used by another program, or was unplugged: free it or plug it in again."
    if code == _INVALID_RATE:
        return f"The {kind} {name!r} works at no sample rate that can be converted: choose another (--list-devices)."
    if code == _INVALID_DEVICE:
        return f"The {kind} {name!r} isn't there any more: plug it in again."
    why = str(error.args[0]) if error is not None and error.args else "no reason was given"
    return f"The {kind} {name!r} can't be opened ({why}): check that it is plugged in and that the sound server runs."
