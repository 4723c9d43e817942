"""In a call: the model's checked sentence is spoken; where it says anything else, or is slow, the fixed wording is."""

from __future__ import annotations

from functools import partial

import pytest

from nlu.phrasing.endpoint import Endpoint
from nlu.phrasing.phraser import Phraser
from personalization.shop import Shop
from tests.nlu.fake_endpoint import fake_endpoint
from tests.voice import calls
from tests.voice.calls import TUESDAY, Dictated, converse, of, turns
from voice.engines.loading import Engines
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.speaking.voices import Voices

ASKED = "tell me about the Norvik glass kettle"
SAID = "The Norvik glass kettle has a limescale filter."


@pytest.fixture(scope="module")
def voices() -> Voices:
    try:
        found = Voices(Models())
        found.voice("en")
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    return found


@pytest.mark.parametrize(
    ("answers", "spoken"),
    [
        ({"pieces": (SAID,)}, ["product.free"]),
        ({"pieces": ("The Norvik glass kettle costs 5 euros.",)}, ["product.info"]),
        ({"pieces": (SAID,), "waits_before": 0}, ["product.info"]),
        ({"status": 503}, ["product.info"]),
    ],
    ids=["facts", "another price", "slow", "failing"],
)
def test_what_the_caller_hears(answers, spoken, voices, tmp_path, monkeypatch):
    catalogue = Shop.load(today=TUESDAY.date()).catalogue
    with fake_endpoint(**answers) as fake:
        slow = "waits_before" in answers
        phraser = Phraser(Endpoint(fake.url, "fake"), catalogue, 0.1 if slow else 30.0, 30.0)
        monkeypatch.setattr(calls, "Engines", partial(Engines, phraser=phraser))
        rows = converse(turns(ASKED), Dictated([ASKED]), tmp_path, voices=voices)
    started = [row["phrase"] for row in of(rows, "LineStarted") if row["phrase"] in ("product.free", "product.info")]
    assert started == spoken
    assert fake.asked and SAID not in str(fake.asked)
