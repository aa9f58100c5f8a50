"""Makes bad copies of a clip that try to pass, and good ones that are hard to pass.

    python benchmarks/hard_look.py CLIP FOLDER [--name NAME] [--seconds N]

writes them as `benchmarks/ladder.py` writes its rungs, beside the own.mp4 of that: those of
`TRICKS` must fail, those of `LIVING` must pass.
"""

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.ladder import (  # noqa: E402
    Clip,
    Mesh,
    Rung,
    encoded,
    eyes,
    made,
    picture_of,
    shifted,
)
from shared.media.pictures import Picture  # noqa: E402

_OVAL: Final = (10, 338, 297, 284, 389, 454, 361, 397, 378, 152, 149, 172, 132, 234, 162, 54, 67)
_MOUTH: Final = (164, 322, 410, 287, 424, 418, 421, 200, 201, 194, 204, 57, 186, 92)
_EYES: Final = (
    (70, 63, 105, 66, 107, 168, 245, 230, 229, 228, 31, 226),
    (300, 293, 334, 296, 336, 168, 465, 450, 449, 448, 261, 446),
)
_ANCHORS: Final = [33, 133, 263, 362, 168, 6]


def _place(clip: Clip, place: int) -> int:
    return min(max(place, 0), len(clip) - 1)


# bad copies


def _photograph(clip: Clip) -> Clip:
    """One picture, swaying as if held in a hand, with a camera's grain."""
    generator = np.random.default_rng(2)
    hertz, phase = generator.uniform(0.2, 1.5, (6, 2)), generator.uniform(0, 6.28, (6, 2))
    times = np.arange(len(clip)) / float(clip.fps)
    waves = np.sin(2 * np.pi * hertz[:, None] * times[None, :, None] + phase[:, None]).sum(axis=0)
    moves = 0.04 * eyes(clip.meshes[0]) * waves
    still = clip.of([0] * len(clip))
    return _grained(2.0)(shifted(lambda _: np.asarray(moves, np.float64))(still))


def _grained(sd: float) -> Rung:
    generator = np.random.default_rng(3)

    def grain(picture: Picture, _: Mesh, __: int) -> Picture:
        return picture_of(np.clip(picture + generator.normal(0, sd, picture.shape), 0, 255))

    return lambda clip: clip.each(grain)


def _frozen_and_grained(clip: Clip) -> Clip:
    return _grained(4.0)(clip.of([0] * len(clip)))


def _to_and_fro(clip: Clip) -> Clip:
    """3 s forwards, backwards, forwards."""
    length = round(3 * clip.fps)
    return clip.of(
        [_place(clip, length - abs(length - n % (2 * length))) for n in range(len(clip))]
    )


def _faded_loop(clip: Clip) -> Clip:
    """2.5 s again and again, with a soft seam of .4 s."""
    length, seam = round(2.5 * clip.fps), round(0.4 * clip.fps)
    looped = clip.of([n % length for n in range(len(clip))])

    def fade(picture: Picture, _: Mesh, number: int) -> Picture:
        into = number % length
        if number < length or into >= seam or into + length >= len(clip):
            return picture
        share = (into + 0.5) / seam
        return picture_of(
            cv2.addWeighted(picture, share, clip.pictures[into + length], 1 - share, 0)
        )

    return looped.each(fade)


def _blended(every: int) -> Rung:
    """Every so many pictures one that is a blend of its neighbours."""

    def blended(clip: Clip) -> Clip:
        def blend(picture: Picture, _: Mesh, number: int) -> Picture:
            if number % every != 1 or number + 1 >= len(clip):
                return picture
            before, after = clip.pictures[number - 1], clip.pictures[number + 1]
            return picture_of(cv2.addWeighted(before, 0.5, after, 0.5, 0))

        return clip.each(blend)

    return blended


def _softened_in_time(clip: Clip) -> Clip:
    """Each picture the mean of five."""

    def soften(_: Picture, __: Mesh, number: int) -> Picture:
        near = [clip.pictures[_place(clip, number + step)] for step in range(-2, 3)]
        return picture_of(np.mean(near, axis=0))

    return clip.each(soften)


