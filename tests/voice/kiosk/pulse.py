"""A room without a sound card: PulseAudio null sinks as loudspeaker and microphone, the one heard by the other.

The daemon is this test's own, in its own folder, and is ended by its process id.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from voice.wavfile import write_wav

NEEDED = ("pulseaudio", "pactl", "paplay")
HOW = "apt install pulseaudio pulseaudio-utils libasound2-plugins libportaudio2; pip install 'candide-voice[kiosk]'"
_ALSA = """
pcm.!default { type pulse hint { show on description "default" } }
ctl.!default { type pulse }
pcm.test_loudspeaker { type pulse device loudspeaker hint { show on description "test loudspeaker" } }
pcm.test_microphone { type pulse device microphone hint { show on description "test microphone" } }
"""


class Room:
    """Sinks `loudspeaker` (what we play) and `air` (what is in the room); the source `microphone` hears `air`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: dict[str, str] = {}
        self._daemon: subprocess.Popen | None = None

    @property
    def environment(self) -> dict[str, str]:
        socket = self.folder / "native"
        return {
            "PULSE_RUNTIME_PATH": str(self.folder / "run"),
            "PULSE_STATE_PATH": str(self.folder / "state"),
            "PULSE_COOKIE": str(self.folder / "cookie"),
            "PULSE_SERVER": f"unix:{socket}",
            "ALSA_CONFIG_PATH": str(self.folder / "asound.conf"),
        }

    def open(self) -> None:
        for name in ("run", "state"):
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        (self.folder / "asound.conf").write_text(_ALSA)
        self._daemon = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes",
             "-L", f"module-native-protocol-unix socket={self.folder / 'native'} auth-anonymous=1"],
            env=os.environ | self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(100):
            if (self.folder / "native").exists():
                break
            time.sleep(0.1)
        self.plug("loudspeaker", "module-null-sink sink_name=loudspeaker rate=48000 channels=2")
        self.plug("air", "module-null-sink sink_name=air rate=48000 channels=1")
        self.plug("microphone", "module-remap-source source_name=microphone master=air.monitor")
        self.plug("echo", "module-loopback source=loudspeaker.monitor sink=air latency_msec=60 adjust_time=3600")
        self.control("set-default-sink", "loudspeaker")
        self.control("set-default-source", "microphone")

    def control(self, *words: str) -> str:
        done = subprocess.run(
            ["pactl", *words], env=os.environ | self.environment, capture_output=True, text=True, timeout=20
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def plug(self, name: str, module: str) -> None:
        self.modules[name] = self.control("load-module", *module.split())

    def unplug(self, name: str) -> None:
        self.control("unload-module", self.modules.pop(name))

    def say(self, pcm: np.ndarray, rate: int) -> subprocess.Popen:
        """Somebody speaks in the room: (n,) int16; returns while they do."""
        path = self.folder / f"said-{time.monotonic_ns()}.wav"
        write_wav(path, pcm, rate)
        return subprocess.Popen(["paplay", "-d", "air", str(path)], env=os.environ | self.environment)

    def close(self) -> None:
        if self._daemon:
            self._daemon.terminate()
            self._daemon.wait(10)
            self._daemon = None
        (self.folder / "native").unlink(missing_ok=True)


@contextmanager
def room() -> Iterator[Room]:
    """A room, for as long as it lasts; skips where it can't be had."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)}: {HOW}")
    with tempfile.TemporaryDirectory(prefix="candide-room-") as folder, pytest.MonkeyPatch.context() as patch:
        made = Room(Path(folder))
        try:
            made.open()
            for name, value in made.environment.items():
                patch.setenv(name, value)
            _look_anew()
            yield made
        finally:
            made.close()


def _look_anew() -> None:
    from voice.audio import AudioError
    from voice.channels.devices import devices, rescan

    try:
        rescan()
        found = [device.name for device in devices()]
    except AudioError as missing:
        pytest.skip(f"{missing} ({HOW})")
    if "test_microphone" not in found:
        pytest.skip(f"PortAudio doesn't see the PulseAudio devices, only {found}: {HOW}")
