"""What is spelt or dictated, piece by piece: letters, digits, signs and words, however the recogniser wrote them.

    "J comme Jean, tiret du bas, zéro six"  ->  letters "j", sign "_", digits "0", digits "6"
    "S W one A"                             ->  letters "s", letters "w", digits "1", letters "a"

Commas part numbers here ("vingt, soixante, quinze" are three); nothing is decided about what the pieces mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlu.normalise import fold
from nlu.numbers import dictated_step

__all__ = ["Piece", "runs", "spelt"]

_RAW = {
    "fr": re.compile(r"\d+|[^\W\d_]+['’]?|[@.,;:_+&/!?()-]"),
    "en": re.compile(r"\d+|[^\W\d_]+(?:['’][^\W\d_]+)?|[@.,;:_+&/!?()-]"),
}
_SIGNS = {
    "fr": {"point": ".", "points": ".", "tiret": "-", "tirets": "-", "trait d' union": "-", "tiret du bas": "_",
           "tiret bas": "_", "tiret du 8": "_", "underscore": "_", "under score": "_", "souligne": "_", "at": "@"},
    "en": {"dot": ".", "dots": ".", "full stop": ".", "dash": "-", "hyphen": "-", "minus": "-", "underscore": "_",
           "under score": "_", "at sign": "@", "at": "@"},
}  # fmt: skip
_AROBASE = re.compile(r"(?:a|l'a|la|ha|au|en)?rr?h?[oaue]+b+[ao]+[szc]*e?s?")
"""« arobase » in one to three words, as it is heard: "a robase", "à Robaz", "à rebas"."""
_GLUED = re.compile(r"(.*?)(a?robas+e?)(.*)")
_AS_IN = {"fr": (("comme",), ("de",)), "en": (("as", "in"), ("for",), ("like",), ("is", "for"))}
_DOUBLED = {"fr": {"double": 2, "deux": 2, "2": 2, "triple": 3}, "en": {"double": 2, "triple": 3, "treble": 3}}
_LETTER_NAMES = frozenset(
    "be bes ce ci se si ses de des d'y ge j'ai pe te t'es ve emme aime elle enne haine esse effe erre air".split()
)
"""How the recogniser writes a letter's name before "comme"."""
_DOUBLE_U = {"u", "v", "you", "ve"}
_AFTER_PLUS = frozenset("33 44 32 41 1 3 4 one three four trente quarante quatre forty thirty".split())
_PAUSES = frozenset(",;:!?()")
_ONE_LETTER_WORDS = frozenset("aàyioô")
_CLUSTER = 4
"""Capitals that may stand for letters said one by one, at most: "CM", "SW"; more of them are a name."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of what was dictated, with its place in the text (characters, end excluded)."""

    kind: str
    """"word", "letters", "digits", "sign", or "pause" (a comma or the like)."""
    text: str
    """Folded word, small letters, digits, or the sign itself."""
    start: int
    end: int
    said: bool = False
    """A sign that was said as a word ("point"), or a letter on its own."""


def spelt(text: str, language: str) -> list[Piece]:
    """Every piece of a text, in order."""
    raw = [(fold(match.group()), *match.span()) for match in _RAW[language].finditer(text)]
    if language == "fr":
        raw = [each for word in raw for each in _unglued(word)]
    words = [word for word, _, _ in raw]
    found: list[Piece] = []
    at = 0
    while at < len(raw):
        kind, value, after, said = (
            _sign(raw, words, at, language)
            or _letter_as_in(text, raw, words, at, language)
            or _doubled(words, at, language)
            or _digits(words, at, language, found)
            or _letters(text, raw, at)
        )
        found.append(Piece(kind, value, raw[at][1], raw[after - 1][2], said))
        at = after
    return _without_spelling_hyphens(found)


def _unglued(word: tuple[str, int, int]) -> list[tuple[str, int, int]]:
    """ "dupontarobasefree" as three words."""
    found = _GLUED.fullmatch(word[0]) if len(word[0]) > 8 and word[2] - word[1] == len(word[0]) else None
    if not found:
        return [word]
    places = [(group, word[1] + found.start(n), word[1] + found.end(n)) for n, group in enumerate(found.groups(), 1)]
    return [place for place in places if place[0]]


