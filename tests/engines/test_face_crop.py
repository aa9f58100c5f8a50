"""The crop of a face: the same numbers at any size, place and tilt."""

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from shared.engines.mediapipe.face_crop import CropValues, FaceCrop
from shared.media.pictures import Picture

SIDE = 900
EYES = 300.0  # pixels between the outer corners in the drawn face


def drawn(seed: int = 1) -> Picture:
    """Texture with detail of every size."""
    generator = np.random.default_rng(seed)
    total = np.full((SIDE, SIDE), 128.0, np.float32)
    for width in (3, 6, 12, 24):
        noise = generator.normal(size=(SIDE, SIDE)).astype(np.float32)
        layer = cv2.GaussianBlur(noise, (0, 0), width)
        total += 12 * layer / layer.std()
    return np.repeat(np.clip(total, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def mesh(scale: float = 1.0) -> NDArray[np.float32]:
    """Eyes at a third of the height, lips below; all other points are not read."""
    points = np.zeros((478, 3), np.float32)
    points[:, :2] = (450, 560)
    points[33, :2], points[263, :2] = (450 - EYES / 2, 380), (450 + EYES / 2, 380)
    return points * np.float32(scale)


def seen(picture: Picture, points: NDArray[np.float32]) -> CropValues:
    return FaceCrop().follow(picture, points).values(points)


@pytest.mark.parametrize("scale", [0.25, 0.4, 0.7])
def test_size_does_not_matter(scale: float) -> None:
    """A face of 75 to 300 pixels between the eyes reads the same within 12 %."""
    large, picture = seen(drawn(), mesh()), drawn()
    side = (round(SIDE * scale), round(SIDE * scale))
    small_picture = np.asarray(cv2.resize(picture, side, interpolation=cv2.INTER_AREA), np.uint8)
    small = seen(small_picture, mesh(scale))
    assert small.sharpness_face == pytest.approx(large.sharpness_face, rel=0.12)
    assert small.sharpness_mouth == pytest.approx(large.sharpness_mouth, rel=0.12)
    assert small.face_brightness == pytest.approx(large.face_brightness, abs=0.5)


def test_tilt_does_not_matter() -> None:
    picture, points = drawn(), mesh()
    turn = cv2.getRotationMatrix2D((450, 450), 20, 1.0)
    tilted = np.asarray(
        cv2.warpAffine(picture, turn, (SIDE, SIDE), flags=cv2.INTER_CUBIC), np.uint8
    )
    moved = points.copy()
    moved[:, :2] = points[:, :2] @ turn[:, :2].T + turn[:, 2]
    upright, turned = seen(picture, points), seen(tilted, moved)
    assert turned.sharpness_face == pytest.approx(upright.sharpness_face, rel=0.1)
    assert turned.face_brightness == pytest.approx(upright.face_brightness, abs=0.5)


def test_blur_is_seen_where_it_is() -> None:
    picture, points = drawn(), mesh()
    sharp = seen(picture, points)
    blurred = picture.copy()
    lips = (slice(480, 640), slice(330, 570))
    blurred[lips] = cv2.GaussianBlur(picture, (0, 0), 0.06 * EYES)[lips]
    found = seen(blurred, points)
    assert found.sharpness_mouth < 0.3 * sharp.sharpness_mouth
    assert found.sharpness_face > 0.7 * sharp.sharpness_face


def test_a_picture_that_stands_does_not_change() -> None:
    crop, picture, points = FaceCrop(), drawn(), mesh()
    assert math.isnan(crop.follow(picture, points).values(points).picture_change)
    assert crop.follow(picture, points).values(points).picture_change == 0
    assert crop.follow(drawn(2), points).values(points).picture_change > 5


def test_a_blend_of_its_neighbours_is_steady() -> None:
    crop, points, pictures = FaceCrop(), mesh(), [drawn(seed) for seed in (1, 2, 3)]
    blend = np.asarray(cv2.addWeighted(pictures[0], 0.5, pictures[2], 0.5, 0), np.uint8)
    crop.follow(pictures[0], points)
    assert math.isnan(crop.follow(blend, points).values(points).picture_unsteadiness)
    assert (
        crop.follow(pictures[2], points).values(points).picture_unsteadiness < 0.5
    )  # of the picture before
    assert crop.follow(pictures[1], points).values(points).picture_unsteadiness > 5


def test_a_head_that_moves_changes_the_picture() -> None:
    """Though the crop follows it."""
    crop, picture, points = FaceCrop(), drawn(), mesh()
    crop.follow(picture, points)
    shifted = np.roll(picture, 10, axis=1)
    there = points + np.array([10, 0, 0], np.float32)
    assert crop.follow(shifted, there).values(there).picture_change > 1


def test_a_face_outside_of_the_picture() -> None:
    values = seen(drawn(), mesh() + np.array([5000, 0, 0], np.float32))
    assert values.face_brightness == 0
