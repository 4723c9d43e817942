"""Errors are counted by group, on real recordings; a group that is heard worse is flagged."""

from __future__ import annotations

import json
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.voice.cli.test_commands import candide, told
from tests.voice.hearing.recordings import lines_of
from voice.audio import HEARING_RATE
from voice.audit.misheard import Misheard
from voice.audit.recognition import MEASURES, TELEPHONE, Listened, audit_recognition, listen_to
from voice.audit.recordings import (
    WIDE_HOW_TO_INSTALL,
    Prompt,
    RecordingsError,
    errors_of,
    listed,
    prompts,
    telephone,
    word_errors,
)
from voice.hearing.transcriber import Hypothesis

LIMITS = {"gap": 0.03, "least": 5, "resamples": 100}


def heard(count: int, errors: int = 0, **groups: str) -> list[Listened]:
    return [
        Listened(groups | {"codec": codec}, 20, errors, 0, False, False, False)
        for _ in range(count)
        for codec in ("wideband", TELEPHONE)
    ]


def by_name(found) -> dict:
    return {(each.measure, each.attribute): each for each in found}


def test_a_gap_of_more_than_three_points_is_flagged():
    found = by_name(audit_recognition(heard(10, 2, accent="a") + heard(10, 3, accent="b"), LIMITS))
    each = found["word_error_rate", "accent"]
    assert each.value == pytest.approx(0.05) and not each.holds and "0.05" in each.verdict
    assert [group.n for group in each.groups] == [10, 10]  # the telephone's sound alone
    assert found["cut_off", "accent"].holds and found["word_error_rate", "codec"].holds
    assert [group.n for group in found["word_error_rate", "codec"].groups] == [20, 20]


def test_too_few_judge_nothing():
    found = by_name(audit_recognition(heard(10, 0, gender="f") + heard(4, 20, gender="m"), LIMITS))
    assert found["word_error_rate", "gender"].value is None and found["word_error_rate", "gender"].holds


def test_a_long_recording_counts_by_its_words():
    rows = [*heard(5, 10, age="old"), Listened({"age": "old", "codec": TELEPHONE}, 180, 0, 0, False, False, False)]
    (group,) = by_name(audit_recognition(rows, LIMITS))["word_error_rate", "age"].groups
    assert group.mean == pytest.approx(50 / 280)


_WORDS = st.lists(st.sampled_from("abc"), max_size=8)


@given(_WORDS, _WORDS)
def test_errors_are_a_distance_and_invented_words_are_a_part_of_it(said, got):
    errors, invented = errors_of(said, got)
    assert errors == errors_of(got, said)[0] == word_errors(said, got)
    assert max(0, len(got) - len(said)) <= invented <= min(errors, len(got))
    assert (errors == 0) == (said == got)


@pytest.mark.parametrize(
    ("said", "got", "errors", "invented"),
    [("a b c", "a b c", 0, 0), ("a b c", "a x b c", 1, 1), ("a b c", "a x c", 1, 0), ("a b c", "b c", 1, 0),
     ("", "thank you", 2, 2), ("a b", "", 2, 0)],
)  # fmt: skip
def test_what_an_error_is(said, got, errors, invented):
    assert errors_of(said.split(), got.split()) == (errors, invented)


class Knows:
    """A fake recogniser that hears what it is told, or the first half of each turn's words."""

    def __init__(self, text: str) -> None:
        self.text = text

    def transcribe(self, pcm, language, prefix="", hotwords=(), final=True, misheard=None, wanted=None) -> Hypothesis:
        return Hypothesis(self.text, language=language, refused="" if self.text else "no speech")


def test_a_recording_is_heard_twice_and_a_pause_in_it_that_ends_the_turn_is_a_cut_off():
    (line,) = lines_of("en", 1)
    pause = np.zeros(3 * HEARING_RATE, np.int16)
    wide, narrow = listen_to(line, Knows(line.text), Misheard())
    assert (wide.errors, narrow.errors) == (0, 0) and not wide.cut_off and not narrow.cut_off
    assert (wide.groups["codec"], narrow.groups["codec"]) == ("wideband", TELEPHONE)
    assert {"language", "voice", "height of voice", "pace", "codec"} == set(wide.groups)
    twice = Prompt(line.name, line.text, np.concatenate([line.pcm, pause, line.pcm]), language="en")
    cut, _ = listen_to(twice, Knows(line.text), Misheard())
    assert cut.cut_off and cut.invented == cut.errors == cut.words
    nothing, _ = listen_to(line, Knows(""), Misheard())
    assert nothing.nothing and nothing.errors == nothing.words and nothing.invented == 0
    assert not wide.handed_off and nothing.taken_otherwise


