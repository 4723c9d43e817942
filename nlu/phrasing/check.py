"""Whether a sentence says nothing but the facts: every figure with its unit, every product, every promise.

Strict on purpose: a true sentence refused costs its charm (the fixed wording is spoken), a false one heard costs trust.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from nlu.entities.catalogue_match import CatalogueMatcher
from nlu.normalise import tokenise
from nlu.numbers import number_spans
from nlu.phrasing.facts import Facts, lists
from nlu.wordlists import bare
from personalization.catalogue import Catalogue

__all__ = ["LONGEST", "fault"]

LONGEST = 45
"""Words of an answer."""
_GROUNDED = 0.5
"""At least this share of the longer words stands in the facts."""
_STRANGE = re.compile(r"[<>{}\[\]|\\`*#@_~^=$/]|https?:|www\.|[\x00-\x1f\x7f]")
_MONEY = re.compile(
    r"(\d+)(?:[.,](\d{2}))?\s*(?:€|euros?\b)(?:\s*(?:et\s+|and\s+)?(\d{2})(?!\d)(?!\s*(?:%|\w)))?", re.IGNORECASE
)
_ARTICLES = frozenset("un une one a an".split())
_UNITS = frozenset("an ans annee annees mois jour jours heure heures minute minutes euro euros centime centimes pour "
                   "pourcent year years month months day days hour hours cent cents percent".split())  # fmt: skip


def fault(text: str, facts: Facts, catalogue: Catalogue) -> str | None:
    """What is wrong with a sentence, in two words for the log; None where it may be spoken."""
    words = text.split()
    if not words or not re.search(r"[.!…]$", text):
        return "no sentence"
    if len(words) > LONGEST:
        return "too long"
    if _STRANGE.search(text) or "?" in text:
        return "not for the ear"
    if _numbers(text, facts.language) - _numbers(" . ".join(facts.said), facts.language):
        return "another number"
    if _names(text, facts, catalogue):
        return "another product"
    if _promises(text, facts):
        return "a promise"
    return None if _grounded(text, facts) else "not the facts"


def _numbers(text: str, language: str) -> set[tuple[str, str]]:
    """Each figure with what it counts: ("49.90", "euro"), ("10", "tasse"). A bare article counts nothing."""
    found = set(_amounts(text))
    text = _MONEY.sub(" , ", text)
    tokens = tokenise(text, language)
    for span in number_spans(tokens, language, text):
        unit = tokens[span.last].text if span.last < len(tokens) else ""
        article = span.last - span.first == 1 and tokens[span.first].text in _ARTICLES
        if not article or bare(unit) in _UNITS:
            found.add((str(Decimal(str(span.value)).normalize()), bare(unit).rstrip("s")))
    figures = {word for token in tokens for word in re.findall(r"\d+", token.text)}
    known = {value for value, _ in found}
    return found | {(figure, "figure") for figure in figures if not any(figure in value for value in known)}


def _amounts(text: str) -> Iterator[tuple[str, str]]:
    for euros, cents, after in _MONEY.findall(text):
        yield str(Decimal(f"{euros}.{cents or after or '00'}")), "euro"


def _names(text: str, facts: Facts, catalogue: Catalogue) -> bool:
    """A product, a brand, a kind or any other proper name that the facts don't hold."""
    language, held = facts.language, set(bare(" ".join(facts.said)).split())
    allowed = [catalogue.products[id] for id in facts.products]
    kinds = {each.category for product in allowed for each in (product, *catalogue.accessories(product))}
    tokens = tokenise(text, language)
    for match in _matcher(catalogue, language).find(tokens):
        known = set(bare(text[tokens[match.first].start : tokens[match.last - 1].end]).split()) <= held
        between = [tokens[at].text for at in range(match.first, match.last) if at not in match.places]
        scattered = any(len(word) > 3 for word in between)  # "dix tasses et garde le café" is no "tasses à café"
        if match.slot == "product" and match.id not in facts.products and not known and not scattered:
            return True
        if match.slot == "category" and match.id not in kinds and not known:
            return True
    brands = {word for product in catalogue for word in bare(product.brand).split() if len(word) > 2}
    said = set(bare(text).split())
    if (brands & said) - held:
        return True
    inside = re.findall(r"(?<![.!…] )(?<!^)\b([A-ZÀ-ÖØ-Þ][\w’'-]+)", text)
    return any(not set(bare(word).split()) <= held for word in inside)


@lru_cache(maxsize=4)
def _matcher(catalogue: Catalogue, language: str) -> CatalogueMatcher:
    return CatalogueMatcher(catalogue, language, by_sound=False)


def _promises(text: str, facts: Facts) -> bool:
    held = set(bare(" ".join(facts.said)).split())
    words = {bare(str(word)) for word in lists(facts.language)["promises"]}
    return bool((set(bare(text).split()) & words) - held)


def _grounded(text: str, facts: Facts) -> bool:
    """Enough of the longer words begin as a word of the facts does."""
    roots = {word[:5] for word in bare(" ".join(facts.said)).split() if len(word) >= 5}
    asks = {bare(str(word)) for word in lists(facts.language)["asks"]}
    longer = [word for word in bare(text).split() if len(word) >= 5 and word not in asks]
    return bool(longer) and sum(word[:5] in roots for word in longer) >= _GROUNDED * len(longer)
