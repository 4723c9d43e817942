"""Fits what `voice.hearing.finished` weighs the signs of a finished turn with: `python -m tests.evals.turn_weights`.

On the "tuned" half of the telephone prompts; `candide bench turns` counts on the other half.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.linear_model import LogisticRegression

from tests.evals.turn_ends import LANGUAGES, with_pause
from voice.audio import HEARING_RATE
from voice.audit.recordings import HOW_TO_INSTALL, prompts
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.engines.smart_turn import SmartTurn
from voice.engines.whisper import LocalWhisper
from voice.hearing.completeness import completeness
from voice.hearing.endpoint import EndpointRules
from voice.hearing.finished import signs
from voice.hearing.vad import voiced_span

_AFTER = int(EndpointRules.maybe * HEARING_RATE)
"""Samples of silence that the models are given."""


def turns(language: str, whisper: LocalWhisper) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(before a pause, at the end) of each prompt, (n,) int16 at 16 kHz."""
    for number, prompt in enumerate(prompts(language, 1_000, shortest=2.0, longest=7.0)):
        cut = with_pause(prompt, language, whisper, number) if prompt.half == "tuned" else None
        if cut is None:
            continue
        sound, until = cut
        first, whole = voiced_span(sound[: int(until * HEARING_RATE)]), voiced_span(sound)
        if first and whole:
            yield sound[first.first : first.last + _AFTER], sound[first.first : whole.last + _AFTER]


def main() -> None:
    if not all(prompts(language, 1) for language in LANGUAGES):
        raise SystemExit(f"no recordings: {HOW_TO_INSTALL}")
    try:
        whisper = LocalWhisper(Models().ready("whisper-base"))
        melody = SmartTurn(Models().find("smart-turn").dir)
    except (ModelMissing, ModelDamaged) as missing:
        raise SystemExit(str(missing)) from missing
    for language in LANGUAGES:
        rows, ended = [], []
        for pair in turns(language, whisper):
            for is_end, sound in enumerate(pair):
                heard = whisper.transcribe(sound, language)
                if heard.text:
                    rows.append(signs(completeness(heard.text, language), heard.ending, melody.finished(sound)))
                    ended.append(is_end)
        print(f"{language}: {len(rows)} turns and beginnings of turns")
        _fit(np.array(rows), np.array(ended))


def _fit(table: np.ndarray, ended: np.ndarray) -> None:
    for name, columns in (("words", slice(4)), ("words and melody", slice(5))):
        fitted = LogisticRegression().fit(table[:, columns], ended)
        likely = fitted.predict_proba(table[:, columns])[:, 1]
        print(f"  {name}: {fitted.coef_[0].round(2).tolist()}, {fitted.intercept_[0]:.2f}")
        for level in (0.5, 0.65, 0.8):
            begun, over = (float((likely[ended == which] >= level).mean()) for which in (0, 1))
            print(f"    at least {level}: {begun:.2f} of the beginnings, {over:.2f} of the ends")


if __name__ == "__main__":
    main()
