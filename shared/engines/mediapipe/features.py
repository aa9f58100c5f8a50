"""Where the features of an aligned face are: mouth, lids, brows, and the points that move.

All in outer-eye distances in the face's own frame (head pose is out), so that neither the size nor
the place of a face in the picture matters; x to the right in the picture, y up.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe.alignment import EYE_DISTANCE, REFERENCE, Aligned

_X, _Y = 0, 1

# the person's right half, then the left; brow and inner-lip points are those of THEval
# (arXiv 2511.04520)
_BROW: Final = (
    (46, 52, 53, 55, 63, 65, 66, 70, 105, 107),
    (276, 282, 283, 285, 293, 295, 296, 300, 334, 336),
)
_EYE_CORNERS: Final = ((33, 133), (263, 362))
_UPPER_LID, _LOWER_LID = (159, 386), (145, 374)
_UPPER_INNER_LIP: Final = (191, 80, 81, 82, 13, 312, 311, 310)
_LOWER_INNER_LIP: Final = (95, 88, 178, 87, 14, 317, 402, 318)
_MOUTH_CORNERS: Final = (61, 291)

NAMES: Final[tuple[str, ...]] = (
    "mouth_opening",  # mean of 8 upper less that of 8 lower inner lip points
    "mouth_width",  # between the corners
    "lid_opening_right",  # upper less lower lid
    "lid_opening_left",
    "brow_height_right",  # over the corners of the eye
    "brow_height_left",
)

MOVING_POINTS: Final[tuple[int, ...]] = (
    *(61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91),  # lips, outside
    *(78, 81, 13, 311, 308, 402, 14, 178),  # and inside
    *_BROW[0],
    *_BROW[1],
    *(159, 158, 160, 145, 153, 144, 386, 385, 387, 374, 380, 373),  # lids
    *(117, 118, 119, 187, 205, 50, 346, 347, 348, 411, 425, 280),  # cheeks
    *(152, 175, 199, 148, 377, 176, 400, 200),  # chin
)
"""72 landmarks that facial muscles move."""

STEPS: Final = 16384  # of a stored point, per eye distance: a hundredth of a mesh's own noise

_ANCHORS: Final = list(REFERENCE)


def features(aligned: Aligned) -> NDArray[np.float32]:
    """(n, len(NAMES)) of `n` aligned meshes [eye distances]."""
    points = aligned.points

    def height(landmarks: tuple[int, ...]) -> NDArray[np.float64]:
        mean: NDArray[np.float64] = points[:, list(landmarks), _Y].mean(axis=1)
        return mean

    corners = points[:, list(_MOUTH_CORNERS), :]
    columns = [
        height(_UPPER_INNER_LIP) - height(_LOWER_INNER_LIP),
        np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1),
        *(
            points[:, upper, _Y] - points[:, lower, _Y]
            for upper, lower in zip(_UPPER_LID, _LOWER_LID, strict=True)
        ),
        *(height(_BROW[side]) - height(_EYE_CORNERS[side]) for side in (0, 1)),
    ]
    return (np.column_stack(columns) / EYE_DISTANCE).astype(np.float32)


def moving_points(aligned: Aligned) -> NDArray[np.int16]:
    """(n, 2 * len(MOVING_POINTS)) x and y of each [1/STEPS eye distances], as they are stored."""
    places = aligned.points[:, list(MOVING_POINTS), :2] * (STEPS / EYE_DISTANCE)
    limits = np.iinfo(np.int16)
    return np.clip(places.round(), limits.min, limits.max).astype(np.int16).reshape(len(places), -1)


def head(meshes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 2) place of the head in the picture [pixels]: the mean of what the alignment rests on.

    `meshes` (n, 478, 3) as the network gives them, before alignment. Steadier than any one point.
    """
    places: NDArray[np.float32] = meshes[:, _ANCHORS, :2].mean(axis=1)
    return places
