"""Facts in, a checked sentence out, or None within its time: then the fixed wording is spoken."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import Any

from pydantic import BaseModel, Field, ValidationError, field_validator

from nlu.phrasing.check import fault
from nlu.phrasing.endpoint import Endpoint, EndpointFailed, own_machine
from nlu.phrasing.facts import FreeTalk, lists
from personalization.catalogue import Catalogue, CatalogueError

__all__ = ["LanguageModelSettings", "Phraser", "from_settings"]

log = logging.getLogger(__name__)

_END = object()


class LanguageModelSettings(BaseModel, extra="forbid"):
    """`language_model` in shop.yaml."""

    url: str
    """Up to the version: http://127.0.0.1:8080/v1. This machine or the shop's own network only."""
    model: str = "default"
    first_words_s: float = Field(0.8, gt=0, le=5)
    """Seconds to the first words; a model that is slower isn't waited for."""
    whole_s: float = Field(2.5, gt=0, le=20)
    """Seconds to the end of the answer."""

    @field_validator("url")
    @classmethod
    def _inside(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("write it as http://127.0.0.1:8080/v1")
        if not own_machine(url):
            raise ValueError("it must be this machine or the shop's own network (a private address)")
        return url


def from_settings(settings: dict[str, Any], catalogue: Catalogue) -> Phraser | None:
    """The phraser a shop's settings ask for; None (off) where they name no language model.

    Raises:
        CatalogueError: the setting can't be used; the message says what to write.
    """
    asked = settings.get("language_model")
    if not asked:
        return None
    try:
        model = LanguageModelSettings.model_validate(asked)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(["language_model", *map(str, first["loc"])])
        raise CatalogueError("shop.yaml", 0, f"{where}: {first['msg'].removeprefix('Value error, ')}") from wrong
    return Phraser(Endpoint(model.url, model.model, model.whole_s), catalogue, model.first_words_s, model.whole_s)


class Phraser:
    """Asks the model and checks what it says. Blocks, at most `whole_s`: call it off the event loop."""

    def __init__(
        self, endpoint: Endpoint, catalogue: Catalogue, first_words_s: float = 0.8, whole_s: float = 2.5
    ) -> None:
        self._endpoint, self._catalogue = endpoint, catalogue
        self._first, self._whole = first_words_s, whole_s
        self.refused: str | None = None
        """Why the last answer wasn't used; None where it was."""

    def phrase(self, talk: FreeTalk) -> str | None:
        """One or two sentences that say nothing but the facts, or None."""
        try:
            text = " ".join(self._answer(_messages(talk)).split())
        except EndpointFailed as failed:
            return self._refuse(str(failed))
        if wrong := fault(text, talk.facts, self._catalogue):
            return self._refuse(wrong)
        self.refused = None
        return text

    def _refuse(self, why: str) -> None:
        self.refused = why
        log.info("the fixed wording is spoken: %s", why)

    def _answer(self, messages: list[dict[str, str]]) -> str:
        """The whole answer; the reading thread ends with its connection, however slowly the other side dribbles."""
        pieces: queue.SimpleQueue[Any] = queue.SimpleQueue()
        connection = self._endpoint.connect()

        def read() -> None:
            try:
                for piece in self._endpoint.stream(connection, messages):
                    pieces.put(piece)
                pieces.put(_END)
            except EndpointFailed as failed:
                pieces.put(failed)
            finally:
                connection.close()

        threading.Thread(target=read, daemon=True, name="phrasing").start()
        began, said = time.monotonic(), ""
        try:
            while True:
                limit = self._whole if said.strip() else self._first
                piece = pieces.get(timeout=max(0.0, began + limit - time.monotonic()))
                if isinstance(piece, EndpointFailed):
                    raise piece
                if piece is _END:
                    return said
                said += piece
        except queue.Empty:
            raise EndpointFailed("slow" if said else "slow to the first words") from None
        finally:
            connection.close()


def _messages(talk: FreeTalk) -> list[dict[str, str]]:
    words = lists(talk.facts.language)
    facts = "\n".join(f"- {fact}" for fact in talk.facts.said)
    user = f"{words['facts']} :\n{facts}\n{words['question']} : {talk.question}"
    return [{"role": "system", "content": words["told"]}, {"role": "user", "content": user}]
