"""Courtesy, help, repetition, the way we speak, silence, and what to do when nothing was understood."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nlu.dialogue import human, offered
from nlu.dialogue.draft import Draft, Question
from nlu.meaning import Meaning
from personalization.phrases import LANGUAGES

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["ANSWERS", "HANDLERS", "not_understood", "silence"]

_DIRECTIONS = ("slower", "faster", "louder", "softer")


def greet(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    draft.say("courtesy.greet")


def thanks(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    draft.say("courtesy.thanks")
    draft.extra("courtesy.anything_else")


def goodbye(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    draft.say("courtesy.goodbye")
    draft.act("hang_up", reason="goodbye")


def help_(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    draft.opener("opener.sure")
    draft.say("courtesy.help")
    draft.say("courtesy.help_rights")


def are_you_human(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """Said plainly whenever it is asked (AI Act art. 50(1))."""
    draft.say("courtesy.machine")
    draft.say("courtesy.machine_human")


def repeat(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """The last reply again, and the question that stood with it."""
    lines = talk.last_lines
    if not lines:
        draft.say("courtesy.nothing_to_repeat")
        return
    draft.opener("courtesy.i_said")
    for line in lines:
        draft.add(line)
    draft.question = talk.stood
    draft.act("repeat")


def adjust_speech(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    direction = str(meaning.slots.get("direction", ""))
    if direction not in _DIRECTIONS:
        draft.say("courtesy.which_speech")
        return
    draft.say(f"courtesy.{direction}")
    draft.act("adjust_speech", direction=direction)
    talk.context.settled.add("pace" if direction in ("slower", "faster") else "loudness")
    draft.question = talk.stood


def change_language(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """The next words are in the other language; consents, offers and the question that stood are kept."""
    wanted = meaning.slots.get("language") or next(each for each in LANGUAGES if each != talk.language)
    if wanted not in LANGUAGES:
        draft.say("courtesy.language_unknown")
        return
    if wanted == talk.language:
        draft.say("courtesy.language_same")
        return
    talk.language = str(wanted)
    draft.phrases = talk.phrases
    draft.say("courtesy.language_changed")
    draft.act("change_language", language=talk.language)
    stood = talk.stood
    if stood is not None and stood.expects.startswith("consent:"):
        draft.ask(stood)  # a consent counts only for a question put in a language the caller follows
    elif stood is not None:
        draft.question = stood


def out_of_scope(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """Said, not guessed: what can't be done, then what can; where a suggestion stands, back to that."""
    offer, stood = talk.context.offer, talk.stood
    if stood is not None and stood.name == "offer" and stood.detail["products"] == [offer.product if offer else None]:
        product = talk.catalogue.products[offer.product]
        draft.say("advice.back_to", product=product.names[talk.language])
        draft.offer(stood)
        return
    draft.say("courtesy.out_of_scope")
    if talk.context.misunderstood < 2:
        draft.say("courtesy.out_of_scope_can")


def affirm(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """A yes where no question stands: to the suggestion just spoken of, or to nothing."""
    if not offered.answer_standing(talk, True, meaning, draft):
        draft.say("courtesy.nothing_pending")


def deny(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    if not offered.answer_standing(talk, False, meaning, draft):
        draft.say("courtesy.ok_listening")


def silence(talk: Dialogue, step: int, draft: Draft) -> None:
    if step <= 1:
        draft.say("silence.prompt")
    elif step == 2:
        draft.say("silence.help")
    else:
        draft.say("silence.goodbye")
        draft.act("hang_up", reason="silence")


def not_understood(talk: Dialogue, meaning: Meaning | None, draft: Draft, reason: str) -> None:
    """A question, between the two likeliest meanings where there are two; then the keypad or a human; then a human.

    A caller in another language hears which ones are spoken here.
    """
    times = talk.context.misunderstood
    if times >= 3:
        human.connect(talk, draft, "not understood")
    elif times == 2:
        talk.context.keypad_offered = True
        draft.say("understanding.keypad")
        draft.say("unclear.menu")
        draft.question = Question("human", "confirm", detail={"reason": "not understood"})
    elif reason == "language":
        draft.say("unclear.language")
    elif talk.expecting == "phone":
        draft.say("callback.not_caught" if talk.context.place == "phone" else "callback.not_caught_there")
    elif (two := _two_meanings(talk, meaning)) is not None:
        first, second = (str(talk.phrases.say(f"ask.{intent}").text) for intent in two)
        question = Question("which", "choice", "unclear.two", detail={"two": two, "said": meaning})
        draft.ask(question, first=first, second=second)
    else:
        draft.say("unclear.first")


def _two_meanings(talk: Dialogue, meaning: Meaning | None) -> tuple[str, str] | None:
    if meaning is None or meaning.runner_up is None or meaning.confidence < 0.15 or meaning.runner_up[1] < 0.1:
        return None
    two = (meaning.intent, meaning.runner_up[0])
    return two if two[0] != two[1] and all(f"ask.{intent}" in talk.phrases for intent in two) else None


def answer_which(talk: Dialogue, yes: bool, meaning: Meaning, question: Question, draft: Draft) -> None:
    """The first or the second by its name or place; a bare yes to "this or that?" is taken as the first, the likeliest.

    What was said before the question still counts: the kind of product, above all.
    """
    first, second = question.detail["two"]
    said: Meaning = question.detail["said"]
    if yes:
        place = str(meaning.slots.get("suggestion", "1"))
        chosen = second if place in ("2", "last", "other") else first
        chosen = meaning.intent if meaning.intent in (*question.detail["two"], "recommend") else chosen
        entities = (*(each for each in meaning.entities if each.slot != "suggestion"), *said.entities)
        if chosen == "why":
            entities = meaning.entities  # a name half heard before isn't what was suggested
        text, confidence = f"{said.text} {meaning.text}", max(meaning.confidence, 0.6)
        talk.run(replace(meaning, intent=chosen, text=text, entities=entities, also=None, confidence=confidence), draft)
    else:
        draft.say("courtesy.nothing_pending")


HANDLERS = {
    "greet": greet,
    "thanks": thanks,
    "goodbye": goodbye,
    "help": help_,
    "are_you_human": are_you_human,
    "repeat": repeat,
    "adjust_speech": adjust_speech,
    "change_language": change_language,
    "out_of_scope": out_of_scope,
    "affirm": affirm,
    "deny": deny,
}
ANSWERS = {"which": answer_which}
