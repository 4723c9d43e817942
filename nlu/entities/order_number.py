"""An order's number among what was dictated: "CM4821", "c comme Charles, m comme Marie, quarante-huit vingt et un"."""

from __future__ import annotations

from collections.abc import Sequence

from nlu.entities.contact import Contact
from nlu.spelling import Piece

__all__ = ["find_order"]

_ORDER = {
    "fr": frozenset("commande commandes numero reference colis suivi n no".split()),
    "en": frozenset("order number reference parcel tracking ref package".split()),
}
_LINKS = frozenset("numero number no n le la est c' c'est is it it's reference de the my ma : ,".split())
_TOLD = frozenset("numero number reference".split())
_SHORT_WORDS = frozenset(
    """a au as at by c' ce d' de du en et i if il in is it j' je l' la le ma me my n' no of on or ou s' sa se si so ta
    te to tu un up us y x h""".split()
)
"""Words of two letters or less that aren't letters spelt before an order's digits."""
_ENDINGS = frozenset("st nd rd th er re me eme ieme".split())
"""Of ordinals: stuck to a number they are no letters ("October 21st, 2026")."""
_TAKEN = frozenset(
    """euro euros € $ £ eur dollar dollars pounds quid h heure heures am pm % jours days semaines weeks ans years mois
    months""".split()
)
"""Words after a number that say it counts something else."""


def find_order(
    pieces: Sequence[Piece], language: str, bare: bool = False, taken: Sequence[tuple[int, int]] = ()
) -> Contact | None:
    """Letters spelt and digits said after "commande" or "order", or a code like "CM4821" anywhere.

    Args:
        bare: an order's number was just asked for: two digits are enough.
        taken: places in the text (characters) that are something else.
    """
    pieces = [
        piece for piece in pieces
        if not (piece.kind == "sign" and not piece.said and piece.text in ".-") and piece.kind != "pause"
    ]  # fmt: skip
    words = {piece.text for piece in pieces if piece.kind == "word"}
    lead = next((at for at, piece in enumerate(pieces) if piece.text in _ORDER[language]), None)
    at = 0
    while at < len(pieces):
        last = at
        while last < len(pieces) and pieces[last].kind == "digits":
            last += 1
        if last == at:
            at += 1
            continue
        first, at = _letters_before(pieces, at), last + 1
        start, end = pieces[first].start, pieces[last - 1].end
        counted = last < len(pieces) and pieces[last].text in _TAKEN
        if counted or any(start < until and since < end for since, until in taken):
            continue
        letters = "".join(piece.text for piece in pieces[first:last] if piece.kind != "digits").upper()
        digits = "".join(piece.text for piece in pieces[first:last] if piece.kind == "digits")
        coded = len(letters) >= 2 and len(digits) >= 3
        between = {piece.text for piece in pieces[lead + 1 : first]} if lead is not None and lead < first else None
        led = between is not None and between <= _LINKS and len(digits) >= 3
        told = bool(_TOLD & words) and len(digits) >= 4
        if coded or led or told or (bare and len(digits) >= 2):
            return Contact(start, end, letters + digits)
    return None


def _letters_before(pieces: Sequence[Piece], at: int) -> int:
    """Where the letters spelt before a run of digits begin."""
    while at:
        piece = pieces[at - 1]
        spelled = piece.kind == "letters" and (piece.said or (at - 1 > 0 and pieces[at - 2].kind == "letters"))
        stuck = at > 1 and pieces[at - 2].kind == "digits" and pieces[at - 2].end == piece.start
        if stuck and piece.text in _ENDINGS:
            break
        short = piece.kind == "word" and len(piece.text) <= 2 and piece.text.isalpha()
        if not (spelled or short) or piece.text in _SHORT_WORDS | _LINKS:
            break
        at -= 1
    return at
