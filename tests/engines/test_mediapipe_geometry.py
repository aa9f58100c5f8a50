"""Alignment: numbers against numbers."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.engines.mediapipe import alignment, measures
from shared.engines.mediapipe.alignment import Aligned
from shared.engines.mediapipe.detector import FaceDetector
from shared.engines.mediapipe.mesh import FaceMesh
from shared.engines.mediapipe.regions import from_detection
from tests import faces

Points = NDArray[np.float64]


@pytest.fixture(scope="module")
def face() -> Points:
    """The mesh of the sample face (478, 3) [pixels]."""
    picture = faces.sample()
    (found,) = FaceDetector().detect(picture)
    mesh = FaceMesh().fit(picture, from_detection(found))
    assert mesh is not None
    return mesh.points.astype(np.float64)


def turned(points: Points, pitch: float, yaw: float, roll: float) -> Points:
    """R = Rx Ry Rz, x right, y down, z away from the camera."""
    x, y, z = np.eye(3), np.eye(3), np.eye(3)
    x[1:, 1:] = [[np.cos(pitch), -np.sin(pitch)], [np.sin(pitch), np.cos(pitch)]]
    y[::2, ::2] = [[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]]
    z[:2, :2] = [[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]]
    result: Points = points @ (x @ y @ z).T
    return result


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (0.3, 0, 0), (0, -0.4, 0), (0, 0, 0.5), (0.2, 0.3, -0.4)]
)
def test_alignment_finds_the_pose_and_takes_it_out(
    face: Points, angles: tuple[float, float, float]
) -> None:
    upright = alignment.align(face[None].astype(np.float32))
    shift = np.array((400.0, 250.0, -30.0))
    moved = 2.5 * turned(face - face.mean(axis=0), *angles) + shift
    aligned = alignment.align(moved[None].astype(np.float32))
    base = turned(np.eye(3), *upright.rotation[0])
    expected = turned(np.eye(3), *angles).T @ base.T
    assert pytest.approx(expected, abs=1e-3) == turned(np.eye(3), *aligned.rotation[0]).T
    assert aligned.scale[0] == pytest.approx(2.5 * upright.scale[0], rel=1e-4)
    assert aligned.points == pytest.approx(upright.points, abs=0.02)


def measured(aligned: Aligned) -> Points:
    return np.asarray(measures.measure(aligned)[0], np.float64)


def build(aligned: Aligned) -> Points:
    return np.asarray(measures.build(aligned)[0], np.float64)


@pytest.mark.parametrize("tall", [0.85, 1.0, 1.2])
def test_a_face_of_another_height_is_no_movement(face: Points, tall: float) -> None:
    """Stretched, its fixed points say by how much; the reference face is taken to be as tall."""
    upright = alignment.align(face[None].astype(np.float32))
    other = replace(upright, points=upright.points * (1.0, tall, 1.0))
    assert alignment.height(other) == pytest.approx(tall * alignment.height(upright))
    grown = dict(zip(measures.NAMES, measured(other) - measured(upright), strict=True))
    taken = dict(zip(measures.NAMES, build(other) - build(upright), strict=True))
    for name in ("corner_height_right", "cheek_height_left", "chin", "lower_lip"):
        assert taken[name] == pytest.approx(grown[name], rel=0.2), name
    for name in ("corner_width_right", "cheek_width_left", "ala_width_right", "corner_depth_left"):
        assert taken[name] == 0.0 == pytest.approx(grown[name], abs=1e-4), name


def test_what_a_muscle_moves_is_not_taken_for_height(face: Points) -> None:
    upright = alignment.align(face[None].astype(np.float32))
    moved = replace(upright, points=upright.points.copy())
    moved.points[:, [152, 61, 291, 105], 1] -= 10.0  # chin, lip corners, a brow
    assert alignment.height(moved) == alignment.height(upright)


def test_distance_follows_from_the_size_of_the_face(face: Points) -> None:
    """90 mm between the eyes, seen as 90 pixels by a lens of 500 pixels: half a metre away."""
    scale = 0.9 / alignment.align(face[None].astype(np.float32)).scale[0]
    aligned = alignment.align((face[None] * scale).astype(np.float32))
    x, y, z = alignment.translation(aligned, 640, 480)[0]
    assert z == pytest.approx(500, rel=1e-4)
    assert x == pytest.approx(aligned.origin[0, 0] - 320, abs=0.01)
    assert y == pytest.approx(aligned.origin[0, 1] - 240, abs=0.01)
