"""Squares cut out of a picture as a network wants them: upright, scaled, black outside.

One affine warp, bilinear, as MediaPipe does it. Places are continuous: the middle of the first
pixel of a picture is at (0.5, 0.5), and so is that of a crop.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.media.pictures import Picture

_LONGEST: Final = 32_766  # pixels of a side, the most that OpenCV warps


@dataclass(frozen=True, slots=True)
class Region:
    """A rotated square in the picture, in pixels."""

    x: float  # centre
    y: float
    side: float
    angle: float  # [rad], clockwise in the picture

    def to_picture(self, side: int) -> NDArray[np.float64]:
        """(2, 3): from places in the crop of `side` pixels to those in the picture."""
        scale = self.side / side
        across, down = scale * math.cos(self.angle), scale * math.sin(self.angle)
        half = side / 2
        return np.array(
            (
                (across, -down, self.x - half * (across - down)),
                (down, across, self.y - half * (down + across)),
            )
        )


class Cutter:
    """Cuts out squares of one size."""

    def __init__(self, side: int, black: float, white: float) -> None:
        """`side` in pixels; `black` and `white` are what 0 and 255 become."""
        self._size = (side, side)
        self._pixels = np.empty((side, side, 3), dtype=np.uint8)
        self._step = np.float32((white - black) / 255)
        self._black = np.float32(black)

    def cut(self, picture: Picture, region: Region, values: NDArray[np.float32]) -> None:
        """Fill `values` (1, side, side, 3) from a region of an RGB picture."""
        if max(picture.shape[:2]) > _LONGEST:
            picture, region = _in_reach(picture, region)
        matrix = region.to_picture(self._size[0])
        matrix[:, 2] += (matrix[:, 0] + matrix[:, 1] - 1) / 2  # OpenCV counts from pixels' middles
        cv2.warpAffine(
            picture,
            matrix,
            self._size,
            dst=self._pixels,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
        )
        np.multiply(self._pixels, self._step, out=values[0])
        if self._black:
            values += self._black


def _in_reach(picture: Picture, region: Region) -> tuple[Picture, Region]:
    """What the region covers of a picture that is too long, of that every n-th pixel if need be."""
    reach = region.side * math.sqrt(0.5) + 2
    left, top = max(0, int(region.x - reach)), max(0, int(region.y - reach))
    right, bottom = max(0, int(region.x + reach)), max(0, int(region.y + reach))
    part = picture[top:bottom, left:right]
    step = max(1, math.ceil(max(part.shape[:2]) / _LONGEST))
    if not part.size:
        part = np.zeros((1, 1, 3), dtype=np.uint8)
    moved = Region(
        (region.x - left) / step, (region.y - top) / step, region.side / step, region.angle
    )
    return np.ascontiguousarray(part[::step, ::step]), moved
