"""A real Asterisk for the tests, from a directory made by debootstrap (Debian sid), configured for one test.

`python -m tests.line.asterisk DIR` makes the directory; $CANDIDE_ASTERISK names it. The program runs with the
directory's own libraries beside the machine's, listens on 127.0.0.1 alone and is ended by its id.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from personalization.assets import asset

__all__ = ["Asterisk", "asterisk", "needs_asterisk"]

_PACKAGES = "asterisk,asterisk-modules"
_MODULES = """
bridge_simple bridge_softmix bridge_builtin_features bridge_native_rtp res_rtp_asterisk res_sorcery_config
res_sorcery_memory res_sorcery_astdb res_pjproject res_pjsip res_pjsip_session res_pjsip_sdp_rtp res_pjsip_caller_id
res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_anonymous res_pjsip_dtmf_info res_pjsip_refer
res_pjsip_nat res_pjsip_authenticator_digest res_pjsip_pubsub chan_pjsip codec_ulaw codec_alaw codec_resample codec_g722
format_pcm format_wav res_audiosocket app_audiosocket res_curl func_curl func_shell func_callerid func_uri app_dial
app_system app_verbose app_echo pbx_config res_timing_timerfd res_http_websocket res_websocket_client chan_websocket
func_strings func_logic func_channel app_playback app_stack res_stasis
""".split()


def root() -> Path | None:
    """The directory with Asterisk in it; None where there is none."""
    named = Path(os.environ.get("CANDIDE_ASTERISK", "/var/lib/candide-asterisk"))
    return named if (named / "usr/sbin/asterisk").is_file() else None


needs_asterisk = pytest.mark.skipif(
    root() is None,
    reason="Asterisk isn't here: as root, python -m tests.line.asterisk DIR (debootstrap, Debian sid), then "
    "CANDIDE_ASTERISK=DIR",
)


@dataclass
class Asterisk:
    sip: int
    """Where it takes SIP calls, on 127.0.0.1."""
    inside: Path
    """Its configuration, seen from here."""

    def reached(self) -> str:
        """What the dialplan wrote when somebody came to a person."""
        path = self.inside / "reached"
        return path.read_text() if path.is_file() else ""

    def log(self) -> str:
        path = self.inside / "messages"
        return path.read_text(errors="replace") if path.is_file() else ""


@contextlib.asynccontextmanager
async def asterisk(sip: int, rtp: int, ports: dict[str, int], candide: int = 0) -> AsyncIterator[Asterisk]:
    """Runs it with the sample dialplan of assets/line.

    Args:
        sip: its port. rtp: first of 200 ports for sound.
        ports: by the port the sample names, where Candide listens in this test.
        candide: where Candide answers SIP; extension 500 goes there.
    """
    inside = Path(tempfile.mkdtemp(prefix="candide-asterisk-"))
    where = str(inside)
    for folder in ("etc", "run", "spool", "lib", "log"):
        (inside / folder).mkdir(parents=True)
    for name, text in _files(where, sip, rtp, ports, candide).items():
        (inside / "etc" / name).write_text(text)
    libraries = ":".join(str(each.parent) for each in root().glob("usr/lib/*/libc.so.6"))
    loader = next(root().glob("usr/lib*/ld-linux*.so.*"))
    command = [
        str(loader), "--library-path", libraries, str(root() / "usr/sbin/asterisk"),
        "-C", f"{where}/etc/asterisk.conf", "-f", "-n",
    ]  # fmt: skip
    with (inside / "out").open("wb") as out:
        process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            for _ in range(200):
                if (inside / "run/asterisk.ctl").exists() and "Asterisk Ready" in _text(inside / "messages"):
                    break
                assert process.returncode is None, _text(inside / "out")
                await asyncio.sleep(0.1)
            yield Asterisk(sip, inside)
        finally:
            if process.returncode is None:
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), 10)
                except TimeoutError:
                    process.kill()
                    await process.wait()
            shutil.rmtree(inside, ignore_errors=True)


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""


def _files(where: str, sip: int, rtp: int, ports: dict[str, int], candide: int) -> dict[str, str]:
    dialplan = (asset("line") / "extensions.conf").read_text(encoding="utf-8")
    for sample, own in ports.items():
        dialplan = dialplan.replace(f"127.0.0.1:{sample}", f"127.0.0.1:{own}")
    people = (
        f"\n[people]\nexten => 300,1,Answer()\n same => n,System(echo ${{CALLERID(num)}} >> {where}/reached)\n"
        " same => n,Echo()\nexten => 301,1,Busy(5)\n"
        "\n[calls]\nexten => 200,1,Goto(candide,200,1)\nexten => 201,1,Goto(candide-websocket,201,1)\n"
        "exten => 300,1,Goto(people,300,1)\nexten => 500,1,Dial(PJSIP/500@candide)\n"
    )
    folders = "".join(
        f"{name} => {where}/{folder}\n"
        for name, folder in (
            ("astetcdir", "etc"), ("astrundir", "run"), ("astspooldir", "spool"), ("astdbdir", "lib"),
            ("astlogdir", "log"), ("astkeydir", "lib"), ("astagidir", "lib"),
        )
    )  # fmt: skip
    return {
        "asterisk.conf": f"[directories]\n{folders}astmoddir => {_module_folder()}\n"
        f"astdatadir => {root()}/usr/share/asterisk\nastvarlibdir => {root()}/usr/share/asterisk\n",
        "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load = {name}.so\n" for name in _MODULES),
        "logger.conf": f"[logfiles]\n{where}/messages => notice,warning,error,verbose(3)\n",
        "rtp.conf": f"[general]\nrtpstart={rtp}\nrtpend={rtp + 198}\n",
        "extensions.conf": dialplan + people,
        "websocket_client.conf": "[candide]\ntype = websocket_client\nconnection_type = per_call_config\n"
        f"uri = ws://127.0.0.1:{ports.get('8765', 8765)}/asterisk\nprotocols = media\nconnection_timeout = 5000\n",
        "chan_websocket.conf": "[global]\ncontrol_message_format = json\n",
        "pjsip.conf": f"[here]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{sip}\n\n"
        "[anonymous]\ntype=endpoint\ntransport=here\ncontext=calls\ndisallow=all\nallow=ulaw\ndirect_media=no\n"
        "dtmf_mode=info\nrtp_symmetric=yes\n\n"
        "[candide]\ntype=endpoint\ntransport=here\ncontext=calls\ndisallow=all\nallow=ulaw\ndirect_media=no\n"
        f"aors=candide\n[candide]\ntype=aor\ncontact=sip:127.0.0.1:{candide}\n",
    }


def _module_folder() -> str:
    found = sorted(root().glob("usr/lib/*/asterisk/modules"))
    return str(found[0])


def make(folder: Path) -> None:
    """Debian sid's Asterisk in a directory (about 500 MB).

    Raises:
        CalledProcessError: debootstrap failed; it says why.
    """
    if not (folder / "usr/sbin/asterisk").is_file():
        subprocess.run(["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "sid", str(folder)], check=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
