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

from shared.engines.mediapipe import edges, intensities, scenes, signals, validity
from shared.engines.mediapipe.confidence import confidence, turn
from shared.engines.mediapipe.facial_movement import FacialMovement
from shared.engines.mediapipe.identity import Census, Track
from shared.engines.mediapipe.intensities import NeutralEstimate
from shared.engines.mediapipe.records import Records, read_blocks, read_summary
from shared.measurements.action_units import INTENSITIES
from shared.measurements.model import Row, Validity
from shared.media.clip import Damage

Array = NDArray[np.float64]

_NO_FACE_VALUES: Final = (0.0,) * len(INTENSITIES)
_LEAST_OTHER: Final = 1 / 3
"""Width of another face relative to a face, from which it is beside it and not in the background:
on a shirt, a poster, at the back of a room."""

_NO_SIGNALS: Final = (float("nan"),) * len(signals.NAMES)


@dataclass(frozen=True, slots=True)
class Block:
    """Records with global frame numbers (from 0) and the face each is of (-1: of none)."""

    records: Records
    frames: NDArray[np.int64]
    faces: NDArray[np.int64]
    shots: NDArray[np.int64]  # number of the shot in the clip, from 0
    others: NDArray[np.int64]  # how many other faces the frame has beside each, chosen or not


class Recording:
    """The raw files of a whole media, in order."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self.census = Census()
        self.damage = Damage()
        self._starts: list[int] = []  # global number of each segment's first frame
        self._cut_starts: list[bool] = []  # whether each segment begins with another shot
        last: scenes.Small | None = None
        for segment, path in enumerate(paths):
            summary = read_summary(path)
            self.width, self.height = summary.width, summary.height
            self.damage += summary.damage
            self._starts.append(self.census.frames)
            first = scenes.from_text(summary.first)
            self._cut_starts.append(scenes.is_cut(last, first))
            self.census.begin(cut=self._cut_starts[-1])
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
        known = {
            (track.segment, track.number) for tracks in self.census.faces() for track in tracks
        }
        shot = 0
        for segment, path in enumerate(self._paths):
            shot += self._cut_starts[segment]
            for records in read_blocks(path):
                shots = shot + _cuts(records)
                shot = int(shots[-1])
                of_faces = [numbers.get((segment, t), -1) for t in records["track"].tolist()]
                seen = [(segment, t) in known for t in records["track"].tolist()]
                yield Block(
                    records,
                    records["frame"].astype(np.int64) + self._starts[segment],
                    np.array(of_faces, dtype=np.int64),
                    shots,
                    _others(records, np.array(seen, dtype=np.bool_)),
                )


def _others(records: Records, seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(n,) how many other faces each record's frame has; `seen` (n,) for long enough to be one."""
    result = np.zeros(len(records), dtype=np.int64)
    widths = records["box"][:, 2]
    _, starts, counts = np.unique(records["frame"], return_index=True, return_counts=True)
    several = counts > 1
    for start, count in zip(starts[several].tolist(), counts[several].tolist(), strict=True):
        frame = slice(start, start + count)
        beside = widths[frame] >= _LEAST_OTHER * widths[frame, None]  # [face, other]
        result[frame] = (beside & seen[frame]).sum(axis=1) - seen[frame]
    return result


def _cuts(records: Records) -> NDArray[np.int64]:
    """(n,) how many cuts there are in a block up to each record; a frame's records have one."""
    begins = np.diff(records["frame"].astype(np.int64), prepend=-1) != 0
    result: NDArray[np.int64] = (begins & records["cut"]).cumsum()
    return result


@dataclass(slots=True)
class FaceFacts:
    """What pass 2 finds of one face."""

    neutral: Array  # movements, as `intensities.COLUMNS`
    eye_distance: float  # median over the clip [pixels]
    moving: NDArray[np.float32]  # (good_frames, 2) as `signals.MOVEMENT`; (0, 2) of an image
    validity: dict[str, Validity]
    good_frames: int


