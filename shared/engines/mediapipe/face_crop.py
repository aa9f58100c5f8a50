"""What the picture of a face shows that its mesh does not: detail, brightness, whether it is new.

The face is cut out upright with `EYES` pixels between the outer corners of its eyes, so that a
number means the same of a close face and a distant one, of 256 lines and of 2160. Larger faces are
first made smaller by area, so that no detail finer than the crop's pixels folds back into it.

    sharpness_face, sharpness_mouth   energy of detail below 1.2 pixels of the crop relative to that
                                      of 1.2 to 4 pixels, over the face, over the lips
    face_brightness                   mean over the face [levels, 0..255]
    picture_change                    mean absolute change over the face from the picture before
                                      [levels]; both cut out in the same place, so a head that moves
                                      changes the picture, and one that is followed does not stand
    picture_unsteadiness              root mean square, over the face, of the picture before less
                                      the mean of its two neighbours [levels]; all three cut out in
                                      one place. What was blended from its neighbours has next to
                                      none

Only the green channel counts. Outside of the picture its edge is repeated. A face that begins (or
begins anew after a cut) has no picture before: its change is NaN, and its
unsteadiness until the third. Cost: a twentieth of a mesh's for a face of 100 pixels between the
eyes.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.media.pictures import Picture

EYES: Final = 56  # pixels of the crop between the outer corners of the eyes
_FINE: Final = 2  # the picture is cut out in twice as many and averaged: fractions of pixels count

_WIDTH, _HEIGHT = 112, 140  # of the crop: 2.0 x 2.5 eye distances
_MIDDLE: Final = (56.0, 42.0)  # where the middle between the eyes comes to lie
_CORNERS: Final = np.array([(x, y) for x in (-1.0, 1.0) for y in (-0.75, 1.75)])
"""Of the crop, from there [eye distances]."""
_MARGIN: Final = 0.1  # [eye distances] more, for the filters
_FACE: Final = (slice(18, 112), slice(20, 92))  # rows, columns: brows to chin, cheek to cheek
_LIPS_WIDTH, _LIPS_HEIGHT = 40, 26

_GREEN: Final = 1
_FINEST: Final = 1.2  # [pixels] standard deviations of the blurs between which detail is told
_COARSEST: Final = 4.0
_NO_DETAIL: Final = 1e-6  # [levels^2] keeps the ratio of an even patch finite

_RIGHT_EYE, _LEFT_EYE = 33, 263  # outer corners
_LIPS: Final = (61, 291, 0, 17, 13, 14, 40, 270, 91, 321)

Crop = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CropValues:
    """Of one face in one picture."""

    sharpness_face: float
    sharpness_mouth: float
    face_brightness: float
    picture_change: float  # NaN where there is no picture before
    picture_unsteadiness: float  # NaN where there are not two


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a face is in its picture."""

    x: float  # the middle between the outer corners of the eyes [pixels]
    y: float
    cosine: float  # of the angle of the line between the eyes
    sine: float
    eyes: float  # between the outer corners, in three dimensions: turning does not shorten it

    @classmethod
    def of(cls, points: NDArray[np.float32]) -> "_Place":
        right, left = points[_RIGHT_EYE].astype(np.float64), points[_LEFT_EYE].astype(np.float64)
        between = left - right
        flat = math.hypot(between[0], between[1]) or 1.0
        return cls(
            x=float(right[0] + left[0]) / 2,
            y=float(right[1] + left[1]) / 2,
            cosine=between[0] / flat,
            sine=between[1] / flat,
            eyes=max(1.0, float(np.linalg.norm(between))),
        )

    def around(self, picture: Picture) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the part of the picture that the crop is cut from."""
        turn = np.array([[self.cosine, -self.sine], [self.sine, self.cosine]])
        corners = _CORNERS @ turn.T * self.eyes + np.array((self.x, self.y))
        margin = _MARGIN * self.eyes + 2
        limits = np.array(picture.shape[1::-1])
        low = np.clip(corners.min(axis=0) - margin, 0, limits).astype(np.int64)
        high = np.clip(corners.max(axis=0) + margin + 1, 0, limits).astype(np.int64)
        left, top, right, bottom = (int(edge) for edge in (*low, *high))
        return left, top, right, bottom

    def in_crop(self, x: float, y: float) -> tuple[float, float]:
        """A place of the picture [pixels] in the crop."""
        right, down, scale = x - self.x, y - self.y, EYES / self.eyes
        return (
            _MIDDLE[0] + scale * (self.cosine * right + self.sine * down),
            _MIDDLE[1] + scale * (self.cosine * down - self.sine * right),
        )


class FaceCrop:
    """One face, picture after picture: keeps its last crops and nothing else (120 kB)."""

    def __init__(self) -> None:
        self._last: tuple[_Place, Crop] | None = None
        self._pair: tuple[_Place, Crop] | None = None
        """The place of the last but one, and twice the last less that one, there."""

    def follow(self, picture: Picture, points: NDArray[np.float32]) -> CropValues:
        """Of the face with the mesh `points` (478, 3) [pixels] in the next picture."""
        place = _Place.of(points)
        crop = _cut_out(picture, place)
        change, unsteadiness = math.nan, math.nan
        if self._pair is not None:
            first, doubled = self._pair
            apart = doubled - _cut_out(picture, first)[_FACE]
            unsteadiness = float(np.sqrt(np.mean(apart**2))) / 2
        if self._last is not None:
            before, seen = self._last
            there = _cut_out(picture, before)[_FACE]
            change = float(np.abs(there - seen[_FACE]).mean())
            self._pair = before, 2 * there - seen[_FACE]
        self._last = place, crop
        smooth = cv2.GaussianBlur(crop, (0, 0), _FINEST)
        fine = (crop - smooth) ** 2
        coarse = (smooth - cv2.GaussianBlur(crop, (0, 0), _COARSEST)) ** 2
        lips = _lips(place, points)
        return CropValues(
            _ratio(fine[_FACE], coarse[_FACE]),
            _ratio(fine[lips], coarse[lips]),
            float(crop[_FACE].mean()),
            change,
            unsteadiness,
        )


def _cut_out(picture: Picture, place: _Place) -> Crop:
    """The crop of the picture at a place; zeros where the face is outside of the picture."""
    left, top, right, bottom = place.around(picture)
    step = place.eyes / (EYES * _FINE)  # pixels of the picture for one that is cut out
    if min(right - left, bottom - top) < max(1.0, step):
        return np.zeros((_HEIGHT, _WIDTH), np.float32)
    part = np.asarray(cv2.extractChannel(picture[top:bottom, left:right], _GREEN))
    rows, columns = round(part.shape[0] / step), round(part.shape[1] / step)
    x, y = (place.x - left) * columns / part.shape[1], (place.y - top) * rows / part.shape[0]
    # straight lines would blur faces that are made larger
    manner = cv2.INTER_AREA if step > 1 else cv2.INTER_CUBIC
    part = np.asarray(cv2.resize(part, (columns, rows), interpolation=manner))
    turn = np.array([[place.cosine, -place.sine], [place.sine, place.cosine]])
    middle = np.array(_MIDDLE) * _FINE - 0.5  # a pixel's own middle is half a pixel from its edge
    move = np.array((x - 0.5, y - 0.5)) - turn @ middle
    large = cv2.warpAffine(
        part,
        np.column_stack((turn, move)),
        (_WIDTH * _FINE, _HEIGHT * _FINE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    small = cv2.resize(large, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _lips(place: _Place, points: NDArray[np.float32]) -> tuple[slice, slice]:
    """Rows and columns of a patch of fixed size around the lips, within the crop."""
    across, down = place.in_crop(*points[_LIPS, :2].mean(axis=0).tolist())
    left = min(max(0, round(across - _LIPS_WIDTH / 2)), _WIDTH - _LIPS_WIDTH)
    top = min(max(0, round(down - _LIPS_HEIGHT / 2)), _HEIGHT - _LIPS_HEIGHT)
    return slice(top, top + _LIPS_HEIGHT), slice(left, left + _LIPS_WIDTH)


def _ratio(fine: Crop, coarse: Crop) -> float:
    return float(fine.mean()) / max(float(coarse.mean()), _NO_DETAIL)
