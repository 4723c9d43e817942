"""The caller's words on the page: each with its time, the ones that decided the intent marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from voice.journal import Utterance
from voice.page.html import Html, many, tag

__all__ = ["deciding", "spoken_words", "typeset"]

DOUBTFUL = 0.5
"""Below this probability a word is shown as doubtful."""


def deciding(words: Sequence[str], decided_by: Iterable[str]) -> set[int]:
    """Indices of the words that the deciding words or phrases name; case, accents and punctuation don't matter."""
    pieces = [(piece, index) for index, word in enumerate(words) for piece in _pieces(word)]
    marked: set[int] = set()
    for phrase in decided_by:
        wanted = _pieces(phrase)
        for start in range(len(pieces) - len(wanted) + 1) if wanted else ():
            run = pieces[start : start + len(wanted)]
            if all(_same(piece, want) for (piece, _), want in zip(run, wanted, strict=True)):
                marked.update(index for _, index in run)
    return marked


def spoken_words(utterance: Utterance, decided_by: Iterable[str]) -> Html:
    """The utterance as HTML: one span per word with its begin and end, deciding words in `mark`."""
    timed = list(utterance.words) or [(word, None, None, 1.0) for word in utterance.text.split()]
    marked = deciding([word for word, *_ in timed], decided_by)
    parts: list[object] = []
    for index, (word, begin, end, probability) in enumerate(timed):
        doubt = "word doubtful" if probability < DOUBTFUL else "word"
        span = tag("span", word.strip(), cls=doubt, data_begin=_time(begin), data_end=_time(end))
        # A sign that stands alone (French " ?") stays on its word's line.
        space = "" if not parts else " " if _pieces(word) else "\N{NO-BREAK SPACE}"
        parts += [space, tag("mark", span) if index in marked else span]
    return many(*parts)


def typeset(text: str) -> str:
    """French signs kept on the line of the word they belong to (a space before ? ! : ; », after «)."""
    return re.sub(r" (?=[?!:;»])|(?<=«) ", "\N{NO-BREAK SPACE}", text)


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds:.2f}"


def _pieces(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(sign for sign in plain if not unicodedata.combining(sign)))


def _same(piece: str, want: str) -> bool:
    """The same word, or one that begins with a deciding stem of four letters or more."""
    return piece == want or (len(want) >= 4 and piece.startswith(want))
