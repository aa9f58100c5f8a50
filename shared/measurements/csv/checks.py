"""What a row must be, beyond being numbers: ranges, and order among the rows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.measurements.csv.blocks import Block, Matrix
from shared.measurements.csv.dialects import Column
from shared.measurements.csv.errors import MAX_ERRORS, Findings
from shared.measurements.model import Options
from shared.platform.errors import Code, MediaError


class Ranges:
    """Every value within what its column allows; NaN and infinity are not."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._low = np.array([column.low for column in columns])
        self._high = np.array([column.high for column in columns])
        self._whole = np.array([column.whole for column in columns])
        self._optional = np.array([column.optional for column in columns])

    def good(
        self, matrix: Matrix, numbers: Sequence[int], findings: Findings
    ) -> NDArray[np.bool_] | None:
        """Which rows are good; None where all of them are."""
        bad = ~((matrix >= self._low) & (matrix <= self._high))
        bad[:, self._whole] |= matrix[:, self._whole] != np.floor(matrix[:, self._whole])
        bad[:, self._optional] = False
        rows = bad.any(axis=1)
        if not rows.any():
            return None
        for row in np.flatnonzero(rows)[:MAX_ERRORS].tolist():
            place = int(bad[row].argmax())
            column = self._columns[place]
            value = float(matrix[row, place])
            findings.add(
                numbers[row],
                f"{column.name} is {value:.6g}; it must be {column.says}.",
            )
        good: NDArray[np.bool_] = np.logical_not(rows)
        return good


class Order:
    """Rows ascending by (frame, face), times not going back, and no more rows than allowed."""

    def __init__(self, options: Options, faces_per_frame: int) -> None:
        self._max_frames = options.max_frames
        self._faces_per_frame = faces_per_frame
        self._frame = -1
        self._face = -1
        self._time = 0.0
        self._in_frame = 0  # rows of the present frame so far
        self._frames = 0

    def places(self, frames: NDArray[np.int32]) -> NDArray[np.int32]:
        """The place of each row within its frame, from 0: a face's number where none is given.

        Only valid for the block that `check` is called with next.
        """
        fresh = np.diff(frames, prepend=self._frame) != 0
        index = np.arange(len(frames))
        starts = np.maximum.accumulate(np.where(fresh, index, -self._in_frame))
        result: NDArray[np.int32] = (index - starts).astype(np.int32)
        return result

    def check(self, block: Block, numbers: Sequence[int], findings: Findings) -> None:
        frames, faces, times = block.frames, block.faces, block.timestamps
        steps = np.diff(frames.astype(np.int64), prepend=self._frame)
        turns = np.diff(faces.astype(np.int64), prepend=self._face)
        delays = np.diff(times, prepend=self._time)
        same = steps == 0
        bad = (steps < 0) | (same & (turns <= 0)) | (delays < 0)
        for row in np.flatnonzero(bad)[:MAX_ERRORS].tolist():
            findings.add(
                numbers[row],
                _disorder(
                    int(frames[row]),
                    int(faces[row]),
                    frame_before=int(frames[row] - steps[row]),
                    face_before=int(faces[row] - turns[row]),
                ),
            )
        self._count(frames, same, numbers)
        self._frame, self._face, self._time = int(frames[-1]), int(faces[-1]), float(times[-1])

    def _count(
        self, frames: NDArray[np.int32], same: NDArray[np.bool_], numbers: Sequence[int]
    ) -> None:
        places = self.places(frames)
        self._frames += int(np.count_nonzero(~same))
        self._in_frame = int(places[-1]) + 1
        if self._frames > self._max_frames:
            raise MediaError(
                Code.VIDEO_TOO_LONG,
                f"The CSV has more than {self._max_frames:,} frames. Send it in parts.",
            )
        if places.max() >= self._faces_per_frame:
            row = int(np.argmax(places >= self._faces_per_frame))
            raise MediaError(
                Code.INVALID_CSV,
                f"Line {numbers[row]}: frame {frames[row]} has more than {self._faces_per_frame} "
                "rows, one per face. Keep the faces that matter.",
            )


def _disorder(frame: int, face: int, *, frame_before: int, face_before: int) -> str:
    if frame < frame_before:
        return f"Frame {frame} comes after frame {frame_before}; sort the rows by frame."
    if frame == frame_before and face == face_before:
        return f"Frame {frame} has face {face} twice."
    if frame == frame_before and face < face_before:
        return f"Face {face} of frame {frame} comes after face {face_before}; sort the rows."
    return "The timestamp is lower than that of the row before."
