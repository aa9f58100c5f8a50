"""The named signals of a frame and face, beside the Action Units of OpenFace's table.

`pose_*` are OpenFace's, with its signs. Distances are in units of the alignment (the outer corners
of the eyes are 100 apart) unless they say otherwise. Right and left are the person's own. A face
has all of them, but for what needs a picture before or frames around it: NaN where it has not.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe import blendshapes, edges, features, intensities, measures
from shared.engines.mediapipe.records import Records
from shared.measurements.action_units import INTENSITIES

Array = NDArray[np.float64]

_UNITS: Final = intensities.COLUMNS[len(INTENSITIES) :]
"""AU18, AU22, and what each half of the face does: intensities 0..5."""

CROP: Final = (
    *("sharpness_face", "sharpness_mouth", "face_brightness"),
    *("picture_change", "picture_unsteadiness"),
)
"""As `face_crop` defines them: ratios, levels 0..255; a track begins without the last two."""

MOVEMENT: Final = ("facial_movement", "fine_facial_movement")
"""As `facial_movement` defines them; only where the face is seen well and for a while."""

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
    "head_x", "head_y",  # place in the picture [the face's median eye distance over the clip]
    "other_faces",  # in the picture, at least a third as wide
    *(f"inside_{part}" for part in edges.PARTS),  # share of its points inside the picture, 0..1
    *features.NAMES,  # mouth, lids and brows [eye distances]
    *MOVEMENT,  # [eye distances]
    *CROP,
    "quantiser",  # of the encoding, 0..51; of H.264, and not of its B-pictures
    *_UNITS,
    *blendshapes.NAMES,  # 0..1
)  # fmt: skip

_SCORE_DECIMALS: Final = 4  # a thirtieth of the steadiest score's noise; keeps the file small
_PLACE_DECIMALS: Final = 5
_FINE_DECIMALS: Final = 6
_QUANTISER_DECIMALS: Final = 1


def _column(records: Records, name: str) -> NDArray[np.float32]:
    column: NDArray[np.float32] = records["measures"][:, measures.NAMES.index(name)]
    return column


def of(
    records: Records,
    values: Array,
    moving: Array,
    eye_distance: Array,
    others: NDArray[np.int64],
) -> Array:
    """(n, len(NAMES)) signals of `n` records of faces.

    `values` (n, len(intensities.COLUMNS)) are their intensities, `moving` (n, len(MOVEMENT)) what
    the frames around them say, `eye_distance` (n,) [pixels] the median of each one's face,
    `others` (n,) how many faces there are beside it.
    """

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
            (records["head"] / eye_distance[:, None]).round(_PLACE_DECIMALS),
            others,
            records["inside"],
            records["features"].astype(np.float64).round(_PLACE_DECIMALS),
            moving.round(_FINE_DECIMALS),
            *(records[name] for name in CROP),
            records["quantiser"].astype(np.float64).round(_QUANTISER_DECIMALS),
            values[:, len(INTENSITIES) :],
            records["blendshapes"].astype(np.float64).round(_SCORE_DECIMALS),
        )
    ).astype(np.float64)
