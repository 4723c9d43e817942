"""A Piper voice in two halves: its sound in pieces is the sound of the whole, and the first piece comes early."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.audio import resample
from voice.engines.kept_graphs import session
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.engines.piper_graph import LONGEST, halves, pieces
from voice.engines.synthesizer import load_synthesizer

NAME = "en_US-joe-medium"
LONG = "The kettle with the thermometer costs thirty-nine euros and it keeps the water warm for an hour."


@pytest.fixture(scope="module")
def voice():
    try:
        return load_synthesizer(NAME)
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))


@given(st.integers(0, 5000))
def test_pieces_cover_every_frame_once_and_none_is_long(frames):
    found = list(pieces(frames))
    assert [frame for begin, end in found for frame in range(begin, end)] == list(range(frames))
    assert all(end - begin <= LONGEST + 30 for begin, end in found)


def test_the_sound_in_pieces_is_the_sound_of_the_whole(voice):
    frames = voice._voice.phoneme_ids_to_audio(voice._voice.phonemes_to_ids(voice._voice.phonemize(LONG)[0]))
    count = frames.shape[1]
    whole = voice._sound_of(frames, 0, count)
    joined = np.concatenate([voice._sound_of(frames, begin, end) for begin, end in pieces(count)])
    assert count > 200 and np.abs(whole).max() > 0.1
    assert np.abs(joined - whole).max() < 1e-4


def test_a_long_sentence_comes_in_pieces_the_first_of_them_short(voice):
    lengths = [len(piece) / voice.rate for piece in voice.synthesize(LONG)]
    assert sum(lengths) > 3
    assert lengths[0] < 0.4 and max(lengths) <= voice.longest_piece + 0.4


@pytest.mark.parametrize("text", [LONG, "Well,", "It costs ten euros."])
def test_a_sentence_is_loud_and_not_too_loud_for_a_telephone(voice, text):
    sound = np.concatenate(list(voice.synthesize(text)))
    assert 0.3 < np.abs(sound.astype(int)).max() / 32767 < 0.91
    assert np.abs(resample(sound, voice.rate, 8_000).astype(int)).max() < 32767


def test_a_graph_that_is_laid_out_otherwise_is_left_whole():
    from onnx import TensorProto, helper

    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("given", "made")]
    node = helper.make_node("Relu", ["given"], ["made"], name="/other/Relu")
    graph = helper.make_graph([node], "g", value[:1], value[1:])
    assert halves(helper.make_model(graph)) is None


def test_both_halves_give_what_the_whole_model_gives(voice):
    """The model draws its rhythm anew each time: without that noise both are the same to rounding."""
    from piper.config import SynthesisConfig

    models = Models()
    whole = session(models.ready(NAME) / f"{NAME}.onnx", 2)
    ids = voice._voice.phonemes_to_ids(voice._voice.phonemize("It costs ten euros.")[0])
    still = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0, length_scale=1.0)
    frames = voice._voice.phoneme_ids_to_audio(ids, still)
    scales = np.array([0.0, 1.0, 0.0], np.float32)
    given = {"input": np.array([ids]), "input_lengths": np.array([len(ids)]), "scales": scales}
    expected = whole.run(None, given)[0].reshape(-1)
    made = voice._sound_of(frames, 0, frames.shape[1])
    assert len(made) == len(expected) and np.abs(made - expected).max() < 1e-3