def _pasted(
    points: tuple[tuple[int, ...], ...], source: Callable[[Clip, int], int], grow: float = 0.0
) -> Rung:
    """A part of the face taken from another picture, laid onto where the eyes and nose now are."""

    def pasted(clip: Clip) -> Clip:
        def paste(picture: Picture, mesh: Mesh, number: int) -> Picture:
            place = source(clip, number)
            other, origin = clip.pictures[place], clip.meshes[place]
            mask: NDArray[np.float32] = np.zeros(other.shape[:2], np.float32)
            for part in points:
                hull = cv2.convexHull(origin[list(part), :2].astype(np.int32))
                cv2.fillConvexPoly(mask, hull, (1.0,))
            if grow:
                around = max(1, int(grow * eyes(origin)))
                mask = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8), iterations=around))
            soft = cv2.GaussianBlur(mask, (0, 0), 0.04 * eyes(origin))
            move, _inliers = cv2.estimateAffinePartial2D(origin[_ANCHORS, :2], mesh[_ANCHORS, :2])
            size = (picture.shape[1], picture.shape[0])
            moved = cv2.warpAffine(other, move, size, flags=cv2.INTER_CUBIC)
            weight = cv2.warpAffine(soft, move, size)[:, :, None]
            return picture_of(weight * moved + (1 - weight) * picture)

        return clip.each(paste)

    return pasted


def _first(_: Clip, __: int) -> int:
    return 0


def _later(clip: Clip, number: int) -> int:
    return (number + round(2 * clip.fps)) % len(clip)


def _ramped(clip: Clip) -> Clip:
    """Between half and one and a half times as fast, in waves of 2 s."""
    times = np.arange(len(clip)) / float(clip.fps)
    played = times - 0.5 / np.pi * (1 - np.cos(np.pi * times)) * 0.5
    return clip.of([_place(clip, round(place)) for place in (played * float(clip.fps)).tolist()])


def _less_head(share: float) -> Rung:
    """Most of the head's way and turn in the picture taken back."""

    def less(clip: Clip) -> Clip:
        origin = clip.meshes[0]
        alone = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])

        def hold(picture: Picture, mesh: Mesh, _: int) -> Picture:
            move, _inliers = cv2.estimateAffinePartial2D(mesh[_ANCHORS, :2], origin[_ANCHORS, :2])
            part = share * np.asarray(move, np.float64) + (1 - share) * alone
            size = (picture.shape[1], picture.shape[0])
            return picture_of(
                cv2.warpAffine(
                    picture,
                    part,
                    size,
                    flags=cv2.INTER_CUBIC,
                    borderMode=cv2.BORDER_REPLICATE,
                )
            )

        return clip.each(hold)

    return less


def _zoomed_loop(clip: Clip) -> Clip:
    """2 s again and again under a slow zoom, mirrored every second time."""
    length = round(2 * clip.fps)
    looped = clip.of([n % length for n in range(len(clip))])

    def zoom(picture: Picture, _: Mesh, number: int) -> Picture:
        rows, columns = picture.shape[:2]
        move = cv2.getRotationMatrix2D((columns / 2, rows / 2), 0, 1 + 0.1 * number / len(clip))
        shown = picture if number // length % 2 == 0 else np.ascontiguousarray(picture[:, ::-1])
        return picture_of(cv2.warpAffine(shown, move, (columns, rows), flags=cv2.INTER_CUBIC))

    return looped.each(zoom)


def _third_held(clip: Clip) -> Clip:
    return clip.of([n - (n % 3 == 2) for n in range(len(clip))])


