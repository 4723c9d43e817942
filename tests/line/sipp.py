"""sipp scenarios, written step by step and run against a server of ours."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from tests.line.peers import free_port, program
from voice.audio import ulaw_encode

__all__ = ["Scenario"]

_TO = "[remote_ip]:[remote_port]"
_VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport"
_FROM = "From: <sip:100@[local_ip]:[local_port]>;tag=[pid]c[call_number]"
_OURS = "Contact: <sip:100@[local_ip]:[local_port]>"
ROUTE = "Record-Route: <sip:proxy.example.com;lr>"


class Scenario:
    """What sipp does, in order; every `expect` fails the run when something else comes.

    Args:
        routed: behind a proxy that records its route; otherwise the requests tell of one themselves.
    """

    def __init__(self, routed: bool = False) -> None:
        self._steps: list[str] = []
        self._routed = routed
        self._cseq = 0

    def send(self, method: str, body: str = "", kind: str = "", more: str = "", branch: str = "[branch]") -> Scenario:
        """A request of the call; the dialog's tag is there once it is known."""
        self._cseq += method not in ("ACK", "CANCEL")
        tag = "" if method in ("INVITE", "CANCEL") and self._cseq == 1 else "[peer_tag_param]"
        within = self._routed and tag
        target, route = ("[next_url]", "[routes]") if within else (f"sip:200@{_TO}", "" if self._routed else ROUTE)
        head = [
            f"{method} {target} SIP/2.0", _VIA.replace("[branch]", branch), _FROM, f"To: <sip:200@{_TO}>{tag}",
            "Call-ID: [call_id]", f"CSeq: {self._cseq} {method}", _OURS, "Max-Forwards: 70",
            *([route] if route else []),
        ]  # fmt: skip
        head += [more] if more else []
        head += [f"Content-Type: {kind}"] if kind else []
        text = "\n".join([*head, "Content-Length: [len]", "", body])
        retrans = "" if method == "ACK" else ' retrans="500"'
        return self._add(f"<send{retrans}>\n<![CDATA[\n{text}\n]]>\n</send>")

    def invite(
        self, direction: str = "sendrecv", media: str = "0 96", host: str = "[media_ip]", more: str = ""
    ) -> Scenario:
        lines = [
            "v=0", "o=- 1 1 IN IP4 [local_ip]", "s=-", f"c=IN IP4 {host}", "t=0 0",
            f"m=audio [rtpstream_audio_port] RTP/AVP {media}", "a=rtpmap:96 telephone-event/8000", "a=ptime:20",
            f"a={direction}", "",
        ]  # fmt: skip
        return self.send("INVITE", "\n".join(lines), "application/sdp", more)

    def reply(self, status: str) -> Scenario:
        """Answers the request that came last."""
        head = "[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n\n"
        return self._add(f"<send>\n<![CDATA[\nSIP/2.0 {status}\n{head}]]>\n</send>")

    def expect(self, status: int, header: str = "", pattern: str = "") -> Scenario:
        """A final response (100, 180 and 183 may come before it), with a header that matches."""
        first = "".join(f'<recv response="{each}" optional="true" />\n' for each in (100, 180, 183) if each != status)
        routes = ' rrs="true"' if self._routed else ""
        return self._add(first + f'<recv response="{status}"{routes}>{_check(header, pattern)}</recv>')

    def expect_request(self, method: str, header: str = "", pattern: str = "") -> Scenario:
        return self._add(f'<recv request="{method}">{_check(header, pattern)}</recv>')

    def speak(self, path: Path) -> Scenario:
        """Plays mu-law bytes from a file into the call."""
        return self._add(f'<nop><action><exec rtp_stream="{path},1,0,PCMU/8000" /></action></nop>')

    def pause(self, seconds: float) -> Scenario:
        return self._add(f'<pause milliseconds="{int(seconds * 1000)}" />')

    def bye(self) -> Scenario:
        return self.send("BYE").expect(200)

    async def run(self, port: int, folder: Path, *options: str, within: float = 60.0) -> str:
        """Runs it against 127.0.0.1:port. Returns "" where everything came as expected, else what sipp says."""
        text = '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="test">\n'
        path, errors = folder / "scenario.xml", folder / "errors.log"
        path.write_text(text + "\n".join(self._steps) + "\n</scenario>\n")
        command = (
            "sipp", "-sf", str(path), "-i", "127.0.0.1", "-p", str(free_port()), "-mi", "127.0.0.1",
            "-mp", str(_media_port()), "-nostdin", "-timeout", f"{int(within)}s", "-timeout_error",
            "-recv_timeout", "15000", "-trace_err", "-error_file", str(errors), "-m", "1", *options,
            f"127.0.0.1:{port}",
        )  # fmt: skip
        async with program(*command, cwd=folder) as process:
            code = await asyncio.wait_for(process.wait(), within + 5)
        said = errors.read_text(errors="replace")[-2_000:] if errors.exists() else ""
        return "" if code == 0 else f"sipp ended with {code}: {said}"

    def _add(self, step: str) -> Scenario:
        self._steps.append(step)
        return self


def _check(header: str, pattern: str) -> str:
    if not header:
        return ""
    ereg = f'<ereg regexp="{pattern}" search_in="hdr" header="{header}:" check_it="true" assign_to="found" />'
    return f'<action>{ereg}<log message="[$found]" /></action>'


def _media_port() -> int:
    """Sound goes to an even port, of which sipp takes none above 60,000."""
    while (port := free_port()) > 60_000:
        pass
    return port - port % 2


def mulaw_file(pcm: np.ndarray, path: Path) -> Path:
    """(n,) int16 at 8 kHz as the bytes sipp plays."""
    path.write_bytes(ulaw_encode(pcm).tobytes())
    return path
