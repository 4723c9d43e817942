"""A code said aloud, digit by digit or in groups."""

from __future__ import annotations

import re

from nlu.normalise import tokenise
from nlu.numbers import digit_runs

__all__ = ["SHORTEST", "spoken_code"]

SHORTEST = 6
"""Characters of a code, at least: three tries at six digits are three in a million."""
_HALF_SAID = 3
"""Digits that make a code begun, though not a whole one."""


def spoken_code(text: str, language: str) -> tuple[str, bool] | None:
    """The code somebody said, and whether it is long enough to be a whole one.

    "quatre-vingt-deux, 91, trente" -> ("829130", True); None where no digits were said.
    """
    apart = re.sub(r"(?<=\d)[.,](?=\d)", " ", text)  # "482.913" is no amount here
    said = "".join(digits for _, _, digits in digit_runs(tokenise(apart, language), language))
    return (said, len(said) >= SHORTEST) if len(said) >= _HALF_SAID else None
