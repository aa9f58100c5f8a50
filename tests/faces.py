"""Scenes for generated media: one photographed face that moves, speaks and blinks.

A scene is a function of time and size to an RGB picture. All come from `samples/astronaut.jpg`,
warped: the head sways and nears, the lower lip and the chin go down (a speaking mouth), the upper
lids come down over the eyes (a blink). That is enough for detectors and meshes to follow; it is no
model of a real expression. There is no second face in the samples: `other_person` is the same one
mirrored and tinted.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Scene = Callable[[float, int, int], Pixels]
"""(time [s], width, height) -> height x width x 3, RGB."""

SAMPLE: Final = Path(__file__).resolve().parent.parent / "samples" / "astronaut.jpg"

# where the face is in the sample [px]
FACE_BOX: Final = (170, 70, 280, 180)  # left, top, right, bottom
FACE_HEIGHT: Final = 110  # hair line to chin
_EYES: Final = ((203.3, 100.5), (247.5, 102.5))
_EYE_HALF_WIDTH: Final = 13.0
_LID: Final = 5.0  # the edge of the upper lid is this far above the eye's centre
_LID_WAY: Final = 8.5  # and this far lower when shut
_MOUTH_X: Final = 224.0
_MOUTH_HALF_WIDTH: Final = 21.0
_TEETH_Y: Final = 149.5  # the mouth opens here
_CHIN_Y: Final = 178.0
_NECK_Y: Final = 215.0  # the warp ends here
_INSIDE: Final = (45, 18, 18)  # of the mouth
_MOVES: Final = np.s_[80:216, 184:264]  # what mouth and lids move; all else is the sample


@cache
def sample() -> Pixels:
    return np.asarray(Image.open(SAMPLE).convert("RGB"))


def face(*, mouth: float = 0.0, lids: float = 0.0) -> Pixels:
    """The sample, 512 x 512, with its mouth opened by `mouth` pixels and its `lids` shut 0..1."""
    if not mouth and not lids:
        return sample()
    y, x = np.mgrid[_MOVES].astype(np.float32)
    source_y = y.copy()
    across = np.clip(1 - ((x - _MOUTH_X) / (_MOUTH_HALF_WIDTH * 1.6)) ** 2, 0, 1)
    opening = mouth * across
    below = y > _TEETH_Y
    falloff = np.clip((_NECK_Y - y) / (_NECK_Y - _CHIN_Y), 0, 1)
    source_y -= np.where(below, opening * falloff, 0)
    for centre_x, centre_y in _EYES:
        shut = lids * np.sqrt(np.clip(1 - ((x - centre_x) / _EYE_HALF_WIDTH) ** 2, 0, 1))
        brow_side, edge = centre_y - 12, centre_y - _LID
        moved_edge = edge + shut * _LID_WAY
        on_lid = (y > brow_side) & (y <= moved_edge) & (shut > 0)
        stretched = brow_side + (y - brow_side) * (edge - brow_side) / (moved_edge - brow_side)
        source_y = np.where(on_lid, stretched, source_y).astype(np.float32)
    warped = cv2.remap(sample(), x, source_y.astype(np.float32), cv2.INTER_LINEAR)
    inside = below & (y < _TEETH_Y + opening) & (np.abs(x - _MOUTH_X) < _MOUTH_HALF_WIDTH)
    warped[inside] = _INSIDE
    picture = sample().copy()
    picture[_MOVES] = warped
    return picture


def speaking(time: float, width: int, height: int) -> Pixels:
    """Sways, speaks (three openings in two seconds) and blinks (once in two seconds)."""
    mouth = 9.0 * max(0.0, float(np.sin(2 * np.pi * 1.5 * time)))
    lids = max(0.0, 1 - abs((time % 2.0) - 1.0) / 0.12)
    zoom = 1.0 + 0.08 * float(np.sin(2 * np.pi * 0.25 * time))
    sway = 0.03 * float(np.sin(2 * np.pi * 0.4 * time))
    return _fitted(face(mouth=mouth, lids=lids), width, height, zoom, sway)


def saying(opening: Callable[[float], float]) -> Scene:
    """Sways and blinks as `speaking`; the mouth is open as far as `opening` says [pixels]."""

    def scene(time: float, width: int, height: int) -> Pixels:
        lids = max(0.0, 1 - abs((time % 2.0) - 1.0) / 0.12)
        zoom = 1.0 + 0.08 * float(np.sin(2 * np.pi * 0.25 * time))
        return _fitted(face(mouth=opening(time), lids=lids), width, height, zoom, 0.0)

    return scene


def living(time: float, width: int, height: int) -> Pixels:
    """Moves as people do, and never twice alike: what the set "Alive" takes for a face."""
    mouth = 9.0 * max(0.0, _wander(2.2 * time, 1))
    lids = max(0.0, 1 - abs((time + 0.3 * float(np.sin(time))) % 2.7 - 1.0) / 0.12)
    zoom, sway = 1 + 0.05 * _wander(time, 2), 0.03 * _wander(time, 3)
    picture = _fitted(face(mouth=mouth, lids=lids), width, height, zoom, sway)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 5.0 * _wander(time, 4), 1.1)
    turned = cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(turned, np.uint8)


def _wander(time: float, seed: int) -> float:
    """Around 0, mostly within -1..1, with .15 to 1.2 Hz."""
    generator = np.random.default_rng(seed)
    hertz, phases = generator.uniform(0.15, 1.2, 8), generator.uniform(0, 2 * np.pi, 8)
    return float(np.sin(2 * np.pi * hertz * time + phases).sum() / 4)


def still(time: float, width: int, height: int) -> Pixels:
    """The same picture for ever."""
    return _fitted(sample(), width, height, 1.0, 0.0)


def other_person(time: float, width: int, height: int) -> Pixels:
    tint = np.array([0.75, 0.9, 1.1])
    mirrored = speaking(time, width, height)[:, ::-1]
    return np.asarray(np.clip(mirrored * tint, 0, 255), np.uint8)


def empty(time: float, width: int, height: int) -> Pixels:
    """No face: a slowly moving gradient."""
    ramp = np.linspace(60, 180, width) + 20 * np.sin(time)
    rows = np.linspace(0, 40, height)[:, None]
    return np.repeat((ramp + rows)[:, :, None], 3, axis=2).astype(np.uint8)


def black(time: float, width: int, height: int) -> Pixels:
    return np.zeros((height, width, 3), np.uint8)


def small(pixels: int) -> Scene:
    """A speaking face of so many pixels from hair line to chin, in an empty picture."""

    def scene(time: float, width: int, height: int) -> Pixels:
        side = round(512 * pixels / FACE_HEIGHT)
        picture = empty(time, width, height)
        head = cv2.resize(speaking(time, 512, 512), (side, side), interpolation=cv2.INTER_AREA)
        part = head[: min(side, height), : min(side, width)]
        picture[: part.shape[0], : part.shape[1]] = part
        return picture

    return scene


def collage(columns: int, rows: int) -> Scene:
    """Many faces, each in its own phase, every other one mirrored and tinted."""

    def scene(time: float, width: int, height: int) -> Pixels:
        picture = black(time, width, height)
        cell_width, cell_height = width // columns, height // rows
        for index in range(columns * rows):
            row, column = divmod(index, columns)
            person = other_person if index % 2 else speaking
            top, left = row * cell_height, column * cell_width
            picture[top : top + cell_height, left : left + cell_width] = person(
                time + index / 7, cell_width, cell_height
            )
        return picture

    return scene


def sequence(*parts: tuple[float, Scene]) -> Scene:
    """Scenes one after the other, each until its time [s]; the last one goes on."""

    def scene(time: float, width: int, height: int) -> Pixels:
        chosen = next((each for until, each in parts if time < until), parts[-1][1])
        return chosen(time, width, height)

    return scene


def frozen(scene: Scene, start: float, stop: float) -> Scene:
    """A scene that stands still from `start` to `stop` [s] and then goes on where it would be."""
    return lambda time, width, height: scene(start if start <= time < stop else time, width, height)


def _fitted(picture: Pixels, width: int, height: int, zoom: float, sway: float) -> Pixels:
    """The head and shoulders, filling the height, in the middle of the frame."""
    scale = height / 300 * zoom  # 300 of the sample's 512 rows
    centre_x, centre_y = (FACE_BOX[0] + FACE_BOX[2]) / 2, 140.0
    matrix = np.array(
        [
            [scale, 0, width / 2 + sway * width - scale * centre_x],
            [0, scale, height / 2 - scale * centre_y],
        ]
    )
    shown = cv2.warpAffine(
        picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(shown, np.uint8)
