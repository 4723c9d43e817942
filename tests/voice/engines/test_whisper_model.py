"""The decoder of our own beside CTranslate2's, on the same weights: what is read, encoded and found likely."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voice.hearing.recordings import lines_of
from voice.engines import kept_graphs, whisper_model, whisper_search
from voice.engines.ctranslate2_weights import Weights
from voice.engines.logmel import log_mel
from voice.engines.whisper_model import ModelUnusable, WhisperModel, appended, stacked
from voice.engines.whisper_search import beams, verified

CONTROL = ("startoftranscript", "en", "transcribe", "notimestamps")


@pytest.fixture(scope="module")
def model(whisper_folder) -> WhisperModel:
    return WhisperModel(whisper_folder, threads=2)


@pytest.fixture(scope="module")
def theirs(whisper_folder):
    import ctranslate2

    return ctranslate2.models.Whisper(str(whisper_folder), device="cpu", compute_type="float32")


def features(recording) -> np.ndarray:
    return log_mel(recording.pcm, 3_000, 80)[None]


def prompt(model: WhisperModel) -> list[int]:
    return [model.token(name) for name in CONTROL]


def small_model(path, width: int = 8) -> dict[str, np.ndarray]:
    """A file that CTranslate2 itself writes: linear layers, a bias, a convolution."""
    from ctranslate2.specs import common_spec, model_spec

    class Small(model_spec.ModelSpec):
        def __init__(self):
            super().__init__()
            self.first, self.second = common_spec.LinearSpec(), common_spec.LinearSpec()
            self.heard = common_spec.Conv1DSpec()

        @property
        def name(self):
            return "Small"

        @property
        def revision(self):
            return 1

    spec, draw = Small(), np.random.default_rng(3)
    kept = {"first/weight": draw.normal(size=(3, width)).astype(np.float32), "first/bias": np.arange(3.0, dtype="f4")}
    spec.first.weight, spec.first.bias = kept["first/weight"], kept["first/bias"]
    spec.second.weight = draw.normal(size=(4, width)).astype(np.float32)
    kept["second/weight"] = spec.second.weight
    spec.heard.weight, spec.heard.bias = draw.normal(size=(5, 2, 3)).astype(np.float32), np.zeros(5, np.float32)
    kept["heard/weight"] = spec.heard.weight
    kept = {name: value.copy() for name, value in kept.items()}  # what follows quantizes in place
    spec.validate()
    spec.optimize(quantization="int8")
    path.mkdir()
    spec.save(str(path))
    return kept


def test_what_ctranslate2_writes_is_read_back_int8_too(tmp_path):
    kept = small_model(tmp_path / "small")
    weights = Weights(tmp_path / "small" / "model.bin")
    assert weights.stored("first/weight").dtype == np.int8
    for name, value in kept.items():
        assert weights.rows(name) == pytest.approx(value, abs=float(np.abs(value).max()) / 100)
    assert weights.stored("heard/weight").dtype == np.int8
    assert weights.rows("first/weight", np.array([2])) == pytest.approx(kept["first/weight"][[2]], abs=0.05)
    assert weights.rows("first/weight", np.array([[2, 0]])) == pytest.approx(kept["first/weight"][[[2, 0]]], abs=0.05)


@pytest.mark.parametrize("size", [0, 3, 20, 200, -1])
def test_a_cut_model_says_so(tmp_path, size):
    small_model(tmp_path / "small")
    path = tmp_path / "cut.bin"
    path.write_bytes((tmp_path / "small" / "model.bin").read_bytes()[:size])
    with pytest.raises(ValueError):
        Weights(path)


def test_the_encoder_sees_what_theirs_sees(model, theirs):
    import ctranslate2

    for recording in lines_of("en", 2):
        found = features(recording)
        states = np.array(theirs.encode(ctranslate2.StorageView.from_array(found), to_cpu=True))[0]
        memory = model.encode(found)[0]
        name = "decoder/layer_0/attention/linear_1"
        keys = states @ model._weights.rows(f"{name}/weight").T + model._weights.rows(f"{name}/bias")
        keys = keys[:, : model.shape.width].reshape(-1, model.shape.heads, 64).transpose(1, 0, 2)
        # 8 bits: close, not equal.
        assert np.corrcoef(keys.ravel(), memory[0].ravel())[0, 1] > 0.995


def test_greedy_finds_what_theirs_finds_as_surely(model, theirs):
    import ctranslate2

    same, count = 0, 0
    for recording in lines_of("en", 4):
        found = features(recording)
        view = ctranslate2.StorageView.from_array(found)
        (result,) = theirs.generate(view, [prompt(model)], beam_size=1, return_scores=True, return_no_speech_prob=True)
        (ours,) = beams(model, model.encode(found), [prompt(model)], 100, 1)
        same += model.tokenizer.decode(ours.tokens) == model.tokenizer.decode(result.sequences_ids[0])
        count += 1
        mean = result.scores[0] * len(result.sequences_ids[0]) / (len(result.sequences_ids[0]) + 1)
        assert ours.mean_logprob == pytest.approx(mean, abs=0.15)
        assert ours.no_speech == pytest.approx(result.no_speech_prob, abs=0.05)
    assert same >= count - 1


def test_a_draft_changes_nothing_but_the_time(model):
    for recording in lines_of("en", 3):
        memory = model.encode(features(recording))[0]
        (alone,) = beams(model, [memory], [prompt(model)], 60, 1)
        for draft in (alone.tokens, alone.tokens[:3], [], [*alone.tokens[:2], 1000, 1001], [1000] * 70):
            found = verified(model, memory, prompt(model), draft, 60)
            # Several tokens in one pass are rounded together: a full stop may come or go.
            texts = [model.tokenizer.decode(each.tokens).strip(" .") for each in (found, alone)]
            assert texts[0] == texts[1]
            assert found.mean_logprob == pytest.approx(alone.mean_logprob, abs=0.1)
            assert found.finished == alone.finished


def test_several_sounds_at_once_are_searched_as_alone(model):
    memories = [model.encode(log_mel(each.pcm, 500, 80)[None])[0] for each in lines_of("en", 4)]
    alone = [beams(model, [memory], [prompt(model)], 80, 3)[0].tokens for memory in memories]
    together = [found.tokens for found in beams(model, memories, [prompt(model)] * 4, 80, 3)]
    assert sum(one == other for one, other in zip(alone, together, strict=True)) >= 3


def test_giving_up_what_is_far_behind_changes_little(model, monkeypatch):
    found, decode = {}, model.decode
    for behind in (100.0, 2.5):
        monkeypatch.setattr(whisper_search, "_BEHIND", behind)
        found[behind] = []
        for each in lines_of("en", 4):
            rows = []
            monkeypatch.setattr(model, "decode", lambda tokens, *rest, rows=rows, **more: (
                rows.append(len(tokens)), decode(tokens, *rest, **more))[1])  # fmt: skip
            memory = model.encode(log_mel(each.pcm, 600, 80)[None])[0]
            found[behind].append((beams(model, [memory], [prompt(model)], 60, 3)[0].tokens, sum(rows)))
    same = [(wide, narrow) for (one, wide), (two, narrow) in zip(*found.values(), strict=True) if one == two]
    assert len(same) >= 3
    assert sum(narrow for _, narrow in same) < 0.9 * sum(wide for wide, _ in same)  # rows decoded, not seconds


def test_silence_seen_behind_a_sound_stands_for_silence_encoded_with_it(model):
    """Nearer to the sound encoded with four seconds of silence than the sound alone is."""
    quiet = np.zeros(40_000, np.int16)
    for recording in lines_of("fr", 3):
        sound = np.concatenate([recording.pcm[:64_000], np.zeros(max(0, 64_000 - len(recording.pcm)), np.int16)])
        _, seen = model.surroundings(log_mel(np.concatenate([sound[::-1], quiet]), 1_000, 80))
        alone, whole = log_mel(sound, 460, 80)[None], log_mel(sound, 860, 80)[None]
        behind = [each[:, 230:430] for each in seen]
        due = np.stack([each[:, :230] for each in model.encode(whole)[0]])
        far, near = (np.stack(model.encode(alone, given)[0]) for given in (None, [behind]))
        assert np.abs(near - due).mean() < 0.8 * np.abs(far - due).mean()


def test_a_wider_search_finds_nothing_less_likely(model):
    for recording in lines_of("fr", 4):
        memory = model.encode(log_mel(recording.pcm, 600, 80)[None])[0]
        start = [model.token(name) for name in ("startoftranscript", "fr", "transcribe", "notimestamps")]
        narrow, wide = (beams(model, [memory], [start], 80, width)[0] for width in (1, 4))
        assert wide.mean_logprob >= narrow.mean_logprob - 0.05


def test_texts_are_written_in_latin_letters_only(model):
    written = "".join(model.tokenizer.decode([int(each)]) for each in model._text[:-1])
    assert all(wanted in written for wanted in "éàçèùAz7'.,?%")
    assert not any(letter in written for letter in "яб中の한ب")
    assert len(model._text) < 45_000


def test_a_memory_is_followed_by_a_piece_of_another():
    one, other = [np.zeros((2, 3, 4))] * 2, [np.ones((2, 9, 4))] * 2
    longer = appended(one, other, 4, 6)
    assert longer[0].shape == (2, 5, 4)
    assert longer[0][:, 3:].min() == 1
    assert stacked([longer, longer])[1].shape == (2, 2, 5, 4)


def test_the_graphs_are_kept_and_a_cache_that_cannot_be_written_is_done_without(whisper_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(kept_graphs, "cache_dir", lambda: tmp_path)
    WhisperModel(whisper_folder, threads=1)
    kept = sorted(tmp_path.rglob("*.onnx"))
    assert len(kept) == 2
    monkeypatch.setattr(whisper_model, "encoder_graph", lambda weights: pytest.fail("made again"))
    WhisperModel(whisper_folder, threads=1)
    monkeypatch.undo()
    blocked = tmp_path / "a file"
    blocked.write_bytes(b"")
    monkeypatch.setattr(kept_graphs, "cache_dir", lambda: blocked)
    WhisperModel(whisper_folder, threads=1)


def test_a_damaged_kept_graph_is_made_anew(whisper_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(kept_graphs, "cache_dir", lambda: tmp_path)
    WhisperModel(whisper_folder, threads=1)
    for path in tmp_path.rglob("*.onnx"):
        path.write_bytes(path.read_bytes()[:5_000])
    WhisperModel(whisper_folder, threads=1)


def test_another_model_says_what_to_run(tmp_path):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelUnusable, match=r"candide models"):
        WhisperModel(tmp_path, threads=1)


def test_every_token_is_written_as_itself(model):
    for number in range(0, model.end, 7):
        text = model.tokenizer.decode([number])
        if "\ufffd" not in text and text.casefold() == text:
            assert model.tokenizer.encode(text, add_special_tokens=False).ids == [number], text
