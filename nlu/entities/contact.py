"""How to reach someone: e-mail addresses, postcodes and telephone numbers, as they are said and as they are written.

    "jean point dupont arobase free point fr"   -> email "jean.dupont@free.fr"
    "treize zéro zéro six" (asked for)          -> postcode "13006"
    "oh seven seven double oh, 900 123"         -> phone "+447700900123" (ITU-T E.164)

A number of ten digits with a leading zero is French, one of eleven British, one of ten without it American.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from nlu.examples import load_examples
from nlu.normalise import fold, tokenise
from nlu.spelling import Piece, runs

__all__ = ["Contact", "find_email", "find_phone", "find_postcode"]

_PROVIDERS = (
    "gmail yahoo hotmail outlook live icloud free orange wanadoo laposte sfr bbox numericable neuf proton protonmail "
    "gmx aol msn me mac googlemail btinternet sky virginmedia comcast".split()
)
_SURE_PROVIDERS = tuple(name for name in _PROVIDERS if len(name) > 4)
_ENDINGS = frozenset(
    "fr com net org eu be ch ca uk us io de es it lu info biz shop paris bzh co gouv edu ac app dev me mc re".split()
)
_MISHEARD_ENDINGS = {"comme": "com", "come": "com", "kom": "com", "calm": "com", "komm": "com", "nette": "net",
                     "orgue": "org", "effer": "fr", "faire": "fr", "fer": "fr", "effaire": "fr"}  # fmt: skip
_MISHEARD_AT = {
    "fr": frozenset("a at chez robase base".split()),
    "en": frozenset("as ad add and hat app a out".split()),
}
"""What « arobase » or "at" was taken for, believed only before a provider everyone knows."""
_LEADS = {
    "fr": frozenset(
        """a au aux c c'est ce est mail mails e-mail email mel adresse mon ma le la l' les d' de du des et ou un une
        moi me m' vous te j' je donc alors euh voila oui non sur pour par avec sera electronique courriel suis il elle
        qu' que qui s' y en ecrire ecrivez envoyez""".split()
    ),
    "en": frozenset(
        """is it it's its my the a an to at email mail emails address and or i i'm am me you your so um uh yes no well
        that's that for on by with send write this be would contact""".split()
    ),
}
"""Words that stand before an address and are never in it, unless a sign holds them."""
_POSTCODE_CUES = {
    "fr": re.compile(
        r"\b(code postal|code postale|postal|postale|c\.?p\.?|habite|habitons|livrer|livrez|domicile|demeure)\b"
    ),
    "en": re.compile(r"\b(post ?code|post ?codes|postal|zip|zipcode|live in|live at|my area code)\b"),
}
_ORDER_CUES = re.compile(
    r"\b(commandes?|orders?|references?|colis|parcels?|suivi|tracking|euros?|pounds?|dollars?|facture|invoice)\b"
)
_PHONE_CUES = {
    "fr": re.compile(r"\b(telephone|portable|mobile|numero|appele[rz]|rappele[rz]|joindre|fixe|tel)\b"),
    "en": re.compile(r"\b(phone|mobile|cell|telephone|number|numbers|call|ring|reach|landline|text)\b"),
}
_UK = re.compile(r"([A-Z]{1,2}\d(?:\d|[A-Z])?)(\d[A-Z]{2})")
_CANADA = re.compile(r"([ABCEGHJ-NPRSTVXY]\d[A-Z])(\d[A-Z]\d)")
_CALLING_CODES = ("33", "44", "32", "41", "352", "1")


@dataclass(frozen=True, slots=True)
class Contact:
    """A value in the text: characters (end excluded)."""

    start: int
    end: int
    value: str


