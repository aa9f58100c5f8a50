"""Where the mesh looks for a face: from a detection, then from the face's own last mesh.

Both as MediaPipe's Face Landmarker does it, so that the network sees what it was trained on.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe.crops import Region
from shared.engines.mediapipe.detector import Detection

_MARGIN: Final = 1.5  # side of the region in sides of the face's box
_RIGHT_EYE: Final = 33  # outer corners of the eyes
_LEFT_EYE: Final = 263


@dataclass(frozen=True, slots=True)
class Box:
    """A face in the picture, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: "Box") -> float:
        """Intersection over union."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        both = width * height
        return both / (self.area + other.area - both)

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)


def from_detection(found: Detection) -> Region:
    """The region to try for a face that was just found."""
    (right_x, right_y), (left_x, left_y) = found.right_eye, found.left_eye
    return Region(
        x=found.left + found.width / 2,
        y=found.top + found.height / 2,
        side=_MARGIN * max(found.width, found.height),
        angle=math.atan2(left_y - right_y, left_x - right_x),
    )


def from_mesh(points: NDArray[np.float32], box: Box) -> Region:
    """The region for the next picture of a face whose mesh in the last one is `points`."""
    eyes = points[_LEFT_EYE] - points[_RIGHT_EYE]
    return Region(
        x=(box.left + box.right) / 2,
        y=(box.top + box.bottom) / 2,
        side=_MARGIN * max(box.right - box.left, box.bottom - box.top),
        angle=math.atan2(float(eyes[1]), float(eyes[0])),
    )


def box_of(points: NDArray[np.float32]) -> Box:
    places = points[:, :2].T.copy()  # two long rows are read faster than many short ones
    left, top = places.min(axis=1).tolist()
    right, bottom = places.max(axis=1).tolist()
    return Box(left, top, right, bottom)
