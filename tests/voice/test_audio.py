"""Sound as numbers: rates, codes, levels, frames."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.audio import (
    RATES,
    AudioError,
    Resampler,
    alaw_decode,
    alaw_encode,
    dbfs,
    frames,
    resample,
    ulaw_decode,
    ulaw_encode,
)

PAIRS = [(source, target) for source in (*RATES, 44_100, 48_000) for target in RATES if source != target]


def sine(hertz: float, rate: int, seconds: float = 1.0, peak: float = 20_000.0) -> np.ndarray:
    return np.rint(peak * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype(np.int16)


@pytest.mark.parametrize(("source", "target"), PAIRS)
@pytest.mark.parametrize("hertz", [300, 1_000, 3_300])
def test_a_telephone_tone_keeps_its_shape_to_80_db(source, target, hertz):
    got = resample(sine(hertz, source), source, target).astype(float)
    expected = 20_000 * np.sin(2 * np.pi * hertz * np.arange(len(got)) / target)
    inside = slice(target // 20, -target // 20)
    error = got[inside] - expected[inside]
    assert 10 * np.log10(np.mean(expected[inside] ** 2) / np.mean(error**2)) > 80


@pytest.mark.parametrize("source", [16_000, 22_050, 24_000, 48_000])
@pytest.mark.parametrize("hertz", [4_100, 5_000, 7_000])
def test_what_the_telephone_cannot_carry_does_not_fold_back(source, hertz):
    sound = sine(hertz, source)
    inside = resample(sound, source, 8_000)[800:-800]
    assert dbfs(inside) - dbfs(sound) < -80


@pytest.mark.parametrize(("source", "target"), PAIRS)
@pytest.mark.parametrize("count", [0, 1, 7, 159, 160, 12_345])
def test_the_number_of_samples_is_exact(source, target, count):
    assert len(resample(np.ones(count, dtype=np.int16), source, target)) == -(-count * target // source)


@settings(max_examples=40, deadline=None)
@given(
    pair=st.sampled_from(PAIRS),
    cuts=st.lists(st.integers(0, 700), min_size=1, max_size=12),
    seed=st.integers(0, 2**32 - 1),
)
def test_in_pieces_or_whole_gives_the_same_samples(pair, cuts, seed):
    sound = np.random.default_rng(seed).integers(-32768, 32768, sum(cuts)).astype(np.int16)
    resampler = Resampler(*pair)
    edges = np.cumsum([0, *cuts])
    pieces = [resampler.push(sound[a:b]) for a, b in pairwise(edges)]
    assert np.array_equal(np.concatenate([*pieces, resampler.flush()]), resample(sound, *pair))


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_no_more_than_5_ms_are_withheld(source, target):
    given_ms = len(Resampler(source, target).push(np.ones(source, dtype=np.int16))) / target * 1000
    assert 995 <= given_ms <= 1000


def test_a_flushed_resampler_is_as_new():
    resampler = Resampler(8_000, 16_000)
    sound = sine(440, 8_000)
    first = np.concatenate((resampler.push(sound), resampler.flush()))
    assert np.array_equal(first, np.concatenate((resampler.push(sound), resampler.flush())))


def test_a_sound_louder_than_full_scale_is_limited_and_does_not_wrap():
    square = (32767 * np.sign(np.sin(2 * np.pi * 700 * np.arange(8_000) / 8_000))).astype(np.int16)
    once = resample(square, 8_000, 16_000).astype(int)
    assert np.abs(np.diff(once)).max() < 60_000


def test_the_same_rate_changes_nothing():
    sound = sine(440, 16_000)
    assert np.array_equal(resample(sound, 16_000, 16_000), sound)


@pytest.mark.parametrize("rate", [0, -8_000, 100, 10_000_000])
def test_an_impossible_rate_is_refused(rate):
    with pytest.raises(AudioError, match="can't be converted"):
        Resampler(rate, 16_000)


CODES = np.arange(256, dtype=np.uint8)
EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)


@pytest.mark.parametrize(
    ("decode", "code", "value"),
    [  # ITU-T G.711 tables 1 and 2, at 16 bits
        (ulaw_decode, 0xFF, 0),
        (ulaw_decode, 0x7F, 0),
        (ulaw_decode, 0x80, 32_124),
        (ulaw_decode, 0x00, -32_124),
        (ulaw_decode, 0xEF, 132),
        (ulaw_decode, 0xFE, 8),
        (alaw_decode, 0xD5, 8),
        (alaw_decode, 0x55, -8),
        (alaw_decode, 0xAA, 32_256),
        (alaw_decode, 0x2A, -32_256),
    ],
)
def test_known_codes_of_the_standard(decode, code, value):
    assert decode(np.array([code], dtype=np.uint8))[0] == value


@pytest.mark.parametrize(("encode", "decode"), [(ulaw_encode, ulaw_decode), (alaw_encode, alaw_decode)])
def test_every_code_comes_back(encode, decode):
    values = decode(CODES)
    again = encode(values)
    # Mu-law has two zeros; the negative one is sent as the positive.
    assert np.array_equal(decode(again), values)
    assert np.count_nonzero(again != CODES) <= 1


@pytest.mark.parametrize(("encode", "decode"), [(ulaw_encode, ulaw_decode), (alaw_encode, alaw_decode)])
def test_each_code_stands_for_the_middle_of_the_samples_it_is_given_for(encode, decode):
    codes = encode(EVERY_SAMPLE)
    assert (np.diff(decode(codes).astype(int)) >= 0).all()
    for code in np.unique(codes):
        given_for = EVERY_SAMPLE[codes == code].astype(int)
        if abs(given_for).max() < 31_000:  # the outermost codes also take what is beyond them
            assert abs((given_for[0] + given_for[-1]) / 2 - int(decode(np.array([code]))[0])) <= 8


@pytest.mark.parametrize(("encode", "decode"), [(ulaw_encode, ulaw_decode), (alaw_encode, alaw_decode)])
def test_a_code_keeps_the_sign(encode, decode):
    back = decode(encode(EVERY_SAMPLE)).astype(int)
    assert (back[EVERY_SAMPLE > 200] > 0).all()
    assert (back[EVERY_SAMPLE < -200] < 0).all()


def test_levels_are_in_db_below_full_scale():
    assert dbfs(sine(1_000, 16_000, peak=32_767)) == pytest.approx(-3.01, abs=0.01)
    assert dbfs(np.zeros(100, dtype=np.int16)) == dbfs(np.zeros(0, dtype=np.int16)) == -100.0
    assert dbfs(np.full(100, -32768, dtype=np.int16)) == 0.0


@given(st.integers(0, 1000), st.integers(1, 400))
def test_frames_cover_the_sound_and_silence_fills_the_last(count, size):
    sound = np.arange(1, count + 1).astype(np.int16)
    cut = list(frames(sound, size))
    assert all(len(frame) == size for frame in cut)
    joined = np.concatenate(cut) if cut else np.zeros(0, dtype=np.int16)
    assert np.array_equal(joined[:count], sound)
    assert not joined[count:].any()
