"""What a turn means that holds more than one thing: an answer and a request, two requests, a person asked for.

Each piece has been taken as one request before (`nlu.understanding`); here it is decided which of them count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nlu.meaning import Meaning
from nlu.normalise import tokenise
from nlu.turns import Clause, Head, weak_yes

__all__ = ["ANSWERED_BY", "DATA", "SECOND", "YESES", "answered", "requested", "with_human", "without_human",
           "yes_or_no_asked"]  # fmt: skip

SECOND = 0.5
"""A second intent in a turn counts from this confidence."""
BESIDE = 0.95
"""And from this one, where nothing but a comma parts it from a first that the whole turn says just as well."""
ANSWERED_BY = {
    "budget": "recommend", "category": "recommend", "product": "recommend", "recipient": "recommend",
    "order": "order_status", "quantity": "reorder", "date": "callback", "time": "callback", "store": "store_info",
    "language": "change_language", "phone": "callback", "postcode": "store_info", "email": "export",
}  # fmt: skip
"""The intent a bare answer to the question about a slot belongs to."""
DATA = frozenset("what_data who_sees how_long erase export".split())
"""Questions about what is kept of the caller."""
_RIGHTS = DATA | {"consent_withdraw", "less_like_this", "why"}
_YES_NO = ("confirm", "yes_no", "choice", "consent")
_BARE = 7
"""Words of a turn that is only about the language, at most."""
_GROUNDS = ("complaint", "less_like_this")
_REMEDIES = ("return_item", "human", "callback", "erase")
_COURTESY = ("greet", "thanks", "goodbye", "affirm", "deny", "out_of_scope")
YESES = frozenset({"affirm", "consent_give"})


def answered(
    whole: Meaning, head: Head, within: Sequence[Meaning], language: str, expecting: str | None
) -> list[Meaning]:
    """What a turn means that begins with a yes or a no: the answer, the request behind it, or both.

    Args:
        within: what follows the yes or no, taken as one request; none where that is no more than fillers.
    """
    if _as_asked(whole, expecting):
        return [whole]  # "no more than forty" answers the question of a budget: there is no "no" in it
    if not within:
        return [_answer(head.intent, whole)]
    (rest,) = within
    same = rest.intent in (head.intent, "thanks", "greet", "out_of_scope") or (
        rest.intent in ("affirm", "deny") and head.intent == "affirm" and rest.confidence < 0.6
    )
    if whole.intent == "thanks" and not yes_or_no_asked(expecting):
        return [whole]  # "ok merci"
    if same and whole.intent in (head.intent, "out_of_scope", "thanks", "goodbye", "affirm"):
        return [whole if whole.intent == head.intent else _answer(head.intent, whole)]
    if rest.intent == "change_language" and rest.confidence >= 0.8 and _length(whole) <= _BARE:
        return [rest]  # "yes, in French please": to the question of the language, which nobody asked
    over = rest.intent == "goodbye" or rest.intent not in (*_COURTESY, *YESES, "reorder")
    if over and rest.confidence >= 0.8 and yes_or_no_asked(expecting) and weak_yes(head, language):
        return [rest]  # "ok bye", "fine, what coffee do you have?": no yes to what was asked
    if rest.intent not in _COURTESY and rest.confidence >= SECOND:
        answer = _answer(head.intent, replace(whole, text=head.said))
        # The answer comes first when a question was asked; otherwise the request does.
        return [answer, rest] if yes_or_no_asked(expecting) else [rest, answer]
    if yes_or_no_asked(expecting):
        return [_answer(head.intent, whole)]
    return [whole]


def requested(
    whole: Meaning, clauses: Sequence[Clause], within: Sequence[Meaning], expecting: str | None
) -> list[Meaning]:
    """One meaning, or two when two clauses of the turn are requests.

    Args:
        within: the clauses, where there are several, each taken as one request.
    """
    if not within or _as_asked(whole, expecting):
        return [whole]
    said = [(meaning, clause.joined) for meaning, clause in zip(within, clauses, strict=True)]
    strong = [each for each in said if each[0].confidence >= SECOND and each[0].intent not in _COURTESY]
    return _requests(whole, strong)


def with_human(parts: list[Meaning], human: str | None, text: str, language: str, answering: bool) -> list[Meaning]:
    """A person asked for is never missed (law 5): first, or second behind the answer to a question."""
    asked = next((part for part in parts if part.intent == "human"), None)
    if asked is None and human:
        asked = Meaning(
            "human", 0.95 if human == "ask" else 0.6, text, language, decided_by=tuple(text.split()[:3]),
            runner_up=(parts[0].intent, min(parts[0].confidence, 0.05 if human == "ask" else 0.4)),
        )  # fmt: skip
    if asked is None:
        return parts
    others = [part for part in parts if part.intent != "human" and part.intent != "out_of_scope"]
    if human == "ask":
        asked = replace(asked, confidence=max(asked.confidence, 0.95))
    if human == "ask" and parts[0].intent == "callback" and parts[0].confidence >= 0.8:
        return [parts[0], asked]  # "Have an adviser ring me on Thursday": a person, but later.
    if human == "ask" and others and not any(part.intent == "human" for part in parts) and len(parts) == 1:
        # One clause only: the classifier read the same words as something else, less sure than the list.
        unsure = others[0].confidence < 0.7 or others[0].intent in ("recommend", "help", "product_info")
        others = [part for part in others if not unsure]
    answers = [part for part in others if part.intent in ("affirm", "deny")]
    if answering and answers:
        return [answers[0], asked]
    if human == "ask" or any(part.intent == "human" for part in parts) or not others or others[0].confidence < SECOND:
        return [asked, *(part for part in others if part.confidence >= SECOND)][:2]  # no unsure guess is acted on
    return [others[0], asked]


def without_human(parts: list[Meaning]) -> list[Meaning]:
    """A person refused is a no."""
    others = [part for part in parts if part.intent != "human"]
    if len(others) == len(parts) or any(part.intent == "deny" for part in others):
        return others or parts
    return [*others, replace(next(part for part in parts if part.intent == "human"), intent="deny", confidence=0.9)]


def yes_or_no_asked(expecting: str | None) -> bool:
    return bool(expecting) and (expecting in _YES_NO or expecting.startswith("consent:"))


def _answer(intent: str, whole: Meaning) -> Meaning:
    confidence = whole.confidence if whole.intent == intent else max(0.8, 1.0 - whole.confidence)
    return replace(whole, intent=intent, confidence=confidence, decided_by=tuple(whole.text.split()[:1]))


def _requests(whole: Meaning, strong: list[tuple[Meaning, bool]]) -> list[Meaning]:
    """What a turn of several clauses asks for.

    Args:
        whole: the turn read as one request.
        strong: the clauses that are requests of their own, with whether a word such as "and" stands before them.
    """
    if whole.intent in _RIGHTS and whole.confidence >= SECOND:
        # "You had my permission, you haven't any more": no clause of it gives it.
        strong = [each for each in strong if each[0].intent not in YESES]
    asked = {meaning.intent: (meaning, joined) for meaning, joined in reversed(strong)}
    kinds = list(dict.fromkeys(meaning.intent for meaning, _ in strong))
    if len(kinds) < 2:
        alone = kinds and kinds[0] != whole.intent and (whole.intent in _COURTESY or whole.confidence < SECOND)
        return [strong[0][0]] if alone else [whole]
    (first, _), (second, joined) = asked[kinds[0]], asked[kinds[1]]
    if first.intent in _GROUNDS and second.intent in _REMEDIES:
        # "Il ne me plaît pas, je veux le rendre": what is wrong is why; what is asked for counts.
        return [second, first] if first.intent == "complaint" else [second]
    if whole.intent in kinds and whole.confidence >= SECOND and not (joined and _sure(first) and _sure(second)):
        # "Je n'ai plus de café, remettez-m'en": the first clause only says why; read together they are one request.
        main = asked[whole.intent][0]
        other = next(asked[kind][0] for kind in kinds if kind != whole.intent)
        return [main, other] if other.confidence >= BESIDE and other.intent not in _GROUNDS else [main]
    return [first, second]


def _as_asked(whole: Meaning, expecting: str | None) -> bool:
    """The turn answers the question of a slot."""
    return expecting in ANSWERED_BY and expecting in whole.slots and whole.intent == ANSWERED_BY[expecting]


def _length(meaning: Meaning) -> int:
    return len(tokenise(meaning.text, meaning.language))


def _sure(meaning: Meaning) -> bool:
    return meaning.confidence >= 0.8
