"""Money, quantities and the person a present is for, among the words said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.normalise import Token
from nlu.numbers import NumberSpan

__all__ = ["Amount", "find_budget", "find_quantity", "find_recipient"]

_MONEY = {
    "fr": {"euro", "euros", "€", "balles", "eur", "dollar", "dollars", "$"},
    "en": {"euro", "euros", "€", "dollar", "dollars", "bucks", "quid", "quids", "quits", "pounds", "pound",
           "$", "£", "eur", "buck"},
}
_CENTS = {"centime", "centimes", "cent", "cents", "pence", "p"}
_COUNTED = {
    "fr": set("paquet paquets boite boites sac sacs exemplaire exemplaires piece pieces fois bouteille bouteilles "
              "lot lots kilo kilos autre autres".split()),
    "en": set("pack packs box boxes bag bags piece pieces bottle bottles more lots packet packets of".split()),
}  # fmt: skip
_TAKEN = {"fr": {"heure", "heures", "h", "jour", "jours", "an", "ans", "mois", "semaine", "semaines", "minute",
                 "minutes", "%", "annees", "kilos", "tasses", "litres", "watts"},
          "en": {"hour", "hours", "day", "days", "year", "years", "month", "months", "week", "weeks", "minute",
                 "minutes", "am", "pm", "%", "o'clock", "inch", "inches", "litres", "one", "ones"}}  # fmt: skip
_RECIPIENT = {
    "fr": re.compile(
        r"\b(?:pour|a|de) ((?:mon|ma|mes|un|une|des|notre|nos|leur|leurs|l'|la|le|les) ?"
        r"(?:petite?s? |meilleure? |grande? |beau |belle |futur |futures? |ancienne? |jeunes? )*"
        r"(?:mere|pere|maman|papa|mari|femme|fils|fille|frere|soeur|ami|amie|amis|amies|"
        r"copain|copine|pote|collegue|collegues|voisin|voisine|oncle|tante|cousin|cousine|neveu|niece|grand mere|"
        r"grand pere|mamie|papi|papy|bebe|enfant|enfants|ado|parents|patron|patronne|compagnon|compagne|"
        r"conjoint|conjointe|filleul|filleule|marraine|parrain|homme|dame|garcon|bebe|petit fils|petite fille|"
        r"chat|chien|prof|maitresse|nounou|belle mere|beau pere|grands? parents|beaux parents|petits enfants|"
        r"belle soeur|beau frere|belle fille|beau fils|famille|"
        r"copains|medecin|chef|cheffe|coloc|colocataire|invites|jumeaux|jumelles|demoiselle|moitie|cherie?|amoureuse?)"
        r"s?(?: de \w+ ans)?)\b|\b(?:c' est|plutot|seulement|juste) pour (moi(?: meme)?|nous|lui|elle)\b"
    ),
    "en": re.compile(
        r"\b(?:for|to|get|buy|give) ((?:my|a|an|our|the|his|her|some) "
        r"(?:\w+ year old |little |best |older |younger |big |new |old |elderly )*"
        r"(?:mother in law|father in law|sister in law|brother in law|mother|father|mum|mom|"
        r"dad|daddy|mummy|husband|wife|son|daughter|brother|sister|friend|girlfriend|boyfriend|colleague|coworker|"
        r"neighbour|neighbor|uncle|aunt|auntie|cousin|nephew|niece|grandmother|grandfather|grandma|grandpa|granny|"
        r"gran|granddad|grandad|nana|nan|stepmother|stepfather|stepson|stepdaughter|mate|flatmate|housemate|"
        r"baby|child|kid|teenager|parents|boss|partner|fiance|fiancee|godson|goddaughter|man|woman|boy|girl|cat|dog|"
        r"teacher|mother in law|father in law|grandson|"
        r"granddaughter|in laws|grandparents|grandkids|grandchildren|children|kids|"
        r"family|roommate|buddy|pal|toddler|twins|lady|gentleman|missus|guests|other half|sweetheart|pensioner|"
        r"daughter in law|son in law)s?)\b|\b(?:it's|is|just|only|rather) for (me|myself|us|him|her)\b"
    ),
}


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount among tokens: positions (last excluded) and value."""

    first: int
    last: int
    value: int | float | str


