"""The dialogue: which handler answers, what is pending, what the caller really heard."""

from __future__ import annotations

from copy import copy, deepcopy
from dataclasses import replace
from datetime import datetime

from nlu.context import Context
from nlu.cues import Cues
from nlu.dialogue import advice, callback, courtesy, human, services
from nlu.dialogue.answering import ANSWERS, HANDLERS, answer
from nlu.dialogue.correction import TAKES, corrected, give_up_offer
from nlu.dialogue.draft import Draft, Question
from nlu.dialogue.hearing import Hearing
from nlu.dialogue.hours import available, check_country
from nlu.dialogue.turn import unsure, wordless
from nlu.meaning import Meaning
from nlu.policy import Behaviour, decide
from nlu.reply import Reply
from personalization.catalogue import Product
from personalization.consent import Consents, Proof
from personalization.disclosure import DisclosureGate, Line, ReleasedLine
from personalization.events import Authenticated, ConsentChanged, DataRead
from personalization.phrases import LANGUAGES, Phrases, phrase_table
from personalization.purposes import DataKind, Purpose
from personalization.recommend import Recommender
from personalization.shop import Shop
from personalization.view import CustomerFile, CustomerView

__all__ = ["ANSWERS", "HANDLERS", "Dialogue"]

FACTS = frozenset("product.info product.info_short product.guarantee compare.prices compare.same_price "
                  "compare.guarantee".split())  # fmt: skip
"""Lines that a language model may put in other words."""
_BOUGHT = {DataKind.PURCHASES}
_NOT_REPEATED = ("opener.", "courtesy.i_said", "courtesy.slower", "courtesy.faster", "courtesy.louder",
                 "courtesy.softer")  # fmt: skip
"""Said around what is worth hearing again."""
_NOT_REHEARSED = frozenset("consent_give consent_withdraw erase export affirm deny".split())
_BEFORE_ANY_OFFER_OF_A_HUMAN = frozenset("human callback goodbye consent_withdraw erase affirm deny".split())


