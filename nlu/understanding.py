"""From the words a caller said to what they want: intent, slots, how sure, and which words decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from nlu.classifier import Prediction
from nlu.entities import Placed, extract
from nlu.entities.catalogue_match import CatalogueMatcher
from nlu.entities.perhaps import Perhaps
from nlu.examples import MASKS
from nlu.human import asks_for_human, declines_human
from nlu.keeping import without_forbidden
from nlu.meaning import Entity, Meaning
from nlu.normalise import Token, tokenise
from nlu.parts import (
    ANSWERED_BY,
    DATA,
    SECOND,
    YESES,
    answered,
    requested,
    with_human,
    without_human,
    yes_or_no_asked,
)
from nlu.polarity import only_scope, without_false_yes
from nlu.sentence import Sentence, read
from nlu.trained import trained
from nlu.turns import joints, only_fillers, split_head

__all__ = ["Understanding", "as_json", "understand_lines"]

_WORD_OF_LETTER = {("en", "y"): "why"}
"""A letter alone that is written for the word it sounds like."""
WORDS, LETTERS = 150, 2000
"""What is read of a turn; a person is heard for in all of it."""
CLAUSES = 12
"""Clauses of a turn that are read each for itself: each costs some milliseconds."""
_CONSENT = frozenset("consent_give consent_withdraw affirm deny".split())
_OF = {
    "kind": DATA, "purpose": _CONSENT, "scope": _CONSENT, "direction": {"adjust_speech"},
    "language": {"change_language"},
}  # fmt: skip
"""Slots that are told for some intents alone: their words are said of much else."""
_ANSWER_PRIOR = {"affirm": 6.0, "deny": 6.0, "consent_give": 1.5, "consent_withdraw": 1.5, "less_like_this": 0.5,
                 "goodbye": 0.5, "greet": 0.3}  # fmt: skip
_CALL = frozenset("date time phone".split())
_WHICH = frozenset("which laquelle lequel lesquels lesquelles".split())


class _Read(NamedTuple):
    """A text taken as one request, before its intent is known."""

    text: str
    expecting: str | None
    slot: str | None
    """Which slot was asked for, if one was."""
    tokens: list[Token]
    placed: list[Placed]
    sentence: Sentence


class Understanding:
    """Understands French and English sentences; one object serves any number of conversations and threads.

    Args:
        catalogue: products and categories to recognise (`personalization.catalogue.Catalogue`); None for none.
        stores: store names by id, to recognise.
        languages: those that will be used; read or trained at the first sentence, or by `warm`.
    """

    def __init__(
        self, catalogue: Any = None, stores: dict[str, str] | None = None, languages: tuple[str, ...] = ("fr", "en")
    ) -> None:
        self.languages = languages
        self._matchers = {language: CatalogueMatcher(catalogue, language, stores) for language in languages}

    def warm(self) -> None:
        """Read or train now what would be at the first sentence."""
        for language in self.languages:
            trained(language)

    def misheard(self, text: str, language: str) -> list[Perhaps]:
        """Names that a text may be a mishearing of (`CatalogueMatcher.misheard`)."""
        matcher = self._matchers.get(language)
        return matcher.misheard(text) if matcher else []

    def understand(
        self,
        text: str,
        language: str,
        expecting: str | None = None,
        today: date | None = None,
        explain: bool = True,
    ) -> Meaning:
        """What the caller wants.

        Args:
            text: the transcript of one turn.
            language: "fr" or "en".
            expecting: the question just asked: "consent:PURPOSE", "confirm", "yes_no", "choice" or a slot ("budget",
                "category", "product", "recipient", "quantity", "order", "date", "time", "store", "language"); it lets
                a bare answer be read ("trente euros", "oui juste cette fois").
            today: the day relative dates count from; the system's date by default.
            explain: find the words that decided, too (some milliseconds).

        Raises:
            ValueError: a language that this object wasn't made for.
        """
        if language not in self._matchers:
            raise ValueError(
                f"there is no understanding of {language!r}; the languages are {', '.join(self.languages)}"
            )
        tokens = tokenise(text, language)
        if not tokens:
            return Meaning("out_of_scope", 0.0, text, language)
        whole_text, text = text, text[: tokens[:WORDS][-1].end][:LETTERS]
        if len(tokens) == 1 and len(tokens[0].text) == 1 and tokens[0].text.isalpha():
            if (language, tokens[0].text) not in _WORD_OF_LETTER:  # above all no yes, which might be a consent
                return Meaning("out_of_scope", 0.5, whole_text, language)
            text = _WORD_OF_LETTER[language, tokens[0].text]
        head = split_head(text, language)
        clauses = [] if head else joints(text, language)[:CLAUSES]
        said = [(text, expecting)]  # with what was asked before it
        if head is not None and not only_fillers(head.rest, language):
            said.append((head.rest, None))
        elif len(clauses) > 1:
            said += [(clause.text, expecting) for clause in clauses]
        whole, *within = self._meanings(said, language, today)
        if head is not None:
            parts = answered(whole, head, within, language, expecting)
        else:
            parts = requested(whole, clauses, within, expecting)
        parts = without_forbidden(parts, text, language)
        human = asks_for_human(whole_text, language)
        if declines_human(whole_text, language):
            parts, human = without_human(parts), None
        parts = with_human(parts, human, text, language, bool(yes_or_no_asked(expecting)))
        first, second = parts[0], parts[1] if len(parts) > 1 else None
        asked = (expecting or "").startswith("consent:")
        if asked and head and head.intent == "affirm" and "scope" in whole.slots and first.intent in YESES:
            # "Yes, for this conversation": one clear answer to the question of consent, with its scope.
            first = replace(first, intent="affirm", confidence=max(first.confidence, 0.9))
            second = second if second is not None and second.intent == "human" else None
        first, second = (part and without_false_yes(part, text, language, expecting) for part in (first, second))
        # The slots of the whole turn belong to its first intent too: "oui, pour ma mère".
        if explain:
            first, second = self._explained(first), self._explained(second) if second is not None else None
        return replace(first, text=whole_text, entities=whole.entities, also=second)

    def _meanings(
        self, texts: Sequence[tuple[str, str | None]], language: str, today: date | None
    ) -> list[Meaning]:
        """Texts, each taken as one request that answers what was asked (second of the pair)."""
        found: list[Meaning | None] = []
        read_so_far: list[_Read] = []
        for text, expecting in texts:
            tokens = tokenise(text, language)
            found.append(None if tokens else Meaning("out_of_scope", 0.0, text, language))
            if tokens:
                slot = expecting if expecting in ANSWERED_BY or expecting in ("choice", "confirm") else None
                placed = extract(text, language, self._matchers[language], slot, today, tokens)
                sentence = read(text, language, placed, tokens)
                read_so_far.append(_Read(text, expecting, slot, tokens, placed, sentence))
        priors = [_prior(each.expecting) for each in read_so_far]
        sentences = [each.sentence for each in read_so_far]
        guesses = zip(read_so_far, trained(language).predict_all(sentences, priors), strict=True)
        return [each or self._meaning(*next(guesses), language) for each in found]

    @staticmethod
    def _meaning(said: _Read, guess: Prediction, language: str) -> Meaning:
        text, expecting, slot, tokens, placed, sentence = said
        words = sentence.words
        entities = tuple(entity for entity, _, _ in placed)
        of_goods = any(entity.slot in ("category", "product", "suggestion") for entity in entities)
        if guess.intent == "adjust_speech" and (of_goods or tokens[0].text in _WHICH):
            # "Which kettle is the fastest?", "which one's quieter?": it is the kettle that shall be fast.
            intent = guess.runner_up[0] if guess.runner_up[0] in ("product_info", "availability") else "recommend"
            return Meaning(intent, 0.6, text, language, entities, (), (guess.intent, 0.2))
        known = slot if slot in ANSWERED_BY else None
        bare = _bare_answer(text, language, words, entities, known, expecting, guess)
        if bare:
            return Meaning(
                bare[0], bare[1], text, language, entities, tuple(text.split()[:3]), (guess.intent, guess.confidence)
            )
        return Meaning(guess.intent, round(guess.confidence, 4), text, language, entities, (), guess.runner_up)

    def _explained(self, meaning: Meaning) -> Meaning:
        """The meaning with the words that decided it, where they aren't known yet."""
        if meaning.decided_by or meaning.runner_up is None:
            return meaning
        tokens = tokenise(meaning.text, meaning.language)
        placed = extract(meaning.text, meaning.language, self._matchers[meaning.language], None, None, tokens)
        sentence = read(meaning.text, meaning.language, placed, tokens)
        words = trained(meaning.language).reasons(sentence, meaning.intent, meaning.runner_up[0])
        return replace(meaning, decided_by=tuple(_spoken(word, placed, meaning.text) for word in words))


