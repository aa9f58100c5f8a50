"""One face over time, ready for measures: only what was measured with confidence, and how long
each of its frames stands.

Time is what the timestamps say, so a variable frame rate changes nothing. A confident frame stands
until the next one. Where that is longer than `MAX_GAP` away, the face was not seen in between: the
frame stands for one usual interval, and a new *stretch* begins. Shorter holes (frames lost to blur
or to a dropped packet) are bridged, which is why a stretch may be read as one signal.

Where there are no times (an image, or a CSV whose timestamps are all 0 and no frame rate is known)
each frame stands for the same and `seconds` is 0: shares can be told, durations cannot.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np

from shared.analysis.even import EvenSignals
from shared.analysis.series import (
    NO_SOUND,
    Bools,
    Columns,
    FaceSeries,
    Floats,
    Ints,
    Recording,
    selected,
)
from shared.measurements.action_units import INTENSITIES, PRESENCES, has_moved
from shared.measurements.model import Scale, Validity
from shared.measurements.sound import Sound

MAX_GAP: Final = 0.2
"""[s] A hole that is bridged. Longer, and a whole blink (0.1 to 0.4 s) could hide in it."""

Span = tuple[float, float]  # start and end of something in a clip [s]

SLOW_GAP: Final = 2.5
"""[usual intervals] In clips below 12 frames a second a hole begins here instead."""


@dataclass(frozen=True)
class Track:
    """The confident frames of one face."""

    face: int
    image: bool
    scale: Scale
    validity: dict[str, Validity]  # what the engine says; an Action Unit may be missing
    absent: frozenset[str]
    rows: int  # also those without confidence
    duration: float  # [s] of the whole medium
    interval: float  # [s] between frames, usually; 0 where there are no times
    times: Floats  # [n] in s
    covers: Floats  # [n] how long each frame stands [s]; 1 each where there are no times
    intensities: Columns  # [n] each, of all INTENSITIES
    presences: Ints  # [n]
    signals: Columns
    stretches: tuple[slice, ...]  # of frames that follow each other
    sound: Sound | None = None  # of the whole clip
    no_sound: str = NO_SOUND

    def __len__(self) -> int:
        return len(self.times)

    @property
    def fps(self) -> float:
        """Frames a second, usually; 0 where there are no times."""
        return 1 / self.interval if self.interval else 0.0

    @cached_property
    def seconds(self) -> float:
        """For how long the face was seen."""
        return float(self.covers.sum()) if self.interval else 0.0

    @property
    def seen_share(self) -> float:
        """The share of the medium's time in which the face was seen, 0..1."""
        if self.interval and self.duration:
            return min(1.0, self.seconds / self.duration)
        return len(self) / self.rows if self.rows else 0.0

    def has(self, au: str) -> bool:
        """Whether the source gives an intensity of this Action Unit."""
        if au in self.absent or au not in INTENSITIES:
            return False
        return not np.isnan(self.intensities[au]).any()

    def intensity(self, au: str) -> Floats:
        """[n] `AUxx_r` of one Action Unit."""
        return self.intensities[au].astype(np.float64)

    def presence(self, au: str) -> Bools:
        """[n] `AUxx_c` of one Action Unit."""
        return (self.presences >> PRESENCES.index(au) & 1).astype(np.bool_)

    @cached_property
    def eye_distance(self) -> float:
        """The face's median [pixels]. KeyError where the engine does not give it, as below."""
        return float(np.median(self.signals["eye_distance"]))

    @cached_property
    def brightness(self) -> float:
        """The face's median [levels]."""
        return float(np.nanmedian(self.signals["face_brightness"]))

    @cached_property
    def even(self) -> EvenSignals:
        """Its signals 25 times a second."""
        return EvenSignals(self.times, self.signals, MAX_GAP)

    @cached_property
    def moving_aus(self) -> tuple[str, ...]:
        """Action Units that measures of the whole face rest on: those that can be trusted."""
        doubtful = ("low", "unseen")
        return tuple(
            au for au in INTENSITIES if self.has(au) and self.validity.get(au) not in doubtful
        )

    @cached_property
    def hardly_moved(self) -> frozenset[str]:
        """Those that did not move (`action_units.has_moved`), where the engine states validity."""
        if self.image or self.scale != "intensity" or not len(self):
            return frozenset()
        known = [au for au in INTENSITIES if au in self.validity and self.has(au)]
        return frozenset(
            au
            for au in known
            if not has_moved(au, *np.percentile(self.intensity(au), (5.0, 95.0, 100.0)).tolist())
        )


def track(recording: Recording, series: FaceSeries) -> Track:
    """The confident part of a face's series."""
    facts = recording.facts
    image = recording.type.is_image
    timestamps = series.timestamps
    steps = np.diff(timestamps)
    if not image and facts.fps and len(steps) and not steps.any():
        timestamps = np.arange(len(timestamps)) / facts.fps  # no times, but a rate
        steps = np.diff(timestamps)
    interval = _interval(steps, facts.fps) if not image else 0.0
    chosen = series.success & ~_broken(series)
    times, presences = timestamps[chosen], series.presences[chosen]
    covers, stretches = _covers(times, interval)
    return Track(
        face=series.face,
        image=image,
        scale=facts.scale,
        validity=dict(facts.validity.get(str(series.face), {})),
        absent=recording.absent,
        rows=len(timestamps),
        duration=recording.duration,
        interval=interval,
        times=times,
        covers=covers,
        intensities=selected(series.intensities, chosen),
        presences=presences,
        signals=selected(series.signals, chosen),
        stretches=stretches,
        sound=recording.sound,
        no_sound=recording.no_sound,
    )


def main(tracks: Iterable[Track]) -> Track | None:
    """The face that was seen for longest; of equals the first."""
    return max(tracks, key=lambda each: each.seen_share, default=None)


def _interval(steps: Floats, fps: float | None) -> float:
    steps = steps[steps > 0]
    if len(steps):
        return float(np.median(steps))
    return 1 / fps if fps else 0.0  # a single frame


def _broken(series: FaceSeries) -> Bools:
    """Frames that lack an Action Unit which others have. One that all lack is not measured."""
    broken = np.zeros(len(series.timestamps), np.bool_)
    for values in series.intensities.values():
        missing = np.isnan(values)
        if not missing.all():
            broken |= missing
    return broken


def _covers(times: Floats, interval: float) -> tuple[Floats, tuple[slice, ...]]:
    count = len(times)
    if not count:
        return np.empty(0), ()
    if not interval:
        return np.ones(count), (slice(0, count),)
    gap = max(MAX_GAP, SLOW_GAP * interval)
    steps = np.diff(times)
    covers = np.append(np.where(steps <= gap + 1e-9, steps, interval), interval)
    edges = [0, *(np.flatnonzero(steps > gap + 1e-9) + 1).tolist(), count]
    stretches = tuple(slice(a, b) for a, b in pairwise(edges))
    return covers, stretches
