"""A known hole is told by the real pip-audit; a service that isn't there is told as such, and is no clean bill."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from voice.audit.dependencies import NOT_LOOKED_UP, audit_dependencies, findings_of
from voice.cli.app import app

run = CliRunner()


@contextlib.contextmanager
def fake_osv(holed: str | None) -> Iterator[str]:
    """Stands in for the OSV service, which this machine may not reach: one hole, in the package named."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told = {"vulns": [HOLE]} if asked["package"]["name"] == holed else {}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


HOLE = {
    "id": "TEST-2026-1", "summary": "a hole", "details": "a hole", "aliases": [], "published": "2026-01-01T00:00:00Z",
    "affected": [{"package": {"name": "pyyaml", "ecosystem": "PyPI"},
                  "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}]}],
}  # fmt: skip


@pytest.fixture
def _pip_audit() -> None:
    pytest.importorskip("pip_audit", reason="pip-audit isn't installed: pip install 'candide-voice[audit]'")


@pytest.mark.usefixtures("_pip_audit")
def test_a_known_hole_ends_the_command_with_1_and_none_with_0():
    with fake_osv("pyyaml") as url:
        done = run.invoke(app, ["audit", "dependencies", "--osv", url])
    assert done.exit_code == 1 and f"pyyaml {version('pyyaml')}: TEST-2026-1" in done.output, done.output
    assert "(99)" in done.output
    with fake_osv(None) as url:
        done = run.invoke(app, ["audit", "dependencies", "--osv", url, "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout) == {"findings": []}


@pytest.mark.usefixtures("_pip_audit")
def test_a_service_that_is_not_there_ends_the_command_with_3_and_is_told():
    with fake_osv(None) as url:
        gone = url
    done = run.invoke(app, ["audit", "dependencies", "--osv", gone])
    assert done.exit_code == 3 and NOT_LOOKED_UP in done.output


@pytest.mark.usefixtures("_pip_audit")
def test_it_is_given_up_after_a_time():
    (found,) = audit_dependencies(seconds=0.01)
    assert "no answer within" in found.what and found.severity == "medium"


def test_one_package_that_was_not_looked_up_is_strictly_told_and_all_of_them_are_no_answer():
    unseen, seen = {"name": "b", "skip_reason": "not on the index"}, {"name": "c", "version": "1", "vulns": []}
    (told,) = findings_of(json.dumps({"dependencies": [unseen, seen]}))
    assert told.what.startswith("b could not") and told.severity == "medium"
    for answer in ({"dependencies": [unseen, unseen]}, {"dependencies": []}, {}, [], None):
        (told,) = findings_of(json.dumps(answer))
        assert told.what.startswith(NOT_LOOKED_UP)
