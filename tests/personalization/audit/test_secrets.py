"""Secrets are found where none belongs, and times and probabilities aren't taken for card numbers."""

from __future__ import annotations

import json

import pytest

from personalization.audit.secrets import secrets_in


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.log", "paid with 4539 1488 0343 6467 today"),
        ("a.log", "password=correcthorse"),
        ("a.log", "Secret: 'abcdefghijkl'"),
        ("a.txt", "-----BEGIN RSA PRIVATE KEY-----"),
        ("a.jsonl", json.dumps({"at": 1.0, "text": "4539 1488 0343 6467"})),
        (
            "a.jsonl",
            json.dumps(
                {"at": 1.0, "text": "four five three nine one four eight eight oh three four three six four six seven"}
            ),
        ),
        ("worker.log.1", "4539148803436467"),
    ],
)
def test_a_secret_is_found_and_not_repeated(tmp_path, name, text):
    (tmp_path / name).write_text("nothing here\n" + text + "\n", encoding="utf-8")
    found = list(secrets_in(tmp_path))
    assert found and all(f"{name}, line 2" in each.what and "6467" not in each.what for each in found)


@pytest.mark.parametrize(
    "text",
    ["2026-11-24 20:11:20.123456 call ended", "1732480280123456789 ns", "at 12.3456 words [0.9234, 1.2345, 10.1234]",
     "the password is asked for again", '{"at": 4539.1488, "words": [["a", 4539.1488, 343.6467, 0.94]]}'],
)  # fmt: skip
def test_what_is_no_secret_is_left_alone(tmp_path, text):
    for name in ("a.log", "a.jsonl"):
        (tmp_path / name).write_text(text + "\n", encoding="utf-8")
    assert not list(secrets_in(tmp_path))
