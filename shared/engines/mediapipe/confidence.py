"""How sure a frame's values are, 0..1: a product of factors, each 1 for a good view.

    mesh       the network's own belief that the region holds a face
    turn       1 up to 35 degrees between the face and the camera, 0 from 75: beyond it, one half
               of the face is guessed, not seen
    size       1 from 15 pixels between the outer corners of the eyes (a face some 24 wide), 0 at 0
    sharpness  1 for a face with some detail left, falling with blur of more than 5 % of the
               distance between the eyes, at which the mesh begins to slip
    edge       1 for a face that lies inside the picture, less by a quarter for each of mouth, eyes
               and brows that lies outside: there the mesh is guessed. A face without its mouth is
               measured all the same; what rests on the mouth is not (`validity`)
    detector   in a still image only, where one look is all there is: 1 from a score of 0.7, 0 at
               0.4. Patterns that pass for a face have 0.5 to 0.7, faces mostly 0.8 and more

A frame is a success when its confidence reaches `Options.confidence_threshold` (0.7).
`docs/validity.md` shows the same table.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe.records import NO_FACE, Records

Array = NDArray[np.float64]

TURN_FULL: Final = np.radians(35.0)
TURN_NONE: Final = np.radians(75.0)
SIZE_FULL: Final = 15.0  # [pixels]
SHARPNESS_FULL: Final = 25.0  # variance of the Laplacian, see `appearance`
OUTSIDE: Final = 0.25  # for each part of the face
DETECTION_FULL: Final = 0.7
DETECTION_NONE: Final = 0.4


def confidence(records: Records, *, still: bool) -> Array:
    """(n,) confidences; 0 for records without a face."""
    size = _ramp(records["eye_distance"], 0.0, SIZE_FULL)
    sharp = _ramp(np.sqrt(records["sharpness"]), 0.0, np.sqrt(SHARPNESS_FULL))
    turned = _ramp(-turn(records), -TURN_NONE, -TURN_FULL)
    edge = 1.0 - OUTSIDE * (1.0 - records["inside"].astype(np.float64)).sum(axis=1)
    sure = records["score"] * turned * size * sharp * edge
    if still:
        sure = sure * _ramp(records["detection"], DETECTION_NONE, DETECTION_FULL)
    result: Array = np.where(records["track"] != NO_FACE, sure, 0.0).round(4)
    return result


def turn(records: Records) -> Array:
    """(n,) angles between where the face looks and the camera [rad], tilt left aside."""
    pitch, yaw = records["rotation"][:, 0], records["rotation"][:, 1]
    result: Array = np.arccos(np.clip(np.cos(pitch) * np.cos(yaw), -1.0, 1.0)).astype(np.float64)
    return result


def _ramp(value: Array, zero: float, one: float) -> Array:
    """0 at `zero`, 1 at `one`, straight between."""
    result: Array = np.clip((value - zero) / (one - zero), 0.0, 1.0)
    return result
