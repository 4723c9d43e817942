"""What a screen adds to a conversation: typed turns, codes that nobody records, a customer known only later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nlu.dialogue import Dialogue
from nlu.understanding import Understanding
from personalization.shop import Shop
from tests.voice.calls import TUESDAY, Dictated, of, turns
from voice.channels import Tick
from voice.conversation import Conversation
from voice.engines.loading import Engines
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.journal import Journal
from voice.silence import Silence
from voice.speaking.voices import Voices
from voice.workers import SimulatedWorkers

RATE = 8_000


class Scripted:
    """A channel where things happen at their seconds; it hangs up at the end."""

    rate = RATE

    def __init__(self, seconds: float, **at: Any) -> None:
        self.ticks, self.end = 0, int(seconds * 50)
        self.at: dict[int, dict[str, Any]] = {}
        self.calls: dict[int, Callable[[], None]] = {}
        self.sound = np.zeros(int(seconds * RATE), np.int16)

    def on(self, second: float, **tick: Any) -> None:
        self.at[int(second * 50)] = tick

    async def exchange(self, out, floor):
        await asyncio.sleep(0)
        if self.ticks >= self.end:
            return None
        if call := self.calls.get(self.ticks):
            call()
        frame = self.sound[self.ticks * 160 : (self.ticks + 1) * 160]
        tick = Tick(frame, **self.at.get(self.ticks, {}))
        self.ticks += 1
        return tick

    def hang_up(self) -> None: ...


class Secret:
    """A fake discretion: takes every turn while it expects one."""

    def __init__(self, expecting: bool) -> None:
        self.expecting, self.taken = expecting, []

    def takes(self, text: str, language: str) -> bool:
        self.taken += [text] * self.expecting
        return self.expecting


def converse(channel: Scripted, heard=(), file=None, **options: Any) -> tuple[Conversation, list[dict[str, Any]]]:
    shop = Shop.load(today=TUESDAY.date())
    try:
        voices = Voices(Models())
        voices.voice("en")
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    dialogue = Dialogue(shop, file, "en", "kiosk", TUESDAY, may_identify=True)
    engines = Engines(Dictated(heard), Understanding(shop.catalogue, {}), voices)
    call = Conversation(
        channel, dialogue, engines, SimulatedWorkers(False), Journal(), detect_language=False, **options
    )
    for second, act in list(channel.calls.items()):
        channel.calls[second] = lambda act=act: act(call)
    asyncio.run(call.run())
    return call, [entry.as_dict() for entry in call.journal.entries]


def test_a_typed_turn_is_answered_like_a_spoken_one():
    channel = Scripted(12)
    channel.on(8, text="what are your opening hours in Lyon")
    _, rows = converse(channel)
    (utterance,) = of(rows, "Utterance")
    assert utterance["text"].startswith("what are your") and utterance["words"] == []
    assert of(rows, "Understood")[0]["intent"] == "store_info"
    assert of(rows, "Replied")[1]["turn"] == utterance["turn"] == 1


def test_words_typed_under_discretion_are_nowhere_in_the_journal():
    channel, secret = Scripted(10), Secret(True)
    channel.on(7, text="482913")
    _, rows = converse(channel, discretion=secret)
    assert secret.taken == ["482913"]
    assert "482913" not in str(rows) and not of(rows, "Utterance")


def test_words_said_under_discretion_are_nowhere_in_the_journal():
    channel, secret = Scripted(14), Secret(True)
    voice = turns("a", pause=0.0)[: int(1.6 * RATE)]
    channel.sound[8 * RATE : 8 * RATE + len(voice)] = voice
    _, rows = converse(channel, ["four eight two nine one three"], discretion=secret)
    assert secret.taken == ["four eight two nine one three"]
    assert of(rows, "SpeechStarted") and not of(rows, "Utterance") and not of(rows, "Partial")


def test_a_request_waits_for_the_code_and_is_then_answered():
    shop = Shop.load(today=TUESDAY.date())
    channel = Scripted(22)
    channel.on(7, text="where is my order")
    channel.calls[14 * 50] = lambda call: call.authenticate("kiosk code", shop.open_file("Jacques"))
    call, rows = converse(channel)
    before = [row["text"] for row in of(rows, "Replied") if row["at"] < 14]
    assert "on the screen" in before[-1] and call.dialogue.file is not None
    after = of(rows, "Replied")[-1]
    assert "orders" in after["uses"] and of(rows, "Authenticated")[0]["method"] == "kiosk code"


def test_a_conversation_has_one_customer():
    shop = Shop.load(today=TUESDAY.date())
    dialogue = Dialogue(shop, shop.open_file("Jacques"), "en", "kiosk", TUESDAY, authenticated=True)
    with pytest.raises(ValueError, match="one"):
        dialogue.identify(shop.open_file("Candide"))


@pytest.mark.parametrize(("touches", "prompts"), [((), 2), ((8, 13, 18, 23, 28), 0)])
def test_silence_is_prompted_as_often_as_wanted_and_a_touch_is_a_presence(touches, prompts):
    channel = Scripted(30)
    for second in touches:
        channel.on(second, touched=True)
    _, rows = converse(channel, silence=Silence((6.0, 6.0)))
    assert len(of(rows, "Replied")) == 1 + prompts
    assert of(rows, "ConversationEnded")[0]["reason"] == "caller hung up"
