"""The detector: finds the faces of a picture, without their meshes.

It is the full-range one, which on group pictures finds every face where the short-range detector
finds about half. It sees 192 x 192 pixels, in which a picture of any shape lies between black
bars, and answers for each cell of a grid of 48 x 48 with a score, a box and six key points, all
relative to the middle of the cell. Boxes that overlap are of one face: their mean, weighted by
their scores, is the detection (as in MediaPipe's graph `face_detection_full_range`).
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe import networks
from shared.engines.mediapipe.crops import Cutter, Region
from shared.media.pictures import Picture

DETECTOR_THRESHOLD: Final = 0.5  # low, because the mesh's own score confirms every face

_SIDE: Final = 192  # what the network sees [pixels]
_GRID: Final = 48  # cells along a side
_SAME_FACE_OVERLAP: Final = 0.3  # intersection over union of two boxes
_LEAST_LOGIT: Final = float(np.log(DETECTOR_THRESHOLD / (1 - DETECTOR_THRESHOLD)))

_CENTRES: Final = ((np.indices((_GRID, _GRID)).reshape(2, -1).T[:, ::-1] + 0.5) / _GRID) * _SIDE
"""(2304, 2) x and y of the cells' middles [pixels of what the network sees]."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A face that the detector found, in pixels."""

    left: float
    top: float
    width: float
    height: float
    score: float
    right_eye: tuple[float, float]
    left_eye: tuple[float, float]


class FaceDetector:
    """Finds faces."""

    def __init__(self) -> None:
        self._network = networks.Network(networks.DETECTOR)
        self._cutter = Cutter(_SIDE, black=-1.0, white=1.0)

    def detect(self, picture: Picture) -> list[Detection]:
        """Faces in an RGB picture, the surest first."""
        height, width = picture.shape[:2]
        whole = Region(width / 2, height / 2, max(width, height), 0.0)
        values, logits = self._network.run(partial(self._cutter.cut, picture, whole))
        matrix = whole.to_picture(_SIDE)
        scale, offset = matrix[0, 0], matrix[:, 2]
        return [
            _detection(row[:-1] * scale, offset, float(row[-1]))
            for row in _merged(_candidates(values[0], logits[0, :, 0]))
        ]


def _candidates(values: NDArray[np.float32], logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n, 9): corners of the box, right eye, left eye [pixels of the network's], score."""
    chosen = np.flatnonzero(logits >= _LEAST_LOGIT)
    x, y, width, height = values[chosen, :4].T.astype(np.float64)
    eyes = values[chosen, 4:8] + np.tile(_CENTRES[chosen], 2)
    x, y = x + _CENTRES[chosen, 0], y + _CENTRES[chosen, 1]
    corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return np.column_stack((*corners, eyes, 1 / (1 + np.exp(-logits[chosen].astype(np.float64)))))


def _merged(candidates: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """One row for each face, the surest first; its score is that of its surest candidate."""
    left = candidates[np.argsort(-candidates[:, -1], kind="stable")]
    merged = []
    while len(left):
        same = _overlaps(left, left[0]) > _SAME_FACE_OVERLAP
        same[0] = True  # also a box without an area
        mean = np.average(left[same], axis=0, weights=left[same, -1])
        mean[-1] = left[0, -1]
        merged.append(mean)
        left = left[~same]
    return merged


def _overlaps(boxes: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of each of the boxes with one; 0 where one has no area."""
    sides = np.minimum(boxes[:, 2:4], box[2:4]) - np.maximum(boxes[:, :2], box[:2])
    both = sides.clip(0).prod(axis=1)
    areas = (boxes[:, 2:4] - boxes[:, :2]).clip(0).prod(axis=1)
    union = areas + (box[2:4] - box[:2]).clip(0).prod() - both
    return np.asarray(np.divide(both, union, out=np.zeros_like(both), where=union > 0))


def _detection(places: NDArray[np.float64], offset: NDArray[np.float64], score: float) -> Detection:
    (left, top), (right, bottom), (right_x, right_y), (left_x, left_y) = (
        places.reshape(4, 2) + offset
    ).tolist()
    return Detection(
        left, top, right - left, bottom - top, score, (right_x, right_y), (left_x, left_y)
    )