def find_email(text: str, pieces: Sequence[Piece], language: str) -> Contact | None:
    """The first e-mail address said or written, in small letters without accents; None where there is none."""
    pieces = [piece for piece in _parted(pieces, language) if piece.kind != "pause"]
    for at, piece in enumerate(pieces):
        if not 0 < at < len(pieces) - 1:
            continue
        sure = piece.kind == "sign" and piece.text == "@"
        if not sure and piece.text not in _MISHEARD_AT[language]:
            continue
        domain = _domain(pieces, at + 1, language)
        if domain is None or (not sure and not domain.known):
            continue
        strict = language == "en" and piece.said
        first, local = _local(text, pieces, at, language)
        if local and not (
            strict and not domain.known and " " in text[piece.start - 1 : piece.start] and len(local) < 2
        ):
            return Contact(pieces[first].start, pieces[domain.last - 1].end, f"{local}@{domain.name}")
    return None


@dataclass(frozen=True, slots=True)
class _Domain:
    last: int
    name: str
    known: bool
    """Whether its provider is one everyone knows."""


def _parted(pieces: Sequence[Piece], language: str) -> list[Piece]:
    """A word that ends in a provider behind a glued "at" ("jonesatoutlook") as three pieces."""
    found: list[Piece] = []
    glue = ("at", "ad") if language == "en" else ("at", "arobase", "robase")
    for piece in pieces:
        cut = next(
            (
                (len(piece.text) - len(name) - len(link), len(name))
                for name in _SURE_PROVIDERS for link in glue
                if piece.kind == "word" and piece.text.endswith(link + name) and len(piece.text) > len(link + name)
            ),
            None,
        )  # fmt: skip
        if cut is None:
            found.append(piece)
            continue
        head, tail = cut
        middle, end = piece.start + head, piece.end - tail
        found += [
            Piece("word", piece.text[:head], piece.start, middle),
            Piece("sign", "@", middle, end, True),
            Piece("word", piece.text[-tail:], end, piece.end),
        ]
    return found


def _domain(pieces: Sequence[Piece], at: int, language: str) -> _Domain | None:
    """Labels up to an ending: "free point fr", "yahoo dot co dot uk", "la poste . net"."""
    labels, label, after = [], "", at
    while after < len(pieces) and after < at + 14:
        piece = pieces[after]
        if piece.kind == "sign" and piece.text == "." and label:
            labels, label = [*labels, label], ""
            ending, last = _ending(pieces, after + 1)
            if ending:
                name, known = _provider(".".join(labels), language)
                return _Domain(last, f"{name}.{ending}", known)
        elif piece.kind == "sign" and piece.text == "-" and label:
            label += "-"
        elif piece.kind in ("word", "letters", "digits"):
            label += fold(piece.text)
        else:
            return None
        after += 1
    return None


def _ending(pieces: Sequence[Piece], at: int) -> tuple[str, int]:
    """A top-level domain, in one piece or in letters, with "co.uk" and the like; ("", at) for none."""
    if at >= len(pieces):
        return "", at
    at += pieces[at].text == "de" and at + 1 < len(pieces)  # "point de faire", of "point f r"
    word = _MISHEARD_ENDINGS.get(pieces[at].text, pieces[at].text)
    after = at + 1
    if word not in _ENDINGS and len(word) == 1 and pieces[at].kind == "letters":
        spelled = word
        while after < len(pieces) and pieces[after].kind == "letters" and len(spelled) < 3:
            spelled, after = spelled + pieces[after].text, after + 1
        word = spelled
    if word not in _ENDINGS:
        return "", at
    if after + 1 < len(pieces) and pieces[after].text == "." and word in ("co", "gouv", "ac", "org", "com"):
        second, last = _ending(pieces, after + 1)
        if second in ("uk", "fr"):
            return f"{word}.{second}", last
    return word, after


def _provider(name: str, language: str) -> tuple[str, bool]:
    """A name that sounds like a provider everyone knows is that provider."""
    if name in _PROVIDERS:
        return name, True
    if len(name) > 3 and name.isalpha():
        sounds = _nearest_by_sound(name, language)
        if sounds:
            return sounds, True
    return name, False


