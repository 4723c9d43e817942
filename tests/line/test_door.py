"""How one-time codes leave, and which settings say so; the pages beside the settings."""

from __future__ import annotations

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

pytest.importorskip("sqlalchemy", reason="sqlalchemy isn't here: pip install -e '.[store]'")
pytest.importorskip("argon2", reason="argon2-cffi isn't here: pip install -e '.[store]'")

from pydantic import ValidationError

from personalization.assets import asset
from tests.line.peers import free_port
from voice.line.door import WebhookSender
from voice.line.outbox import verified
from voice.line.settings import CodeSettings

SECRET = "a secret of twenty marks"


def test_a_code_is_posted_signed_to_the_shops_service():
    taken = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((body, self.headers["X-Candide-Signature"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *given):
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    WebhookSender(f"http://127.0.0.1:{server.server_port}/", SECRET).send("+33100000001", "123456", "fr")
    thread.join()
    server.server_close()
    [(body, signature)] = taken
    assert json.loads(body) == {"to": "+33100000001", "code": "123456", "language": "fr"}
    assert verified(SECRET, body, signature, time.time())


def test_a_service_that_is_not_there_is_an_error_without_the_code():
    with pytest.raises(OSError, match="can't be reached") as raised:
        WebhookSender(f"http://127.0.0.1:{free_port()}/", SECRET).send("+33100000001", "123456", "fr")
    assert "123456" not in str(raised.value)


@pytest.mark.parametrize("bad", [{}, {"file": "a", "url": "http://b", "secret": SECRET}, {"url": "http://b"}])
def test_settings_of_codes_name_one_way(bad):
    with pytest.raises(ValidationError):
        CodeSettings(**bad)
    assert CodeSettings(file="a").file and CodeSettings(url="http://b", secret=SECRET).url


def test_each_page_of_the_line_is_there():
    text = (asset("line") / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\(([a-z]+\.md)", text)) | set(re.findall(r"`([a-z]+\.(?:yaml|conf|xml))`", text))
    assert {"sip.md", "asterisk.md", "twilio.md", "freeswitch.md", "line.yaml", "extensions.conf"} <= named
    assert all((asset("line") / name).is_file() for name in named)
