"""The rows of a file as numpy arrays: what checking and `COPY` work on."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.measurements.action_units import INTENSITIES, PRESENCES
from shared.measurements.csv.dialects import Dialect
from shared.measurements.model import Row

Matrix = NDArray[np.float64]

PRESENT_FROM = 0.5
"""py-feat gives probabilities only: from here on an Action Unit counts as present."""

_BITS = 1 << np.arange(len(PRESENCES))


@dataclass(frozen=True, slots=True)
class Block:
    """Some thousand rows, in order of (frame, face). All arrays have one item per row."""

    frames: NDArray[np.int32]  # from 1
    faces: NDArray[np.int32]  # from 0
    timestamps: Matrix  # [s]
    confidences: Matrix  # 0..1
    successes: NDArray[np.bool_]
    intensities: Matrix  # rows x 17, in the order of action_units.INTENSITIES
    presences: NDArray[np.int32]  # bit masks over action_units.PRESENCES
    signals: Matrix  # rows x len(Dialect.signals); NaN where not measured

    def __len__(self) -> int:
        return len(self.frames)

    def of_face(self, face: int) -> "Block":
        """The rows of one face, which is numbered 0 in them; there may be none."""
        rows = self.faces == face
        return Block(
            self.frames[rows],
            np.zeros(np.count_nonzero(rows), np.int32),
            self.timestamps[rows],
            self.confidences[rows],
            self.successes[rows],
            self.intensities[rows],
            self.presences[rows],
            self.signals[rows],
        )

    def rows(self) -> Iterator[Row]:
        columns = (
            self.frames.tolist(),
            self.faces.tolist(),
            self.timestamps.tolist(),
            self.confidences.tolist(),
            self.successes.tolist(),
            self.intensities.tolist(),
            self.presences.tolist(),
            self.signals.tolist(),
        )
        return (Row(*values) for values in zip(*columns, strict=True))


def openface_block(matrix: Matrix, dialect: Dialect, threshold: float) -> Block:
    """Checked rows of an OpenFace dialect. `success` needs the stated confidence as well.

    Images have no `success` and still hold values where the confidence is near 0: the threshold
    alone decides. What a row without success holds is kept as it is.
    """
    confidences = _column(matrix, dialect, "confidence")
    presences = matrix[:, dialect.at(*(f"{au}_c" for au in PRESENCES))]
    signals = matrix[:, dialect.at(*dialect.signals)]
    return Block(
        frames=_column(matrix, dialect, "frame", 1.0).astype(np.int32),
        faces=_column(matrix, dialect, "face", 0.0).astype(np.int32),
        timestamps=_column(matrix, dialect, "timestamp", 0.0),
        confidences=confidences,
        successes=(_column(matrix, dialect, "success", 1.0) == 1.0) & (confidences >= threshold),
        intensities=matrix[:, dialect.at(*(f"{au}_r" for au in INTENSITIES))],
        presences=(presences @ _BITS).astype(np.int32),
        signals=signals,
    )


def pyfeat_block(
    matrix: Matrix, faces: NDArray[np.int32], seen: NDArray[np.bool_], threshold: float
) -> Block:
    """Checked rows of py-feat. `matrix` is frame, confidence and the 18 of PRESENCES.

    Frames are counted from 0 there. Times are given, if at all, as text in whole seconds
    (`approx_time`), which is too coarse to be of use: 0 here.
    """
    confidences = matrix[:, 1]
    units = matrix[:, 2:]
    present = units >= PRESENT_FROM
    return Block(
        frames=matrix[:, 0].astype(np.int32) + 1,
        faces=faces,
        timestamps=np.zeros(len(matrix)),
        confidences=confidences,
        successes=seen & (confidences >= threshold),
        intensities=units[:, [PRESENCES.index(au) for au in INTENSITIES]],
        presences=(present @ _BITS).astype(np.int32),
        signals=np.empty((len(matrix), 0)),
    )


def _column(matrix: Matrix, dialect: Dialect, key: str, default: float = 0.0) -> Matrix:
    places = dialect.at(key)
    return matrix[:, places[0]] if places else np.full(len(matrix), default)
