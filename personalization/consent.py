"""Consent, purpose by purpose, with its proof: nothing is granted until the customer says so clearly.

GDPR art. 4(11) (unambiguous), 6(1)(a), 7(1) (proof), 7(3) (withdrawn as easily as given); CJEU C-673/17 (silence or a
box ticked beforehand is no consent).
"""

from __future__ import annotations

from dataclasses import dataclass

from personalization.events import ConsentChanged
from personalization.purposes import Purpose, Scope

__all__ = ["CLEAR", "LASTING_CLEAR", "ConsentRequired", "Consents", "Proof"]

CLEAR = 0.75
"""A yes understood with less confidence than this counts as no."""

LASTING_CLEAR = 0.9
"""A lasting consent takes a yes as sure as this; below it, the yes holds for this conversation only."""


_WIDTH = {Scope.ONCE: 0, Scope.CONVERSATION: 1, Scope.LASTING: 2}


class ConsentRequired(Exception):
    """The customer hasn't allowed this use of their data (now): ask, or do without."""

    def __init__(self, purpose: Purpose) -> None:
        self.purpose = purpose
        super().__init__(f"no consent for {purpose.value!r}: ask the customer, or answer without that data")


@dataclass(frozen=True)
class Proof:
    """What was asked, what was answered, and how surely it was understood."""

    script: str
    """Id of the script that asked."""
    version: int
    language: str
    heard: str
    """The caller's words."""
    confidence: float
    """0 to 1."""


class Consents:
    """The consents of one customer, as they stand now. A new one grants nothing."""

    def __init__(self) -> None:
        self._scopes: dict[Purpose, Scope] = {}
        self._proofs: dict[Purpose, Proof] = {}

    def granted(self, purpose: Purpose) -> bool:
        return purpose in self._scopes

    def scope(self, purpose: Purpose) -> Scope | None:
        return self._scopes.get(purpose)

    def all(self) -> dict[Purpose, Scope]:
        """What is granted now."""
        return dict(self._scopes)

    def require(self, purpose: Purpose) -> None:
        """Raises:
        ConsentRequired: the purpose isn't granted now.
        """
        if purpose not in self._scopes:
            raise ConsentRequired(purpose)

    def grant(self, purpose: Purpose, scope: Scope, proof: Proof) -> ConsentChanged:
        """The customer said yes. An unclear yes counts as no, and takes back what was granted before."""
        if not proof.confidence >= CLEAR:  # written so that a NaN counts as unclear
            return self._close(purpose, proof, "unclear")
        if scope is Scope.LASTING and proof.confidence < LASTING_CLEAR:
            scope = Scope.CONVERSATION
        self._scopes[purpose] = scope
        self._proofs[purpose] = proof
        return _changed(purpose, True, scope, proof, "said")

    def narrow(self, purpose: Purpose, scope: Scope, proof: Proof) -> ConsentChanged | None:
        """The customer limits what stands. Any confidence will do; what would widen it changes nothing. None where
        nothing changed.
        """
        standing = self._scopes.get(purpose)
        if standing is None or _WIDTH[scope] >= _WIDTH[standing]:
            return None
        self._scopes[purpose], self._proofs[purpose] = scope, proof
        return _changed(purpose, True, scope, proof, "said")

    def refuse(self, purpose: Purpose, proof: Proof) -> ConsentChanged:
        """The customer said no."""
        return self._close(purpose, proof, "said")

    def withdraw(self, purpose: Purpose, proof: Proof) -> ConsentChanged:
        """The customer takes a consent back. Any confidence will do: stopping is never harder than starting."""
        return self._close(purpose, proof, "withdrawn")

    def spend(self, purpose: Purpose) -> ConsentChanged | None:
        """The answer that used it has been given: a consent for once is over. None where nothing changed."""
        if self._scopes.get(purpose) is not Scope.ONCE:
            return None
        return self._close(purpose, self._proofs[purpose], "spent")

    def end_conversation(self) -> tuple[ConsentChanged, ...]:
        """Only lasting consents outlive the conversation."""
        over = [purpose for purpose, scope in self._scopes.items() if scope is not Scope.LASTING]
        return tuple(self._close(purpose, self._proofs[purpose], "spent") for purpose in over)

    def _close(self, purpose: Purpose, proof: Proof, why: str) -> ConsentChanged:
        self._scopes.pop(purpose, None)
        self._proofs.pop(purpose, None)
        return _changed(purpose, False, None, proof, why)


def _changed(purpose: Purpose, granted: bool, scope: Scope | None, proof: Proof, why: str) -> ConsentChanged:
    return ConsentChanged(
        purpose, granted, scope, proof.script, proof.version, proof.language, proof.heard, proof.confidence, why
    )