def face_facts(
    recording: Recording, faces: Sequence[Sequence[Track]], threshold: float, *, still: bool
) -> list[FaceFacts]:
    """Neutral and validity of every face, from the frames that count."""
    neutrals = [NeutralEstimate() for _ in faces]
    sizes: list[list[Array]] = [[] for _ in faces]
    turns: list[list[Array]] = [[] for _ in faces]
    inside = np.zeros((len(faces), len(edges.PARTS)))  # sums
    moving = [FacialMovement() for _ in faces]
    for block in recording.blocks(faces):
        good = confidence(block.records, still=still) >= threshold
        for face in np.unique(block.faces[good & (block.faces >= 0)]).tolist():
            mine = good & (block.faces == face)
            records = block.records[mine]
            if not still:
                neutrals[face].add(intensities.movements(records, still=False))
                moving[face].add(records["time"], records["moving_points"], block.shots[mine])
            sizes[face].append(records["eye_distance"])
            turns[face].append(turn(records))
            inside[face] += records["inside"].sum(axis=0)
    result = []
    for face in range(len(faces)):
        count = sum(map(len, sizes[face]))
        eye_distance = _median(sizes[face])
        shares = (inside[face] / count if count else np.ones(len(edges.PARTS))).tolist()
        classes = validity.of_face(
            still=still,
            eye_distance=eye_distance,
            turn=_median(turns[face]),
            inside=dict(zip(edges.PARTS, shares, strict=True)),
        )
        neutral, movement = neutrals[face].result(), moving[face].result()
        result.append(FaceFacts(neutral, eye_distance, movement, classes, count))
    return result


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
    seen = [0] * len(facts)  # good frames of each face so far
    for before, block, after in _with_neighbours(recording.blocks(faces)):
        sure = confidence(block.records, still=still)
        moving = _moving(block, sure >= threshold, facts, seen)
        values = _values(before, block, after, facts, still=still)
        values[~(sure > 0)] = 0.0
        eye_distance = np.array([face.eye_distance or np.nan for face in facts])[block.faces]
        named = signals.of(block.records, values, moving, eye_distance, block.others)
        yield from _emit(block, values, named, sure, threshold)


def _with_neighbours(
    blocks: Iterator[Block],
) -> Iterator[tuple[Block | None, Block, Block | None]]:
    before: Block | None = None
    current = next(blocks, None)
    while current is not None:
        after = next(blocks, None)
        yield before, current, after
        before, current = current, after


def _moving(
    block: Block, good: NDArray[np.bool_], facts: Sequence[FaceFacts], seen: list[int]
) -> Array:
    """(n, 2) the movement of the faces at a block's records; NaN where it is not known.

    `seen` counts each face's good frames, from block to block.
    """
    result = np.full((len(good), len(signals.MOVEMENT)), np.nan)
    for face, known in enumerate(facts):
        places = np.flatnonzero(good & (block.faces == face))
        values = known.moving[seen[face] : seen[face] + len(places)]
        result[places[: len(values)]] = values  # an image has none
        seen[face] += len(places)
    return result


def _values(
    before: Block | None,
    block: Block,
    after: Block | None,
    facts: Sequence[FaceFacts],
    *,
    still: bool,
) -> Array:
    """(n, len(intensities.COLUMNS)) intensities of a block's records, smoothed over its edges."""
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
    neutral = np.array([face.neutral for face in facts])[block.faces]
    return intensities.intensities(moved[start : start + len(block.faces)], neutral)


def _edge(block: Block, end: int) -> Block:
    """The records of the first (0) or last (-1) frame of a block."""
    at = block.frames == block.frames[end]
    return Block(
        block.records[at], block.frames[at], block.faces[at], block.shots[at], block.others[at]
    )


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
    block: Block,
    values: Array,
    named: Array,
    sure: Array,
    threshold: float,
) -> Iterator[Row]:
    masks = intensities.presences(values, block.records)
    units = values[:, : len(INTENSITIES)]
    order = np.lexsort((block.faces, block.frames))
    lists = zip(
        (block.frames[order] + 1).tolist(),
        block.faces[order].tolist(),
        block.records["time"][order].tolist(),
        sure[order].tolist(),
        units[order].tolist(),
        masks[order].tolist(),
        named[order].tolist(),
        strict=True,
    )
    pending: Row | None = None  # the row of a frame without a face, until a face is seen in it
    for frame, face, time, certainty, strengths, mask, others in lists:
        if pending is not None and pending.frame != frame:
            yield pending
            pending = None
        if face < 0:
            pending = Row(frame, 0, time, 0.0, False, _NO_FACE_VALUES, 0, _NO_SIGNALS)
        else:
            pending = None
            yield Row(frame, face, time, certainty, certainty >= threshold, strengths, mask, others)
    if pending is not None:
        yield pending
