"""What the conversation knows at a moment: the time and place, what was offered, refused, explained and asked again.

Plain values, no clock and no files: the moment is handed in. The customer is not in here; their data is read through
`personalization.view` at each use.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

import yaml

from nlu.calendar import gift_season, time_of_day
from nlu.cues import Cues
from nlu.meaning import Meaning
from nlu.policy import Situation
from nlu.wordlists import says
from personalization.assets import asset
from personalization.grammar import plain
from personalization.recommend import Request

__all__ = ["Context", "Offer", "negative_words"]

_TELLING = ("product", "category", "store", "date", "order")
"""With another one of these it is another request."""
_OF_WHAT_IS_SPOKEN_OF = ("price", "product_info", "availability")
_REPEATABLE = frozenset("affirm deny repeat why greet thanks goodbye help adjust_speech recommend".split())
"""Asking these again is normal: it doesn't mean that the first answer failed."""


@cache
def _negative(language: str) -> tuple[str, ...]:
    words = yaml.safe_load(asset("dialogue", "negative_words.yaml").read_text(encoding="utf-8"))
    return tuple(f" {plain(word)} " for word in words.get(language, ()))


def negative_words(text: str, language: str) -> bool:
    """The words themselves say that something is wrong (list in assets/dialogue/negative_words.yaml)."""
    said = "".join(mark if mark.isalnum() else " " for mark in plain(text))
    padded = f" {' '.join(said.split())} "
    return any(f" {' '.join(word.replace(chr(39), ' ').split())} " in padded for word in _negative(language))


@dataclass
class Offer:
    """A suggestion and what became of it. It counts as offered from the moment the caller heard it."""

    product: str
    suggestion: Any
    """`personalization.recommend.Suggestion`."""
    heard: bool = False
    refused: bool = False
    accepted: bool = False
    explained: int = 0
    """Depth of the last "why" that was answered, 0 to 3."""


@dataclass
class Context:
    """One conversation so far."""

    now: datetime
    place: str = "phone"
    offers: list[Offer] = field(default_factory=list)
    refused_products: set[str] = field(default_factory=set)
    refused_categories: set[str] = field(default_factory=set)
    complaint: bool = False
    return_open: bool = False
    misunderstood: int = 0
    """Turns in a row that weren't understood."""
    keypad_offered: bool = False
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    turns: list[str] = field(default_factory=list)
    """What was said, as "caller: ..." and "assistant: ...", for the hand-off (redacted there). Never stored."""
    tried: list[str] = field(default_factory=list)
    """Intents that were answered, in order, for the human who takes over."""
    product: str | None = None
    """Product id last spoken of, for "how much is it?"."""
    spoken_of: list[str] = field(default_factory=list)
    """Product ids as they were spoken of, the last at the end; once for each turn."""
    category: str | None = None
    store: str | None = None
    """Store id last spoken of, for "and the address?"."""
    choice: list[str] = field(default_factory=list)
    """Product ids last offered together, in the order they were said, for "the second one"."""
    topic: str | None = None
    """What was asked last beside goods (`nlu.dialogue.services`), until something else is."""
    request: Meaning | None = None
    """The last request that can be put right ("non, le rouge")."""
    wish: Request | None = None
    """What advice was last asked for: how much and for whom still count when more of the kind is asked for."""
    asked_for_whom: bool = False
    asked_for_budget: bool = False
    cues_allowed: bool = True
    settled: set[str] = field(default_factory=set)
    """"pace", "loudness": of our speech, adapted once or asked for; how the caller speaks doesn't change it again."""
    line_busy: bool = False
    """Set by the line (`voice.line.degradation`)."""
    last_intent: str | None = None

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def offer(self) -> Offer | None:
        """The offer "why?" and "no" speak of: the last one heard, else the last one made."""
        heard = [offer for offer in self.offers if offer.heard]
        return (heard or self.offers or [None])[-1]

    @property
    def offers_heard(self) -> int:
        return sum(offer.heard for offer in self.offers)

    def note(self, meaning: Meaning) -> bool:
        """Takes a turn into account. Returns True where the same request came before and was answered."""
        self.turns.append(f"caller: {meaning.text}")
        said = meaning.slots
        asked_of_it = ["guarantee"] if says(meaning.text, "aspects", meaning.language, "guarantee") else []
        told = [str(said[slot]) for slot in _TELLING if slot in said]
        if self.product and not {"product", "category"} & set(said) and meaning.intent in _OF_WHAT_IS_SPOKEN_OF:
            told.append(self.product)  # "is it in stock", of another thing than before
        key = (meaning.intent, " ".join([*told, *asked_of_it]))
        again = self.asked[key] > 0 and meaning.intent not in _REPEATABLE
        self.asked[key] += 1
        return again

    def other(self, products: list[str]) -> str | None:
        """The one of two that isn't being spoken of ("l'autre"); None where that doesn't say which."""
        others = [id for id in products if id != self.product]
        return others[0] if len(products) == 2 and len(others) == 1 else None

    def refuse(self, product: str | None = None, category: str | None = None) -> None:
        if product:
            self.refused_products.add(product)
            for offer in self.offers:
                offer.refused = offer.refused or offer.product == product
        if category:
            self.refused_categories.add(category)

    def refused_in_a_row(self) -> int:
        count = 0
        for offer in reversed(self.offers):
            if not offer.refused:
                break
            count += 1
        return count

    def situation(
        self,
        meaning: Meaning | None,
        cues: Cues | None,
        authenticated: bool,
        again: bool = False,
        nobody_free: bool = False,
    ) -> Situation:
        """The plain values the policy table looks at. Cues count for nothing once the caller has switched them off."""
        voice = cues if cues is not None and self.cues_allowed else Cues()
        said_badly = meaning is not None and negative_words(meaning.text, meaning.language)
        return Situation(
            place=self.place,
            authenticated=authenticated,
            time_of_day=time_of_day(self.now),
            complaint=self.complaint,
            return_open=self.return_open,
            misunderstood=self.misunderstood,
            asked_twice=again,
            negative_words=said_badly,
            offers_made=self.offers_heard,
            offers_refused_in_a_row=self.refused_in_a_row(),
            nobody_free=nobody_free,
            gift_season=gift_season(self.today),
            line_busy=self.line_busy,
            hurried=voice.hurried,
            hesitant=voice.hesitant,
            raised_voice=voice.raised_voice,
            slow=voice.slow and "pace" not in self.settled,
            whispering=voice.whispering and "loudness" not in self.settled,
        )
