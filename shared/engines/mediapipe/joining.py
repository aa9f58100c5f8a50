"""From the files of all segments to rows: whose face is whose, its neutral, its Action Units.

Three passes over the files, each in blocks: which tracks are which face (`identity`), each face's
neutral (`intensities`), the rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe import intensities, scenes, signals, validity
from shared.engines.mediapipe.confidence import confidence, turn
from shared.engines.mediapipe.identity import Census, Track
from shared.engines.mediapipe.intensities import NeutralEstimate
from shared.engines.mediapipe.records import Records, read_blocks, read_summary
from shared.measurements.action_units import INTENSITIES
from shared.measurements.model import Row, Validity
from shared.media.clip import Damage

Array = NDArray[np.float64]

_NO_FACE_VALUES: Final = (0.0,) * len(INTENSITIES)
_NO_SIGNALS: Final = (float("nan"),) * len(signals.NAMES)


@dataclass(frozen=True, slots=True)
class Block:
    """Records with global frame numbers (from 0) and the face each is of (-1: of none)."""

    records: Records
    frames: NDArray[np.int64]
    faces: NDArray[np.int64]


class Recording:
    """The raw files of a whole media, in order."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self.census = Census()
        self.damage = Damage()
        self._starts: list[int] = []  # global number of each segment's first frame
        last: scenes.Small | None = None
        for segment, path in enumerate(paths):
            summary = read_summary(path)
            self.width, self.height = summary.width, summary.height
            self.damage += summary.damage
            self._starts.append(self.census.frames)
            first = scenes.from_text(summary.first)
            self.census.begin(cut=scenes.is_cut(last, first))
            for records in read_blocks(path):
                self.census.add(segment, records)
            last = scenes.from_text(summary.last) if summary.last else last

    def blocks(self, faces: Sequence[Sequence[Track]]) -> Iterator[Block]:
        """All records; those of no chosen face with face -1."""
        numbers = {
            (track.segment, track.number): face
            for face, tracks in enumerate(faces)
            for track in tracks
        }
        for segment, path in enumerate(self._paths):
            for records in read_blocks(path):
                of_faces = [numbers.get((segment, t), -1) for t in records["track"].tolist()]
                yield Block(
                    records,
                    records["frame"].astype(np.int64) + self._starts[segment],
                    np.array(of_faces, dtype=np.int64),
                )


@dataclass(slots=True)
class FaceFacts:
    """What pass 2 finds of one face."""

    neutral: Array
    validity: dict[str, Validity]
    good_frames: int


def face_facts(
    recording: Recording, faces: Sequence[Sequence[Track]], threshold: float, *, still: bool
) -> list[FaceFacts]:
    """Neutral and validity of every face, from the frames that count."""
    neutrals = [NeutralEstimate() for _ in faces]
    sizes: list[list[Array]] = [[] for _ in faces]
    turns: list[list[Array]] = [[] for _ in faces]
    for block in recording.blocks(faces):
        good = confidence(block.records, still=still) >= threshold
        for face in np.unique(block.faces[good & (block.faces >= 0)]).tolist():
            records = block.records[good & (block.faces == face)]
            if not still:
                neutrals[face].add(intensities.movements(records, still=False))
            sizes[face].append(records["eye_distance"])
            turns[face].append(turn(records))
    return [
        FaceFacts(
            neutral.result(),
            validity.of_face(still=still, eye_distance=_median(size), turn=_median(turned)),
            sum(map(len, size)),
        )
        for neutral, size, turned in zip(neutrals, sizes, turns, strict=True)
    ]


def _median(parts: list[Array]) -> float:
    return float(np.median(np.concatenate(parts))) if parts else 0.0


def rows(
    recording: Recording,
    faces: Sequence[Sequence[Track]],
    facts: Sequence[FaceFacts],
    threshold: float,
    *,
    still: bool,
) -> Iterator[Row]:
    """The rows in order of (frame, face)."""
    neutral = np.array([face.neutral for face in facts])
    for before, block, after in _with_neighbours(recording.blocks(faces)):
        yield from _rows_of(before, block, after, neutral, threshold, still=still)


def _with_neighbours(
    blocks: Iterator[Block],
) -> Iterator[tuple[Block | None, Block, Block | None]]:
    before: Block | None = None
    current = next(blocks, None)
    while current is not None:
        after = next(blocks, None)
        yield before, current, after
        before, current = current, after


def _rows_of(
    before: Block | None,
    block: Block,
    after: Block | None,
    neutral: Array,
    threshold: float,
    *,
    still: bool,
) -> Iterator[Row]:
    parts = [
        _edge(before, -1) if before is not None else None,
        block,
        _edge(after, 0) if after is not None else None,
    ]
    present = [part for part in parts if part is not None]
    moved = intensities.movements(np.concatenate([p.records for p in present]), still=still)
    frames = np.concatenate([p.frames for p in present])
    owners = np.concatenate([p.faces for p in present])
    moved = smoothed(moved, frames, owners)
    start = 0 if parts[0] is None else len(parts[0].faces)
    mine = slice(start, start + len(block.faces))
    values = intensities.intensities(moved[mine], neutral[block.faces])
    masks = intensities.presences(values, block.records)
    sure = confidence(block.records, still=still)
    values[~(sure > 0)] = 0.0
    return _emit(block, values, masks, sure, threshold)


def _edge(block: Block, end: int) -> Block:
    """The records of the first (0) or last (-1) frame of a block."""
    at = block.frames == block.frames[end]
    return Block(block.records[at], block.frames[at], block.faces[at])


def smoothed(moved: Array, frames: NDArray[np.int64], owners: NDArray[np.int64]) -> Array:
    """Mean over each frame and its neighbours, per face; fewer where a neighbour is missing."""
    result = moved.copy()
    for face in np.unique(owners).tolist():
        if face < 0:
            continue
        places = np.flatnonzero(owners == face)
        series = moved[places]
        total, count = series.copy(), np.ones(len(places))
        adjacent = np.diff(frames[places]) == 1
        total[1:][adjacent] += series[:-1][adjacent]
        total[:-1][adjacent] += series[1:][adjacent]
        count[1:] += adjacent
        count[:-1] += adjacent
        result[places] = total / count[:, None]
    return result


def _emit(
    block: Block, values: Array, masks: NDArray[np.int64], sure: Array, threshold: float
) -> Iterator[Row]:
    order = np.lexsort((block.faces, block.frames))
    lists = zip(
        (block.frames[order] + 1).tolist(),
        block.faces[order].tolist(),
        block.records["time"][order].tolist(),
        sure[order].tolist(),
        values[order].tolist(),
        masks[order].tolist(),
        signals.of(block.records[order]).tolist(),
        strict=True,
    )
    pending: Row | None = None  # the row of a frame without a face, until a face is seen in it
    for frame, face, time, certainty, units, mask, named in lists:
        if pending is not None and pending.frame != frame:
            yield pending
            pending = None
        if face < 0:
            pending = Row(frame, 0, time, 0.0, False, _NO_FACE_VALUES, 0, _NO_SIGNALS)
        else:
            pending = None
            yield Row(frame, face, time, certainty, certainty >= threshold, units, mask, named)
    if pending is not None:
        yield pending
