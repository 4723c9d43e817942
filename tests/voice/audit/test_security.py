"""What the line opens to others, what pip-audit says, and the command."""

from __future__ import annotations

import json

import pytest

from tests.voice.cli.test_commands import candide, told
from voice.audit.dependencies import findings_of
from voice.audit.exposure import audit_settings
from voice.line.settings import LineSettings


def severities(**settings) -> set[tuple[str, str]]:
    return {(each.check, each.severity) for each in audit_settings(LineSettings(**settings))}


def test_a_port_open_to_everybody_is_grave_and_one_for_the_exchange_is_not():
    sip = {"host": "0.0.0.0"}
    assert ("ports", "high") in severities(sip=sip)
    assert ("ports", "high") in severities(sip=sip, allow=("0.0.0.0/0",))
    assert severities(sip=sip, allow=("10.0.0.5",)) == {("ports", "info"), ("tls", "info")}
    assert severities(audiosocket={}, media_streams={}) == set()


@pytest.mark.parametrize(
    "settings",
    [
        {"media_streams": {"public": "ws://voice.example.com/x", "twilio_token": "t"}},
        {"webhook": {"url": "http://shop.example.com/x", "secret": "s" * 16}},
        {"codes": {"url": "http://shop.example.com/x", "secret": "s" * 16}},
    ],
)
def test_what_goes_without_tls_is_grave(settings):
    assert ("tls", "high") in severities(**settings)


def test_a_settings_file_with_a_password_is_its_owners_alone(tmp_path):
    path = tmp_path / "line.yaml"
    path.write_text("sip: {host: 127.0.0.1, user: a, password: b, registrar: c}\n", encoding="utf-8")
    path.chmod(0o644)
    assert [each.check for each in audit_settings(LineSettings.load(path), path)] == ["permissions"]
    path.chmod(0o600)
    assert not list(audit_settings(LineSettings.load(path), path))


def test_what_pip_audit_tells_is_told_on_and_no_answer_is_no_clean_bill():
    known = {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
    unseen = {"name": "b", "skip_reason": "not on the index"}
    clean = {"name": "c", "version": "1", "vulns": []}
    told = list(findings_of(json.dumps({"dependencies": [known, unseen, clean]})))
    assert [each.severity for each in told] == ["high", "medium"] and "(2)" in told[0].to_do
    assert [each.severity for each in findings_of("", "no network")] == ["medium"]


def test_the_command_ends_with_1_for_a_grave_finding_and_with_0_without(tmp_path):
    log = tmp_path / "logs"
    log.mkdir()
    quiet = candide("audit", "security", "--no-dependencies", "--logs", str(log))
    assert quiet.returncode == 0, told(quiet)
    (log / "a.log").write_text("4539148803436467\n", encoding="utf-8")
    done = candide("audit", "security", "--no-dependencies", "--logs", str(log))
    assert done.returncode == 1 and "a card number" in told(done) and "4539148803436467" not in told(done)
