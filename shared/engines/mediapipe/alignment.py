"""Head pose out, movement of the face left: rigid alignment of meshes to a reference face.

The reference is what the mesh network (V2) makes of real people at rest, made symmetric: upright,
frontal, eyes open and lips closed; the median of 17 people. `benchmarks/reference_face.py` derives
it anew from clips of them.

Units and axes after alignment: the outer corners of the reference's eyes are 100 units apart;
the origin is midway between them; x to the right in the picture, y up, z towards the camera.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

REFERENCE: Final[dict[int, tuple[float, float, float]]] = {
    # bridge of the nose, and the top of the forehead
    168: (0.00, 2.68, 25.11),
    6: (0.00, -6.62, 29.65),
    197: (0.00, -14.68, 35.12),
    195: (0.00, -22.17, 40.96),
    5: (0.00, -29.99, 46.93),
    10: (0.00, 61.02, 21.53),
    # corners of the eyes
    33: (-50.00, 0.00, 0.00),
    263: (50.00, 0.00, 0.00),
    133: (-19.88, -2.84, 5.82),
    362: (19.88, -2.84, 5.82),
    # temples and sides of the forehead, from the ears up
    234: (-79.67, -17.26, -62.35),
    454: (79.67, -17.26, -62.35),
    127: (-80.16, -0.57, -56.66),
    356: (80.16, -0.57, -56.66),
    162: (-78.48, 16.09, -44.78),
    389: (78.48, 16.09, -44.78),
    21: (-74.54, 29.57, -29.40),
    251: (74.54, 29.57, -29.40),
    103: (-56.20, 51.25, -0.03),
    332: (56.20, 51.25, -0.03),
}
"""Points that no facial muscle moves far: landmark -> place in the reference face."""

_OUTLINE: Final = frozenset({10, 234, 454, 127, 356, 162, 389, 21, 251, 103, 332})
_OUTLINE_WEIGHT: Final = 0.5  # the outline is less certain than eyes and nose

EYE_DISTANCE: Final = 100.0  # between the outer corners [units]
MM_PER_UNIT: Final = 0.9  # outer corners of an adult's eyes: about 90 mm (Farkas, 1994: 88 to 91)


@dataclass(frozen=True, slots=True)
class Aligned:
    """`n` aligned meshes and what the alignment took out."""

    points: NDArray[np.float64]  # (n, 478, 3) [units]
    rotation: NDArray[np.float64]  # (n, 3) [rad]: Rx, Ry, Rz as OpenFace has them
    origin: NDArray[np.float64]  # (n, 2) [pixels]: midway between the outer corners of the eyes
    scale: NDArray[np.float64]  # (n,) [pixels per unit]


_INDICES: Final = np.array(list(REFERENCE))
_FLIP: Final = np.array([1.0, -1.0, -1.0])  # between the picture's axes and the aligned ones
_TARGET: Final = np.array(list(REFERENCE.values())) * _FLIP
_WEIGHTS: Final = np.array([_OUTLINE_WEIGHT if i in _OUTLINE else 1.0 for i in REFERENCE])
_HEIGHTS: Final = -_TARGET[:, 1] + np.average(_TARGET[:, 1], weights=_WEIGHTS)
_TALLEST: Final = 1.3  # times the reference or its inverse; of 17 people, 1.10 and 0.77


def align(meshes: NDArray[np.float32]) -> Aligned:
    """Weighted similarity (Umeyama, 1991) of `meshes` (n, 478, 3) [pixels] to the reference."""
    weights = _WEIGHTS / _WEIGHTS.sum()
    anchors = meshes[:, _INDICES].astype(np.float64)
    centre = np.einsum("p,npk->nk", weights, anchors)
    target_centre = weights @ _TARGET
    target = _TARGET - target_centre
    covariance = np.einsum("p,npi,pj->nij", weights, anchors - centre[:, None], target)
    u, singular, vt = np.linalg.svd(covariance)
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    u[:, :, 2] *= sign[:, None]
    singular[:, 2] *= sign
    rotation = u @ vt  # reference -> picture
    scale = singular.sum(axis=1) / (weights @ (target**2).sum(axis=1))
    origin = centre - scale[:, None] * (rotation @ target_centre)
    points = np.einsum("npi,nij->npj", meshes - origin[:, None], rotation)
    points *= _FLIP / scale[:, None, None]
    return Aligned(points, _angles(rotation), origin[:, :2], scale)


def height(aligned: Aligned) -> NDArray[np.float64]:
    """(n,) how tall each face is beside the reference, for its distance between the eyes.

    By the points that no muscle moves, in least squares. It differs by 8 % (standard deviation over
    17 people), which in a face that is seen only once looks like movement.
    """
    leverage = _WEIGHTS * _HEIGHTS
    tall = aligned.points[:, _INDICES, 1] @ leverage / (leverage @ _HEIGHTS)
    result: NDArray[np.float64] = np.clip(tall, 1 / _TALLEST, _TALLEST)
    return result


def _angles(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rx, Ry, Rz of R = Rx Ry Rz with x right, y down, z away from the camera.

    OpenFace's convention: Rx is positive for a head that looks down, Ry for one that is turned to
    the left in the picture, Rz for one that is tilted clockwise in the picture.
    """
    pitch = np.arctan2(-rotation[:, 1, 2], rotation[:, 2, 2])
    yaw = np.arcsin(np.clip(rotation[:, 0, 2], -1.0, 1.0))
    roll = np.arctan2(-rotation[:, 0, 1], rotation[:, 0, 0])
    return np.stack((pitch, yaw, roll), axis=1)


def translation(aligned: Aligned, width: int, height: int) -> NDArray[np.float64]:
    """Where the head is (n, 3) [mm], for the focal length that OpenFace assumes of a camera."""
    focal = (500 * width / 640 + 500 * height / 480) / 2
    depth = focal * MM_PER_UNIT / aligned.scale
    offset = aligned.origin - np.array((width / 2, height / 2))
    return np.column_stack((offset * (depth / focal)[:, None], depth))
