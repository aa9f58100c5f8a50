"""How much of a face lies inside the picture.

The mesh always has all of its points: those outside of the picture are guessed by the network. The
picture ends at its edge, or before it where black bars surround what was filmed: lines in which no
pixel is brighter than noise. A backdrop as black as that counts as a bar too, up to where the face
or anything else begins.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe.regions import Box
from shared.media.pictures import Picture

_LIPS: Final = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409),
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415),
)
_EYES: Final = (
    *(33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173),
    *(263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398),
)
_BROWS: Final = (
    *(46, 53, 52, 65, 55, 70, 63, 105, 66, 107),
    *(276, 283, 282, 295, 285, 300, 293, 334, 296, 336),
)

PARTS: Final = {"mouth": _LIPS, "eyes": _EYES, "brows": _BROWS}
"""The parts of a face whose Action Units rest on them -> landmarks."""

_WHOLE: Final = (1.0,) * len(PARTS)
_BLACK: Final = 24  # levels; black of compressed video has noise


def visible(picture: Picture) -> Box:
    """Where the picture is, between black bars if there are any, in pixels."""
    height, width = picture.shape[:2]
    lines = picture.reshape(height, width * 3)
    top = bottom = left = right = 0
    if _is_black(picture[0]) or _is_black(picture[-1]):
        brightest = lines.max(axis=1)
        top, bottom = _black(brightest), _black(brightest[::-1])
    if _is_black(picture[:, 0]) or _is_black(picture[:, -1]):
        brightest = lines.max(axis=0).reshape(width, 3).max(axis=1)
        left, right = _black(brightest), _black(brightest[::-1])
    return Box(left, top, width - right, height - bottom)


def _is_black(line: Picture) -> bool:
    """Of a row or column of pixels; looks at the first alone where that one is not."""
    return max(line[0].tolist()) <= _BLACK and bool(line.max() <= _BLACK)


def _black(brightest: NDArray[np.uint8]) -> int:
    """The number of black lines at the beginning; 0 where all are black."""
    return int((brightest > _BLACK).argmax())


def inside(points: NDArray[np.float32], box: Box, seen: Box) -> tuple[float, ...]:
    """Shares, 0..1, of the points of each of `PARTS` that lie within `seen`.

    Of a mesh (478, 3) [pixels] with its box.
    """
    low, high = (seen.left, seen.top), (seen.right, seen.bottom)
    if box.left >= low[0] and box.top >= low[1] and box.right <= high[0] and box.bottom <= high[1]:
        return _WHOLE
    within = np.all((points[:, :2] >= low) & (points[:, :2] <= high), axis=1)
    return tuple(float(within[list(part)].mean()) for part in PARTS.values())