def _prior(expecting: str | None) -> dict[str, float] | None:
    """How much likelier an intent is as an answer. A yes to a use of data is never the likelier for being asked for."""
    if not yes_or_no_asked(expecting):
        return None
    consent = expecting.startswith("consent")
    return {intent: odds for intent, odds in _ANSWER_PRIOR.items() if not (consent and intent in YESES)}


def _bare_answer(
    text: str,
    language: str,
    words: str,
    entities: tuple[Entity, ...],
    slot: str | None,
    expecting: str | None,
    guess: Prediction,
) -> tuple[str, float] | None:
    """The intent of an answer that is little more than the slot asked for, or than how long a consent holds."""
    slots = {entity.slot for entity in entities}
    if (
        slot
        and slot in slots
        and (len(words.split()) <= 4 or guess.confidence < SECOND or guess.intent == "out_of_scope")
    ):
        return ANSWERED_BY[slot], 0.9
    if expecting in _CALL and slots & _CALL and (guess.confidence < SECOND or guess.intent == "out_of_scope"):
        return "callback", 0.9  # the number, though the day was asked for
    scoped = expecting is not None and expecting.startswith("consent") and only_scope(text, entities, language)
    if scoped and guess.intent not in ("deny", "consent_withdraw", "human"):
        return (guess.intent if guess.intent in YESES else "affirm"), max(0.85, guess.confidence)
    unlike = (
        guess.intent in ("out_of_scope", "deny", "recommend", "repeat", "reorder", "availability")
        or guess.confidence < SECOND
    )
    if expecting == "choice" and "suggestion" in slots and unlike:
        said = sum(len(entity.said.split()) for entity in entities if entity.slot == "suggestion")
        if guess.confidence < SECOND or guess.intent == "out_of_scope" or len(words.split()) <= said + 2:
            return "affirm", 0.85  # more words than that are a question about it: "is the first one in stock"
    return None