@cache
def _nearest_by_sound(name: str, language: str) -> str | None:
    from rapidfuzz.distance import Levenshtein

    from nlu.entities.phonemes import COARSE, phonemes

    def coarse(word: str) -> list[int]:
        return [int(COARSE[place]) for place in phonemes(word, language)]

    heard = coarse(name)
    apart = {each: Levenshtein.normalized_distance(heard, coarse(each)) for each in _PROVIDERS if len(each) > 3}
    best = min(apart, key=apart.__getitem__)
    return best if apart[best] <= 0.25 else None


def _local(text: str, pieces: Sequence[Piece], at: int, language: str) -> tuple[int, str]:
    """What stands before the "at", read backwards until a word that can't be in an address."""
    first, said = at, ""
    while first:
        piece, held = pieces[first - 1], said[:1] in "._-" and bool(said)
        tight = piece.end == pieces[first].start and text[piece.end - 1] != " " and not piece.said
        if piece.kind == "sign":
            if piece.text not in "._-+" or (not said and first != at) or held or not said:
                break
            if piece.text in ".-" and not piece.said and not tight:
                break  # a full stop: another sentence
            said = piece.text + said
        elif piece.kind in ("letters", "digits") or tight:
            lone = piece.kind == "letters" and not piece.said
            if lone and not held and not _spelled_beside(pieces, first - 1):
                break
            if piece.kind == "digits" and piece.text == "1" and piece.said and not held and first != at:
                break  # an article
            said = fold(piece.text) + said
        elif held or first == at or said.isdecimal():
            if piece.text in _LEADS[language] and not held:
                break
            said = fold(piece.text) + said
        elif _may_be_a_name(piece, said, language):
            said = fold(piece.text) + said
        else:
            break
        first -= 1
    while said[:1] and said[0] in "._-+":
        said, first = said[1:], first + 1
    return first, re.sub(r"[^a-z0-9._+-]", "", said)


def _spelled_beside(pieces: Sequence[Piece], at: int) -> bool:
    """Whether the letter has another letter beside it, so that « a » isn't a word."""
    sides = [pieces[place] for place in (at - 1, at + 1) if 0 <= place < len(pieces)]
    return any(side.kind == "letters" and side.said for side in sides)


def _may_be_a_name(piece: Piece, said: str, language: str) -> bool:
    """A second word in a row is taken in only if everyday sentences don't have it ("jean dupont arobase ...")."""
    name = piece.kind == "word" and piece.text.isalpha() and len(piece.text) > 2
    return name and piece.text not in _LEADS[language] | _everyday(language) and len(said) < 30


@cache
def _everyday(language: str) -> frozenset[str]:
    return frozenset(token.text for each in load_examples(language) for token in tokenise(each.text, language))


def find_postcode(text: str, pieces: Sequence[Piece], language: str, asked: bool = False) -> Contact | None:
    """A French, British, American or Canadian postcode: "75011", "SW1A 1AA"; four digits where one was asked for.

    Args:
        asked: a postcode was just asked for, so no word need announce it.
    """
    folded = fold(text)
    cue = _POSTCODE_CUES[language].search(folded)
    if not asked and not cue and _ORDER_CUES.search(folded):
        return None
    for run in runs(pieces, frozenset({"letters", "digits"})):
        run = _without_leading_words(run)
        if not run:
            continue
        code = "".join(piece.text for piece in run).upper()
        place = run[0].start, run[-1].end
        if not code.isdigit():
            found = _UK.fullmatch(code) or _CANADA.fullmatch(code)
            if found and (cue or asked):
                return Contact(*place, f"{found[1]} {found[2]}")
            run = [piece for piece in run if piece.kind == "digits"]
            code = "".join(piece.text for piece in run) if _follow(run, pieces) else ""
        if not code.isdigit():
            continue
        hundred = len(run) == 1 and run[0].said and fold(text[run[0].start : run[0].end]).endswith((" cent", " cents"))
        if len(code) == 4 and hundred and code.endswith("00"):
            code = code[:2] + "1" + code[2:]  # « cinquante-neuf cent » is 59 100
        announced = asked or (cue and cue.start() < run[0].end + 40)
        if (
            len(code) == 5
            and (announced or _before_a_town(text, run[-1].end))
            and (language == "en" or "01" <= code[:2] <= "98")
        ):
            return Contact(run[0].start, run[-1].end, code)
        if len(code) == 4 and code[0] != "0" and announced and (asked or "postal" in folded):
            return Contact(run[0].start, run[-1].end, code)
    return None


