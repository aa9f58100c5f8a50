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
begins anew after a cut) has no picture before: its change is NaN, and its unsteadiness until the
third.

Of a picture only the cuts are made at once. What they say is computed for many faces in a row:
after each network the processor's caches are empty, and it would take twice as long.
"""

import math
from collections.abc import Sequence
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
_LEFT, _TOP = -1.0, -0.75  # of the crop, from there [eye distances]
_MARGIN: Final = 0.1  # [eye distances] more, for the filters
_FACE: Final = (slice(18, 112), slice(20, 92))  # rows, columns: brows to chin, cheek to cheek
_WHOLE: Final = (slice(0, _HEIGHT), slice(0, _WIDTH))
_LIPS_WIDTH, _LIPS_HEIGHT = 40, 26

_GREEN: Final = 1
_FINEST: Final = 1.2  # [pixels] standard deviations of the blurs between which detail is told
_COARSEST: Final = 4.0
_NO_DETAIL: Final = 1e-6  # [levels^2] keeps the ratio of an even patch finite

_RIGHT_EYE, _LEFT_EYE = 33, 263  # outer corners
_LIPS: Final = np.array((61, 291, 0, 17, 13, 14, 40, 270, 91, 321))

Green = NDArray[np.uint8]
Detail = NDArray[np.float32]
Patch = tuple[slice, slice]
"""Rows and columns of the crop."""
Edges = tuple[int, int, int, int]
"""Left, top, right, bottom in a picture."""


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
        right, left = points[_RIGHT_EYE].tolist(), points[_LEFT_EYE].tolist()
        across, down = left[0] - right[0], left[1] - right[1]
        flat = math.hypot(across, down) or 1.0
        return cls(
            x=(right[0] + left[0]) / 2,
            y=(right[1] + left[1]) / 2,
            cosine=across / flat,
            sine=down / flat,
            eyes=max(1.0, math.dist(left, right)),
        )

    def around(self, picture: NDArray[np.uint8], end: Patch = _WHOLE) -> Edges:
        """The part of a picture that the crop, up to a patch's end, is cut from; maybe none."""
        right, bottom = ((end[1 - axis].stop - _MIDDLE[axis]) / EYES for axis in (0, 1))
        corners = [(x, y) for x in (_LEFT, right) for y in (_TOP, bottom)]
        across = [self.x + self.eyes * (self.cosine * x - self.sine * y) for x, y in corners]
        down = [self.y + self.eyes * (self.sine * x + self.cosine * y) for x, y in corners]
        margin = _MARGIN * self.eyes + 2
        height, width = picture.shape[:2]
        return (
            _within(min(across) - margin, width),
            _within(min(down) - margin, height),
            _within(max(across) + margin + 1, width),
            _within(max(down) + margin + 1, height),
        )

    def in_crop(self, x: float, y: float) -> tuple[float, float]:
        """A place of the picture [pixels] in the crop."""
        right, down, scale = x - self.x, y - self.y, EYES / self.eyes
        return (
            _MIDDLE[0] + scale * (self.cosine * right + self.sine * down),
            _MIDDLE[1] + scale * (self.cosine * down - self.sine * right),
        )


@dataclass(frozen=True, slots=True)
class Crop:
    """What is cut out for one face in one picture (30 kB)."""

    place: _Place
    green: Green  # (_HEIGHT, _WIDTH)
    two: tuple[Green, ...] = ()  # the face in the picture before and now, in one place; or none
    three: tuple[Green, ...] = ()  # in the last two pictures and now, in one place; or none

    def values(self, points: NDArray[np.float32]) -> CropValues:
        """Of the face with the mesh `points` that it was cut out for."""
        lips = _lips(self.place, points)
        detail = self.green.astype(np.float32)
        fine, coarse = _blurred(detail, _FINEST), _blurred(detail, _COARSEST)
        return CropValues(
            _ratio(detail[_FACE], fine[_FACE], coarse[_FACE]),
            _ratio(detail[lips], fine[lips], coarse[lips]),
            cv2.mean(self.green[_FACE])[0],
            _change(*self.two) if self.two else math.nan,
            _unsteadiness(*self.three) if self.three else math.nan,
        )


