"""What counts as said is what the caller heard; and what the authentication, the place and the keypad change."""

from __future__ import annotations

import pytest

from nlu.cues import Cues
from nlu.meaning import Entity, Meaning
from personalization.events import Authenticated, HandedOff, Suggested
from personalization.purposes import DataKind, Purpose
from tests.nlu.scripted import dialogue, hear


def say(intent: str, confidence: float = 0.95, language: str = "fr", **slots: str) -> Meaning:
    entities = tuple(Entity(slot, value, value, id=value) for slot, value in slots.items())
    return Meaning(intent, confidence, intent, language, entities)


def ids(reply) -> list[str]:
    return [line.phrase.id for line in reply.lines]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_opening_says_it_is_an_ai_and_nothing_personal(language):
    (line,) = dialogue("Candide", language).open().lines
    assert line.phrase.script and not line.uses
    assert ("intelligence artificielle" if language == "fr" else "AI") in line.text


def test_a_suggestion_that_was_not_heard_is_not_offered_and_may_come_again():
    talk = dialogue()
    first = talk.reply(say("recommend", category="kettles"))
    hear(talk, first, 0)
    assert talk.context.offers_heard == 0
    again = talk.reply(say("recommend", category="kettles"))
    offered = [[event.product for event in reply.events if isinstance(event, Suggested)] for reply in (first, again)]
    assert offered[0] == offered[1]


def test_a_suggestion_that_was_heard_is_not_made_twice():
    talk = dialogue()
    made = []
    for _ in range(3):
        reply = talk.reply(say("recommend", category="kettles"))
        hear(talk, reply)
        made += [event.product for event in reply.events if isinstance(event, Suggested)]
    assert len(made) == len(set(made)) == 3


def test_after_three_heard_suggestions_there_are_no_more():
    talk = dialogue()
    for _ in range(3):
        hear(talk, talk.reply(say("recommend")))
    assert ids(talk.reply(say("recommend"))) == ["advice.enough"]


def test_a_disclosure_cut_short_is_said_again_with_the_next_use():
    talk = dialogue("Jacques")
    first = talk.reply(say("order_status"))
    at = [line.discloses for line in first.lines].index(DataKind.ORDERS)
    hear(talk, first, at)
    assert "disclosure.orders" in ids(talk.reply(say("order_status")))


def test_the_cues_disclosure_comes_before_the_first_adapted_line_and_only_once():
    talk, hurried = dialogue(), Cues(rate_change=1.5)
    first = talk.reply(say("price", product="brunelle-matin"), hurried)
    hear(talk, first)
    assert ids(first)[0] == "disclosure.voice_cues"
    assert "disclosure.voice_cues" not in ids(talk.reply(say("availability"), hurried))


@pytest.mark.parametrize(
    ("cues", "direction"), [(Cues(usual_rate=2.4), "a little slower"), (Cues(voiced_share=0.02), "softer")]
)
def test_who_speaks_slowly_or_whispers_is_answered_so_once_and_is_told_that_the_voice_was_read(cues, direction):
    talk = dialogue()
    first = talk.reply(say("price", product="brunelle-matin"), cues)
    hear(talk, first)
    assert [each.detail for each in first.actions if each.name == "adjust_speech"] == [{"direction": direction}]
    assert ids(first)[0] == "disclosure.voice_cues"
    second = talk.reply(say("availability"), cues)
    assert not [each for each in second.actions if each.name == "adjust_speech"]
    assert not any(DataKind.VOICE_CUES in line.uses for line in second.lines), "nothing more is adapted"


@pytest.mark.parametrize(
    ("cues", "asked"), [(Cues(usual_rate=2.4), "faster"), (Cues(voiced_share=0.02), "louder")]
)
def test_how_the_caller_asked_to_be_spoken_to_is_kept(cues, asked):
    talk = dialogue()
    talk.reply(say("adjust_speech", direction=asked))
    reply = talk.reply(say("availability"), cues)
    assert not [each for each in reply.actions if each.name == "adjust_speech"]
    assert "disclosure.voice_cues" not in ids(reply), "what isn't used isn't announced"


def test_a_usual_voice_or_a_voice_that_may_not_be_read_changes_nothing():
    talk = dialogue()
    assert not talk.reply(say("price", product="brunelle-matin"), Cues(usual_rate=4.5, voiced_share=0.7)).actions
    talk.context.cues_allowed = False
    assert not talk.reply(say("availability"), Cues(usual_rate=2.0, voiced_share=0.0)).actions


