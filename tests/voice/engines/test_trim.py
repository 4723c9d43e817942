"""A voice's silent ends are cut the same, however its sound comes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voice.engines.trim import Trimmer, trimmed

RATE = 16_000
KEPT = int(0.03 * RATE)


def sound_of(parts: list[tuple[bool, int]]) -> np.ndarray:
    """Loud (a tone) and silent (a hiss) by turns."""
    noise = np.random.default_rng(1)
    made = [9000 * np.sin(np.arange(count)) if tone else noise.integers(-40, 40, count) for tone, count in parts]
    return np.rint(np.concatenate([np.zeros(0), *made])).astype(np.int16)


parts = st.lists(st.tuples(st.booleans(), st.integers(0, 2000)), max_size=8)


@given(parts, st.lists(st.integers(0, 8000), max_size=6))
def test_pieces_joined_are_the_whole(parts, cuts):
    sound = sound_of(parts)
    edges = [0, *sorted(min(cut, len(sound)) for cut in cuts), len(sound)]
    trimmer = Trimmer(RATE)
    given = [trimmer.push(sound[begin:end]) for begin, end in pairwise(edges)]
    joined = np.concatenate([*given, trimmer.flush()])
    whole = trimmed(sound, RATE)
    assert len(joined) == len(whole)
    if len(whole) > 4 * KEPT:  # shorter ones are faded over less
        assert np.array_equal(joined, whole)


@given(parts)
def test_only_silence_is_cut_and_the_ends_are_quiet(parts):
    sound = sound_of(parts)
    loud = np.flatnonzero(np.abs(sound.astype(int)) > 200)
    cut = trimmed(sound, RATE)
    if not len(loud):
        assert not len(cut)
        return
    assert loud[-1] - loud[0] + 1 <= len(cut) <= loud[-1] - loud[0] + 1 + 2 * KEPT
    assert not cut[0]


def test_what_is_said_is_given_at_once_and_silence_waits_for_what_follows():
    trimmer = Trimmer(RATE)
    tone, silence = sound_of([(True, 4000)]), np.zeros(8000, np.int16)
    assert len(trimmer.push(silence)) == 0
    assert len(trimmer.push(tone)) > 3900
    assert len(trimmer.push(silence)) < 100
    assert len(trimmer.push(tone)) > 8000 - 100
    assert len(trimmer.flush()) <= KEPT
