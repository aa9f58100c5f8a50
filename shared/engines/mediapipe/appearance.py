"""What the pixels of a face say beyond its mesh: furrows of the forehead, and sharpness.

A mesh hardly shows brows that are drawn together (AU04); the furrows between them, by which a FACS
coder sees it, are there in the picture. Cost: some 50 microseconds a face.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe.regions import Box
from shared.media.pictures import Picture

_SMALL_SIDE: Final = 64  # pixels of the small face in which sharpness and colour are measured

# The forehead as a patch of one pixel per unit, laid on the inner corners of the eyes and the top
# of the forehead, which furrows do not move.
_ANCHORS: Final = np.array((133, 362, 10))
_ANCHOR_PLACES: Final = ((-19.71, -0.35), (19.71, -0.35), (0.0, 47.93))  # as in `alignment`
_LEFT, _TOP, _WIDTH, _HEIGHT = -40.0, 52.0, 80, 46  # of the patch [units]
_PATCH: Final = np.array([(x - _LEFT, _TOP - y) for x, y in _ANCHOR_PLACES], dtype=np.float32)
_BETWEEN_BROWS: Final = (slice(22, 46), slice(26, 54))  # rows, columns of the patch
_FOREHEAD: Final = (slice(0, 22), slice(0, 80))
_GREEN: Final = 1
_DARK: Final = 8.0  # added to brightness, so that shadow is no contrast


@dataclass(frozen=True, slots=True)
class Patches:
    """What is cut out of a picture for one face (16 kB)."""

    forehead: NDArray[np.uint8]  # (_HEIGHT, _WIDTH)
    face: Picture  # (_SMALL_SIDE, _SMALL_SIDE, 3)


@dataclass(frozen=True, slots=True)
class Appearance:
    sharpness: float  # variance of the Laplacian of the face at 64 x 64 pixels [levels^2]
    brow_furrows: float  # mean change of brightness across the face between the brows [% / unit]
    forehead_lines: float  # mean change of brightness down the forehead [% / unit]
    colour: tuple[float, float, float]  # mean of the face's box [levels of red, green, blue]


def cut_out(picture: Picture, points: NDArray[np.float32], box: Box) -> Patches | None:
    """Of the face with the mesh `points` (478, 3) in `box`; None outside of the picture.

    Only the green channel counts, but OpenCV reads the three of a part of the picture faster than
    numpy copies one of them.
    """
    height, width = picture.shape[:2]
    left, top = max(0, int(box.left)), max(0, int(box.top))
    right, bottom = min(width, int(box.right)), min(height, int(box.bottom))
    if right - left < 2 or bottom - top < 2:
        return None
    face = picture[top:bottom, left:right]
    anchors = points[_ANCHORS, :2] - np.array((left, top), dtype=np.float32)
    patch = cv2.warpAffine(
        face,
        cv2.getAffineTransform(_PATCH, anchors),
        (_WIDTH, _HEIGHT),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    side = (_SMALL_SIDE, _SMALL_SIDE)
    return Patches(
        np.asarray(cv2.extractChannel(patch, _GREEN), np.uint8),
        np.asarray(cv2.resize(face, side, interpolation=cv2.INTER_LINEAR), np.uint8),
    )


def appearance(patches: Patches | None) -> Appearance:
    """Zeros where there is nothing."""
    if patches is None:
        return Appearance(0.0, 0.0, 0.0, (0.0, 0.0, 0.0))
    between, forehead = patches.forehead[_BETWEEN_BROWS], patches.forehead[_FOREHEAD]
    red, green, blue, _ = cv2.mean(patches.face)
    return Appearance(
        _sharpness(patches.face),
        _change(between, between[:, 1:], between[:, :-1]),
        _change(forehead, forehead[1:], forehead[:-1]),
        (red, green, blue),
    )


def _sharpness(small: Picture) -> float:
    edges = cv2.Laplacian(cv2.extractChannel(small, _GREEN), cv2.CV_16S)
    _, deviation = cv2.meanStdDev(edges)
    return float(deviation[0, 0]) ** 2


def _change(patch: Picture, after: Picture, before: Picture) -> float:
    """Mean step between neighbours, in % of the mean brightness."""
    step = cv2.norm(after, before, cv2.NORM_L1) / after.size
    return float(100.0 * step / (cv2.mean(patch)[0] + _DARK))