def test_a_caller_who_is_only_a_hint_is_asked_for_the_code_and_then_answered():
    talk = dialogue("Jacques", authenticated=False)
    assert ids(talk.reply(say("order_status")))[-1] == "security.authenticate"
    reply = talk.authenticate("code")
    assert Authenticated("code") in reply.events and "order.shipped_when" in ids(reply)


def test_nobody_can_be_authenticated_without_a_file():
    with pytest.raises(ValueError, match="customer file"):
        dialogue().authenticate("code")


def test_at_a_kiosk_the_reason_is_not_spoken_unless_it_is_asked_for():
    talk = dialogue("Candide", place="kiosk")
    talk.reply(say("recommend"))
    hear(talk, offer := talk.reply(say("affirm")))
    assert not any(id.startswith("reason.") for id in ids(offer))
    assert any(id.startswith("reason.") for id in ids(talk.reply(say("why"))))


def test_without_a_consent_the_human_receives_nothing_that_was_said():
    talk = dialogue()
    hear(talk, talk.reply(say("complaint", product="brunelle-matin")))
    (event,) = [event for event in talk.key("0").events if isinstance(event, HandedOff)]
    assert (event.intent, event.slots, event.turns_redacted, event.tried) == (None, {}, (), ())


def test_with_a_consent_the_human_receives_what_was_said_and_tried():
    talk = dialogue()
    hear(talk, talk.reply(say("complaint", product="brunelle-matin")))
    talk.reply(say("human"))
    reply = talk.reply(say("affirm"))
    (event,) = [event for event in reply.events if isinstance(event, HandedOff)]
    assert event.intent == "complaint" and event.slots == {"product": "brunelle-matin"} and event.turns_redacted
    assert talk.consents.granted(Purpose.HANDOFF_SUMMARY)


def test_an_unclear_yes_does_not_erase():
    talk = dialogue("Candide")
    talk.reply(say("erase"))
    assert ids(talk.reply(say("affirm", 0.5))) == ["right.erase_kept"]
    assert talk.known


def test_an_unsure_goodbye_does_not_hang_up():
    assert not dialogue().reply(say("goodbye", 0.4)).actions


def test_a_human_asked_for_counts_even_where_the_rest_is_unsure():
    talk, human = dialogue(), Meaning("human", 0.6, "conseiller", "fr")
    reply = talk.reply(Meaning("price", 0.1, "euh, conseiller", "fr", also=human))
    assert [action.name for action in reply.actions] == ["hand_off"]


def test_two_near_meanings_are_asked_about():
    talk = dialogue()
    reply = talk.reply(Meaning("price", 0.4, "euh", "fr", runner_up=("availability", 0.35)))
    assert ids(reply) == ["unclear.two"] and "un prix" in reply.text
    assert ids(talk.reply(say("affirm"))) == ["product.which"]


def test_a_missing_product_is_asked_for_and_the_request_goes_on():
    talk = dialogue()
    talk.reply(say("price"))
    assert talk.expecting == "product"
    assert ids(talk.reply(say("recommend", product="brunelle-matin"))) == ["product.price"]


def test_digits_answer_the_keypad_menu_only_once_it_was_offered():
    talk = dialogue()
    assert talk.key("3") is None
    talk.not_understood("noise")
    talk.not_understood("noise")
    assert ids(talk.key("3")) == ["store.which"]


def test_a_budget_nothing_fits_is_said_and_may_be_raised():
    talk = dialogue()
    reply = talk.reply(say("recommend", category="washing_machines", budget="10"))
    assert ids(reply)[-1] == "advice.none_budget"
    assert "advice.offer" in ids(talk.reply(say("affirm")))


def test_a_gift_does_not_ask_for_the_purchases():
    talk = dialogue("Candide")
    reply = talk.reply(say("recommend", recipient="ma mère"))
    assert "consent.purchases" not in ids(reply) and "advice.offer" in ids(reply)
    assert not any(DataKind.PURCHASES in line.uses for line in reply.lines)


def test_hot_words_hold_no_purchase_before_a_consent():
    talk = dialogue("Pangloss")
    before = set(talk.interested_words())
    talk.reply(say("recommend"))
    talk.reply(say("affirm"))
    assert len(talk.interested_words()) <= 40
    assert {"lames Rasano"} & {word[:12] for word in set(talk.interested_words()) - before}
