"""Numbers, dates, addresses and times as callers say them: how many come out as the right value once heard."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from nlu.entities import extract
from nlu.normalise import tokenise
from nlu.numbers import number_spans
from tests.evals._heard import heard

__all__ = ["SAID", "run", "value_of"]

TODAY = date(2026, 11, 24)
"""The Tuesday that "in a fortnight" counts from."""


class Said(NamedTuple):
    kind: str
    text: str
    value: Any
    asked: bool = False
    """Whether the assistant has just asked for it, so that the value may come alone."""


SAID = {
    "fr": [
        Said("postcode", "mon code postal est soixante-quinze mille onze", "75011"),
        Said("postcode", "le code postal, c'est soixante-neuf mille trois", "69003"),
        Said("postcode", "j'habite à Marseille, treize zéro zéro six", "13006"),
        Said("postcode", "trente-trois mille", "33000", True),
        Said("postcode", "zéro six mille deux cents", "06200", True),
        Said("postcode", "cinquante-neuf huit cents", "59800", True),
        Said("postcode", "mon code postal, sept cinq zéro deux zéro", "75020"),
        Said("postcode", "c'est le quatre-vingt-douze mille cent", "92100", True),
        Said("phone", "mon numéro est le zéro six, douze, trente-quatre, cinquante-six, soixante-dix-huit",
             "+33612345678"),
        Said("phone", "rappelez-moi au zéro un, quarante-deux, soixante-huit, cinquante-trois, zéro zéro",
             "+33142685300"),
        Said("phone", "zéro sept, quatre-vingt-un, vingt-trois, quatre-vingt-dix, quatorze", "+33781239014", True),
        Said("phone", "vous pouvez me joindre au zéro quatre, soixante-douze, onze, vingt-deux, trente-trois",
             "+33472112233"),
        Said("phone", "zéro six, quatre-vingt-quatre, vingt, soixante, quinze", "+33684206015", True),
        Said("phone", "c'est plus trente-trois, six, vingt, trente, quarante, cinquante", "+33620304050", True),
        Said("phone", "mon portable, zéro six, double zéro, onze, dix-sept, quatre-vingt-seize", "+33600111796"),
        Said("phone", "zéro neuf, soixante-dix, cent douze, trois cent vingt", "+33970112320", True),
        Said("email", "mon adresse mail est jean point dupont arobase free point fr", "jean.dupont@free.fr"),
        Said("email", "c'est marie tiret martin arobase orange point fr", "marie-martin@orange.fr", True),
        Said("email", "écrivez-moi à paul soixante-quinze arobase gmail point com", "paul75@gmail.com"),
        Said("email", "j, e, a, n, arobase laposte point net", "jean@laposte.net", True),
        Said("email", "sophie tiret du bas bernard arobase hotmail point fr", "sophie_bernard@hotmail.fr", True),
        Said("email", "mon e-mail, c'est contact arobase durand point fr", "contact@durand.fr"),
        Said("email", "b comme Bernard, point, lefèvre, arobase yahoo point fr", "b.lefevre@yahoo.fr", True),
        Said("email", "envoyez-le à claire point petit arobase wanadoo point fr", "claire.petit@wanadoo.fr"),
        Said("order", "ma commande numéro quatre huit deux un", "4821"),
        Said("order", "la commande c m quatre mille huit cent vingt et un", "CM4821"),
        Said("order", "où en est ma commande c m quarante-huit vingt et un", "CM4821"),
        Said("order", "le numéro de commande est le sept sept trois zéro neuf", "77309"),
        Said("order", "commande c comme Charles, m comme Marie, cinquante-deux zéro sept", "CM5207"),
        Said("order", "c m cinq deux zéro sept", "CM5207", True),
        Said("order", "j'ai la référence b d six cent quarante-trois douze", "BD64312"),
        Said("order", "mon numéro de suivi, c'est neuf double zéro quatorze", "90014"),
        Said("time", "vers quatorze heures trente", "14:30"),
        Said("time", "à midi et quart", "12:15"),
        Said("time", "demain à huit heures moins le quart", "07:45"),
        Said("time", "plutôt à dix-sept heures quinze", "17:15"),
        Said("time", "rappelez-moi à neuf heures et demie", "09:30"),
        Said("time", "à sept heures du soir", "19:00"),
        Said("time", "à onze heures moins vingt", "10:40"),
        Said("time", "entre quatorze heures et seize heures", "14:00/16:00"),
        Said("date", "rappelez-moi mardi en huit", "2026-12-08"),
        Said("date", "ce sera pour le premier mars", "2027-03-01"),
        Said("date", "la livraison du vendredi quatre décembre", "2026-12-04"),
        Said("date", "après-demain si possible", "2026-11-26"),
        Said("date", "dans quinze jours", "2026-12-09"),
        Said("date", "je l'ai acheté le vingt et un octobre deux mille vingt-six", "2026-10-21"),
        Said("date", "j'ai commandé il y a trois semaines", "2026-11-03"),
        Said("date", "le lundi sept décembre", "2026-12-07"),
        Said("date", "jeudi prochain", "2026-11-26"),
        Said("date", "je viendrai le douze janvier", "2027-01-12"),
        Said("budget", "pas plus de douze euros quatre-vingt-dix", 12.9),
        Said("budget", "mon budget, c'est deux cent cinquante euros", 250),
        Said("budget", "moins de quatre-vingts euros", 80),
        Said("budget", "autour de mille deux cents euros", 1200),
        Said("budget", "une cinquantaine d'euros", 50),
        Said("budget", "entre soixante-dix et quatre-vingt-dix euros", 90),
        Said("budget", "cent cinquante", 150, True),
        Said("budget", "trente-neuf euros quatre-vingt-dix-neuf", 39.99),
        Said("number", "il m'en faut vingt et un", 21),
        Said("number", "une bouteille de deux virgule cinq litres", 2.5),
        Said("number", "je voudrais quatre-vingt-seize piles", 96),
        Said("number", "donnez-m'en une douzaine", 12),
        Said("suggestion", "je prends le deuxième", "2"),
        Said("suggestion", "plutôt la troisième", "3"),
        Said("suggestion", "le premier, s'il vous plaît", "1"),
    ],
    "en": [
        Said("postcode", "my postcode is S W one A one A A", "SW1A 1AA"),
        Said("postcode", "the postcode is E one six A N", "E1 6AN"),
        Said("postcode", "M one one A E", "M1 1AE", True),
        Said("postcode", "my zip code is nine oh two one oh", "90210"),
        Said("postcode", "zip code one double oh one four", "10014"),
        Said("postcode", "the postal code is seven five oh one one", "75011"),
        Said("postcode", "six nine zero zero three", "69003", True),
        Said("postcode", "my postcode is B thirty-three eight T H", "B33 8TH"),
        Said("phone", "my number is oh seven seven double oh, nine double oh, one two three",
             "+447700900123"),
        Said("phone", "you can call me on oh two oh, seven nine four six, oh nine five eight", "+442079460958"),
        Said("phone", "zero six, twelve, thirty-four, fifty-six, seventy-eight", "+33612345678", True),
        Said("phone", "my phone number is two one two, five five five, zero one four seven", "+12125550147"),
        Said("phone", "plus four four, seven seven double zero, nine double zero, four five six",
             "+447700900456", True),
        Said("phone", "call me back at four one five, five five five, oh one nine nine", "+14155550199"),
        Said("phone", "oh one six one, four nine six, oh double seven five", "+441614960775", True),
        Said("phone", "my mobile is oh seven seven double oh, nine hundred, treble six", "+447700900666"),
        Said("email", "my email is john underscore smith at gmail dot com", "john_smith@gmail.com"),
        Said("email", "it's mary dot jones at outlook dot com", "mary.jones@outlook.com", True),
        Said("email", "send it to peter forty-two at yahoo dot co dot uk", "peter42@yahoo.co.uk"),
        Said("email", "j, o, h, n, at icloud dot com", "john@icloud.com", True),
        Said("email", "anna dash brown at hotmail dot com", "anna-brown@hotmail.com", True),
        Said("email", "my email address is info at greenhouse dot org", "info@greenhouse.org"),
        Said("email", "t as in Thomas, dot, walker, at gmail dot com", "t.walker@gmail.com", True),
        Said("email", "you can write to kate dot hill at live dot com", "kate.hill@live.com"),
        Said("order", "my order number is four eight two one", "4821"),
        Said("order", "it's order C M four eight two one", "CM4821"),
        Said("order", "where is my order C M forty-eight twenty-one", "CM4821"),
        Said("order", "the reference is double seven three oh nine", "77309"),
        Said("order", "order C for Charlie, M for mother, five two oh seven", "CM5207"),
        Said("order", "C M five two oh seven", "CM5207", True),
        Said("order", "I have the reference B D six four three one two", "BD64312"),
        Said("order", "my tracking number is nine double oh one four", "90014"),
        Said("time", "around half past two", "14:30"),
        Said("time", "tomorrow at quarter to nine", "08:45"),
        Said("time", "call me at five fifteen p.m.", "17:15"),
        Said("time", "at ten past four", "16:10"),
        Said("time", "at nine thirty in the morning", "09:30"),
        Said("time", "at seven in the evening", "19:00"),
        Said("time", "at twenty to eleven", "10:40"),
        Said("time", "between two and four o'clock", "14:00/16:00"),
        Said("date", "call me back in a fortnight", "2026-12-08"),
        Said("date", "the day after tomorrow", "2026-11-26"),
        Said("date", "it's for the first of March", "2027-03-01"),
        Said("date", "the delivery of Friday the fourth of December", "2026-12-04"),
        Said("date", "a week on Tuesday", "2026-12-08"),
        Said("date", "I bought it on October the twenty-first twenty twenty-six", "2026-10-21"),
        Said("date", "I ordered three weeks ago", "2026-11-03"),
        Said("date", "on Monday December seventh", "2026-12-07"),
        Said("date", "next Thursday", "2026-11-26"),
        Said("date", "I'll come on the twelfth of January", "2027-01-12"),
        Said("budget", "no more than twelve euros ninety", 12.9),
        Said("budget", "my budget is two hundred and fifty euros", 250),
        Said("budget", "under eighty pounds", 80),
        Said("budget", "around twelve hundred euros", 1200),
        Said("budget", "about fifty quid", 50),
        Said("budget", "between seventy and ninety euros", 90),
        Said("budget", "a hundred and fifty", 150, True),
        Said("budget", "thirty-nine dollars ninety-nine", 39.99),
        Said("number", "I need twenty-one of them", 21),
        Said("number", "a two point five litre bottle", 2.5),
        Said("number", "I'd like ninety-six batteries", 96),
        Said("number", "give me half a dozen", 6),
        Said("suggestion", "I'll take the second one", "2"),
        Said("suggestion", "the third one please", "3"),
        Said("suggestion", "the first one", "1"),
    ],
}  # fmt: skip


def run(quick: bool = False) -> dict[str, Any]:
    """Every sentence (one in four when quick) by the assistant's own voices, mu-law at 8 kHz, through Whisper base.

    Returns:
        For each language: sentences; typed and heard, the share whose value is exact from the text as it is written
        and as it was heard; by_kind, of what was heard. missed: what was heard instead. What was heard of all of these
        sentences was looked at while the reading was made: none is held out.
    """
    try:
        texts = {lang: heard([each.text for each in _chosen(lang, quick)], lang) for lang in SAID}
    except Exception as error:
        return {"skipped": f"the voices or the recogniser aren't here: {error}"}
    figures: dict[str, Any] = {"voices": "synthetic"}
    missed: list[str] = []
    for lang, heard_texts in texts.items():
        right: dict[str, list[bool]] = {}
        typed: list[bool] = []
        for said, text in zip(_chosen(lang, quick), heard_texts, strict=True):
            value = value_of(said, text, lang)
            typed.append(value_of(said, said.text, lang) == said.value)
            right.setdefault(said.kind, []).append(value == said.value)
            if value != said.value:
                missed.append(f"{lang} {said.kind} {said.value} <- {text!r}: {value}")
        everything = [each for its in right.values() for each in its]
        figures[lang] = {
            "sentences": len(everything),
            "typed": _share(typed),
            "heard": _share(everything),
            "by_kind": {kind: f"{sum(its)}/{len(its)}" for kind, its in right.items()},
        }
    return figures | {"missed": missed}


def value_of(said: Said, text: str, language: str) -> Any:
    """The value of the sentence's kind that is read from a text; None for none."""
    if said.kind == "number":
        spans = [each for each in number_spans(tokenise(text, language), language, text) if not each.article]
        return spans[0].value if spans else None
    found = extract(text, language, None, said.kind if said.asked else None, TODAY)
    return next((entity.value for entity, _, _ in found if entity.slot == said.kind), None)


def _chosen(language: str, quick: bool) -> list[Said]:
    return SAID[language][:: 4 if quick else 1]


def _share(values: list[bool]) -> float:
    return round(sum(values) / len(values), 3) if values else 0.0
