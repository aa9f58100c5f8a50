"""Which tracks are the same face, over all segments of a clip.

A face that comes back within two seconds at about the same place and size is the same face; so is
one that goes on from the end of a segment to the start of the next. Across a cut of the film it
must be at the same place in the same light. What was seen for a moment only is taken for a mistake
of the networks and dropped.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe.records import NO_FACE, Records

REJOIN_SECONDS: Final = 2.0  # the longest absence after which a face is known by its place
_REJOIN_DISTANCE: Final = 0.75  # between the centres, in widths of the face
_REJOIN_GROWTH: Final = 1.6  # in width, either way
# After a cut to another shot the same place may be another person's: what must agree is stricter.
_CUT_DISTANCE: Final = 0.4
_CUT_GROWTH: Final = 1.5
_CUT_HUE: Final = 0.08  # of the shares of red, green and blue in the face's mean colour
_CUT_BRIGHTNESS: Final = 1.6  # either way; not less, because a light may go on

_FLEETING_SECONDS: Final = 0.3  # seen for less than this, it is a mistake of the networks


Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class _Place:
    time: float
    x: float  # centre [pixels]
    y: float
    width: float
    colour: Colour

    @classmethod
    def of(cls, record: np.void) -> "_Place":
        left, top, width, height = record["box"].tolist()
        return cls(
            float(record["time"]),
            left + width / 2,
            top + height / 2,
            width,
            tuple(record["colour"].tolist()),
        )


@dataclass(slots=True)
class Track:
    """A track of a segment, as far as deciding about it needs."""

    segment: int
    number: int
    first: _Place
    last: _Place
    frames: int = 0
    frames_largest: int = 0
    area: float = 0.0  # sum over frames [pixels^2]


Key = tuple[int, int]  # segment, track


class Census:
    """Collects the tracks of a clip. Feed it the blocks of each segment in order."""

    def __init__(self) -> None:
        self._tracks: dict[Key, Track] = {}
        self._cuts: list[float] = []  # times of the first frames of shots but the first
        self._cut_pending = False
        self.frames = 0
        self.first_time = 0.0
        self.last_time = 0.0

    def begin(self, *, cut: bool) -> None:
        """A segment begins, maybe with another shot."""
        self._cut_pending = cut

    def add(self, segment: int, records: Records) -> None:
        """The next block of a segment."""
        if self.frames == 0:
            self.first_time = float(records["time"][0])
        self.last_time = float(records["time"][-1])
        self.frames += np.unique(records["frame"]).size
        if self._cut_pending:
            self._cuts.append(float(records["time"][0]))
            self._cut_pending = False
        self._cuts += np.unique(records["time"][records["cut"]]).tolist()
        areas = records["box"][:, 2] * records["box"][:, 3]
        largest = _largest_of_frame(records["frame"], areas)
        for number in np.unique(records["track"]).tolist():
            if number == NO_FACE:
                continue
            mine = records["track"] == number
            rows = records[mine]
            key = (segment, number)
            if key not in self._tracks:
                self._tracks[key] = Track(segment, number, _Place.of(rows[0]), _Place.of(rows[-1]))
            track = self._tracks[key]
            track.last = _Place.of(rows[-1])
            track.frames += len(rows)
            track.frames_largest += int(largest[mine].sum())
            track.area += float(areas[mine].sum())

    def faces(self) -> list[list[Track]]:
        """The faces, each as its tracks in order of time, in order of first appearance."""
        groups: list[list[Track]] = []
        recent: list[list[Track]] = []  # those that a track may still go on
        ordered = sorted(self._tracks.values(), key=lambda t: (t.first.time, t.segment, t.number))
        for track in ordered:
            start = track.first
            recent = [g for g in recent if start.time - g[-1].last.time <= REJOIN_SECONDS]
            home = min(
                (group for group in recent if self._same_face(group[-1].last, start)),
                key=lambda group: _distance(group[-1].last, start),
                default=None,
            )
            if home is None:
                home = []
                groups.append(home)
                recent.append(home)
            home.append(track)
        period = (self.last_time - self.first_time) / max(1, self.frames - 1)
        return [group for group in groups if not self._fleeting(group, period)]

    def _same_face(self, before: _Place, after: _Place) -> bool:
        """Whether a track that ended at one place may go on at another."""
        gap = after.time - before.time
        if not 0 < gap <= REJOIN_SECONDS:
            return False
        growth = max(before.width, after.width) / max(1.0, min(before.width, after.width))
        distance = _distance(before, after)
        if bisect_right(self._cuts, before.time) < bisect_right(self._cuts, after.time):
            return (
                growth <= _CUT_GROWTH
                and distance <= _CUT_DISTANCE
                and _same_light(before.colour, after.colour)
            )
        return growth <= _REJOIN_GROWTH and distance <= _REJOIN_DISTANCE

    def _fleeting(self, group: list[Track], period: float) -> bool:
        shown = sum(track.frames for track in group) * period
        return shown < min(_FLEETING_SECONDS, self.frames * period)


def largest(faces: Iterable[list[Track]]) -> list[Track]:
    """The face that is the largest one for the longest time."""
    return max(
        faces,
        key=lambda tracks: (
            sum(track.frames_largest for track in tracks),
            sum(track.area for track in tracks),
        ),
    )


def _largest_of_frame(frames: NDArray[np.uint32], areas: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether each record is the largest of its frame (the first one of equals)."""
    order = np.lexsort((-areas, frames))
    result = np.zeros(len(frames), dtype=bool)
    _, first = np.unique(frames[order], return_index=True)
    result[order[first]] = True
    return result


def _distance(a: _Place, b: _Place) -> float:
    return float(np.hypot(a.x - b.x, a.y - b.y)) / max(a.width, b.width, 1.0)


def _same_light(a: Colour, b: Colour) -> bool:
    bright_a, bright_b = max(sum(a), 1.0), max(sum(b), 1.0)
    if max(bright_a, bright_b) > _CUT_BRIGHTNESS * min(bright_a, bright_b):
        return False
    shares = [(x / bright_a, y / bright_b) for x, y in zip(a, b, strict=True)]
    return all(abs(x - y) <= _CUT_HUE * max(x, y) for x, y in shares)
