"""French and English forms of names, prices and dates, for the placeholders of a phrase.

A phrase writes `{product.of_the}` and gets "de l'aspirateur", "du grille-pain" or "of the kettle": elision before a
vowel or a mute h, contraction of `de` and `à` with `le` and `les` are decided here, so that no phrase glues words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

__all__ = ["Name", "cardinal", "every", "listed", "money", "plain", "times", "when"]

_ASPIRATED = frozenset(
    "hache hachoir haie hall halogene halte hamac hamburger hammam hamster hanche handicap hangar haricot harnais "
    "harpe hasard haut hauteur hayon heros hetre hibou hockey homard hors hotte houblon housse houx hublot huche "
    "huit".split()
)
"""Words whose h forbids elision ("la housse"), without accents."""

_NO_ELISION = frozenset("onze onzieme oui ouistiti uhlan yaourt yacht yoga yaourtiere yeti yourte un-deux".split())
"""Words that begin with a vowel letter but take no elision ("le yaourt")."""

_VOWEL_SOUND_AS_CONSONANT = ("uni", "use", "usu", "euro", "one", "once", "ubiq", "ukr", "util", "uten")
"""English beginnings said with a consonant ("a universal charger")."""

_SILENT_H = ("hour", "honest", "honour", "honor", "heir")
_VOWEL_LETTER_NAMES = frozenset("AEFHILMNORSX")
"""Capital letters whose own name begins with a vowel ("an HDMI cable")."""

_ONES = {
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
    "dix-huit dix-neuf vingt".split(),
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty".split(),
}
_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "en": "January February March April May June July August September October November December".split(),
}
_DAYS = {
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche".split(),
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
}


def plain(text: str) -> str:
    """Lower case, without accents, typographic apostrophes made plain: for comparing names, never for speaking."""
    text = unicodedata.normalize("NFKD", text.replace("’", "'").replace("œ", "oe").replace("Œ", "oe"))
    return "".join(mark for mark in text if not unicodedata.combining(mark)).casefold().strip()


@dataclass(frozen=True)
class Name:
    """What something is called in one language, with what its article needs."""

    text: str
    language: str
    """"fr" or "en"."""
    gender: str = "m"
    """"m" or "f"; English ignores it."""
    plural: bool = False
    mass: bool = False
    """Uncountable: "du café", "some coffee"."""

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return format(self.text, spec)

    @property
    def elides(self) -> bool:
        """French: the article before it loses its vowel."""
        word = plain(self.text).replace("-", " ").split(" ")[0].split("'")[0]
        if word in _NO_ELISION or word in _ASPIRATED or word.rstrip("s") in _ASPIRATED:
            return False
        return word[:1] in set("aeiouh") or (word[:1] == "y" and word[1:2] not in set("aeiou"))

    @property
    def the(self) -> str:
        if self.language == "en":
            return f"the {self.text}"
        if self.plural:
            return f"les {self.text}"
        if self.elides:
            return f"l'{self.text}"
        return f"{'la' if self.gender == 'f' else 'le'} {self.text}"

    @property
    def a(self) -> str:
        """Indefinite, or partitive for a mass noun: "un", "une", "des", "du"; "a", "an", "some"."""
        if self.language == "en":
            if self.plural or self.mass:
                return f"some {self.text}"
            return f"{'an' if _sounds_as_vowel(self.text) else 'a'} {self.text}"
        if self.plural:
            return f"des {self.text}"
        if self.mass:
            return self.of_the
        return f"{'une' if self.gender == 'f' else 'un'} {self.text}"

    @property
    def of(self) -> str:
        """Without article: "de filtres", "d'aspirateur"; "of filters"."""
        if self.language == "en":
            return f"of {self.text}"
        return f"d'{self.text}" if self.elides else f"de {self.text}"

    @property
    def of_the(self) -> str:
        """ "du", "de la", "de l'", "des"; "of the"."""
        return self._contracted({"en": "of", "fr": "de"}, "du", "des")

    @property
    def to_the(self) -> str:
        """ "au", "à la", "à l'", "aux"; "to the"."""
        return self._contracted({"en": "to", "fr": "à"}, "au", "aux")

    def _contracted(self, bare: dict[str, str], masculine: str, plural: str) -> str:
        if self.language == "en":
            return f"{bare['en']} {self.the}"
        if self.plural:
            return f"{plural} {self.text}"
        if self.gender == "m" and not self.elides:
            return f"{masculine} {self.text}"
        return f"{bare['fr']} {self.the}"

    @property
    def this(self) -> str:
        """ "ce", "cet", "cette", "ces"; "this", "these"."""
        if self.language == "en":
            return f"{'these' if self.plural else 'this'} {self.text}"
        if self.plural:
            return f"ces {self.text}"
        if self.gender == "f":
            return f"cette {self.text}"
        return f"{'cet' if self.elides else 'ce'} {self.text}"

    @property
    def your(self) -> str:
        """ "votre", "vos"; "your"."""
        if self.language == "en":
            return f"your {self.text}"
        return f"{'vos' if self.plural else 'votre'} {self.text}"

    @property
    def another(self) -> str:
        """ "un autre", "une autre", "d'autres"; "another", "other"."""
        if self.language == "en":
            return f"{'other' if self.plural or self.mass else 'another'} {self.text}"
        if self.plural or self.mass:
            return f"d'autre{'s' if self.plural else ''} {self.text}"
        return f"{'une' if self.gender == 'f' else 'un'} autre {self.text}"

    @property
    def it(self) -> str:
        """Subject pronoun: "il", "elle", "ils", "elles"; "it", "they"."""
        if self.language == "en":
            return "they" if self.plural else "it"
        return ("elle" if self.gender == "f" else "il") + ("s" if self.plural else "")

    @property
    def be(self) -> str:
        """ "est", "sont"; "is", "are"."""
        singular, plural = ("is", "are") if self.language == "en" else ("est", "sont")
        return plural if self.plural else singular

    @property
    def have(self) -> str:
        """ "a", "ont"; "has", "have"."""
        singular, plural = ("has", "have") if self.language == "en" else ("a", "ont")
        return plural if self.plural else singular

    @property
    def cost(self) -> str:
        """ "coûte", "coûtent"; "costs", "cost"."""
        singular, plural = ("costs", "cost") if self.language == "en" else ("coûte", "coûtent")
        return plural if self.plural else singular

    @property
    def e(self) -> str:
        """Ending of a French participle that agrees with it: "", "e", "s", "es"; "" in English."""
        return "" if self.language == "en" else ("e" if self.gender == "f" else "") + ("s" if self.plural else "")

    def capital(self, form: str) -> str:
        """A form to begin a sentence with: `capital("the")` -> "L'aspirateur"."""
        text = str(getattr(self, form))
        return text[:1].upper() + text[1:]

    @property
    def The(self) -> str:  # a phrase reads {product.The} at the head of a sentence
        return self.capital("the")

    @property
    def A(self) -> str:
        return self.capital("a")

    @property
    def It(self) -> str:
        return self.capital("it")


def _sounds_as_vowel(text: str) -> bool:
    word = text.split()[0] if text.split() else ""
    if len(word) > 1 and word.isupper() and word.isalpha():
        return word[0] in _VOWEL_LETTER_NAMES
    if word[:1].isdigit():
        return word.startswith(("8", "11", "18"))
    low = plain(word)
    if low.startswith(_SILENT_H):
        return True
    return low[:1] in set("aeiou") and not low.startswith(_VOWEL_SOUND_AS_CONSONANT)


def cardinal(number: int, language: str, gender: str = "m") -> str:
    """A small number in words (0 to 20; digits beyond, which voices read well)."""
    if language == "fr" and number == 1 and gender == "f":
        return "une"
    return _ONES[language][number] if 0 <= number <= 20 else str(number)


def money(amount: Decimal, language: str) -> str:
    """A price as it is said: "12 euros 90", "1 euro", "90 centimes". Figures: captions and voices both read them."""
    cents = int((Decimal(amount) * 100).to_integral_value())
    euros, rest = divmod(abs(cents), 100)
    plural = euros >= 2 if language == "fr" else euros != 1  # French: zero and one are singular
    unit = "euros" if plural else "euro"
    if rest == 0:
        return f"{euros} {unit}"
    if euros == 0:
        small = "centime" if language == "fr" else "cent"
        return f"{rest} {small}{'s' if rest > 1 else ''}"
    return f"{euros} {unit} {rest:02d}"


def when(day: date, today: date, language: str) -> str:
    """A day as it is said today: "hier", "il y a dix jours", "en mars", "en mars 2025", "demain", "vendredi".

    Past: days up to 20, weeks up to 8, then the month, with the year once it isn't this year's and is over ten months
    old. Future: up to six days by weekday, then the date.
    """
    gap = (today - day).days
    if gap < 0:
        return _ahead(day, -gap, language)
    french = language == "fr"
    if gap <= 2:
        names = ("aujourd'hui", "hier", "avant-hier") if french else ("today", "yesterday", "two days ago")
        return names[gap]
    if gap <= 20:
        count = cardinal(gap, language)
        return f"il y a {count} jours" if french else f"{count} days ago"
    if gap <= 59:
        count = cardinal(round(gap / 7), language)
        return f"il y a {count} semaines" if french else f"{count} weeks ago"
    month = _MONTHS[language][day.month - 1]
    dated = gap > 300 or (day.year, day.month) == (today.year - 1, today.month)
    year = f" {day.year}" if dated and day.year != today.year else ""
    return f"{'en' if french else 'in'} {month}{year}"


def _ahead(day: date, gap: int, language: str) -> str:
    french = language == "fr"
    if gap == 1:
        return "demain" if french else "tomorrow"
    if gap == 2 and french:
        return "après-demain"
    if gap <= 6:
        name = _DAYS[language][day.weekday()]
        return name if french else f"on {name}"
    number = "1er" if french and day.day == 1 else str(day.day)
    month = _MONTHS[language][day.month - 1]
    return f"le {number} {month}" if french else f"on {month} {number}"


def times(count: int, language: str) -> str:
    """How often: "une fois", "trois fois"; "once", "twice", "three times"."""
    if language == "fr":
        return f"{cardinal(count, 'fr', 'f')} fois"
    return {1: "once", 2: "twice"}.get(count, f"{cardinal(count, 'en')} times")


def every(days: float, language: str) -> str:
    """A period as it is said: "toutes les trois semaines", "tous les deux mois"; "every three weeks"."""
    if days < 14:
        count = max(2, round(days))
        return f"tous les {cardinal(count, 'fr')} jours" if language == "fr" else f"every {cardinal(count, 'en')} days"
    if days < 56:
        count = round(days / 7)
        return (
            f"toutes les {cardinal(count, 'fr')} semaines"
            if language == "fr"
            else f"every {cardinal(count, 'en')} weeks"
        )
    count = max(2, round(days / 30.4))
    return f"tous les {cardinal(count, 'fr')} mois" if language == "fr" else f"every {cardinal(count, 'en')} months"


def listed(items: Sequence[str], language: str, joint: str | None = None) -> str:
    """ "a", "a et b", "a, b et c"; "a, b and c".

    Args:
        joint: another word before the last ("ou").
    """
    words = [str(item) for item in items]
    if len(words) < 2:
        return "".join(words)
    joint = joint or ("et" if language == "fr" else "and")
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"