def find_budget(
    tokens: Sequence[Token], numbers: Sequence[NumberSpan], language: str, bare: bool = False
) -> Amount | None:
    """The money said: "moins de trente euros", "2 euros 50", "around fifty bucks", "$30"; the highest of a range.

    Args:
        bare: a budget was just asked for, so a number alone is money.
    """
    words = [token.text for token in tokens]
    found: list[Amount] = []
    for span in numbers:
        value, last = span.value, span.last
        if found and span.first < found[-1].last:
            continue  # the cents of the amount before
        before = words[span.first - 1] if span.first else ""
        last += (
            words[last : last + 1] in (["d'"], ["de"])
            and words[last + 1 : last + 2] != []
            and words[last + 1] in _MONEY[language]
        )
        after = words[last] if last < len(words) else ""
        if after in _MONEY[language]:
            last += 1
            cents = next((each for each in numbers if each.first == last), None)
            if (
                cents
                and isinstance(cents.value, int)
                and cents.value < 100
                and words[cents.last : cents.last + 1] not in (["euros"],)
            ):
                value, last = value + cents.value / 100, cents.last
                last += last < len(words) and words[last] in _CENTS
            found.append(Amount(_range_start(words, span, numbers, language), last, value))
        elif before in _MONEY[language] and before in "$£€":
            found.append(Amount(span.first - 1, last, value))
        elif bare and not span.article:
            hundreds = next((each.value for each in numbers if each.last == span.first and 0 < each.value < 10), 0)
            short = language == "en" and hundreds and value in range(10, 100)  # "two fifty" is 250
            found.append(Amount(span.first, last, hundreds * 100 + value if short else value))
        elif language == "en" and before == "under" and after not in _TAKEN["en"]:
            found.append(Amount(span.first, last, value))
    if not found:
        return None
    best = max(found, key=lambda amount: (amount.value, -amount.first))
    return Amount(min(amount.first for amount in found), max(amount.last for amount in found), best.value)


def _range_start(words: Sequence[str], span: NumberSpan, numbers: Sequence[NumberSpan], language: str) -> int:
    """Where an amount begins: "vingt" in "entre vingt et trente euros", "twenty" in "twenty to thirty quid"."""
    links = {"fr": ("et", "a", "ou"), "en": ("and", "to", "or")}[language]
    if span.first and words[span.first - 1] in links:
        return next((each.first for each in numbers if each.last == span.first - 1 and not each.article), span.first)
    return span.first


def find_quantity(
    tokens: Sequence[Token], numbers: Sequence[NumberSpan], language: str, busy: set[int], bare: bool = False
) -> Amount | None:
    """How many: a number that isn't part of a price, a date, a time or a name (`busy` are their positions)."""
    words = [token.text for token in tokens]
    for span in numbers:
        if set(range(span.first, span.last)) & busy or not isinstance(span.value, int) or not 0 < span.value < 1000:
            continue
        after = words[span.last] if span.last < len(words) else ""
        before = words[span.first - 1] if span.first else ""
        if any(each.last == span.first or each.first == span.last for each in numbers if each is not span):
            continue  # digits dictated one after the other
        if after in _TAKEN[language] or before in ("numero", "number", "one's", "double"):
            continue
        if span.article and not (
            bare
            or after in _COUNTED[language] - {"of", "autre", "autres", "fois"}
            or _counts_one(words, span, language)
        ):
            continue
        return Amount(span.first, span.last, span.value)
    return None


def _counts_one(words: Sequence[str], span: NumberSpan, language: str) -> bool:
    """ "j'en voudrais un", "just one": an article word that ends the sentence counts."""
    if language == "en":
        return words[span.first] == "one" and words[span.first - 1 : span.first] in (["just"], ["only"], ["take"])
    return "en" in words[: span.first] and span.last == len(words)


def find_recipient(tokens: Sequence[Token], language: str, bare: bool = False) -> Amount | None:
    """Who a present is for: "pour ma mère", "for my ten year old niece".

    Args:
        bare: it was just asked for, so "ma mère" or "pour moi" alone is an answer.
    """
    words = [token.text for token in tokens]
    match = _RECIPIENT[language].search(" ".join(words))
    if not match and bare and words:
        lead = {"fr": ["c'", "est", "pour"], "en": ["it's", "for"]}[language]
        own = len(words) - 1 if words[0] in ("pour", "for") else len(words)
        match = _RECIPIENT[language].search(" ".join([*lead, *words[-own:]]))
        if match:
            group = 1 if match[1] else 2
            first = match.string[: match.start(group)].count(" ") - len(lead) + len(words) - own
            return Amount(first, first + match[group].count(" ") + 1, match[group])
    if not match:
        return None
    group = 1 if match[1] else 2
    first = match.string[: match.start(group)].count(" ")
    return Amount(first, first + match[group].count(" ") + 1, match[group])
