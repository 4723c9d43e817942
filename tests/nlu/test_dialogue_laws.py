"""The laws of DESIGN.md in the dialogue, over random conversations: consent, disclosure, refusals, a human, privacy."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nlu.dialogue
from nlu.cues import Cues
from nlu.dialogue import Dialogue
from nlu.dialogue.core import ANSWERS, HANDLERS
from nlu.meaning import INTENTS, Entity, Meaning
from nlu.reply import Reply
from personalization.consent import CLEAR
from personalization.events import ConsentChanged, Suggested
from personalization.phrases import phrase_table
from personalization.purposes import DataKind, Purpose, Scope
from personalization.shop import Shop
from tests.nlu.scripted import TODAY, dialogue, hear

ASKED_FOR_THEIR_DATA = {"right.known_count", "right.known_one", "right.known_none"}
"""Lines that speak of purchases because the customer asked what is held (GDPR art. 15), consent or not."""

WIDTHS = [Scope.ONCE, Scope.CONVERSATION, Scope.LASTING]


@cache
def products() -> list[str]:
    return sorted(Shop.load(today=TODAY).catalogue.products)[::7]


@cache
def categories() -> list[str]:
    return sorted(Shop.load(today=TODAY).catalogue.categories)


def slots() -> st.SearchStrategy[tuple[Entity, ...]]:
    def of(slot: str, values) -> st.SearchStrategy[Entity]:
        return st.sampled_from(values).map(lambda value: Entity(slot, value, str(value), id=str(value)))

    one = st.one_of(
        of("product", products()),
        of("category", categories()),
        of("scope", ["once", "conversation", "lasting"]),
        of("purpose", [purpose.value for purpose in Purpose]),
        of("budget", [5, 30, 200]),
        of("recipient", ["ma mère"]),
        of("direction", ["slower", "louder"]),
        of("language", ["fr", "en", "es"]),
        of("date", ["2026-11-27", "2026-11-22", "2027-06-01"]),
        of("store", ["lyon", "paris"]),
        of("suggestion", ["1", "2", "last", "other"]),
        of("quantity", [1, 3]),
    )
    return st.lists(one, max_size=2).map(tuple)


def meanings(intents=tuple(INTENTS)) -> st.SearchStrategy[Meaning]:
    simple = st.builds(
        Meaning,
        st.sampled_from(intents),
        st.sampled_from([0.1, 0.4, 0.7, 0.8, 0.95]),
        st.sampled_from(["", "c'est inadmissible", "où est-ce"]),
        st.sampled_from(["fr", "en"]),
        slots(),
        runner_up=st.sampled_from([None, ("price", 0.3)]),
    )
    return st.builds(lambda first, second: replace(first, also=second), simple, st.none() | simple)


voices = st.sampled_from(
    [None, Cues(rate_change=1.5), Cues(pause_change=0.3, pause_ratio=0.5), Cues(level_change_db=9.0, repeated=True)]
)
likely = ("recommend", "affirm", "deny", "why", "consent_withdraw", "consent_give", "repeat", "what_data", "reorder")
AGREED = [(Meaning("recommend", 0.95, "", "fr"), None), (Meaning("affirm", 0.95, "oui", "fr"), None)]
"""For a known customer: a consent, and a suggestion from it."""
some = st.lists(st.tuples(meanings() | meanings(likely), voices), min_size=1, max_size=9)
turns = some | some.map(lambda said: [*AGREED, *said])
customers = st.sampled_from([None, "Candide", "Cunégonde", "Jacques", "Giroflée", "Zadig", "Astarté"])
randomly = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def replies(talk: Dialogue, said) -> list[Reply]:
    """Each reply, heard to its end."""
    all_of_them = []
    for meaning, cues in said:
        reply = talk.reply(meaning, cues)
        hear(talk, reply)
        all_of_them.append(reply)
    return all_of_them


def test_every_intent_has_a_handler():
    assert set(HANDLERS) == set(INTENTS)


@randomly
@given(customers, turns)
def test_law_1_no_purchase_is_used_without_a_consent_that_stands(customer, said):
    talk, allowed = dialogue(customer), False
    for meaning, cues in said:
        before, standing = allowed, talk.consents.scope(Purpose.PURCHASES)
        reply = talk.reply(meaning, cues)
        hear(talk, reply)
        changes = [event for event in reply.events if isinstance(event, ConsentChanged)]
        changes = [event for event in changes if event.purpose is Purpose.PURCHASES]
        granted_now = any(change.granted for change in changes)
        for change in changes:
            # A consent for once that is spent still lets the answer it was spent on be explained.
            allowed = True if change.granted else allowed if change.why == "spent" else False
        using = {line.phrase.id for line in reply.lines if DataKind.PURCHASES in line.uses}
        assert not using - ASKED_FOR_THEIR_DATA or before or granted_now
        for change in changes:  # narrowing what stands takes any word, granting takes a clear one
            narrowed = standing and change.scope and WIDTHS.index(change.scope) < WIDTHS.index(standing)
            assert not change.granted or change.confidence >= CLEAR or narrowed
            standing = change.scope if change.granted else None


def test_law_1_an_unclear_once_narrows_a_consent_that_stands_and_grants_none():
    unclear = Meaning("consent_give", 0.1, "", "fr", (Entity("scope", "once", "once"),))
    talk = dialogue("Candide")
    assert not talk.reply(unclear, None).lines[0].uses
    assert not talk.consents.granted(Purpose.PURCHASES)
    talk = dialogue("Candide")
    replies(talk, AGREED)
    assert talk.consents.scope(Purpose.PURCHASES) is Scope.CONVERSATION
    talk.reply(unclear, None)
    assert talk.consents.scope(Purpose.PURCHASES) is Scope.ONCE


@randomly
@given(customers, turns)
def test_law_1_after_a_withdrawal_no_purchase_is_spoken_until_it_is_allowed_again(customer, said):
    talk = dialogue(customer)
    replies(talk, said)
    stop = Meaning("consent_withdraw", 0.3, "", "fr", (Entity("purpose", "purchases", "achats"),))
    replies(talk, [(stop, None)])
    assert not talk.consents.granted(Purpose.PURCHASES)
    for intent in ("why", "repeat", "recommend", "why", "repeat"):
        (reply,) = replies(talk, [(Meaning(intent, 0.95, "", "fr"), None)])
        assert not any(DataKind.PURCHASES in line.uses for line in reply.lines)


@randomly
@given(customers, turns)
def test_law_2_a_line_that_uses_data_comes_after_its_disclosure(customer, said):
    talk, announced = dialogue(customer), set()
    scripts = {DataKind.PURCHASES, DataKind.VOICE_CUES, DataKind.ORDERS}
    for reply in replies(talk, said):
        for line in reply.lines:
            announced |= {line.discloses} if line.discloses else set()
            assert line.uses & scripts <= announced


@randomly
@given(customers, turns)
def test_law_4_what_was_refused_is_not_offered_again_and_no_more_than_three_are(customer, said):
    talk, refused = dialogue(customer), set()
    for meaning, cues in said:
        asked = [meaning, meaning.also, talk.question and talk.question.resume]
        named = any(each and (each.entity("product") or each.entity("category")) for each in asked)
        enough = talk.context.offers_heard >= 3 and not named  # a kind the caller names is looked for all the same
        allowed = 0 if talk.context.complaint or enough else 2
        refused |= talk.context.refused_products
        reply = talk.reply(meaning, cues)
        offered = [event.product for event in reply.events if isinstance(event, Suggested)]
        hear(talk, reply)
        assert not set(offered) & refused
        parts = 2 if meaning.also else 1
        assert len(offered) <= allowed * parts


@randomly
@given(customers, turns, st.booleans())
def test_law_5_a_human_is_one_word_or_one_key_away_in_every_state(customer, said, key):
    talk = dialogue(customer)
    replies(talk, said)
    reply = talk.key("0") if key else talk.reply(Meaning("human", 0.9, "conseiller", talk.language))
    on_the_way = {action.name for action in reply.actions} & {"hand_off"}
    assert on_the_way or talk.expecting == "consent:handoff_summary"
    if not on_the_way:  # the one question before the hand-off: whatever is answered, silence too, the human comes
        reply = talk.silence(1)
        assert {action.name for action in reply.actions} == {"hand_off"}


@randomly
@given(turns)
def test_law_5_closed_means_a_callback_and_never_a_dead_end(said):
    talk = dialogue("Candide", hour=23)
    replies(talk, said)
    talk.reply(Meaning("human", 0.9, "conseiller", talk.language))
    assert talk.expecting == "date"


@randomly
@given(customers, turns, st.sampled_from(["kiosk", "store"]))
def test_law_8_nothing_of_the_customer_is_spoken_before_they_are_authenticated(customer, said, place):
    talk = dialogue(customer, place=place, authenticated=False)
    for reply in replies(talk, said):
        assert not any(line.uses & {DataKind.PURCHASES, DataKind.ORDERS} for line in reply.lines)
        assert not any(event.evidence for event in reply.events if isinstance(event, Suggested))


@randomly
@given(customers, turns)
def test_law_7_once_switched_off_the_voice_changes_nothing(customer, said):
    talk = dialogue(customer)
    talk.reply(Meaning("consent_withdraw", 0.9, "", "fr", (Entity("purpose", "voice_cues", "ma voix"),)))
    quiet = [(meaning, cues) for meaning, cues in said if meaning.intent != "consent_give"]
    quiet = [(meaning, cues) for meaning, cues in quiet if not meaning.also or meaning.also.intent != "consent_give"]
    for reply in replies(talk, quiet):
        assert not any(DataKind.VOICE_CUES in line.uses for line in reply.lines)


@randomly
@given(customers, turns)
def test_law_9_every_turn_gets_an_answer(customer, said):
    for reply in replies(dialogue(customer), said):
        assert reply.lines


@randomly
@given(customers, turns)
def test_why_always_has_an_answer_after_a_suggestion(customer, said):
    talk = dialogue(customer)
    replies(talk, said)
    (reply,) = replies(talk, [(Meaning("why", 0.95, "pourquoi", talk.language), None)])
    assert reply.lines
    if talk.context.offers:
        # Of the suggestion, or of the consent that was just asked for.
        assert any(line.phrase.id.startswith(("reason.", "why.")) for line in reply.lines)


@randomly
@given(turns)
def test_after_an_erasure_nothing_of_the_customer_is_left(said):
    talk = dialogue("Candide")
    replies(talk, said)
    talk.reply(Meaning("erase", 0.95, "", talk.language))
    reply = talk.reply(Meaning("affirm", 0.95, "oui", talk.language))
    if "erase" in {action.name for action in reply.actions}:
        assert "Candide" not in talk.shop.names
        assert not talk.known and not talk.context.offers and not talk.context.tried[:-1]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_question_names_a_phrase_and_an_answer_that_exist(language):
    """Questions are only ever put by their phrase; a missing one would be found at the worst moment."""
    source = "".join(path.read_text(encoding="utf-8") for path in Path(nlu.dialogue.__file__).parent.glob("*.py"))
    asked = re.findall(r'Question\(\s*"(\w+)"', source)
    assert set(asked) - {"slot"} <= set(ANSWERS)
    topics = "advice|courtesy|product|store|order|return|reorder|complaint|right|human"
    phrases = set(re.findall(rf'"((?:{topics})\.\w+)"', source))
    assert phrases <= set(phrase_table(language))
