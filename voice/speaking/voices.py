"""The assistant's voices, one a language, and the lines whose sound is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

import numpy as np

from personalization.phrases import Phrase

__all__ = ["Voices"]