def _spoken(word: str, placed: list[Placed], text: str) -> str:
    """A masked word as the caller said it."""
    slot = next((slot for slot, masked in MASKS.items() if masked == word), None)
    names = {"number": "quantity"}
    return next((entity.said for entity, _, _ in placed if slot and entity.slot == names.get(slot, slot)), word)


def understand_lines(
    lines: Iterable[str], language: str, catalogue: Any = None, stores: dict[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """One JSON-ready object per sentence (see `as_json`); an empty line gives an out_of_scope of confidence 0."""
    understanding = Understanding(catalogue, stores, (language,))
    for line in lines:
        yield as_json(understanding.understand(line.strip(), language))


def as_json(meaning: Meaning) -> dict[str, Any]:
    """A meaning as JSON-ready data."""
    intents = {meaning.intent, meaning.also.intent if meaning.also else meaning.intent}
    return {
        "text": meaning.text,
        "language": meaning.language,
        "intent": meaning.intent,
        "confidence": round(meaning.confidence, 4),
        "slots": {
            slot: value for slot, value in meaning.slots.items() if slot not in _OF or intents & _OF[slot]
        },
        "decided_by": list(meaning.decided_by),
        "entities": [
            {"slot": each.slot, "value": each.value, "said": each.said, "id": each.id, "score": round(each.score, 3)}
            for each in meaning.entities
        ],
        "runner_up": {"intent": meaning.runner_up[0], "confidence": round(meaning.runner_up[1], 4)}
        if meaning.runner_up
        else None,
        "also": as_json(meaning.also) if meaning.also else None,
    }
