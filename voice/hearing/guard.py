"""Text that nobody said: Whisper invents sentences on silence and noise, and says a sentence twice.

Some accents trigger it more than others (arXiv 2604.21276), so this is a control of fairness too: evidence in the
sound decides, and the list of known phrases (assets/hearing/hallucinations.yaml) comes last, for weak evidence only.
"""

from __future__ import annotations

import re
import zlib
from functools import cache

import yaml

from personalization.assets import asset
from voice.hearing.prosody import syllables

__all__ = ["refusal", "repeats_its_tail"]

_SILENT = 0.5  # probability of no speech that, with an unsure text, means nobody spoke
_UNSURE = -0.7  # mean log probability of a token
_BRIEF = 0.2  # seconds of voice: less was heard in music than in the shortest "oui"
_UNSURE_AND_BRIEF = -0.35
_IMPROBABLE = -1.3  # alone enough to refuse
_QUICKEST = 11.0  # syllables a second nobody exceeds, and a margin for a voice detected late
_MARGIN = 0.35
_COMPRESSIBLE = 2.4  # Whisper's own threshold (Radford et al., 2022, section 4.5)
_WEAK = -0.35  # a known phrase said for real is recognised with more confidence
_SHORTEST_KNOWN = 0.5


def refusal(text: str, language: str, no_speech: float, mean_logprob: float, speech_seconds: float) -> str:
    """Why a text can't be trusted; empty when it can.

    Args:
        no_speech: the model's probability that nobody spoke.
        speech_seconds: how long voice activity detection heard a voice.

    Returns:
        "no speech", "improbable", "repetitive", "known phrase" or "".
    """
    said = _plain(text)
    if not said:
        return "no speech"
    if no_speech >= _SILENT and mean_logprob < (_UNSURE if speech_seconds >= _BRIEF else _UNSURE_AND_BRIEF):
        return "no speech"
    if mean_logprob < _IMPROBABLE:
        return "improbable"
    if syllables(text, language) > (speech_seconds + _MARGIN) * _QUICKEST:
        return "improbable"
    raw = text.encode()
    if len(raw) > 40 and len(raw) / len(zlib.compress(raw)) > _COMPRESSIBLE:
        return "repetitive"
    weak = mean_logprob < _WEAK or no_speech >= _SILENT or speech_seconds < _SHORTEST_KNOWN
    if weak and any(said == phrase or (len(phrase) > 12 and phrase in said) for phrase in _known_phrases()):
        return "known phrase"
    return ""


def repeats_its_tail(text: str) -> bool:
    """The last three words or more say again what stands just before them ("non non non" doesn't count)."""
    words = _plain(text).split()
    for size in range(3, len(words) // 2 + 1):
        tail = words[-size:]
        if tail == words[-2 * size : -size] and len(set(tail)) > 1:
            return True
    return False


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


@cache
def _known_phrases() -> tuple[str, ...]:
    with asset("hearing", "hallucinations.yaml").open(encoding="utf-8") as file:
        return tuple(_plain(phrase) for phrases in yaml.safe_load(file).values() for phrase in phrases)