@pytest.mark.parametrize(
    ("said", "heard", "language", "another", "person"),
    [
        ("Quel est le prix de la bouilloire ?", "Quel est le prix de la bouilloire ?", "fr", False, False),
        ("Quel est le prix de la bouilloire ?", "", "fr", True, True),  # twice nothing: a person is offered
        ("What does the kettle cost?", "What goes the cat eel cussed?", "en", True, True),
        ("What does the kettle cost?", "What does the cattle cost?", "en", False, False),
        ("Passez-moi un conseiller.", "Passez-moi un conseiller.", "fr", False, False),  # was asked for
    ],
)
def test_a_person_who_comes_in_because_of_the_hearing_is_told_from_one_who_was_asked_for(
    said, heard, language, another, person
):
    assert Misheard().compare(said, heard, language) == (another, person)


@pytest.fixture
def list_of(tmp_path):
    def write(text: str, *sounds: str):
        for name in sounds:
            (line,) = lines_of("en", 1)
            place = tmp_path / name
            place.parent.mkdir(exist_ok=True)
            with wave.open(str(place), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(HEARING_RATE)
                file.writeframes(line.pcm.tobytes())
        path = tmp_path / "list.tsv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_list_as_common_voice_gives_it_is_read(list_of):
    text = "client_id\tpath\tsentence\tage\tgender\taccents\tlocale\nx\ta.wav\tHello you\tthirties\t\tBelge\tfr\n"
    (prompt,) = listed(list_of(text, "clips/a.wav"))
    assert prompt.language == "fr" and prompt.text == "Hello you" and len(prompt.pcm) > HEARING_RATE
    assert prompt.groups == {"gender": "not given", "age": "thirties", "accent": "Belge"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("path,sentence\na.wav,b\n", "no column language or locale"),
        ("", "lists nothing"),
        ("path,sentence,language\nnone.wav,b,fr\n", "isn't beside the list"),
        ("path,sentence,language\na.wav,b,de\n", "list fr and en only"),
        ("path,sentence,language\nlist.tsv,b,fr\n", "no sound that can be read"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(list_of, text, says):
    with pytest.raises(RecordingsError, match=says):
        list(listed(list_of(text, "a.wav")))


def test_the_command_hears_a_list(list_of):
    from voice.engines.models import Models

    if not Models().present("whisper-base"):
        pytest.skip("whisper-base isn't here: candide models fetch whisper-base")
    (line,) = lines_of("en", 1)
    path = list_of(f'path,sentence,language,gender\na.wav,"{line.text}",en,female\n', "a.wav")
    done = candide("audit", "recognition", str(path), "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["recordings"] == 1
    assert {each["measure"] for each in found["comparisons"]} == set(MEASURES)
    assert {each["attribute"] for each in found["comparisons"]} >= {"gender", "language", "codec", "pace"}
    missing = candide("audit", "recognition", str(path.with_name("none.csv")))
    assert missing.returncode == 2 and "name a CSV or TSV list" in told(missing)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_prompts_are_there_at_16_khz_too(language):
    """The same words in the same order, and more of their sound than a telephone carries."""
    wide = prompts(language, 4, wide=True)
    if not wide:
        pytest.skip(f"no wide-band prompts: {WIDE_HOW_TO_INSTALL}")
    assert [(each.name, each.text, each.half) for each in wide] == [
        (each.name, each.text, each.half) for each in prompts(language, 4)
    ]
    for each in wide:
        assert 100 * above_4_khz(telephone(each.pcm)) < above_4_khz(each.pcm)


def above_4_khz(pcm: np.ndarray) -> float:
    return float((np.abs(np.fft.rfft(pcm.astype(float)))[len(pcm) * 42 // 160 :] ** 2).sum())
