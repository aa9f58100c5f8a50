"""Where the mesh looks for a face: from a detection, then from the face's own last mesh.

Both as MediaPipe's `FaceMesh` does it, so that the network sees what it was trained on.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe.graphs import Detection, Region

_MARGIN: Final = 1.5  # side of the region in sides of the face's box
_RIGHT_EYE: Final = 33  # outer corners of the eyes
_LEFT_EYE: Final = 263


def from_detection(found: Detection) -> Region:
    """The region to try for a face that was just found."""
    (right_x, right_y), (left_x, left_y) = found.right_eye, found.left_eye
    return Region(
        x=found.left + found.width / 2,
        y=found.top + found.height / 2,
        side=_MARGIN * max(found.width, found.height),
        angle=math.atan2(left_y - right_y, left_x - right_x),
    )


def from_mesh(points: NDArray[np.float32]) -> Region:
    """The region for the next picture of a face whose mesh in the last one is `points`."""
    left, top = points[:, :2].min(axis=0).tolist()
    right, bottom = points[:, :2].max(axis=0).tolist()
    eyes = points[_LEFT_EYE, :2] - points[_RIGHT_EYE, :2]
    return Region(
        x=(left + right) / 2,
        y=(top + bottom) / 2,
        side=_MARGIN * max(right - left, bottom - top),
        angle=math.atan2(float(eyes[1]), float(eyes[0])),
    )
