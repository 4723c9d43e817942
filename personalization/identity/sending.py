"""How a one-time code reaches a customer: one method, behind which a text message or mail service stands."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Protocol

__all__ = ["FileSender", "Sender"]


class Sender(Protocol):
    """Delivers a code."""

    def send(self, to: str, code: str, language: str) -> None:
        """Args:
        to: a telephone number or an e-mail address, the customer's own. language: "fr" or "en".

        Raises:
            OSError: it can't be delivered now.
        """
        ...


class FileSender:
    """Writes codes into a file of mode 0600, one JSON object a line: for tests, and for a gateway that reads files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, to: str, code: str, language: str) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(json.dumps({"to": to, "code": code, "language": language}) + "\n")
