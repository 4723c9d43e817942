"""An OpenAI-compatible endpoint on the shop's own machines (llama.cpp, Ollama, vLLM): chat completions, streamed.

The API is `POST {url}/chat/completions` with `stream: true`, answered by server-sent events (`data: {...}` lines, the
last `data: [DONE]`).
"""

from __future__ import annotations

import http.client
import ipaddress
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

__all__ = ["Endpoint", "EndpointFailed", "own_machine"]

_LINE = 65_536
_MOST = 400
"""Pieces of one answer."""


class EndpointFailed(Exception):
    """No whole answer came: refused, cut short, or not of this protocol."""


def own_machine(url: str) -> bool:
    """Whether a URL points into the shop: this machine, a private address or a bare host name."""
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return bool(host) and ("." not in host or host.endswith((".local", ".lan", ".internal", ".home.arpa")))
    return address.is_private or address.is_loopback


class Endpoint:
    """One model behind one URL. An object serves any number of threads.

    Args:
        url: up to the version, such as http://127.0.0.1:8080/v1.
        model: its name there.
        timeout_s: silence of the socket that is given up on, seconds.
    """

    def __init__(self, url: str, model: str, timeout_s: float = 5.0) -> None:
        self._parts = urlsplit(url)
        self._model = model
        self._timeout = timeout_s

    def connect(self) -> http.client.HTTPConnection:
        secure = self._parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        return kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout)

    def stream(self, connection: http.client.HTTPConnection, messages: list[dict[str, str]]) -> Iterator[str]:
        """The answer's pieces as they come, to its end.

        Raises:
            EndpointFailed: the answer is refused, cut short, endless or not understood.
        """
        asked = {"model": self._model, "messages": messages, "stream": True, "temperature": 0.2, "max_tokens": 120}
        try:
            headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
            path = self._parts.path.rstrip("/") + "/chat/completions"
            connection.request("POST", path, json.dumps(asked), headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise EndpointFailed(f"status {answer.status}")
            yield from _pieces(answer)
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as wrong:
            raise EndpointFailed(type(wrong).__name__) from wrong


def _pieces(answer: http.client.HTTPResponse) -> Iterator[str]:
    whole = False
    for _ in range(_MOST):
        line = answer.readline(_LINE)
        if not line:
            break
        data = line.decode("utf-8").strip()
        if not data.startswith("data:"):
            continue
        data = data[5:].strip()
        if data == "[DONE]":
            whole = True
            break
        choice = next(iter(_field(json.loads(data), "choices", list)), {})
        if not isinstance(choice, dict):
            raise ValueError("a choice is no object")
        if piece := (choice.get("delta") or {}).get("content"):
            yield str(piece)
        if choice.get("finish_reason") == "length":
            raise EndpointFailed("too long")
        whole = whole or choice.get("finish_reason") == "stop"
    if not whole:
        raise EndpointFailed("cut short")


def _field(event: object, name: str, kind: type):
    if not isinstance(event, dict) or not isinstance(event.get(name, kind()), kind):
        raise ValueError(f"no {name}")
    return event.get(name, kind())
