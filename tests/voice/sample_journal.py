"""A made-up but lifelike conversation, as a journal and a stereo sound, in French and in English.

It stands in for the conversation loop where only what is written or drawn from a journal is tested: opening, advice,
consent, suggestion, two depths of why, a barge-in with a refusal, a raised voice, a human.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from personalization.events import ConsentChanged, DataRead, Explained, HandedOff, Refused, Suggested, Suppressed
from personalization.purposes import Purpose, Scope
from voice.journal import (
    ConversationEnded,
    ConversationStarted,
    CuesRead,
    EndpointReached,
    Entry,
    Interrupted,
    Journal,
    LineHeard,
    LineStarted,
    Partial,
    Replied,
    Resumed,
    SpeechStarted,
    StageTimes,
    Understood,
    Utterance,
)

__all__ = ["RATE", "sample_entries", "sample_sound"]

RATE = 8000

Spoken = tuple[str, str]
"""(phrase id, text) of one line."""


@dataclass
class Scene:
    """Lays turns one after another on the audio clock."""

    language: str
    journal: Journal = field(default_factory=Journal)
    now: float = 0.0
    turn: int = 0

    def put(self, event: Any, at: float | None = None) -> None:
        self.journal.append(self.now if at is None else at, event)

    def caller(self, text: str, intent: str, slots: dict[str, Any], decided_by: Sequence[str], confidence: float,
               also: str | None = None, pause: float = 0.7, **cues: Any) -> None:  # fmt: skip
        """The caller speaks and is understood; `pause` seconds after the assistant (negative: a barge-in)."""
        self.turn += 1
        began = self.now + pause
        words, at = [], began
        for spoken in text.split():
            length = 0.09 + 0.052 * len(spoken)
            words.append((spoken, round(at, 3), round(at + length, 3), 0.94 if len(spoken) > 3 else 0.81))
            at += length + (0.22 if spoken[-1] in ",.?!" else 0.03)
        ended = words[-1][2]
        self.put(SpeechStarted(self.turn, began), began + 0.12)
        for cut in range(2, len(words), 3):
            heard = [word for word, *_ in words]
            self.put(Partial(self.turn, " ".join(heard[: cut - 1]), " ".join(heard[cut - 1 : cut + 1])), words[cut][2])
        silence = 0.38 if len(words) > 3 else 0.3
        self.now = ended + silence
        self.put(EndpointReached(self.turn, silence))
        decoded = 0.06 + 0.008 * len(words)
        self.put(Utterance(self.turn, text, self.language, 0.98, tuple(words), began, ended), self.now + decoded)
        measures = {"level_dbfs": -24.5, "pitch_hz": 192.0, "pitch_range_semitones": 6.1, "rate_syllables_s": 4.6,
                    "pause_ratio": 0.16, "level_change_db": 0.4, "pitch_change_semitones": 0.2, "rate_change": 1.02,
                    "pause_change": 0.01, "repeated": False}  # fmt: skip
        self.put(CuesRead(self.turn, measures | cues), self.now + decoded + 0.004)
        self.endpoint, self.ended, self.transcribed = self.now, ended, self.now + decoded
        self.now += decoded + 0.012
        self.put(Understood(self.turn, intent, slots, confidence, tuple(decided_by), also))

    def answer(self, lines: Sequence[Spoken], uses: Iterable[str] = (), discloses: Iterable[str] = (),
               events: Iterable[Any] = (), actions: Iterable[str] = (), cut: float | None = None,
               cough: bool = False) -> None:  # fmt: skip
        """The assistant speaks `lines`; `cut` is the share of the last line heard before a barge-in."""
        text = " ".join(said for _, said in lines)
        self.put(Replied(self.turn, text, tuple(uses), tuple(discloses), tuple(actions)))
        for event in events:
            self.put(event)
        script = lines[0][0].startswith(("opening", "disclosure", "consent.ask"))
        understood, self.now = self.now, self.now + (0.02 if script else 0.05 + 0.0021 * len(lines[0][1]))
        for number, (phrase, said) in enumerate(lines):
            script = phrase.startswith(("opening", "disclosure", "consent.ask"))
            source = "cache" if script else "synthesis"
            self.put(LineStarted(self.turn, number, said, phrase, 1, self.language, script, source))
            if number == 0 and self.turn:
                work = {"transcription": 0.61, "understanding": 0.006, "synthesis": 0.12}
                self.put(StageTimes(self.turn, self.ended, self.endpoint, self.transcribed, understood, self.now, work))
            length = 0.35 + len(said) / 15.5
            if cough and number == 0:
                self.put(Interrupted(self.turn, 0), self.now + 0.4 * length)
                self.put(Resumed(self.turn, 0), self.now + 0.55 * length)
            last = cut is not None and number == len(lines) - 1
            self.now += length * (cut if last else 1.0)
            if last:
                self.put(Interrupted(self.turn, number))
            heard = said[: said.rfind(" ", 0, int(cut * len(said)))] if last else said
            self.put(LineHeard(self.turn, number, heard, not last))
            self.now += 0.12


def _consent(language: str, heard: str) -> ConsentChanged:
    return ConsentChanged(
        Purpose.PURCHASES, True, Scope.CONVERSATION, "consent.ask.purchases", 1, language, heard, 0.97, "said"
    )


def _french() -> Journal:
    scene = Scene("fr")
    scene.put(ConversationStarted("sample-fr", "fr", "wav", RATE, "Maison Verdier", "simulated"))
    scene.now = 0.3
    opening = ("opening", "Bonjour, je suis l'assistant vocal de Maison Verdier, une intelligence artificielle. "
               "Dites « conseiller » à tout moment.")  # fmt: skip
    scene.answer([opening], discloses=["opening"])
    scene.caller("Bonjour, vous auriez une idée pour mon café du matin ?", "recommend", {"category": "café"},
                 ["idée", "café"], 0.94, level_change_db=None, pitch_change_semitones=None, rate_change=None,
                 pause_change=None)  # fmt: skip
    ask = "Puis-je utiliser vos achats passés pour vous conseiller ? Oui, non, ou juste cette fois ?"
    scene.answer([("consent.ask.purchases", ask)])
    scene.caller("Oui, pour cette conversation.", "consent_give", {"purpose": "purchases", "scope": "conversation"},
                 ["oui", "cette conversation"], 0.97, pause_change=-0.04, rate_change=1.06)  # fmt: skip
    reason = "Parce que vous avez acheté la cafetière Brise en mars. Sinon, je proposerais autre chose."
    beans = Suggested("p-0412", "Café en grains Altura 1 kg", "complement",
                      ({"product": "p-0131", "name": "Cafetière à grains Brise", "date": "2026-03-14"},
                       {"product": "p-0398", "name": "Café en grains Sierra 500 g", "date": "2026-06-02"}),
                      True, reason, 18.9)  # fmt: skip
    kept = [Suppressed("p-0133", "Cafetière à grains Brise Duo", "owned", "2031-03-14"),
            Suppressed("p-0399", "Café moulu Sierra 250 g", "returned"),
            Suppressed("p-0420", "Détartrant doux", "not_before", "2026-12-01")]  # fmt: skip
    scene.answer([("disclosure.purchases",
                   "J'utilise vos achats de l'année, stockés chez nous. Votre voix n'est pas conservée."),
                  ("suggest.one", "Je vous propose le café Altura, un kilo, à dix-huit euros quatre-vingt-dix."),
                  ("reason.complement", reason)], ["purchases"], ["purchases"],
                 [_consent("fr", "Oui, pour cette conversation."), DataRead(Purpose.PURCHASES, 14), beans, *kept],
                 cough=True)  # fmt: skip
    scene.caller("Pourquoi celui-là ?", "why", {"suggestion": "p-0412"}, ["pourquoi"], 0.99, rate_change=1.1)
    scene.answer([("why.depth1", "Votre cafetière Brise broie des grains, et votre dernier paquet date de juin.")],
                 ["purchases"], events=[DataRead(Purpose.PURCHASES, 14), Explained("p-0412", 1)])  # fmt: skip
    scene.caller("Et vous savez quoi d'autre sur moi ?", "why", {"kind": "purchases"}, ["savez", "sur moi"], 0.71,
                 level_change_db=2.1, pitch_change_semitones=1.4)  # fmt: skip
    scene.answer([("why.depth2", "Je regarde quatorze achats de cette année : du café, deux lampes et "
                   "du linge de maison. Rien d'autre, et vous pouvez tout effacer.")], ["purchases"],
                 events=[DataRead(Purpose.PURCHASES, 14), Explained("p-0412", 2)], cut=0.62)  # fmt: skip
    scene.caller("Non merci, pas de café en grains.", "deny", {"category": "café"}, ["non merci", "pas de"], 0.96,
                 also="less_like_this", pause=-0.25, level_change_db=4.2, rate_change=1.22,
                 pause_change=-0.06)  # fmt: skip
    lamp = Suggested("p-0077", "Tasse en grès Rivage", "popular", (), False, "Elle plaît à beaucoup de clients.", 12.0)
    scene.answer([("refused.noted", "C'est noté, je n'en propose plus."),
                  ("suggest.popular", "La tasse en grès Rivage plaît à beaucoup, sans lien avec vos achats.")],
                 events=[Refused("p-0412", "café"), lamp, Suppressed("p-0412", "Café en grains Altura 1 kg", "refused",
                                                                     "2027-01-15")])  # fmt: skip
    scene.caller("Non, mais écoutez, je voulais juste savoir où est ma commande !", "order_status", {"order": None},
                 ["où est", "commande"], 0.88, level_change_db=7.8, pitch_change_semitones=3.6, rate_change=1.34,
                 pause_change=-0.09)  # fmt: skip
    scene.answer([("disclosure.voice_cues", "Je m'adapte à votre débit et à vos pauses, sans analyser vos émotions."),
                  ("order.identify", "Pour la commande, tapez votre code, ou dites « conseiller ».")],
                 ["voice_cues"], ["voice_cues"])  # fmt: skip
    scene.caller("Un conseiller, s'il vous plaît.", "human", {}, ["conseiller"], 0.99, level_change_db=5.1,
                 pitch_change_semitones=2.0, rate_change=1.15)  # fmt: skip
    handed = HandedOff(("asked",), "order_status", {"category": "café"}, ("Café en grains Altura 1 kg",),
                       ("Café en grains Altura 1 kg",), ("Où est ma commande ?",), False,
                       {"purchases": "conversation"}, "fr")  # fmt: skip
    scene.answer([("handoff.transfer", "Je vous passe un conseiller. Je lui transmets un résumé, d'accord ?")],
                 events=[handed], actions=["hand_off"])  # fmt: skip
    scene.put(ConversationEnded("handed off"), scene.now + 0.4)
    return scene.journal


def _english() -> Journal:
    scene = Scene("en")
    scene.put(ConversationStarted("sample-en", "en", "wav", RATE, "Verdier & Co", "real time"))
    scene.now = 0.3
    scene.answer([("opening", "Hello, I'm Verdier & Co's voice assistant, an AI. Say 'agent' anytime.")],
                 discloses=["opening"])  # fmt: skip
    scene.caller("Hi, I need something new for the kitchen.", "recommend", {"category": "kitchen"}, ["need", "kitchen"],
                 0.92, level_change_db=None, pitch_change_semitones=None, rate_change=None,
                 pause_change=None)  # fmt: skip
    scene.answer(
        [("consent.ask.purchases", "May I use your past purchases to advise you? Yes, no, or just this once?")]
    )
    scene.caller("Yes, for this call.", "consent_give", {"purpose": "purchases", "scope": "conversation"},
                 ["yes", "this call"], 0.96, rate_change=1.04)  # fmt: skip
    reason = "Because you bought the Ridge steel pan in April. Otherwise, I'd suggest something else."
    lid = Suggested(
        "p-0207",
        "Ridge glass lid 28 cm",
        "complement",
        ({"product": "p-0201", "name": "Ridge steel pan 28 cm", "date": "2026-04-09"},),
        True,
        reason,
        24.0,
    )
    scene.answer([("disclosure.purchases",
                   "I use this year's purchases, stored on our premises. Your voice isn't kept."),
                  ("suggest.one", "I suggest the Ridge glass lid, twenty-eight centimetres, at twenty-four euros."),
                  ("reason.complement", reason)], ["purchases"], ["purchases"],
                 [_consent("en", "Yes, for this call."), DataRead(Purpose.PURCHASES, 9), lid,
                  Suppressed("p-0201", "Ridge steel pan 28 cm", "owned", "2030-04-09"),
                  Suppressed("p-0211", "Ridge steel pan 24 cm", "out_of_stock")])  # fmt: skip
    scene.caller("Why that one?", "why", {}, ["why"], 0.99)
    scene.answer([("why.depth1", "Your Ridge pan came without a lid, and this one fits it.")], ["purchases"],
                 events=[DataRead(Purpose.PURCHASES, 9), Explained("p-0207", 1)])  # fmt: skip
    scene.caller("And what is that based on?", "why", {}, ["based on"], 0.83, pause_change=0.18, pause_ratio=0.36)
    scene.answer([("why.depth2", "On nine purchases from this year: pans, knives and two tea towels. "
                   "Nothing else is read, and you can stop it now.")], ["purchases"],
                 events=[DataRead(Purpose.PURCHASES, 9), Explained("p-0207", 2)], cut=0.55)  # fmt: skip
    scene.caller("No thanks, not a lid.", "deny", {}, ["no thanks"], 0.97, pause=-0.2, level_change_db=3.0)
    scene.answer([("refused.noted", "Noted, I won't suggest it again.")],
                 events=[Refused("p-0207", None),
                         Suppressed("p-0207", "Ridge glass lid 28 cm", "refused", "2027-01-15")])  # fmt: skip
    scene.caller("Can I talk to someone?", "human", {}, ["talk to someone"], 0.98)
    handed = HandedOff(("asked",), "recommend", {"category": "kitchen"}, ("Ridge glass lid 28 cm",),
                       ("Ridge glass lid 28 cm",), (), False, {"purchases": "conversation"}, "en",
                       "callback")  # fmt: skip
    scene.answer([("handoff.transfer", "I'll connect you to an agent. May I pass on a summary?")], events=[handed],
                 actions=["hand_off"])  # fmt: skip
    scene.put(ConversationEnded("handed off"), scene.now + 0.4)
    return scene.journal


def sample_entries(language: str) -> list[Entry]:
    """The entries of the made-up conversation in "fr" or "en", in the order of the audio clock."""
    journal = {"fr": _french, "en": _english}[language]()
    return sorted(journal.entries, key=lambda entry: entry.at)


def sample_sound(entries: Iterable[Entry]) -> np.ndarray:
    """Sound that matches the entries, (n, 2) int16 at RATE: noise for each word heard, tones for each line spoken."""
    entries = list(entries)
    sound = np.zeros((int((entries[-1].at + 0.5) * RATE), 2))
    rng = np.random.default_rng(7)
    started = {}
    for entry in entries:
        event = entry.event
        if isinstance(event, Utterance):
            for _, begin, end, _ in event.words:
                _add(sound, 0, begin, rng.normal(0, 0.11, int((end - begin) * RATE)))
        elif isinstance(event, LineStarted):
            started[event.turn, event.line] = entry.at
        elif isinstance(event, LineHeard):
            begin = started[event.turn, event.line]
            time = np.arange(int((entry.at - begin) * RATE)) / RATE
            tone = np.sin(2 * np.pi * 210 * time) + 0.4 * np.sin(2 * np.pi * 420 * time)
            _add(sound, 1, begin, 0.22 * tone * (0.35 + 0.65 * np.abs(np.sin(2 * np.pi * 2.1 * time))))
    return np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)


def _add(sound: np.ndarray, channel: int, begin: float, wave: np.ndarray) -> None:
    first = int(begin * RATE)
    shape = np.hanning(len(wave)) ** 0.5
    last = min(len(sound), first + len(wave))
    sound[first:last, channel] += (wave * shape)[: last - first]