class Dialogue:
    """One conversation with one caller. No clock, sound or file access of its own; not for several threads at once.

    Args:
        shop: what is sold, where, and by whom.
        customer_file: who the caller may be; None for an unknown caller. Nothing of it is used before `authenticate`
            (or `authenticated=True`): a caller id, or a face at a kiosk, is a hint and not a proof.
        language: "fr" or "en".
        place: "phone", "kiosk" or "store".
        now: the moment, in the shop's local time.
        authenticated: the channel had the proof before the conversation began.
        may_identify: the place has a way to say who one is (a code at the kiosk), so that nobody is unknown for good.
        caller_number: the number the channel sees the call come from; read back before a call back is agreed.

    Raises:
        CatalogueError: shop.yaml names a country whose holidays aren't known.
    """

    def __init__(
        self,
        shop: Shop,
        customer_file: CustomerFile | None,
        language: str,
        place: str = "phone",
        now: datetime | None = None,
        *,
        authenticated: bool = False,
        may_identify: bool = False,
        caller_number: str | None = None,
    ) -> None:
        check_country(shop)
        self.shop = shop
        self.catalogue = shop.catalogue
        self.language = language
        self.context = Context(now or datetime.combine(shop.today, datetime.min.time().replace(hour=10)), place)
        self.recommender = Recommender(shop.catalogue, self.context.today, language, shop.ranking())
        self.authenticated = authenticated and customer_file is not None
        self.fully_proved = self.authenticated
        """The proof suffices for a copy and for an erasure (`personalization.identity.step_up`)."""
        self.caller_number = caller_number
        self.question: Question | None = None
        self.stood: Question | None = None
        """The question that stood when this turn began."""
        self.waiting: Meaning | None = None
        """A request that waits for the caller to prove who they are."""
        self.purchases_asked = False
        self.purchases_speakable = self.authenticated and customer_file.consents.granted(Purpose.PURCHASES)
        """Purchases were allowed and that wasn't taken back: what was read may still be explained."""
        self._phrases = {language: Phrases(language, shop.brand)}
        self._file = customer_file
        self._may_identify = may_identify
        self._own = Consents()
        self._gate = DisclosureGate()
        self._hearing = Hearing()
        self._last: list[Line] = []
        self._first = True

    # What the handlers use.

    @property
    def phrases(self) -> Phrases:
        return self._phrases.setdefault(self.language, Phrases(self.language, self.shop.brand))

    @property
    def file(self) -> CustomerFile | None:
        """The customer's file, for a caller who proved who they are."""
        return self._file if self.authenticated else None

    @property
    def known(self) -> bool:
        """The caller may be a known customer who hasn't proved it yet."""
        return self._file is not None or self._may_identify

    @property
    def consents(self) -> Consents:
        return self.file.consents if self.file else self._own

    @property
    def public(self) -> bool:
        """Others may hear (law 8)."""
        return self.context.place != "phone"

    @property
    def product_spoken_of(self) -> Product | None:
        return self.catalogue.get(self.context.product) if self.context.product else None

    def proof(self, script: str, meaning: Meaning) -> Proof:
        asked = phrase_table(self.language).get(script)
        return Proof(script, asked.version if asked else 0, self.language, meaning.text, meaning.confidence)

    def changed(self, draft: Draft, change: ConsentChanged | None) -> None:
        """Records a consent's change, with what may be spoken from here on."""
        draft.record(change)
        if change is not None and change.purpose is Purpose.PURCHASES and change.why != "spent":
            self.purchases_speakable = change.granted

    def purchases(self, draft: Draft) -> CustomerView | None:
        """The purchases where they may be used now, with the record that they were read; else None."""
        view = self.file.advice() if self.file else None
        if view is not None:
            draft.record(DataRead(Purpose.PURCHASES, len(view.purchases)))
        return view

    def forget_customer(self) -> None:
        """After an erasure: nothing of the customer is left in this conversation."""
        self._file, self.purchases_speakable = None, False
        self.authenticated = self.fully_proved = False
        self._may_identify = False
        self._own, self.waiting, self.question = Consents(), None, None
        self._last = []
        self.context = Context(self.context.now, self.context.place, cues_allowed=self.context.cues_allowed)

    def run(self, meaning: Meaning, draft: Draft) -> None:
        """The handler of the meaning's intent writes into the draft."""
        if topic := services.topic_in_play(self, meaning):
            services.answer(self, topic, meaning, draft)
            return
        if meaning.intent in TAKES:
            self.context.request = replace(meaning, also=None)
        self.context.topic = None
        if services.unknown_goods(self, meaning):
            services.not_ours(self, draft)
        else:
            HANDLERS[meaning.intent](self, meaning, draft)

    # What the conversation calls.

    def open(self) -> Reply:
        """The opening script, with the AI disclosure. Nothing personal, whoever calls."""
        draft = self._draft()
        draft.say("opening")
        return self._finish(draft)

    def reply(self, meaning: Meaning, cues: Cues | None = None) -> Reply:
        """The answer to a turn."""
        self._hearing.settle(self)
        if self._first and meaning.language in LANGUAGES:
            self.language = meaning.language  # the first words tell the language
        self._first = False
        meaning = callback.gone_on(self.question, meaning)
        if callback.cut_short(self.question, meaning):
            self.question = replace(self.question, detail=self.question.detail | {"begun": meaning.text})
            return self.not_understood("number", meaning)
        meant = corrected(self, meaning)
        clear = meant or services.topic_in_play(self, meaning) or services.unknown_goods(self, meaning)
        if not clear and unsure(meaning, self.question):
            return self.not_understood("unsure", meaning)
        said, meaning = meaning, meant or meaning
        again = self.context.note(meaning)
        self.context.misunderstood = self.context.misunderstood + 1 if meaning.intent == "out_of_scope" else 0
        behaviour = self._behaviour(said, cues, again)
        draft = self._draft(behaviour)
        if meant is not None:
            give_up_offer(self, meant, draft)
        if behaviour.offer_human and behaviour.uses_cues and meaning.intent not in _BEFORE_ANY_OFFER_OF_A_HUMAN:
            self.context.complaint = self.context.complaint or meaning.intent == "complaint"
            draft.opener("opener.understood")
            human.offer(self, draft, "raised voice")
        else:
            answer(self, meaning, draft)
            if behaviour.offer_human:
                human.mention(self, draft, "asked twice" if again else "not understood")
        return self._finish(draft, meaning)

    def rehearse(self, meaning: Meaning) -> tuple[ReleasedLine, ...]:
        """The lines `reply` would begin with, to make their sound while the end of the turn is still being confirmed.

        Nothing of this conversation changes. A turn that may give or take back a consent, or erase, isn't rehearsed
        (none): no data is read on a yes that may still be going on.
        """
        if _NOT_REHEARSED & {part.intent for part in (meaning, meaning.also) if part}:
            return ()
        shop = copy(self.shop)  # an attribute set on the copy stays there
        memo = {id(self.shop): shop, id(self.catalogue): self.catalogue, id(self.recommender): self.recommender}
        return deepcopy(self, memo).reply(meaning).lines

    def not_understood(self, reason: str = "unclear", meaning: Meaning | None = None) -> Reply:
        """First a gentle question (between the two likeliest meanings, where there are two), then the keypad or a
        human, and never a third "I didn't understand": the third time a human takes over.

        Args:
            reason: "unsure", "no words", "engine" or the like, for the human who takes over.
            meaning: what was half understood, if anything was.
        """
        self._hearing.settle(self)
        if meaning is not None:
            self.context.turns.append(f"caller: {meaning.text}")
        self.context.misunderstood += 1
        draft = self._draft()
        courtesy.not_understood(self, meaning, draft, reason)
        return self._finish(draft, meaning, keep_question=True)

    def silence(self, step: int) -> Reply:
        """The caller says nothing. Step 1: a prompt; 2: help; 3: goodbye, with the `hang_up` action."""
        self._hearing.settle(self)
        draft = self._draft()
        if self.question and self.question.name == "summary":
            no = wordless("deny", self.language)  # silence is no consent
            ANSWERS["summary"](self, False, no, self.question, draft)
            self.question = None
        else:
            courtesy.silence(self, step, draft)
        return self._finish(draft, keep_question=True)

    def key(self, digit: str) -> Reply | None:
        """A keypad digit: "0" is a human at once; 1 to 3 answer the keypad menu; None where it means nothing here."""
        self._hearing.settle(self)
        draft = self._draft()
        self.context.misunderstood = 0
        if digit == "0":
            human.connect(self, draft, "key 0")
            return self._finish(draft)
        intent = {"1": "recommend", "2": "order_status", "3": "store_info"}.get(digit)
        if intent is None or not self.context.keypad_offered:
            return None
        self.run(wordless(intent, self.language), draft)
        return self._finish(draft, wordless(intent, self.language))

    def identify(self, customer_file: CustomerFile) -> None:
        """Who the caller may be, learnt after the conversation began; `authenticate` follows.

        Raises:
            ValueError: the caller has proved already that they are another customer.
        """
        if self.authenticated and customer_file is not self._file:
            raise ValueError("a customer is authenticated already: a conversation has one")
        self._file = customer_file

    def authenticate(self, method: str, full: bool = True) -> Reply:
        """The channel has the proof of who the caller is; a request that waited for it is answered.

        Args:
            full: it suffices for a copy and for an erasure, too.

        Raises:
            ValueError: there is no customer file to authenticate for.
        """
        if self._file is None:
            raise ValueError("there is no customer file: give one to Dialogue before authenticating")
        self._hearing.settle(self)
        self.authenticated, self.fully_proved = True, full
        self.purchases_speakable = self.consents.granted(Purpose.PURCHASES)
        draft = self._draft()
        draft.record(Authenticated(method))
        draft.say("auth.thanks")
        waiting, self.waiting, self.question = self.waiting, None, None
        if waiting:
            self.run(waiting, draft)
        return self._finish(draft, waiting)

    def not_proved(self, phrase: str, reason: str) -> Reply:
        """The caller couldn't prove who they are: the request that waited for it is dropped and a human takes over.

        Args:
            phrase: said first. reason: for the human.
        """
        self._hearing.settle(self)
        self.waiting = self.question = None
        draft = self._draft()
        draft.say(phrase)
        human.connect(self, draft, reason)
        return self._finish(draft)

    def rephrase(self, reply: Reply, text: str) -> Reply:
        """The reply with its product facts said in these words instead, checked by `nlu.phrasing`; before any is heard.

        Nothing else of it changes: disclosures, questions, actions and events stay as they were decided.
        """
        facts = [line for line in reply.lines if line.phrase.id in FACTS]
        if not facts:
            return reply
        uses = frozenset().union(*(line.uses for line in facts))
        (said,) = self._gate.release([Line(self.phrases.say("product.free", sentence=text), uses)], self.phrases)
        kept = [line for line in reply.lines if line is facts[0] or line not in facts]
        lines = tuple(said if line is facts[0] else line for line in kept)
        self._last = [Line(line.phrase, line.uses, line.suggestion) for line in lines if not line.discloses]
        self._hearing.expect(lines)
        del self.context.turns[-len(reply.lines) :]
        self.context.turns.extend(f"assistant: {line.text}" for line in lines)
        return replace(reply, lines=lines, free=None)

    def heard(self, line: ReleasedLine, complete: bool) -> None:
        """What the caller heard of a line. Lines of the same reply that are never reported count as unheard."""
        self._hearing.report(self, line, complete)

    def unsaid(self, kind: DataKind) -> None:
        self._gate.unsaid(kind)

    @property
    def expecting(self) -> str | None:
        """For the understanding: "consent:PURPOSE", "confirm", a slot's name, or None."""
        return self.question.expects if self.question else None

    def interested_words(self) -> list[str]:
        """Names in play, most likely first, at most 40, to bias the transcription."""
        return advice.interested_words(self)

    # How a turn goes.

    def _behaviour(self, meaning: Meaning | None = None, cues: Cues | None = None, again: bool = False) -> Behaviour:
        return decide(self.context.situation(meaning, cues, self.authenticated, again, not available(self)))

    def _draft(self, behaviour: Behaviour | None = None) -> Draft:
        return Draft(self.phrases, behaviour or self._behaviour())

    def _finish(self, draft: Draft, meaning: Meaning | None = None, keep_question: bool = False) -> Reply:
        if draft.behaviour.uses_cues and draft.lines:
            first = draft.lines[0]  # adapted to the voice from its first line on, so announced before it
            draft.lines[0] = replace(first, uses=first.uses | {DataKind.VOICE_CUES})
        if draft.behaviour.patient:
            draft.act("adjust_speech", direction="patient")
        if draft.behaviour.softer and "loudness" not in self.context.settled:
            self.context.settled.add("loudness")
            draft.act("adjust_speech", direction="softer")
        if draft.behaviour.slower:
            self.context.settled.add("pace")
            draft.act("adjust_speech", direction="a little slower")
        if draft.question is not None or not keep_question:
            self.question = draft.question
        if self.context.product is not None and self.context.spoken_of[-1:] != [self.context.product]:
            self.context.spoken_of.append(self.context.product)
        if meaning is not None:
            self.context.tried.append(meaning.intent)
            self.context.last_intent = meaning.intent
        self._last = [line for line in draft.lines if not line.phrase.id.startswith(_NOT_REPEATED)] or self._last
        lines = self._gate.release(draft.lines, self.phrases)
        self._hearing.expect(lines)
        self.context.turns.extend(f"assistant: {line.text}" for line in lines)
        free = None if draft.behaviour.one_sentence else draft.free
        return Reply(lines, tuple(draft.actions), tuple(draft.events), free)

    @property
    def last_lines(self) -> list[Line]:
        """The lines of the last reply that may be said again now (what is held was asked for, so it may)."""
        allowed = "" if self.purchases_speakable else "right." if self.file else "nothing"
        return [each for each in self._last if not each.uses & _BOUGHT or each.phrase.id.startswith(allowed)]
