"""A report that can't be changed unnoticed: HMAC-SHA256 over its canonical JSON, under a key of the shop.

A database's key is derived from the one that seals its ledger, so whoever holds the shop's keys can check a report and
nobody else can make one. A shop in files has none: its key lies in the configuration folder, mode 0600. An HMAC shows
that the shop's own machine made the report; it proves nothing to somebody who isn't given the key.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
from pathlib import Path
from typing import Any

from personalization.store.places import config_dir

__all__ = ["METHOD", "NotAReport", "report_key", "sign", "verify"]

METHOD = "HMAC-SHA256"


class NotAReport(ValueError):
    """The file is no signed report; the message says what to do."""


def report_key(store: Any = None) -> tuple[bytes, str]:
    """(key, where it comes from). The file of a shop without a database is made where it isn't there yet."""
    if store is not None:
        return hmac.digest(store.keys.shop_key("ledger"), b"candide audit report", "sha256"), "the shop's ledger key"
    path = config_dir() / "audit.key"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(os.urandom(32)) + b"\n")
    return base64.b64decode(path.read_bytes()), "audit.key in the configuration folder"


def sign(body: dict[str, Any], key: bytes, where: str) -> dict[str, Any]:
    """The body with its signature."""
    named = body | {"signature": {"method": METHOD, "key": where}}
    mac = hmac.digest(key, _canonical(named), "sha256").hex()
    return named | {"signature": named["signature"] | {"mac": mac}}


def verify(path: Path, key: bytes) -> bool:
    """Whether the report is as it was signed.

    Raises:
        NotAReport: it can't be read or holds no signature.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        signature = dict(told["signature"])
        mac = bytes.fromhex(signature.pop("mac"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise NotAReport(f"{path}: not a signed report: name the JSON file that candide audit wrote") from wrong
    return signature.get("method") == METHOD and hmac.compare_digest(
        mac, hmac.digest(key, _canonical(told | {"signature": signature}), "sha256")
    )


def _canonical(value: Any) -> bytes:
    """One spelling of the same JSON, whatever the order and the spaces of the file."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
