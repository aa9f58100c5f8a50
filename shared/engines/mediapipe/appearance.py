"""What the pixels of a face say beyond its mesh: furrows of the forehead, and sharpness.

A mesh hardly shows brows that are drawn together (AU04); the furrows between them, by which a FACS
coder sees it, are there in the picture. Cost: some 50 microseconds a face.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_SHARPNESS_SIDE: Final = 64  # pixels of the patch in which sharpness is measured

# The forehead as a patch of one pixel per unit, laid on the inner corners of the eyes and the top
# of the forehead, which furrows do not move.
_ANCHORS: Final = (133, 362, 10)
_ANCHOR_PLACES: Final = ((-19.71, -0.35), (19.71, -0.35), (0.0, 47.93))  # as in `alignment`
_LEFT, _TOP, _WIDTH, _HEIGHT = -40.0, 52.0, 80, 46  # of the patch [units]
_PATCH: Final = np.array([(x - _LEFT, _TOP - y) for x, y in _ANCHOR_PLACES], dtype=np.float32)
_BETWEEN_BROWS: Final = (slice(22, 46), slice(26, 54))  # rows, columns of the patch
_FOREHEAD: Final = (slice(0, 22), slice(0, 80))
_DARK: Final = 8.0  # added to brightness, so that shadow is no contrast


@dataclass(frozen=True, slots=True)
class Appearance:
    sharpness: float  # variance of the Laplacian of the face at 64 x 64 pixels [levels^2]
    brow_furrows: float  # mean change of brightness across the face between the brows [% / unit]
    forehead_lines: float  # mean change of brightness down the forehead [% / unit]


def appearance(picture: Picture, points: NDArray[np.float32]) -> Appearance:
    """Of the face with the mesh `points` (478, 3) [pixels]; zeros outside of the picture."""
    height, width = picture.shape[:2]
    left, top = np.maximum(points[:, :2].min(axis=0), 0).astype(int).tolist()
    right, bottom = points[:, :2].max(axis=0).astype(int).tolist()
    right, bottom = min(width, right), min(height, bottom)
    if right - left < 2 or bottom - top < 2:
        return Appearance(0.0, 0.0, 0.0)
    green = np.ascontiguousarray(picture[top:bottom, left:right, 1])
    anchors = points[_ANCHORS, :2] - np.array((left, top), dtype=np.float32)
    patch = cv2.warpAffine(
        green,
        cv2.getAffineTransform(_PATCH, anchors),
        (_WIDTH, _HEIGHT),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.float32)
    return Appearance(
        _sharpness(green),
        _change(patch[_BETWEEN_BROWS], axis=1),
        _change(patch[_FOREHEAD], axis=0),
    )


def _sharpness(green: NDArray[np.uint8]) -> float:
    side = (_SHARPNESS_SIDE, _SHARPNESS_SIDE)
    small = cv2.resize(green, side, interpolation=cv2.INTER_LINEAR)
    _, deviation = cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_32F))
    return float(deviation[0, 0]) ** 2


def _change(patch: NDArray[np.float32], axis: int) -> float:
    step = np.abs(np.diff(patch, axis=axis)).mean()
    return float(100.0 * step / (patch.mean() + _DARK))
