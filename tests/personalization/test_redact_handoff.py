"""Card numbers never pass, and a human receives what was agreed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.consent import Consents
from personalization.handoff import hand_off
from personalization.purposes import Purpose, Scope
from personalization.redact import has_card_number, luhn, redact
from tests.personalization.shops import YES

CARD = "4539578763621486"


@pytest.mark.parametrize(
    "said",
    [
        CARD,
        "4539 5787 6362 1486",
        "4539-5787-6362-1486",
        "4539, 5787, 6362, 1486",
        "4 5 3 9 5 7 8 7 6 3 6 2 1 4 8 6",
        "quatre cinq trois neuf cinq sept huit sept six trois six deux un quatre huit six",
        "quarante-cinq trente-neuf cinquante-sept quatre-vingt-sept "
        "soixante-trois soixante-deux quatorze quatre-vingt-six",
        "four five three nine, five seven eight seven, six three six two, one four eight six",
        "forty-five thirty-nine fifty-seven eighty-seven sixty-three sixty-two fourteen eighty-six",
        "378282246310005",
    ],
)
def test_a_card_number_is_dropped_however_it_is_said(said):
    assert redact(f"ma carte est {said} merci") == "ma carte est […] merci"


@pytest.mark.parametrize(
    "said",
    [
        "mon numéro est le 06 12 34 56 78",
        "la commande CM4821, à 12 euros 90",
        "4539578763621487",
        "0000000000000000",
        "j'en ai un, deux ou trois",
        "",
    ],
)
def test_other_figures_stay(said):
    assert redact(said) == said and not has_card_number(said)


@given(st.from_regex(r"[1-9][0-9]{11,17}", fullmatch=True), st.sampled_from(["", " ", "-", "."]))
def test_every_number_with_a_right_check_digit_is_dropped(body, between):
    if len(set(body)) == 1:
        return
    number = next(body + digit for digit in "0123456789" if luhn(body + digit))
    assert number not in redact(between.join(number)).replace(between, "") if between else number not in redact(number)


def test_with_consent_the_human_gets_the_summary_without_card_numbers():
    consents = Consents()
    consents.grant(Purpose.HANDOFF_SUMMARY, Scope.CONVERSATION, YES)
    turns = ("caller: où est ma commande ?", f"caller: ma carte est {CARD}")
    event = hand_off(
        consents, "fr", ("asked",), "order_status", {"order": CARD, "n": int(CARD), "to": [CARD]}, turns=turns
    )
    assert event.turns_redacted == ("caller: où est ma commande ?", "caller: ma carte est […]")
    assert CARD not in str(event)
    assert (event.intent, event.consents) == ("order_status", {"handoff_summary": "conversation"})
