"""WAV files: whatever a person has is read, and what we write is marked as synthetic."""

from __future__ import annotations

import struct
import warnings

import numpy as np
import pytest

from voice.audio import AudioError, alaw_encode, dbfs, ulaw_encode
from voice.wavfile import AudioWarning, read_wav, read_wav_metadata, synthetic_speech, write_wav

TONE = np.rint(12_000 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)).astype(np.int16)


def riff(code: int, bits: int, data: bytes, rate: int = 16_000, channels: int = 1, extensible: bool = False) -> bytes:
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", 0xFFFE if extensible else code, channels, rate, rate * frame, frame, bits)
    if extensible:
        form += struct.pack("<HHIH", 22, bits, 0, code) + b"\0" * 14
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def as_24_bit(pcm: np.ndarray) -> bytes:
    return (pcm.astype("<i4") << 8).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def test_what_is_written_is_read_back(tmp_path):
    write_wav(tmp_path / "a.wav", TONE, 16_000)
    pcm, rate = read_wav(tmp_path / "a.wav")
    assert rate == 16_000
    assert np.array_equal(pcm, TONE)


@pytest.mark.parametrize(
    ("raw", "tolerance"),
    [
        (riff(1, 8, ((TONE.astype(int) >> 8) + 128).astype(np.uint8).tobytes()), 256),
        (riff(1, 24, as_24_bit(TONE)), 0),
        (riff(1, 24, as_24_bit(TONE), extensible=True), 0),
        (riff(1, 32, (TONE.astype("<i4") << 16).tobytes()), 0),
        (riff(3, 32, (TONE / 32768).astype("<f4").tobytes()), 0),
        (riff(3, 64, (TONE / 32768).astype("<f8").tobytes()), 0),
        (riff(6, 8, alaw_encode(TONE).tobytes()), 600),
        (riff(7, 8, ulaw_encode(TONE).tobytes()), 600),
    ],
    ids=["8", "24", "24 extensible", "32", "float", "double", "A-law", "mu-law"],
)
def test_every_usual_coding_is_read(tmp_path, raw, tolerance):
    (tmp_path / "a.wav").write_bytes(raw)
    pcm, _ = read_wav(tmp_path / "a.wav")
    assert pcm.dtype == np.int16
    assert np.abs(pcm.astype(int) - TONE).max() <= tolerance


def test_stereo_is_mixed_and_says_so(tmp_path):
    write_wav(tmp_path / "a.wav", np.stack((TONE, np.zeros_like(TONE)), axis=1), 16_000)
    with pytest.warns(AudioWarning, match="2 channels"):
        pcm, _ = read_wav(tmp_path / "a.wav")
    assert np.abs(pcm - TONE / 2).max() <= 1


@pytest.mark.parametrize(("rate", "becomes"), [(44_100, 24_000), (48_000, 24_000), (11_025, 16_000), (6_000, 8_000)])
def test_another_rate_is_converted_and_says_so(tmp_path, rate, becomes):
    write_wav(tmp_path / "a.wav", TONE, rate)
    with pytest.warns(AudioWarning, match=f"converted to {becomes} Hz"):
        pcm, got = read_wav(tmp_path / "a.wav")
    assert got == becomes
    assert len(pcm) == -(-len(TONE) * becomes // rate)


def test_a_rate_can_be_asked_for(tmp_path):
    write_wav(tmp_path / "a.wav", TONE, 8_000)
    with pytest.warns(AudioWarning):
        pcm, rate = read_wav(tmp_path / "a.wav", 16_000)
    assert (rate, len(pcm)) == (16_000, 32_000)


@pytest.mark.parametrize("kept", [45, 100, 1_001, 20_000])
def test_of_a_truncated_file_what_is_there_is_read(tmp_path, kept):
    write_wav(tmp_path / "a.wav", TONE, 16_000)
    whole = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(whole[: kept + 1])
    with pytest.warns(AudioWarning, match="cut short"):
        pcm, _ = read_wav(tmp_path / "a.wav")
    assert np.array_equal(pcm, TONE[: len(pcm)])
    assert len(pcm) == (kept + 1 - 44) // 2


def test_a_file_written_by_a_pipe_has_no_size_and_is_read(tmp_path):
    raw = bytearray(riff(1, 16, TONE.tobytes()))
    raw[40:44] = b"\xff\xff\xff\xff"
    (tmp_path / "a.wav").write_bytes(raw)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(read_wav(tmp_path / "a.wav")[0], TONE)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "empty"),
        (b"ID3\x04 this is an mp3 file" * 10, "not a WAV file"),
        (b"RIFF\x00\x00\x00\x00WAVE", "without any description"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt \x04\x00\x00\x00\x01\x00\x01\x00data\x02\x00\x00\x00\x01\x00", "damaged"),
        (riff(1, 16, b"")[:36], "without any sound"),
        (riff(1, 16, b""), "no sound"),
        (riff(0x55, 16, b"\0" * 100), "can't be read"),
        (riff(1, 12, b"\0" * 100), "can't be read"),
        (riff(1, 16, b"\0" * 100, channels=0), "can't be read"),
        (riff(1, 16, b"\0" * 100, rate=3), "can't be converted"),
    ],
)
def test_a_bad_file_is_one_clear_sentence(tmp_path, raw, says):
    (tmp_path / "bad.wav").write_bytes(raw)
    with warnings.catch_warnings(), pytest.raises(AudioError, match=says):
        warnings.simplefilter("ignore")
        read_wav(tmp_path / "bad.wav")


def test_a_missing_file_and_a_folder_are_clear_sentences(tmp_path):
    for path in (tmp_path / "none.wav", tmp_path):
        with pytest.raises(AudioError, match="can't be read"):
            read_wav(path)


def test_samples_that_are_not_numbers_are_silence(tmp_path):
    values = (TONE / 32768).astype("<f4")
    values[10:20] = np.nan
    (tmp_path / "a.wav").write_bytes(riff(3, 32, values.tobytes()))
    with pytest.warns(AudioWarning, match="aren't numbers"):
        pcm, _ = read_wav(tmp_path / "a.wav")
    assert not pcm[10:20].any()
    assert dbfs(pcm) == pytest.approx(dbfs(TONE), abs=0.1)


def test_synthetic_speech_is_marked_for_machines(tmp_path):
    write_wav(tmp_path / "a.wav", np.stack((TONE, TONE), axis=1), 16_000, synthetic_speech("siwis") | {"title": "été"})
    found = read_wav_metadata(tmp_path / "a.wav")
    assert "synthetic speech; voice: siwis" in found["source"]
    assert "AI-generated" in found["keywords"]
    assert found["title"] == "été"


def test_a_file_without_metadata_has_none(tmp_path):
    write_wav(tmp_path / "a.wav", TONE, 16_000)
    assert read_wav_metadata(tmp_path / "a.wav") == {}


@pytest.mark.parametrize(
    ("pcm", "metadata"),
    [(TONE.astype(float), None), (TONE, {"colour": "blue"}), (TONE.reshape(10, 10, -1), None)],
)
def test_what_cannot_be_written_is_refused(tmp_path, pcm, metadata):
    with pytest.raises(AudioError):
        write_wav(tmp_path / "a.wav", pcm, 16_000, metadata)
