"""How likely a turn is over: what the recogniser's punctuation says, beside the words and the melody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.voice.hearing.recordings import each_prompt
from voice.hearing.completeness import Completeness
from voice.hearing.endpoint import Endpoint, EndpointRules, TurnEvent
from voice.hearing.finished import finished
from voice.hearing.transcriber import Ending

RULES = EndpointRules()
probabilities = st.floats(0, 1)
shares = st.tuples(probabilities, probabilities).filter(lambda both: sum(both) <= 1)
"""Of a comma and of three dots, where no sentence ends."""
languages = st.sampled_from(["fr", "en", "de"])
words = st.sampled_from(Completeness)


def ending(stop: float, otherwise: tuple[float, float] = (0.2, 0.02), asked: float = 0.0) -> Ending:
    return Ending(stop, asked * stop, *((1 - stop) * share for share in otherwise))


@given(languages, words, st.floats(0, 0.99), st.floats(0, 0.99), shares, st.none() | probabilities)
def test_the_surer_the_full_stop_the_likelier_the_end(language, kind, one, other, otherwise, melody):
    low, high = (finished(language, kind, ending(stop, otherwise), melody) for stop in sorted([one, other]))
    assert 0 < low <= high + 1e-9 and high < 1


@given(languages, words, st.floats(0.01, 0.99), probabilities, probabilities)
def test_after_a_question_a_missing_comma_says_nothing(language, kind, stop, one, other):
    few, many = (finished(language, kind, ending(stop, (0.5 * comma, 0.0), asked=1.0), None) for comma in (one, other))
    assert few == pytest.approx(many)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_full_stop_that_is_certain_ends_a_whole_sentence(language):
    assert finished(language, Completeness.FINISHED, Ending(1.0, 0.0, 0.0, 0.0), None) > 0.65


@given(languages, words, st.floats(0, 0.99), shares, st.floats(0, 1))
def test_three_dots_speak_against_an_end_and_a_comma_for_one(language, kind, stop, otherwise, less):
    comma, dots = otherwise
    likely = finished(language, kind, ending(stop, (comma, dots)), None)
    assert finished(language, kind, ending(stop, (comma, dots * less)), None) >= likely - 1e-9
    assert finished(language, kind, ending(stop, (comma * less, dots)), None) <= likely + 1e-9


@given(languages, words, probabilities, shares, probabilities, probabilities)
def test_a_closed_melody_never_speaks_against_an_end(language, kind, stop, otherwise, one, other):
    low, high = sorted([one, other])
    written = ending(stop, otherwise)
    assert finished(language, kind, written, low) <= finished(language, kind, written, high)


@given(languages, probabilities, shares, st.none() | probabilities)
def test_a_whole_sentence_is_likelier_over_than_a_few_words(language, stop, otherwise, melody):
    written = ending(stop, otherwise)
    few = finished(language, Completeness.UNKNOWN, written, melody)
    assert finished(language, Completeness.FINISHED, written, melody) > few


@given(languages, words, st.none() | probabilities)
def test_a_recogniser_that_tells_nothing_leaves_it_to_the_melody(language, kind, melody):
    assert finished(language, kind, None, melody) == melody


def silence_after(text: str, language: str, stop: float, heard_until: float = 1.0, understood: bool = False) -> float:
    """Seconds of silence that end a turn of one second."""
    endpoint = Endpoint()
    for step in range(1, 200):
        now = step * 0.02
        for turn in endpoint.feed(now, now <= 1.0):
            if turn.event is TurnEvent.MAYBE_OVER:
                endpoint.hint(text, language, heard_until, understood=understood, ending=ending(stop))
            elif turn.event is TurnEvent.OVER:
                return turn.silence
    raise AssertionError("the turn never ended")


SENTENCE = {"fr": "Je cherche une lampe de bureau.", "en": "I am looking for a desk lamp."}


@pytest.mark.parametrize(
    ("language", "stop", "understood", "silence"),
    [
        ("fr", 0.97, False, "finished"),
        ("fr", 0.35, False, "unsure"),
        ("fr", 0.35, True, "usual"),
        ("fr", 0.005, True, "doubtful"),
        ("en", 0.97, False, "finished"),
        ("en", 0.55, False, "unsure"),
        ("en", 0.55, True, "usual"),
        ("en", 0.02, True, "doubtful"),
    ],
)
def test_a_sentence_waits_by_its_punctuation(language, stop, understood, silence):
    found = silence_after(SENTENCE[language], language, stop, understood=understood)
    assert found == pytest.approx(getattr(RULES, silence), abs=0.03)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_full_stop_that_nobody_believes_is_none(language):
    assert silence_after(SENTENCE[language], language, 0.01) == pytest.approx(RULES.going_on, abs=0.03)


@pytest.mark.parametrize("heard_until", [0.2, 0.8])
def test_punctuation_before_the_last_word_says_nothing(heard_until):
    found = silence_after(SENTENCE["en"], "en", 0.97, heard_until=heard_until)
    assert found == pytest.approx(RULES.doubtful, abs=0.03)


def test_a_short_answer_is_over_whatever_its_punctuation():
    assert silence_after("Yes", "en", 0.01) == pytest.approx(RULES.finished, abs=0.03)


def test_whole_prompts_are_closed_and_cut_ones_less(whisper):
    found = {"whole": [], "cut": []}
    for number, prompt in enumerate(each_prompt(10)):
        language = "fr" if number < 10 else "en"
        for name, sound in (("whole", prompt.pcm), ("cut", prompt.pcm[: int(0.6 * len(prompt.pcm))])):
            for final in (True, False):
                heard = whisper.transcribe(sound, language, final=final)
                if heard.text:
                    stop, question, *between = heard.ending
                    assert 0 <= question <= stop <= 1 and min(between) >= 0 and stop + sum(between) < 1.001
                    found[name].append(heard.ending.stop)
    above = sum(one > other for one in found["whole"] for other in found["cut"])
    assert above / len(found["whole"]) / len(found["cut"]) > 0.7


def test_a_draft_that_is_right_is_as_closed_as_what_is_heard_without(whisper):
    prompt = each_prompt(2)[2]
    plain = whisper.transcribe(prompt.pcm, "en", final=False)
    drafted = whisper.transcribe(prompt.pcm, "en", prefix=plain.text)
    assert drafted.text == plain.text and drafted.ending == pytest.approx(plain.ending, abs=0.1)
