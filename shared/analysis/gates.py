"""Faults that need no learning: a face that is absent, that stands still, that repeats itself.

Each is a measure with a limit of its own, which no real recording of ours breaks, and says when.
Where an engine does not give what a gate looks at, the gate is not measured and nothing is said.

    still picture   the face's picture hardly differs from the one before (`picture_change`); a
                    picture is shown from when it comes to when the next one does
    blended         every second picture is all but the mean of its neighbours
    coarse          the encoder rounded away what makes a face (`quantiser`, of H.264 only)
    repeated        a second of movement that comes back later, forwards or backwards, with a
                    difference below a quarter of its own movement
    outside         a part of the face (mouth, eyes, brows) of which a tenth lies outside
    second face     another one in the picture, at least a third as wide
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from shared.analysis import blending, liveliness, repetition
from shared.analysis.even import RATE
from shared.analysis.measures import ONE_PERSON, Group, Measure
from shared.analysis.series import Bools, Floats
from shared.analysis.statistics import Extreme, Mean, NotMeasured, Statistic
from shared.analysis.track import Track

STILL_CHANGE: Final = 0.2
"""[levels] in 40 ms, of the face's crop: repeated frames stay below it after encoding at usual
quality, and the calmest of real faces above it in nearly every frame."""

STILL_STEP: Final = 0.04  # [s] in frames closer together less changes
STILL_LIGHT: Final = 100.0  # [levels] of the face; in darker pictures less changes

MIN_FPS: Final = 20.0
INSIDE: Final = ("inside_mouth", "inside_eyes", "inside_brows")
WHOLE: Final = 0.9  # of a part's points, from which it counts as inside the picture

Span = tuple[float, float]  # start and end of a fault [s]


@dataclass(frozen=True, slots=True)
class Gate:
    """A limit, and where it is broken."""

    measure: Measure
    spans: Callable[[Track], Sequence[Span]]
    broken: str  # what a broken gate says, as a clause
    lower: float | None = None
    upper: float | None = None

    def holds(self, value: float) -> bool:
        above = self.lower is None or value >= self.lower
        return above and (self.upper is None or value <= self.upper)


# visible


def visible(track: Track) -> Statistic:
    return Extreme(track.seen_share)


def unseen(track: Track) -> Iterator[Span]:
    """Where the face is not seen."""
    last = 0.0
    for stretch in track.stretches:
        begin = float(track.times[stretch.start])
        if begin - last > track.interval + 1e-9:
            yield last, begin
        last = float(track.times[stretch.stop - 1] + track.covers[stretch.stop - 1])
    if track.duration - last > track.interval + 1e-9:
        yield last, track.duration


# still pictures


def _shown(track: Track) -> tuple[Floats, Floats]:
    """When each picture came [s], and how long it was shown [s]."""
    begins, lasts = [], []
    light = float(np.nanmedian(track.signals["face_brightness"]))
    limit = STILL_CHANGE * min(1.0, track.interval / STILL_STEP) * min(1.0, light / STILL_LIGHT)
    for stretch in track.stretches:
        change = track.signals["picture_change"][stretch]
        new = ~(change < limit)
        new[0] = True
        times = track.times[stretch][new]
        end = float(track.times[stretch.stop - 1] + track.covers[stretch.stop - 1])
        begins.append(times)
        lasts.append(np.diff(np.append(times, end)))
    return np.concatenate(begins), np.concatenate(lasts)


def longest_still(track: Track) -> Statistic:
    begins, lasts = _shown(track)
    longest = int(np.argmax(lasts))
    return Extreme(float(lasts[longest]), float(begins[longest]))


def stills(track: Track) -> Iterator[Span]:
    begins, lasts = _shown(track)
    for begin, last in zip(begins.tolist(), lasts.tolist(), strict=True):
        if last > MAX_STILL:
            yield begin, begin + last


def new_pictures(track: Track) -> Statistic:
    begins, lasts = _shown(track)
    return Mean(np.ones(len(begins)), lasts, begins)


def slow(track: Track) -> Iterator[Span]:
    """Seconds with too few new pictures, neighbours joined."""
    begins, lasts = _shown(track)
    seconds = np.floor(begins).astype(np.int64)
    counts = np.bincount(seconds)
    shown = np.bincount(seconds, lasts)
    yield from _seconds((shown > 0.5) & (counts < MIN_PICTURES * shown))


def _seconds(marked: Bools) -> Iterator[Span]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], marked.astype(np.int8), [0]))))
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield float(start), float(stop)


# blended pictures


def blended(track: Track) -> Statistic | NotMeasured:
    if track.fps >= 2 * MIN_PICTURES:
        return NotMeasured(f"Of {track.fps:.0f} pictures a second, every second one is enough.")
    windows = list(_windows(track))
    if not windows:
        return NotMeasured(f"It needs the face for {blending.SECONDS:g} s without a hole.")
    marked = np.array([ratio < MIN_RATIO for *_, ratio in windows], np.float64)
    begins = np.array([begin for begin, *_ in windows])
    return Mean(marked, np.ones(len(marked)), begins)


def blends(track: Track) -> Iterator[Span]:
    """Windows with blended pictures."""
    for begin, end, ratio in _windows(track):
        if ratio < MIN_RATIO:
            yield begin, end


def _windows(track: Track) -> Iterator[tuple[float, float, float]]:
    """Start and end of each [s], and how unsteady its steadier half of the pictures is."""
    for stretch in track.stretches:
        times = track.times[stretch]
        unsteadiness = track.signals["picture_unsteadiness"][stretch]
        for first, last, ratio in blending.steadier(unsteadiness, track.fps):
            yield float(times[first]), float(times[last]), ratio


# coarse encoding


def coarseness(track: Track) -> Statistic | NotMeasured:
    values = track.signals["quantiser"].astype(np.float64)
    known = np.isfinite(values)
    if not known.any():
        return NotMeasured("The file does not tell how coarsely it was encoded; H.264 does.")
    return Mean(values[known], np.ones(int(known.sum())), track.times[known])


def coarse(track: Track) -> Iterator[Span]:
    """Seconds that were encoded too coarsely, neighbours joined."""
    values = track.signals["quantiser"].astype(np.float64)
    known = np.isfinite(values)
    seconds = np.floor(track.times[known]).astype(np.int64)
    counts = np.bincount(seconds)
    yield from _seconds(np.bincount(seconds, values[known]) > MAX_QUANTISER * counts)


# repeated movement


def repeated(track: Track) -> Statistic | NotMeasured:
    marked = repetition.repeated(_movements(track))
    if marked is None:
        return NotMeasured(f"It needs the face for {2 * repetition.SECONDS:g} s without a hole.")
    return Mean(marked.astype(np.float64), np.ones(len(marked)), track.even.times)


def repeats(track: Track) -> Iterator[Span]:
    marked = repetition.repeated(_movements(track))
    if marked is None:
        return
    edges = np.flatnonzero(np.diff(np.concatenate(([0], marked.astype(np.int8), [0]))))
    times = np.append(track.even.times, track.even.times[-1] + 1 / RATE)
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield float(times[start]), float(times[stop])


def _movements(track: Track) -> Floats:
    """[samples, signals] each in units of what a face usually does with it."""
    return np.column_stack([signal / usual for of, usual in _USUAL for signal in of(track)])


_USUAL: Final = (
    (liveliness.turning, 5.0),  # [deg]
    (liveliness.shift, 0.1),  # [eye distances], as all below
    (liveliness.opening, 0.05),
    (liveliness.width, 0.05),
    (liveliness.brows, 0.03),
    (liveliness.lids, 0.05),
)


# outside


def inside(track: Track) -> Statistic | NotMeasured:
    return Mean(_whole(track) * track.covers, track.covers, track.times)


def outside(track: Track) -> Iterator[Span]:
    yield from _marked(track, ~_whole(track))


# a second face


def longest_second(track: Track) -> Statistic:
    longest = max(_with_others(track), key=lambda span: span[1] - span[0], default=None)
    return Extreme(0.0) if longest is None else Extreme(longest[1] - longest[0], longest[0])


def second_faces(track: Track) -> Iterator[Span]:
    """Where a second face is seen for too long."""
    for begin, end in _with_others(track):
        if end - begin > MAX_SECOND:
            yield begin, end


def _with_others(track: Track) -> Iterator[Span]:
    yield from _marked(track, track.signals["other_faces"] > 0)


def _marked(track: Track, marked: Bools) -> Iterator[Span]:
    """Where the marked frames are; those on both sides of a hole are two."""
    for stretch in track.stretches:
        inside = np.concatenate(([0], marked[stretch].astype(np.int8), [0]))
        edges = np.flatnonzero(np.diff(inside)) + stretch.start
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            yield float(track.times[start]), float(track.times[stop - 1] + track.covers[stop - 1])


def _whole(track: Track) -> Bools:
    parts = np.column_stack([track.signals[name] for name in INSIDE])
    whole: Bools = np.all(~(parts < WHOLE), axis=1)
    return whole


MIN_VISIBLE: Final = 0.9
MAX_STILL: Final = 0.5  # [s]; of our real recordings at most 0.23
MIN_PICTURES: Final = 16.0  # a second; of our real recordings at least 18.5
MIN_RATIO: Final = 0.6  # of real recordings at least 0.75; of blends at most 0.50
MAX_BLENDED: Final = 0.1
MAX_QUANTISER: Final = 34.0  # steps of 32 levels; of real recordings at most 28, of CRF 30 31.1
MAX_REPEATED: Final = 0.05
MIN_INSIDE: Final = 0.9
MAX_SECOND: Final = 0.5  # [s]; our real recordings have none

_fault = partial(Measure, source="own definition", group=Group.FAULTS, min_frames=1)

GATES: Final[tuple[Gate, ...]] = (
    Gate(
        _fault(
            "face_visible",
            "time in which the face is seen",
            "share",
            "Share of the medium's time in which the face is seen with confidence.",
            compute=visible,
            tolerance=0.01,
            upper=1.0,
        ),
        lambda track: tuple(unseen(track)),
        "the face is not seen for long enough",
        lower=MIN_VISIBLE,
    ),
    Gate(
        _fault(
            "longest_still_picture",
            "longest still picture",
            "s",
            "Longest time for which one picture of the face stands: its crop changes by less than "
            "0.2 levels in 40 ms, in darker pictures by less.",
            compute=longest_still,
            tolerance=0.04,
            signals=("picture_change", "face_brightness"),
            min_fps=MIN_FPS,
        ),
        lambda track: tuple(stills(track)),
        "the picture stands still",
        upper=MAX_STILL,
    ),
    Gate(
        _fault(
            "new_pictures",
            "new pictures of the face",
            "1/s",
            "Pictures a second that differ from the one before.",
            compute=new_pictures,
            tolerance=1.0,
            signals=("picture_change", "face_brightness"),
            min_fps=MIN_FPS,
        ),
        lambda track: tuple(slow(track)),
        "pictures are shown more than once",
        lower=MIN_PICTURES,
    ),
    Gate(
        _fault(
            "blended_pictures",
            "time with blended pictures",
            "share",
            "Share of the windows of 3 s in which every second picture of the face is all but the "
            "mean of its neighbours: three fifths as far from it as the others, or less.",
            compute=blended,
            tolerance=0.01,
            signals=("picture_unsteadiness",),
            upper=1.0,
            min_fps=MIN_FPS,
        ),
        lambda track: tuple(blends(track)),
        "every second picture is a blend of its neighbours",
        upper=MAX_BLENDED,
    ),
    Gate(
        _fault(
            "coarse_encoding",
            "coarseness of the encoding",
            "QP",
            "Mean quantiser of H.264, without B-pictures: 6 more round twice as coarsely.",
            compute=coarseness,
            tolerance=0.5,
            signals=("quantiser",),
            upper=51.0,
        ),
        lambda track: tuple(coarse(track)),
        "the picture is encoded too coarsely",
        upper=MAX_QUANTISER,
    ),
    Gate(
        _fault(
            "repeated_movement",
            "movement that repeats itself",
            "share",
            "Share of the time that lies in a second of movement which comes back within a minute, "
            "forwards or backwards, with a difference below a quarter of its own movement.",
            compute=repeated,
            tolerance=0.01,
            signals=(
                *("pose_Rx", "pose_Ry", "pose_Rz", "head_x", "head_y", "mouth_opening"),
                *("mouth_width", "brow_height_right", "brow_height_left"),
                *("lid_opening_right", "lid_opening_left"),
            ),
            upper=1.0,
            min_fps=MIN_FPS,
        ),
        lambda track: tuple(repeats(track)),
        "the same movement comes again",
        upper=MAX_REPEATED,
    ),
    Gate(
        _fault(
            "face_inside",
            "time in which the whole face is in the picture",
            "share",
            "Share of the time in which mouth, eyes and brows lie in the picture, each with nine "
            "tenths of its points.",
            compute=inside,
            tolerance=0.01,
            signals=INSIDE,
            upper=1.0,
        ),
        lambda track: tuple(outside(track)),
        "a part of the face is outside of the picture",
        lower=MIN_INSIDE,
    ),
    Gate(
        _fault(
            "second_face",
            "longest time with a second face",
            "s",
            "Longest time for which another face is in the picture, at least a third as wide.",
            compute=longest_second,
            types=ONE_PERSON,
            tolerance=0.04,
            signals=("other_faces",),
        ),
        lambda track: tuple(second_faces(track)),
        "a second face is in the picture",
        upper=MAX_SECOND,
    ),
)
"""Every fault that is looked for, in the order in which a report lists them."""
