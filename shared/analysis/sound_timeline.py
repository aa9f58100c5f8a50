"""A clip's sound as a picture of it needs it: the peak of each column of pixels, spans of speech.

Time is the picture's; where no sound is, is silence.
"""

from dataclasses import dataclass

import numpy as np

from shared.analysis.series import Floats
from shared.analysis.sound import SoundSpan, speech_spans
from shared.measurements.sound import PEAK_SECONDS, Sound


@dataclass(frozen=True, slots=True)
class SoundTimeline:
    peaks: Floats  # [columns] the loudest amplitude of each, 0..1
    speech: tuple[SoundSpan, ...]  # within the time that is shown


def sound_timeline(sound: Sound, start: float, stop: float, columns: int) -> SoundTimeline:
    """Of the time from `start` to `stop` [s], in equal columns."""
    edges = np.linspace(start, stop, columns + 1)
    peaks = sound.peaks
    firsts = np.floor((edges[:-1] - sound.start) / PEAK_SECONDS + 1e-6).astype(np.int64)
    lasts = np.ceil((edges[1:] - sound.start) / PEAK_SECONDS - 1e-6).astype(np.int64)
    firsts, lasts = (np.clip(each, 0, len(peaks)) for each in (firsts, lasts))
    padded = np.append(peaks, 0.0).astype(np.float64)  # for columns that begin after the end
    pairs = np.column_stack([firsts, np.maximum(lasts, firsts)]).ravel()
    loudest = np.maximum.reduceat(padded, pairs)[::2]
    shown = (
        SoundSpan(max(each.start, start), min(each.stop, stop)) for each in speech_spans(sound)
    )
    return SoundTimeline(
        np.where(lasts > firsts, loudest, 0.0),
        tuple(each for each in shown if each.stop > each.start),
    )
