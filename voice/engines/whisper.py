"""Whisper on this machine, quick on short turns: only the speech is encoded, not a window of 30 s.

Whisper's decoder was trained on windows of 30 s. Given the encoded speech alone it doesn't find the end and says the
sentence again. What it misses is the silence that filled the window: so the encoder's states for silence, computed
once when the model loads, are put behind the encoded speech. The decoder then ends where the speech does, and the
0.5 s that the encoder takes for a full window becomes a few hundredths. The encoder, too, was trained on speech with
silence behind it: each of its layers also attends to what it saw of that silence when it was encoded. Of what four
seconds of silence encoded with the speech bring (some 6 % fewer errors on the telephone), that brings most, in next to
no time. When the outcome is doubtful all the same (no end found, a repeated tail, an improbable text), a full window is
decoded: ten seconds of sound and silence encoded together, then those states of silence. On 31 doubtful recordings it
made as many mistakes as 30 s encoded together (97 in 145 words), in two fifths of the time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

import numpy as np

from nlu.entities.perhaps import Perhaps
from voice.audio import HEARING_RATE
from voice.engines.logmel import HOP, log_mel
from voice.engines.whisper_model import Memory, ModelUnusable, Seen, WhisperModel, appended
from voice.engines.whisper_names import AS_LIKELY_EVERYDAY, WeighedName, in_order, share, words, words_of
from voice.engines.whisper_search import beams, likelihoods, verified
from voice.engines.whisper_turns import Decoded, Request, Turn, of_like_length
from voice.engines.whisper_words import spread
from voice.hearing.guard import refusal, repeats_its_tail
from voice.hearing.transcriber import LANGUAGES, Hypothesis, Misheard, Wanted, superseded
from voice.hearing.vad import VoicedSpan, voiced_span

__all__ = ["LocalWhisper", "ModelUnusable", "Request"]

_WINDOW = 3_000  # frames of 10 ms: the model's own window
_PAD = 60  # frames of silence encoded with the speech, so that its last sound has its surroundings
_SILENCE = 300  # states of silence (20 ms each) put behind; 200 to 600 recognise alike, more cost time
_SEEN = 200  # states of silence that the encoder itself sees behind a sound
_LATEST = 700  # the last place in the window, in states, that they are taken from
_BEFORE, _AFTER = 0.20, 0.24  # seconds kept around the speech
_NEITHER = 0.25  # French and English together less likely than this: another language
_DOUBTFUL = -0.9  # mean log probability of a token under which the full window is tried
_UNSURE = -0.3  # under which a draft that was found right is searched again, widely
_SURE_OF_NAMES = -0.5  # from which a turn that is nothing but names listened for is believed
_TOGETHER = 1_000  # frames encoded together, at least, when the full window decides
_HOTWORD_TOKENS = 64
_NAMES = 4  # listened for when a sound is heard again
_MAKER_NOT_SAID = 17.0  # how much less likely than its category alone a product's name is that wasn't said
_AHEAD = 10.0  # how much more a name must be worth than the next to be taken without another hearing
_READ = 10.0  # and how much more, a hearing, where all its words are read
_MOST = 224  # tokens of text; with a prompt before them, the decoder has 448 positions


class LocalWhisper:
    """A Whisper for CTranslate2, decoded here. Loads in about a second; may be shared by threads.

    Args:
        model_dir: holds model.bin, config.json, tokenizer.json.
        threads: cores used for one transcription.
        beam: width of a final text's search; a partial is taken word by word.

    Raises:
        ModelUnusable: a file is missing or damaged.
    """

    def __init__(self, model_dir: Path | str, threads: int = 2, beam: int = 3) -> None:
        self._model = WhisperModel(Path(model_dir), threads)
        self._tokens = self._model.tokenizer
        self._beam = beam
        silence, seen = self._model.surroundings(log_mel(_burst(), _WINDOW, self._model.shape.bands))
        self._silence, self._seen = silence, [each[:, : _LATEST + _SEEN].copy() for each in seen]

    def transcribe(
        self,
        pcm: np.ndarray,
        language: str | None,
        prefix: str = "",
        hotwords: Sequence[str] = (),
        final: bool = True,
        misheard: Misheard | None = None,
        wanted: Wanted | None = None,
    ) -> Hypothesis:
        """See `voice.hearing.transcriber.Transcriber`."""
        return self.transcribe_all([Request(pcm, language, prefix, tuple(hotwords), final, misheard, wanted)])[0]

    def transcribe_all(
        self, requests: Sequence[Request], known: Callable[[int, Hypothesis], None] = lambda place, hypothesis: None
    ) -> list[Hypothesis]:
        """Turns of several callers, encoded and decoded together where their lengths allow it.

        Args:
            known: told each hypothesis, and its place among the requests, as soon as it is there: those that are sure
                don't wait for the full window of one that isn't.

        Returns:
            One hypothesis a request, in their order; the same as one by one but for rounding and padding.
        """
        turns = [self._turn(request) for request in requests]
        spoken = [turn for turn in turns if turn.span is not None]
        self._encode(spoken)
        spoken = [turn for turn in spoken if not turn.request.superseded]
        for turn in spoken:
            turn.spoken_in, turn.probability, turn.decode_in = self._language(turn.memory, turn.request.language)
        self._search(spoken)
        doubtful = [turn for turn in spoken if turn.request.final and self._doubtful(turn.decoded)]
        found = {}
        for place, turn in sorted(enumerate(turns), key=lambda placed: placed[1] in doubtful):
            if turn.decoded and turn.request.final and not turn.request.superseded:
                self._decide(turn, turn in doubtful)
            found[place] = self._hypothesis(turn)
            known(place, found[place])
        return [found[place] for place in range(len(turns))]

    def _decide(self, turn: Turn, doubtful: bool) -> None:
        """Hears a final text again where its words call for it."""
        if doubtful:
            self._decode_full_window(turn)
        if turn.request.hotwords:
            self._doubt_names(turn)
        if turn.request.misheard:
            self._understand_names(turn, turn.request.misheard)

    def _turn(self, request: Request) -> Turn:
        pcm = request.pcm[: _WINDOW * HOP]
        span = voiced_span(pcm) if request.final else VoicedSpan(0, len(pcm), ((0, len(pcm)),) if len(pcm) else ())
        if span is None or span.last - span.first < HOP:
            return Turn(request, None, pcm)
        begin = max(0, span.first - int(_BEFORE * HEARING_RATE))
        return Turn(request, span, pcm[begin : span.last + int(_AFTER * HEARING_RATE)])

    def _hypothesis(self, turn: Turn) -> Hypothesis:
        request, decoded = turn.request, turn.decoded
        if request.superseded:
            return superseded(request.language)
        if decoded is None:
            return Hypothesis("", language=request.language or LANGUAGES[0], no_speech=1.0, refused="no speech")
        text = self._text(decoded)
        refused = "" if text else "no speech"
        if request.final:
            seconds = turn.span.seconds
            refused = refusal(text, turn.decode_in, decoded.no_speech, decoded.mean_logprob, seconds)
        said = "" if refused else text
        return Hypothesis(
            text=said,
            words=spread(said, turn.span.pieces, float(np.exp(decoded.mean_logprob))),
            language=turn.spoken_in,
            language_probability=turn.probability,
            no_speech=decoded.no_speech,
            mean_logprob=decoded.mean_logprob,
            how=turn.how,
            ending=decoded.ending,
            refused=refused,
        )

    def _encode(self, turns: Sequence[Turn]) -> None:
        """Fills in `memory`: the speech, with the silence that the decoder ends on."""
        for turn in turns:
            turn.frames = min(_WINDOW, (len(turn.speech) // HOP + 1 + _PAD) // 2 * 2)
        for group in of_like_length(turns):
            behind = [self._behind(turn) for turn in group]
            found = self._memories([turn.speech for turn in group], group[-1].frames, behind)
            for turn, memory in zip(group, found, strict=True):
                own = turn.frames // 2
                at = max(own, _SILENCE // 2)
                more = min(_SILENCE, _WINDOW // 2 - own)
                turn.memory = appended([each[:, :own] for each in memory], self._silence, at, at + more)

    def _behind(self, turn: Turn) -> Seen:
        at = min(max(turn.frames // 2, _SILENCE // 2), _LATEST)
        return [each[:, at : at + _SEEN] for each in self._seen]

    def _memories(
        self, sounds: Sequence[np.ndarray], frames: int, behind: Sequence[Seen] | None = None
    ) -> list[Memory]:
        """What the decoder attends to in each sound, then in silence up to `frames`."""
        return self._model.encode(np.stack([log_mel(pcm, frames, self._model.shape.bands) for pcm in sounds]), behind)

    def _language(self, memory: Memory, given: str | None) -> tuple[str, float, str]:
        """The language to report, its probability, and the language to decode in."""
        if given is not None:
            return given, 1.0, given if given in LANGUAGES else LANGUAGES[0]
        start = np.array([[self._model.token("startoftranscript")]])
        marks = self._model.decode(start, [each[None] for each in memory]).marks[0, 0, :-1]
        powers = np.exp(marks - marks.max())
        heard = dict(zip(self._model.languages, (powers / powers.sum()).tolist(), strict=True))
        likelier = max(LANGUAGES, key=lambda code: heard.get(code, 0.0))
        known = sum(heard.get(code, 0.0) for code in LANGUAGES)
        if known < _NEITHER:
            return "other", 1.0 - known, likelier
        return likelier, heard[likelier], likelier

    def _prompt(self, turn: Turn) -> list[int]:
        prompt = []
        if turn.request.hotwords:
            listed = self._tokens.encode(" " + ", ".join(turn.request.hotwords), add_special_tokens=False).ids
            prompt = [self._model.token("startofprev"), *listed[:_HOTWORD_TOKENS]]
        control = ("startoftranscript", turn.decode_in, "transcribe", "notimestamps")
        return prompt + [self._model.token(name) for name in control]

    def _written(self, text: str) -> list[int]:
        return self._tokens.encode(" " + text, add_special_tokens=False).ids if text else []

    def _forced(self, prefix: str) -> list[int]:
        # Its last punctuation is left to the decoder: a forced full stop would end the text there.
        return self._written(prefix.strip().rstrip(".,;:!?…").strip())

    def _search(self, turns: Sequence[Turn]) -> None:
        """Partials greedily, finals widely unless others wait; a draft that is there is checked first, and is enough
        where it is sure."""
        finals = [turn for turn in turns if turn.request.final]
        drafted = [turn for turn in finals if turn.request.prefix]
        for turn in drafted:
            draft = self._written(turn.request.prefix)
            turn.decoded = verified(self._model, turn.memory, self._prompt(turn), draft, _budget(turn))
        narrow = [turn for turn in turns if turn.decoded is None and (turn.request.hurried or not turn.request.final)]
        self._decode(narrow, 1)
        unsure = [turn for turn in drafted if turn.decoded.mean_logprob < _UNSURE and not turn.request.hurried]
        before = [turn.decoded for turn in unsure]
        self._decode([turn for turn in finals if turn.decoded is None] + unsure, self._beam)
        for turn, greedy in zip(unsure, before, strict=True):
            if turn.decoded.mean_logprob < greedy.mean_logprob and greedy.finished:
                turn.decoded = greedy

    def _decode(self, turns: Sequence[Turn], width: int) -> None:
        """Fills in `decoded`; prompts of one length go in a batch."""
        by_length: dict[int, list[tuple[Turn, list[int], list[int]]]] = defaultdict(list)
        for turn in turns:
            forced = [] if turn.request.final else self._forced(turn.request.prefix)
            prompt = self._prompt(turn) + forced
            by_length[len(prompt)].append((turn, prompt, forced))
        for together in by_length.values():
            memories = self._filled([turn.memory for turn, _, _ in together])
            prompts = [prompt for _, prompt, _ in together]
            most = max(_budget(turn) for turn, _, _ in together)
            found = beams(self._model, memories, prompts, most, width)
            for (turn, _, forced), decoded in zip(together, found, strict=True):
                turn.decoded = replace(decoded, tokens=forced + decoded.tokens)

    def _filled(self, memories: Sequence[Memory]) -> list[Memory]:
        """All as long as the longest, shorter ones followed by more silence."""
        longest = max(each[0].shape[1] for each in memories)
        return [appended(each, self._silence, each[0].shape[1], longest) for each in memories]

    def _doubtful(self, decoded: Decoded) -> bool:
        return not decoded.finished or decoded.mean_logprob < _DOUBTFUL or repeats_its_tail(self._text(decoded))

    def _decode_full_window(self, turn: Turn) -> None:
        """With a window around the speech as in training, and nothing forced."""
        turn.request = replace(turn.request, prefix="")
        frames = max(_TOGETHER, turn.frames)
        around = self._memories([turn.speech], frames)[0]
        turn.memory, turn.how = appended(around, self._silence, frames // 2, _WINDOW // 2), "full"
        if turn.request.language is None:
            turn.spoken_in, turn.probability, turn.decode_in = self._language(turn.memory, None)
        self._decode([turn], self._beam)

    def _doubt_names(self, turn: Turn) -> None:
        """An unsure turn that is nothing but the names in mind is likely made of them ("Zadig" for "what is it?"), and
        so is one that says the same name twice: it is heard without. A name that was said is still found by its sound.
        """
        before, given = turn.decoded, turn.request
        said = in_order(self._text(before))
        made_of = said and set(said) <= set().union(*map(words, given.hotwords))
        twice = len(said) > len(set(said))
        if not made_of or (before.mean_logprob >= _SURE_OF_NAMES and not twice):
            return
        turn.request = replace(given, prefix="", hotwords=())
        self._decode([turn], self._beam)
        if not turn.decoded.finished or not self._text(turn.decoded):
            turn.decoded, turn.request = before, given

    def _understand_names(self, turn: Turn, misheard: Misheard) -> None:
        """A name that was said though the text only sounds like it.

        The decoder weighs the text with each name in the place of what sounds like it. It knows the words of a
        category: one that was said is nearly as likely as what it wrote. A product's name may be quite unlikely for a
        decoder that never met it: it is taken all the same where no other is likelier. Where none is far ahead and
        nobody else waits, the sound is heard again with the likeliest in mind.
        """
        found = self._weighed(turn, turn.decoded, misheard(self._text(turn.decoded), turn.decode_in))
        products = [each for each in found if not each.perhaps.usual]
        usual = max(
            (each for each in found if each.perhaps.usual and each.likely), key=attrgetter("worth"), default=None
        )
        best = max((each.beside for each in products), default=-math.inf)
        heard_without = usual is not None and best < usual.beside - _MAKER_NOT_SAID
        may_be = any(each.possible for each in products) and not heard_without
        if not (may_be and self._understand_products(turn, misheard, products)) and usual is not None:
            self._write(turn, usual)

    def _understand_products(self, turn: Turn, misheard: Misheard, found: list[WeighedName]) -> bool:
        """Whether the text became another, with the name of a product."""
        wrote, given, text = turn.decoded, turn.request, self._text(turn.decoded)
        first, *others = sorted(found, key=attrgetter("worth"), reverse=True)
        ahead = not others or first.worth - others[0].worth >= _AHEAD
        if given.hurried or (ahead and first.likely):
            return self._write(turn, first)
        names = [each.perhaps.name for each in (first, *others[: _NAMES - 1])]
        turn.request = replace(given, prefix="", hotwords=(*names, *given.hotwords))
        self._decode([turn], self._beam)
        again, turn.request, turn.decoded = turn.decoded, given, wrote
        heard = "" if self._doubtful(again) else self._text(again)
        known = {each.perhaps.name for each in found}
        new = misheard(heard, turn.decode_in) if heard else ()
        found = found + self._weighed(turn, wrote, [each for each in new if not each.usual and each.name not in known])
        best = max(
            found,
            key=lambda each: each.worth + _READ * (share(each.perhaps.name, text) + share(each.perhaps.name, heard)),
        )
        if self._write(turn, best):
            return True
        if words_of(names, heard) <= words_of(names, text):
            return False
        own, theirs = likelihoods(self._model, turn.memory, self._prompt(turn), [wrote.tokens, again.tokens])
        if theirs - own >= -AS_LIKELY_EVERYDAY:
            turn.decoded = again
        return turn.decoded is again

    def _write(self, turn: Turn, name: WeighedName) -> bool:
        """A name into the text, if it is likely enough. How sure the text is stays what it was of the words heard."""
        if name.likely:
            turn.decoded = replace(turn.decoded, tokens=self._written(name.perhaps.said))
        return name.likely

    def _weighed(self, turn: Turn, wrote: Decoded, perhaps: Sequence[Perhaps]) -> list[WeighedName]:
        """Names in the place of what sounds like them, beside what was written."""
        if not perhaps:
            return []
        texts = [wrote.tokens, *(self._written(each.said) for each in perhaps)]
        own, *theirs = likelihoods(self._model, turn.memory, self._prompt(turn), texts)
        return [WeighedName(each, likelihood - own) for each, likelihood in zip(perhaps, theirs, strict=True)]

    def _text(self, decoded: Decoded) -> str:
        return self._tokens.decode(decoded.tokens).strip()


def _budget(turn: Turn) -> int:
    """Tokens: nobody says more than nine a second; without the limit, a loop costs a second."""
    return min(_MOST, 10 + 9 * len(turn.speech) // HEARING_RATE)


def _burst() -> np.ndarray:
    """Two seconds of a droned "a", (32000,) int16: silence after a voice isn't encoded as an empty window is."""
    seconds = np.arange(2 * HEARING_RATE) / HEARING_RATE
    drone = np.zeros_like(seconds)
    for harmonic in range(1, 28):
        hertz = 140.0 * harmonic
        formants = ((700.0, 130.0), (1200.0, 150.0), (2600.0, 250.0))
        drone += sum(np.exp(-(((hertz - at) / wide) ** 2)) for at, wide in formants) * np.sin(
            2 * np.pi * hertz * seconds
        )
    drone *= np.abs(np.sin(4 * np.pi * seconds))
    return np.rint(8000 * drone / np.abs(drone).max()).astype(np.int16)
