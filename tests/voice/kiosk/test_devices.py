"""Which device is meant, at which rate it opens, and what is said of one that doesn't."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from voice.channels import devices as module
from voice.channels.devices import Device, DeviceError, choose, devices, open_stream, rates_to_try

FOUND = [
    Device(0, "HDA Intel PCH: ALC255 Analog (hw:0,0)", 2, 2, 44_100, frozenset({"input"})),
    Device(1, "USB Speakerphone: Audio (hw:1,0)", 1, 2, 48_000),
    Device(2, "HDMI 0 (hw:0,3)", 0, 8, 44_100, frozenset({"output"})),
    Device(3, "USB Camera: Audio (hw:2,0)", 1, 0, 16_000),
]


@pytest.mark.parametrize(
    ("wanted", "way", "index"),
    [
        (None, "input", 0),
        (None, "output", 2),
        ("1", "input", 1),
        ("1", "output", 1),
        ("speakerphone", "output", 1),
        ("  camera ", "input", 3),
        ("HDMI 0 (hw:0,3)", "output", 2),
    ],
)
def test_a_device_is_chosen_by_number_name_or_default(wanted, way, index):
    assert choose(FOUND, wanted, way).index == index


@pytest.mark.parametrize(
    ("wanted", "way", "says"),
    [
        ("camera", "output", "No loudspeaker has 'camera'"),
        ("2", "input", "No microphone has '2'"),
        ("usb", "input", "Several devices have 'usb'"),
        ("nothing", "input", "0 HDA Intel"),
        ("99", "output", "Choose one by its number"),
    ],
)
def test_a_name_that_fits_none_or_several_is_answered_with_those_there_are(wanted, way, says):
    with pytest.raises(DeviceError, match=says.replace("(", r"\(")):
        choose(FOUND, wanted, way)


def test_a_machine_without_devices_is_told_what_to_do():
    with pytest.raises(DeviceError, match="plug one in"):
        choose([], None, "input")


def test_the_devices_own_rate_comes_first_then_ours_then_the_usual_ones_each_once():
    rates = rates_to_try(FOUND[0], 32_000)
    assert rates[:2] == [44_100, 32_000] and len(rates) == len(set(rates)) and 48_000 in rates


class Refused(Exception):
    """Stands for `sounddevice.PortAudioError`: (text, code)."""


class FakePortAudio(ModuleType):
    """A fake `sounddevice` with one device that takes only some rates and channels, or is busy."""

    PortAudioError = Refused

    def __init__(self, rates=(), channels=(1, 2), refusal=None, at_start=None) -> None:
        super().__init__("sounddevice")
        self.rates, self.channels, self.refusal, self.at_start = rates, channels, refusal, at_start
        self.opened: list[dict] = []

    def check_input_settings(self, **settings) -> None:
        if self.refusal:
            raise Refused("refused", self.refusal)
        if settings["samplerate"] not in self.rates:
            raise Refused("Invalid sample rate", -9997)
        if settings["channels"] not in self.channels:
            raise Refused("Invalid number of channels", -9998)

    check_output_settings = check_input_settings

    def InputStream(self, **settings):
        self.opened.append(settings)
        return SimpleNamespace(start=self._start, close=lambda **_: None, active=True)

    OutputStream = InputStream

    def _start(self) -> None:
        if self.at_start:
            raise Refused("at start", self.at_start)


def opened(monkeypatch, fake: FakePortAudio, way="input", serve=lambda *_: None):
    monkeypatch.setattr(module, "portaudio", lambda: fake)
    return open_stream(FOUND[0], way, 32_000, serve)


@pytest.mark.parametrize(("rates", "rate"), [((44_100, 48_000), 44_100), ((48_000,), 48_000), ((8_000,), 8_000)])
def test_it_opens_at_a_rate_the_device_offers(rates, rate, monkeypatch):
    assert opened(monkeypatch, FakePortAudio(rates))[1] == rate


def test_a_device_that_only_has_two_channels_is_heard_as_their_mean(monkeypatch):
    fake, heard = FakePortAudio((44_100,), channels=(2,)), []
    opened(monkeypatch, fake, serve=lambda sound, lost: heard.append((sound, lost)))
    stereo = np.array([[100, 300], [-100, -300]], np.int16)
    fake.opened[0]["callback"](stereo, 2, None, SimpleNamespace(input_overflow=True))
    assert fake.opened[0]["channels"] == 2
    assert heard[0][0].tolist() == [200, -200] and heard[0][1] is True


def test_one_voice_comes_out_of_both_loudspeakers(monkeypatch):
    fake = FakePortAudio((44_100,), channels=(2,))
    opened(monkeypatch, fake, "output", lambda count: np.arange(count, dtype=np.int16))
    out = np.zeros((3, 2), np.int16)
    fake.opened[0]["callback"](out, 3, None, SimpleNamespace(output_underflow=False))
    assert out.tolist() == [[0, 0], [1, 1], [2, 2]]


@pytest.mark.parametrize(
    ("fake", "says"),
    [
        (FakePortAudio(refusal=-9985), "used by another program"),
        (FakePortAudio((44_100,), at_start=-9985), "used by another program"),
        (FakePortAudio(refusal=-9996), "isn't there any more"),
        (FakePortAudio(rates=()), "no sample rate"),
        (FakePortAudio((44_100,), at_start=-9999), "check that it is plugged in"),
    ],
)
def test_what_doesnt_open_says_why_and_what_to_do(fake, says, monkeypatch):
    with pytest.raises(DeviceError, match=says):
        opened(monkeypatch, fake)


@pytest.mark.parametrize(
    ("missing", "says"), [(ModuleNotFoundError("sounddevice"), "pip install"), (OSError(), "libportaudio2")]
)
def test_what_isnt_installed_says_what_to_install(missing, says, monkeypatch):
    def refuse(name, *rest, **more):
        if name == "sounddevice":
            raise missing
        return real(name, *rest, **more)

    real = __import__
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr("builtins.__import__", refuse)
    with pytest.raises(DeviceError, match=says):
        devices()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--customer-code", "Nobody=482913"], "Nobody"),
        (["--customer-code", "Candide=12"], "6 to 32"),
        (["--loyalty-codes", "missing.csv"], "columns customer and code"),
        (["--lang", "de"], "fr, en"),
        (["--timeout", "1"], "timeout"),
        (["--shop", "nowhere"], "shop.yaml"),
    ],
)
def test_a_wrong_word_on_the_command_line_is_one_clear_sentence(words, says, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "voice", "talk", *words], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr
