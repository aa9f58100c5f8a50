"""Cuts in a clip: the moment at which a face in the same place may be another person's.

A cut is a sudden change of the whole picture, seen on a picture of some 16 x 16 pixels. Movement
in front of a still camera stays under 10 levels from frame to frame; cuts between shots change
50 and more.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.media.pictures import Picture

CUT_LEVELS: Final = 25.0  # mean change of the small picture, of 255

_SIDE: Final = 16

Small = NDArray[np.uint8]


def small(picture: Picture) -> Small:
    """Some 16 x 16 x 3 single pixels of the picture: enough, and almost free."""
    height, width = picture.shape[:2]
    down, across = max(1, height // _SIDE), max(1, width // _SIDE)
    return picture[down // 2 :: down, across // 2 :: across].copy()


def is_cut(before: Small | None, after: Small | None) -> bool:
    """Whether two pictures that follow each other are of two shots; not, where one is missing."""
    if before is None or after is None:
        return False
    return cv2.norm(before, after, cv2.NORM_L1) > CUT_LEVELS * after.size


def to_text(picture: Small | None) -> str:
    if picture is None:
        return ""
    height, width, _ = picture.shape
    return f"{height} {width} {picture.tobytes().hex()}"


def from_text(text: str) -> Small | None:
    if not text:
        return None
    height, width, pixels = text.split()
    flat = np.frombuffer(bytes.fromhex(pixels), dtype=np.uint8)
    return flat.reshape(int(height), int(width), 3)
