"""Finds the faces of a picture thoroughly: in tiles that overlap.

The detector sees 192 x 192 pixels, whatever it is given: in a large picture a small face is lost,
and in a crowd one face outshines its neighbours. Of a collage of 16 faces it finds 8 in the whole
picture and all in tiles of half its size.
"""

import math
from dataclasses import replace
from typing import Final

from shared.engines.mediapipe.detector import Detection, FaceDetector
from shared.pictures import Picture

_TILE: Final = 480  # pixels, at most: a face of 24 pixels is then 10 for the detector
_TILE_OVERLAP: Final = 0.25  # of a tile: no face of this size is cut by all of them


def detect_in_tiles(detector: FaceDetector, picture: Picture) -> list[Detection]:
    """The faces in all tiles; a face that two of them show is there twice."""
    height, width = picture.shape[:2]
    side = min(_TILE, math.ceil(max(height, width) / 2))
    found = []
    for top in _starts(height, side):
        for left in _starts(width, side):
            tile = picture[top : top + side, left : left + side]
            found += [_moved(each, left, top) for each in detector.detect(tile)]
    return found


def _starts(length: int, side: int) -> list[int]:
    """Where tiles begin along an axis, so that they overlap and cover it evenly."""
    if length <= side:
        return [0]
    steps = math.ceil((length - side) / (side * (1 - _TILE_OVERLAP)))
    return [round(index * (length - side) / steps) for index in range(steps + 1)]


def _moved(found: Detection, left: int, top: int) -> Detection:
    return replace(
        found,
        left=found.left + left,
        top=found.top + top,
        right_eye=(found.right_eye[0] + left, found.right_eye[1] + top),
        left_eye=(found.left_eye[0] + left, found.left_eye[1] + top),
    )