def _sign(raw, words: Sequence[str], at: int, language: str):
    word = words[at]
    if word in _PAUSES:
        return "pause", word, at + 1, False
    if len(word) == 1 and not word.isalnum():
        return "sign", word, at + 1, False
    for size in (3, 2, 1):
        joined = " ".join(words[at : at + size])
        if len(words) >= at + size and (sign := _SIGNS[language].get(joined)):
            return "sign", sign, at + size, True
        glued = joined.replace(" ", "").replace("-", "")
        if language == "fr" and len(words) >= at + size and _AROBASE.fullmatch(glued):
            return "sign", "@", at + size, True
    after = words[at + 1] if at + 1 < len(words) else ""
    if word == "plus" and (after in _AFTER_PLUS or after.startswith(("33", "44"))):
        return "sign", "+", at + 1, True
    return None


def _letter_as_in(text: str, raw, words: Sequence[str], at: int, language: str):
    """ "b comme Bernard", "T as in Thomas": the word was chosen to be sure of the letter, so its first one counts."""
    letter = len(words[at]) == 1 and words[at].isalpha()
    if not letter and words[at] not in _LETTER_NAMES:
        return None
    after = at + 1 + (words[at + 1 : at + 2] == ["."])  # "M. comme Marie"
    for link in _AS_IN[language] if letter else _AS_IN[language][:1]:
        start = after + len(link)
        if tuple(words[after:start]) == link and start < len(words) and words[start][:1].isalpha():
            if not letter and not text[raw[start][1]].isupper():
                continue
            sure = link == ("comme",) or link == ("as", "in") or words[start][0] == words[at]
            if sure and len(words[start]) > 2:
                return "letters", words[start][0], start + 1, True
    return None


def _doubled(words: Sequence[str], at: int, language: str):
    """ "deux n", "double n" are "nn"; "double v" and "double u" are "w"."""
    times = _DOUBLED[language].get(words[at], 0)
    letter = words[at + 1] if at + 1 < len(words) else ""
    if times == 2 and words[at] == "double" and letter in _DOUBLE_U and (language == "fr") == (letter in ("v", "ve")):
        return "letters", "w", at + 2, True
    if times and len(letter) == 1 and letter.isalpha() and letter not in ("a", "y", "o"):
        return "letters", letter * times, at + 2, True
    return None


def _digits(words: Sequence[str], at: int, language: str, before: Sequence[Piece]):
    """A number or digits said together: up to a comma or a sign, but through the hyphens of "soixante-quinze"."""
    if words[at].isdecimal():
        return "digits", words[at], at + 1, False
    ahead = [(place, word) for place, word in enumerate(words[at:], at) if word != "-"][:12]
    stop = next((n for n, (_, word) in enumerate(ahead) if not word[0].isalnum()), len(ahead))
    ahead = ahead[:stop]
    spoken = [word for _, word in ahead]
    inside = bool(before) and before[-1].kind == "digits"
    if language == "en" and spoken and spoken[0] in ("o", "oh") and not inside:
        if len(spoken) > 1 and (spoken[1].isdecimal() or dictated_step(spoken, 1, language, True)):
            return "digits", "0", at + 1, True
        return None
    step = dictated_step(spoken, 0, language, inside) if spoken else None
    return ("digits", step[0], ahead[step[1] - 1][0] + 1, True) if step else None


def _letters(text: str, raw, at: int):
    word, start, end = raw[at]
    written = text[start:end]
    if len(word) == 1 and word.isalpha():
        return "letters", word, at + 1, written not in _ONE_LETTER_WORDS
    if word.isalpha() and len(word) <= _CLUSTER and written.isupper():
        return "letters", word, at + 1, True
    return "word", word, at + 1, False


def _without_spelling_hyphens(pieces: Sequence[Piece]) -> list[Piece]:
    """Hyphens the recogniser puts between letters ("J-E-A-N") and numbers ("06-12") aren't said."""
    kept = []
    for at, piece in enumerate(pieces):
        if piece.kind == "sign" and piece.text == "-" and not piece.said and 0 < at < len(pieces) - 1:
            around = pieces[at - 1].kind, pieces[at + 1].kind
            if set(around) <= {"letters", "digits"}:
                continue
        kept.append(piece)
    return kept


def runs(pieces: Sequence[Piece], kinds: frozenset[str], skip: str = ".,-/()") -> Iterator[list[Piece]]:
    """Pieces of some kinds that follow one another, what the recogniser writes between them left out."""
    run: list[Piece] = []
    between = 0
    for piece in pieces:
        if piece.kind in kinds:
            run, between = [*run, piece], 0
        elif run and piece.kind in ("pause", "sign") and piece.text in skip and not piece.said and between < 2:
            between += 1
        else:
            if run:
                yield run
            run, between = [], 0
    if run:
        yield run