def _mosaic(picture: Picture, mesh: Mesh, _: int) -> Picture:
    """The face in squares of a ninth of the eyes' distance."""
    left, top = mesh[:, :2].min(axis=0).astype(int).clip(0)
    right, bottom = mesh[:, :2].max(axis=0).astype(int)
    shown, side = picture.copy(), max(2, int(eyes(mesh) / 9))
    part = shown[top:bottom, left:right]
    rows, columns = part.shape[:2]
    small = cv2.resize(part, (columns // side, rows // side), interpolation=cv2.INTER_AREA)
    part[:] = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_NEAREST)
    return shown


def _few_levels(picture: Picture, _: Mesh, __: int) -> Picture:
    return picture_of(picture // 40 * 40 + 20)


def _trembling(clip: Clip) -> NDArray[np.float64]:
    away = 0.012 * eyes(clip.meshes[0])
    return np.random.default_rng(7).normal(0, away, (len(clip), 2))


def _mouth_softened(clip: Clip) -> Clip:
    """Around the mouth, each picture the mean of seven."""

    def soften(picture: Picture, mesh: Mesh, number: int) -> Picture:
        near = [clip.pictures[_place(clip, number + step)] for step in range(-3, 4)]
        x, y = mesh[[61, 291, 0, 17], :2].mean(axis=0)
        rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
        away = np.hypot(columns - x, rows - y) / (0.5 * eyes(mesh))
        weight = np.clip(3 * (1 - away), 0, 1)[:, :, None]
        return picture_of(weight * np.mean(near, axis=0) + (1 - weight) * picture)

    return clip.each(soften)


def _pumping(picture: Picture, mesh: Mesh, number: int) -> Picture:
    """Blurred for six pictures of twelve."""
    return picture_of(
        cv2.GaussianBlur(picture, (0, 0), 0.04 * eyes(mesh)) if number % 12 < 6 else picture
    )


# good ones


def _gamma(picture: Picture, _: Mesh, __: int) -> Picture:
    return picture_of(255 * (picture / 255) ** 0.75)


def _zoomed(picture: Picture, _: Mesh, __: int) -> Picture:
    rows, columns = picture.shape[:2]
    move = cv2.getRotationMatrix2D((columns / 2, rows / 2), 0, 1.25)
    return picture_of(cv2.warpAffine(picture, move, (columns, rows), flags=cv2.INTER_CUBIC))


def _titled(picture: Picture, _: Mesh, number: int) -> Picture:
    shown, (rows, columns) = picture.copy(), picture.shape[:2]
    place, white = (columns // 12, rows - rows // 14), (255, 255, 255)
    size = columns / 500
    cv2.putText(shown, f"NAME {number // 25}", place, cv2.FONT_HERSHEY_SIMPLEX, size, white, 2)
    return shown


def _very_dark(clip: Clip) -> Clip:
    """A fifth of the light, with grain, at CRF 28."""
    dark = _grained(1.0)(clip.each(lambda picture, _, __: picture_of(picture * 0.2)))
    return encoded(28)(dark)


def _lost(share: float) -> Rung:
    """Some pictures did not arrive: the one before stays."""

    def lost(clip: Clip) -> Clip:
        gone = np.random.default_rng(4).random(len(clip)) < share
        places = [0]
        for number in range(1, len(clip)):
            places.append(places[-1] if gone[number] else number)
        return clip.of(places)

    return lost


def _uneven(clip: Clip) -> Clip:
    """A variable rate: every twelfth picture or so is left out, with its time."""
    kept = [n for n in range(len(clip)) if n % 12 != 7 and n % 17 != 3]
    part = clip.of(kept)
    return Clip(part.pictures, part.meshes, clip.fps, times=kept)


def _at_24(clip: Clip) -> Clip:
    count = round(len(clip) * 24 / clip.fps)
    return clip.of([_place(clip, int(n * clip.fps / 24)) for n in range(count)], Fraction(24))


def _dim(clip: Clip) -> Clip:
    """Two fifths of the light, with the grain of that."""

    def darken(picture: Picture, _: Mesh, __: int) -> Picture:
        return picture_of(picture * 0.4)

    return _grained(2.0)(clip.each(darken))


def _exposed(clip: Clip) -> Clip:
    """The camera's exposure goes up and down by a tenth, over 4 s."""

    def expose(picture: Picture, _: Mesh, number: int) -> Picture:
        light = 1 + 0.1 * np.sin(2 * np.pi * number / float(clip.fps) / 4)
        return picture_of(np.clip(picture * light, 0, 255))

    return clip.each(expose)


def _hand(clip: Clip) -> Clip:
    """Something of the colour of skin passes the lower face within .6 s."""
    middle, lasts = len(clip) / 2, 0.6 * float(clip.fps)

    def passing(picture: Picture, mesh: Mesh, number: int) -> Picture:
        way = (number - middle) / lasts  # -0.5..0.5 within
        if abs(way) > 0.5:
            return picture
        width = eyes(mesh)
        x, y = mesh[1, :2] + np.array([way * 5 * width, 0.6 * width])
        shown = picture.copy()
        colour = tuple(float(c) for c in np.median(picture[picture.shape[0] // 2], axis=0))
        size = (int(0.6 * width), int(0.9 * width))
        cv2.ellipse(shown, (int(x), int(y)), size, 20, 0, 360, colour, -1)
        return shown

    return clip.each(passing)


def _glasses(clip: Clip) -> Clip:
    """Dark frames around the eyes, moving with the head."""

    def wear(picture: Picture, mesh: Mesh, _: int) -> Picture:
        shown = picture.copy()
        thick = max(1, int(0.05 * eyes(mesh)))
        for outer, inner in ((33, 133), (263, 362)):
            x, y = (mesh[outer, :2] + mesh[inner, :2]) / 2
            radius = int(0.3 * eyes(mesh))
            cv2.circle(shown, (int(x), int(y)), radius, (25, 20, 20), thick, cv2.LINE_AA)
        ends = [tuple(int(v) for v in mesh[p, :2]) for p in (245, 465)]
        cv2.line(shown, ends[0], ends[1], (25, 20, 20), thick, cv2.LINE_AA)
        return shown

    return clip.each(wear)


def _upright(clip: Clip) -> Clip:
    """As a phone shows it: half as wide as high, the rest black."""

    def stand(picture: Picture, _: Mesh, __: int) -> Picture:
        rows, columns = picture.shape[:2]
        tall = np.zeros((columns * 16 // 9 // 2 * 2, columns, 3), np.uint8)
        top = (tall.shape[0] - rows) // 2
        if top < 0:
            return picture
        tall[top : top + rows] = picture
        return tall

    return clip.each(stand)


def _hand_held(clip: Clip) -> Clip:
    """The camera wanders by a tenth of the eyes' distance, slowly."""
    times = np.arange(len(clip)) / float(clip.fps)
    away = 0.1 * eyes(clip.meshes[0])
    moves = np.column_stack((np.sin(2.1 * times), np.sin(1.3 * times + 1))) * away
    return shifted(lambda _: moves)(clip)


TRICKS: Final[MappingProxyType[str, Rung]] = MappingProxyType(
    {
        "photograph_in_hand": _photograph,
        "frozen_with_grain": _frozen_and_grained,
        "to_and_fro": _to_and_fro,
        "faded_loop": _faded_loop,
        "zoomed_mirrored_loop": _zoomed_loop,
        "half_rate_blended": _blended(2),
        "softened_in_time": _softened_in_time,
        "mask": _pasted((_OVAL,), _first),
        "other_mouth": _pasted((_MOUTH,), _later),
        "eyes_frozen": _pasted(_EYES, _first, 0.04),
        "speed_ramps": _ramped,
        "little_head": _less_head(0.7),
        "third_held": _third_held,
        "third_blended": _blended(3),
        "mosaic": lambda clip: clip.each(_mosaic),
        "few_levels": lambda clip: clip.each(_few_levels),
        "trembling": shifted(_trembling),
        "mouth_softened": _mouth_softened,
        "pumping_blur": lambda clip: clip.each(_pumping),
    }
)
LIVING: Final[MappingProxyType[str, Rung]] = MappingProxyType(
    {
        "fps_24": _at_24,
        "variable_rate": _uneven,
        "lost_5": _lost(0.05),
        "lost_15": _lost(0.15),
        "dim": _dim,
        "grain": _grained(3.0),
        "exposure": _exposed,
        "hand_passing": _hand,
        "glasses": _glasses,
        "upright": _upright,
        "hand_held": _hand_held,
        "crf_32": encoded(32),
        "gamma": lambda clip: clip.each(_gamma),
        "zoomed": lambda clip: clip.each(_zoomed),
        "titled": lambda clip: clip.each(_titled),
        "very_dark": _very_dark,
    }
)

if __name__ == "__main__":
    made(__doc__ or "", {**TRICKS, **LIVING})
