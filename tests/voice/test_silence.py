"""Which prompt a silence asks for, and when."""

from hypothesis import given
from hypothesis import strategies as st

from voice.silence import Silence


def prompts(silence: Silence, until: float, sounds=(), callers=()) -> list[tuple[float, int]]:
    """(second, prompt) of a conversation of whole seconds."""
    found = []
    for second in range(int(until) + 1):
        if second in sounds:
            silence.sound(second)
        if second in callers:
            silence.caller(second)
        prompt = silence.due(second)
        if prompt is not None:
            found.append((second, prompt))
    return found


def test_each_prompt_has_its_own_patience_and_after_the_last_nothing_more_is_said():
    assert prompts(Silence((6, 4, 3)), 60) == [(6, 1), (10, 2), (13, 3)]


def test_a_sound_of_anybody_waits_again_for_the_same_prompt():
    assert prompts(Silence((6, 4)), 30, sounds=(5, 12)) == [(11, 1), (16, 2)]


def test_a_caller_who_is_there_begins_the_prompts_again():
    assert prompts(Silence((6, 4)), 30, callers=(8,)) == [(6, 1), (14, 1), (18, 2)]


@given(st.sets(st.integers(0, 120)), st.sets(st.integers(0, 120)))
def test_no_prompt_comes_sooner_than_its_patience_after_the_last_sound(sounds, callers):
    patience = (6, 4, 9)
    for second, prompt in prompts(Silence(patience), 120, sounds, callers):
        heard = [each for each in (*sounds, *callers) if each <= second]
        assert second - max(heard, default=0) >= patience[prompt - 1]