class FaceCrop:
    """One face, picture after picture: keeps its last crops and nothing else (20 kB)."""

    def __init__(self) -> None:
        self._last: tuple[_Place, Green] | None = None
        self._pair: tuple[_Place, tuple[Green, Green]] | None = None
        """The place of the last but one, and the last two there."""

    def follow(self, picture: Picture, points: NDArray[np.float32]) -> Crop:
        """Of the face with the mesh `points` (478, 3) [pixels] in the next picture."""
        place = _Place.of(points)
        places = [place, *(kept[0] for kept in (self._last, self._pair) if kept)]
        green = _green(picture, [each.around(picture) for each in places])
        two: tuple[Green, ...] = ()
        three: tuple[Green, ...] = ()
        if self._pair is not None:
            first, pair = self._pair
            three = (*pair, _face_at(green, first))
        if self._last is not None:
            before, seen = self._last
            pair = seen, _face_at(green, before)
            self._pair = before, pair
            two = pair
        crop = _cut_out(green, place)
        self._last = place, crop[_FACE]
        return Crop(place, crop, two, three)


def _within(edge: float, limit: int) -> int:
    return int(min(max(edge, 0.0), limit))


def _green(picture: Picture, parts: Sequence[Edges]) -> Green:
    """The green of a picture, in these parts of it; nothing is said of the rest."""
    left, top = (min(part[edge] for part in parts) for edge in (0, 1))
    right, bottom = (max(part[edge] for part in parts) for edge in (2, 3))
    green = np.empty(picture.shape[:2], np.uint8)
    if right > left and bottom > top:
        around = (slice(top, bottom), slice(left, right))
        cv2.extractChannel(picture[around], _GREEN, dst=green[around])
    return green


def _cut_out(green: Green, place: _Place, patch: Patch = _WHOLE) -> Green:
    """A patch of the crop at a place, from the first column on.

    Zeros where the face is outside of the picture.
    """
    rows, columns = patch
    wanted = (columns.stop, rows.stop - rows.start)
    left, top, right, bottom = place.around(green)
    step = place.eyes / (EYES * _FINE)  # pixels of the picture for one that is cut out
    if min(right - left, bottom - top) < max(1.0, step):
        return np.zeros(wanted[::-1], np.uint8)
    width, height = round((right - left) / step), round((bottom - top) / step)
    # a pixel's own middle is half a pixel from its edge
    across, down = 0.5 - _MIDDLE[0] * _FINE, 0.5 - (_MIDDLE[1] - rows.start) * _FINE
    cosine, sine = place.cosine, place.sine
    x = (place.x - left) * width / (right - left) - 0.5 + cosine * across - sine * down
    y = (place.y - top) * height / (bottom - top) - 0.5 + sine * across + cosine * down
    part = green[top:bottom, left:right]
    if step > 1:  # averaging is dear, so no more of it than is read
        _, _, ending, under = place.around(green, patch)
        least = math.ceil(_MARGIN * place.eyes) + 2  # where only the rest of the crop is inside
        part = part[: max(under - top, least), : max(ending - left, least)]
        fx, fy = width / (right - left), height / (bottom - top)
        sized = cv2.resize(part, None, fx=fx, fy=fy, interpolation=cv2.INTER_AREA)
    else:  # straight lines would blur faces that are made larger
        sized = cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC)
    large = cv2.warpAffine(
        sized,
        np.array(((cosine, -sine, x), (sine, cosine, y))),
        (wanted[0] * _FINE, wanted[1] * _FINE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(cv2.resize(large, wanted, interpolation=cv2.INTER_AREA), np.uint8)


def _face_at(green: Green, place: _Place) -> Green:
    return _cut_out(green, place, _FACE)[:, _FACE[1]]


def _change(before: Green, now: Green) -> float:
    return cv2.norm(now, before, cv2.NORM_L1) / now.size


def _unsteadiness(first: Green, second: Green, third: Green) -> float:
    apart = 2 * second.astype(np.int16) - first - third
    return cv2.norm(apart) / math.sqrt(apart.size) / 2


def _lips(place: _Place, points: NDArray[np.float32]) -> Patch:
    """Rows and columns of a patch of fixed size around the lips, within the crop."""
    across, down = place.in_crop(*points[_LIPS, :2].mean(axis=0).tolist())
    left = min(max(0, round(across - _LIPS_WIDTH / 2)), _WIDTH - _LIPS_WIDTH)
    top = min(max(0, round(down - _LIPS_HEIGHT / 2)), _HEIGHT - _LIPS_HEIGHT)
    return slice(top, top + _LIPS_HEIGHT), slice(left, left + _LIPS_WIDTH)


def _blurred(detail: Detail, width: float) -> Detail:
    return np.asarray(cv2.GaussianBlur(detail, (0, 0), width), np.float32)


def _ratio(detail: Detail, fine: Detail, coarse: Detail) -> float:
    """Energy of what the fine blur takes out, relative to that of what the coarse one does more."""
    finest, rest = cv2.norm(detail, fine, cv2.NORM_L2SQR), cv2.norm(fine, coarse, cv2.NORM_L2SQR)
    return finest / max(rest, _NO_DETAIL * detail.size)