def _without_leading_words(run: list[Piece]) -> list[Piece]:
    """A run less its first letters that may be words ("il y a 75011")."""
    at = 0
    while at < len(run) and run[at].kind == "letters" and not run[at].said:
        at += 1
    return run[at:]


def _follow(run: Sequence[Piece], pieces: Sequence[Piece]) -> bool:
    places = [pieces.index(piece) for piece in run]
    return bool(places) and places[-1] - places[0] < 2 * len(places)


def _before_a_town(text: str, end: int) -> bool:
    return re.match(r",? (?:à )?[A-ZÉÈ][a-zéèêëïôç]{2,}", text[end:]) is not None


def find_phone(text: str, pieces: Sequence[Piece], language: str, asked: bool = False) -> Contact | None:
    """The first telephone number, in E.164 ("+33612345678").

    Args:
        asked: a number was just asked for, so one without a leading zero needs no word that announces it.
    """
    folded = fold(text)
    announced = asked or bool(_PHONE_CUES[language].search(folded))
    digits = [_as_digits(pieces, at, language) for at in range(len(pieces))]
    for run in runs(digits, frozenset({"digits"})):
        before = digits.index(run[0]) - 1
        plus = before >= 0 and digits[before].text == "+"
        value = _e164("".join(piece.text for piece in run), plus, announced, language)
        if value and not (_ORDER_CUES.search(folded[: run[0].start]) and not announced):
            return Contact(digits[before].start if plus else run[0].start, run[-1].end, value)
    return None


def _as_digits(pieces: Sequence[Piece], at: int, language: str) -> Piece:
    """The letter O before digits is a zero, W "double", and « à » between them is nothing said."""
    piece = pieces[at]
    beside = at + 1 < len(pieces) and pieces[at + 1].kind == "digits"
    if beside and language == "fr" and piece.kind == "letters" and piece.text == "w":
        return Piece("digits", pieces[at + 1].text[0], piece.start, piece.end, piece.said)
    if beside and language == "fr" and piece.text == "a" and at and pieces[at - 1].kind == "digits":
        return Piece("pause", ",", piece.start, piece.end)
    if piece.kind == "letters" and piece.text in ("o", "oo") and beside:
        return Piece("digits", "0" * len(piece.text), piece.start, piece.end, piece.said)
    return piece


def _e164(digits: str, plus: bool, announced: bool, language: str) -> str | None:
    """A number as dialled from France (or, of eleven digits, from Britain) in the international form; None for none."""
    if digits.startswith("00"):
        digits, plus = digits[2:], True
    if plus:
        code = next((code for code in _CALLING_CODES if digits.startswith(code)), None)
        if code is None:
            return None
        rest = digits[len(code) :].removeprefix("0")
        sizes = {"33": (9,), "44": (9, 10), "1": (10,)}.get(code, (8, 9, 10))
        return f"+{code}{rest}" if len(rest) in sizes else None
    if len(digits) == 10 and digits[0] == "0" and digits[1] != "0":
        return f"+33{digits[1:]}"
    if len(digits) == 11 and digits[0] == "0" and digits[1] in "12378" and language == "en":
        return f"+44{digits[1:]}"
    if announced and language == "en" and re.fullmatch(r"1?[2-9]\d\d[2-9]\d{6}", digits):
        return f"+1{digits[-10:]}"
    return None
