"""Faults that need no learning: a face that is absent, that stands still, that repeats itself.

Each is a measure with a limit of its own, which no real recording of ours breaks, and says when.
Where an engine does not give what a gate looks at, the gate is not measured and nothing is said.

    still picture   the face's picture hardly differs from the one before (`picture_change`); a
                    picture is shown from when it comes to when the next one does
    blended         every second or third picture is all but the mean of its neighbours
    disorder        the head goes back and forth from picture to picture
    uneven          the head goes in long and short steps in turn: every third picture is missing
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

from shared.analysis import disorder, liveliness, pacing, repetition
from shared.analysis import picture_faults as pictures
from shared.analysis.even import RATE
from shared.analysis.measures import ONE_PERSON, Group, Measure
from shared.analysis.series import Bools, Floats32, runs
from shared.analysis.statistics import Extreme, Mean, NotMeasured, Statistic
from shared.analysis.track import Span, Track

MIN_FPS: Final = 20.0
INSIDE: Final = ("inside_mouth", "inside_eyes", "inside_brows")
WHOLE: Final = 0.9  # of a part's points, from which it counts as inside the picture


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
    times = np.append(track.even.times, track.even.times[-1] + 1 / RATE)
    for start, stop in runs(marked):
        yield float(times[start]), float(times[stop])


def _movements(track: Track) -> list[Floats32]:
    """[samples] each in units of what a face usually does with it."""
    return [(signal / usual).astype(np.float32) for of, usual in _USUAL for signal in of(track)]


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
        times, covers = track.times[stretch], track.covers[stretch]
        for start, stop in runs(marked[stretch]):
            yield float(times[start]), float(times[stop - 1] + covers[stop - 1])


def _whole(track: Track) -> Bools:
    parts = np.column_stack([track.signals[name] for name in INSIDE])
    whole: Bools = np.all(~(parts < WHOLE), axis=1)
    return whole


MIN_VISIBLE: Final = 0.9
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
            compute=pictures.longest_still,
            tolerance=0.04,
            signals=("picture_change", "face_brightness"),
            min_fps=MIN_FPS,
        ),
        lambda track: tuple(pictures.stills(track)),
        "the picture stands still",
        upper=pictures.MAX_STILL,
    ),
    Gate(
        _fault(
            "new_pictures",
            "new pictures of the face",
            "1/s",
            "Pictures a second that differ from the one before.",
            compute=pictures.new_pictures,
            tolerance=1.0,
            signals=("picture_change", "face_brightness"),
            min_fps=MIN_FPS,
        ),
        lambda track: tuple(pictures.slow(track)),
        "pictures are shown more than once",
        lower=pictures.MIN_PICTURES,
    ),
    Gate(
        _fault(
            "blended_pictures",
            "time with blended pictures",
            "share",
            "Share of the windows of 3 s in which every second or third picture of the face is all "
            "but the mean of its neighbours: less than .55 times as far from it as the others.",
            compute=pictures.blended,
            tolerance=0.01,
            signals=("picture_unsteadiness", "picture_change", "face_brightness"),
            upper=1.0,
            min_fps=MIN_FPS,
        ),
        lambda track: tuple(pictures.blends(track)),
        "pictures are blends of their neighbours",
        upper=pictures.MAX_BLENDED,
    ),
    Gate(
        _fault(
            "disordered_pictures",
            "time with pictures out of order",
            "share",
            "Share of the windows of 3 s in which the head goes back and forth from picture to "
            "picture: its steps' correlation at two pictures is above that at one by 0.8.",
            compute=pictures.disordered,
            tolerance=0.01,
            signals=(*disorder.SIGNALS, "picture_change", "face_brightness"),
            upper=1.0,
            min_fps=MIN_FPS,
        ),
        lambda track: tuple(pictures.disorders(track)),
        "pictures come in the wrong order",
        upper=pictures.MAX_DISORDERED,
    ),
    Gate(
        _fault(
            "uneven_steps",
            "time with uneven steps",
            "share",
            "Share of the windows of 3 s in which the head goes in long and short steps in turn, "
            "the long ones 1.3 times as long or more: every third picture is missing. At 24 "
            "pictures a second 1.7 times, for what was taken at 60 goes by two and three.",
            compute=pictures.uneven,
            tolerance=0.01,
            signals=(*sum(pacing.PLACES, ()), "picture_change", "face_brightness"),
            upper=1.0,
            min_fps=MIN_FPS,
        ),
        lambda track: tuple(pictures.unevens(track)),
        "the movement goes in long and short steps in turn",
        upper=pictures.MAX_UNEVEN,
    ),
    Gate(
        _fault(
            "coarse_encoding",
            "coarseness of the encoding",
            "QP",
            "Mean quantiser of H.264, without B-pictures: 6 more round twice as coarsely.",
            compute=pictures.coarseness,
            tolerance=0.5,
            signals=("quantiser",),
            upper=51.0,
        ),
        lambda track: tuple(pictures.coarse(track)),
        "the picture is encoded too coarsely",
        upper=pictures.MAX_QUANTISER,
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
