"""The named signals of a frame and face, beside the Action Units.

`pose_*` are OpenFace's, with its signs. Distances are in units of the alignment: the outer corners
of the eyes are 100 apart. Right and left are the person's own.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe import measures
from shared.engines.mediapipe.records import Records

NAMES: Final[tuple[str, ...]] = (
    "pose_Tx", "pose_Ty", "pose_Tz",  # [mm] from the camera: right, down, away
    "pose_Rx", "pose_Ry", "pose_Rz",  # [rad]: down, to the left of the picture, clockwise
    "face_x", "face_y", "face_w", "face_h",  # box of the mesh [pixels]
    "eye_distance",  # between the outer corners, as if seen from the front [pixels]
    "sharpness",  # variance of the Laplacian of the face at 64 x 64 pixels
    "lip_opening",
    "eye_opening_right", "eye_opening_left",
    "brow_eye_right", "brow_eye_left",
    "asymmetry_smile",  # right minus left, as AU12
    "asymmetry_cheek",  # right minus left, as AU06
)  # fmt: skip


def _column(records: Records, name: str) -> NDArray[np.float32]:
    column: NDArray[np.float32] = records["measures"][:, measures.NAMES.index(name)]
    return column


def of(records: Records) -> NDArray[np.float64]:
    """(n, len(NAMES)) signals of `n` records of faces."""

    def difference(name: str) -> NDArray[np.float32]:
        return _column(records, f"{name}_right") - _column(records, f"{name}_left")

    return np.column_stack(
        (
            records["translation"],
            records["rotation"],
            records["box"],
            records["eye_distance"],
            records["sharpness"],
            _column(records, "lip_gap"),
            _column(records, "lid_gap_right"),
            _column(records, "lid_gap_left"),
            _column(records, "middle_brow_right"),
            _column(records, "middle_brow_left"),
            difference("corner_width") + difference("corner_height"),
            difference("cheek_height"),
        )
    ).astype(np.float64)
