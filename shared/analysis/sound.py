"""Measures of a clip's sound and of the mouth that goes with it.

They inform: nothing is wrong with a silent clip, nor with a mouth that moves without speech (it
smiles, it breathes). A lag between loudness and mouth is not measured: a real clip's best lag
scatters by half a second. Lag is told between two clips of one script (`lip_sync`).

Speech is found as Silero's own `get_speech_timestamps` finds it, with its defaults: it begins at a
probability of .5, ends below .35 for .1 s, is .25 s long at least. Silence is what is .2 s away
from all of it (lips part before a word and close after it) and lasts .3 s without a break.

Time is that of the picture, 0 to its duration: where no sound is, is silence; what sounds before
the first picture or after the last counts for nothing.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shared.analysis.mouth import RATE, Mouth, even
from shared.analysis.series import NO_SOUND, Bools, Floats, Floats32, runs
from shared.analysis.statistics import Mean, NotMeasured, Ratio
from shared.measurements.sound import SPEECH_SECONDS, Sound

BEGINS: Final = 0.5
ENDS: Final = 0.35
SHORTEST_PAUSE: Final = 0.1  # [s]
SHORTEST_SPEECH: Final = 0.25  # [s]
AROUND_SPEECH: Final = 0.2  # [s] before and after it that are not yet silence
SHORTEST_SILENCE: Final = 0.3  # [s]

MIN_SECONDS: Final = 1.0  # of speech, and of silence, with the mouth seen

_LEAST_SPEED: Final = 0.01  # [eye distances/s] less is the noise of measuring
_SPEED_SECONDS: Final = 0.12  # over which speed is taken
_SMOOTHING: Final = 0.03  # [s] sigma of the Gaussian before that


@dataclass(frozen=True, slots=True)
class SoundSpan:
    start: float  # [s]
    stop: float


@dataclass(frozen=True, slots=True)
class SoundMeasures:
    """All of them; [eye distances/s] for movement."""

    speech_share: Mean | NotMeasured
    mouth_in_speech: Mean | NotMeasured
    mouth_in_silence: Mean | NotMeasured
    mouth_silence_ratio: Ratio | NotMeasured


def sound_measures(sound: Sound | None, duration: float, mouth: Mouth | None) -> SoundMeasures:
    """`duration` is the picture's [s]; no mouth where the engine does not measure one."""
    if sound is None:
        none = NotMeasured(NO_SOUND)
        return SoundMeasures(none, none, none, none)
    speech = speech_spans(sound)
    share = speech_share(speech, duration)
    if mouth is None:
        none = NotMeasured("The engine does not measure how far the mouth is open.")
        return SoundMeasures(share, none, none, none)
    times, speeds = _speeds(mouth)
    inside = _mean(times, speeds, speech, "speech")
    outside = _mean(times, speeds, silent_spans(speech, duration), "silence")
    return SoundMeasures(share, inside, outside, _ratio(outside, inside))


def speech_spans(sound: Sound) -> tuple[SoundSpan, ...]:
    """Where speech is, by the clip's clock."""
    spans: list[SoundSpan] = []
    for first, last in runs(_held(sound.speech)):
        span = SoundSpan(sound.start + first * SPEECH_SECONDS, sound.start + last * SPEECH_SECONDS)
        if spans and span.start - spans[-1].stop < SHORTEST_PAUSE:
            span = SoundSpan(spans.pop().start, span.stop)
        spans.append(span)
    return tuple(span for span in spans if span.stop - span.start >= SHORTEST_SPEECH)


def silent_spans(speech: tuple[SoundSpan, ...], duration: float) -> tuple[SoundSpan, ...]:
    """Where silence is, from the first picture to the end of the last."""
    starts = [0.0, *(span.stop + AROUND_SPEECH for span in speech)]
    stops = [*(span.start - AROUND_SPEECH for span in speech), duration]
    pairs = ((max(a, 0.0), min(b, duration)) for a, b in zip(starts, stops, strict=True))
    return tuple(SoundSpan(a, b) for a, b in pairs if b - a >= SHORTEST_SILENCE)


def speech_share(speech: tuple[SoundSpan, ...], duration: float) -> Mean | NotMeasured:
    """The share of the picture's time in which somebody speaks, 0..1."""
    if duration <= 0:
        return NotMeasured("Nothing tells how long the clip is.")
    pieces = max(1, round(duration / SPEECH_SECONDS))
    edges = np.linspace(0.0, duration, pieces + 1)
    sums = np.zeros(pieces + 1)
    for span in speech:
        sums += np.clip(edges, span.start, span.stop) - span.start
    middles = (edges[1:] + edges[:-1]) / 2
    return Mean(np.diff(sums), np.diff(edges), middles)


def _held(probabilities: Floats32) -> Bools:
    """Pieces of speech: from the first at `BEGINS` on, until one falls below `ENDS`."""
    marks = np.where(probabilities >= BEGINS, 1, np.where(probabilities < ENDS, 0, -1))
    marks[:1] = np.maximum(marks[:1], 0)
    known = np.maximum.accumulate(np.where(marks >= 0, np.arange(len(marks)), 0))
    flags: Bools = marks[known] == 1
    return flags


def _speeds(mouth: Mouth) -> tuple[Floats, Floats]:
    """Times [s] and absolute speeds of the opening [eye distances/s], where it was seen."""
    signal = even(mouth)
    reach = round(_SPEED_SECONDS / 2 * RATE)
    if signal is None or len(signal.values) <= 2 * reach:
        return np.empty(0), np.empty(0)
    values, seen = signal.smoothed(_SMOOTHING).values, signal.seen
    speeds = np.abs(values[2 * reach :] - values[: -2 * reach]) * RATE / (2 * reach)
    known = seen[2 * reach :] & seen[reach:-reach] & seen[: -2 * reach]
    return signal.times[reach:-reach][known], speeds[known]


def _mean(
    times: Floats, speeds: Floats, spans: tuple[SoundSpan, ...], what: str
) -> Mean | NotMeasured:
    edges = np.array([(span.start, span.stop) for span in spans]).reshape(-1)
    inside = np.searchsorted(edges, times, side="right") % 2 == 1
    seconds = float(inside.sum()) / RATE
    if seconds < MIN_SECONDS:
        return NotMeasured(
            f"The mouth was seen in {seconds:.1f} s of {what}; {MIN_SECONDS:g} s are needed."
        )
    return Mean(speeds[inside], np.ones(int(inside.sum())), times[inside])


def _ratio(silence: Mean | NotMeasured, speech: Mean | NotMeasured) -> Ratio | NotMeasured:
    if isinstance(silence, NotMeasured):
        return silence
    if isinstance(speech, NotMeasured):
        return speech
    if speech.value < _LEAST_SPEED:
        return NotMeasured("The mouth does not move in speech.")
    return Ratio(silence, speech)
