"""Words of attention that don't take the floor, "mm-hm" or « oui oui » (V. Yngve, CLS 6, 1970: backchannels)."""

from __future__ import annotations

import re
from functools import cache

import yaml

from personalization.assets import asset
from voice.hearing.partials import plain

__all__ = ["backchannel"]

_AT_MOST = 3


@cache
def _phrases(language: str) -> frozenset[tuple[str, ...]]:
    listed = yaml.safe_load(asset("hearing", "backchannels.yaml").read_text(encoding="utf-8"))[language]
    return frozenset(tuple(_tokens(str(item))) for item in listed)


def _tokens(text: str) -> list[str]:
    return [word for word in (plain(piece) for piece in re.split(r"[\s\-–,.!?…]+", text)) if word]


def backchannel(text: str, language: str) -> bool:
    """Nothing but one to three words of attention (assets/hearing/backchannels.yaml).

    Args:
        language: "fr" or "en".
    """
    known, words = _phrases(language), tuple(_tokens(text))
    longest = max(map(len, known))
    count = 0
    while words and count < _AT_MOST:
        step = next((size for size in range(longest, 0, -1) if words[:size] in known), 0)
        if not step:
            return False
        words, count = words[step:], count + 1
    return count > 0 and not words
