"""Alignment, measures and the networks: numbers against numbers."""

import numpy as np
import pytest
from mediapipe.python.solutions import face_mesh
from numpy.typing import NDArray

from benchmarks import reference_face
from shared.engines.mediapipe import alignment, measures
from shared.engines.mediapipe.graphs import FaceDetector, FaceMesh
from shared.engines.mediapipe.regions import box_of, from_detection, from_mesh
from tests import faces


@pytest.fixture(scope="module")
def mean_face() -> reference_face.Points:
    return reference_face.mean_face()


def turned(
    points: reference_face.Points, pitch: float, yaw: float, roll: float
) -> reference_face.Points:
    """R = Rx Ry Rz, x right, y down, z away from the camera."""
    x, y, z = np.eye(3), np.eye(3), np.eye(3)
    x[1:, 1:] = [[np.cos(pitch), -np.sin(pitch)], [np.sin(pitch), np.cos(pitch)]]
    y[::2, ::2] = [[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]]
    z[:2, :2] = [[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]]
    result: reference_face.Points = points @ (x @ y @ z).T
    return result


def test_the_reference_face_is_the_networks_own(mean_face: reference_face.Points) -> None:
    derived = reference_face.anchors(mean_face)
    assert derived.keys() == alignment.REFERENCE.keys()
    for index, point in alignment.REFERENCE.items():
        assert point == pytest.approx(derived[index], abs=0.02)
    for name, value in reference_face.reference_measures(mean_face).items():
        table = measures.SIDED if name in measures.SIDED else measures.CENTRAL
        assert table[name].reference == pytest.approx(value, abs=0.02)


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (0.3, 0, 0), (0, -0.4, 0), (0, 0, 0.5), (0.2, 0.3, -0.4)]
)
def test_alignment_finds_the_pose_and_takes_it_out(
    mean_face: reference_face.Points, angles: tuple[float, float, float]
) -> None:
    upright = alignment.align(mean_face[None].astype(np.float32))
    shift = np.array((400.0, 250.0, -30.0))
    moved = 2.5 * turned(mean_face - mean_face.mean(axis=0), *angles) + shift
    aligned = alignment.align(moved[None].astype(np.float32))
    base = turned(np.eye(3), *upright.rotation[0])
    expected = turned(np.eye(3), *angles).T @ base.T
    assert pytest.approx(expected, abs=1e-3) == turned(np.eye(3), *aligned.rotation[0]).T
    assert aligned.scale[0] == pytest.approx(2.5 * upright.scale[0], rel=1e-4)
    assert aligned.points == pytest.approx(upright.points, abs=0.02)


def test_distance_follows_from_the_size_of_the_face(mean_face: reference_face.Points) -> None:
    """90 mm between the eyes, seen as 90 pixels by a lens of 500 pixels: half a metre away."""
    scale = 0.9 / alignment.align(mean_face[None].astype(np.float32)).scale[0]
    aligned = alignment.align((mean_face[None] * scale).astype(np.float32))
    x, y, z = alignment.translation(aligned, 640, 480)[0]
    assert z == pytest.approx(500, rel=1e-4)
    assert x == pytest.approx(aligned.origin[0, 0] - 320, abs=0.01)
    assert y == pytest.approx(aligned.origin[0, 1] - 240, abs=0.01)


def test_meshes_are_those_of_mediapipes_face_mesh() -> None:
    """To the last bit, from the second frame on, when both regions come from the last mesh."""
    picture = faces.sample()
    theirs = face_mesh.FaceMesh(refine_landmarks=True)
    ours, detector = FaceMesh(), FaceDetector()
    size = np.array((512, 512, 512), dtype=np.float32)
    first, second = (_landmarks(theirs, picture) * size for _ in range(2))
    (mesh,) = ours.fit(picture, [from_mesh(first, box_of(first))])
    assert mesh is not None
    assert mesh.points == pytest.approx(second, abs=0.01)
    assert mesh.score > 0.99
    (found,) = detector.detect(picture)
    (rough,) = ours.fit(picture, [from_detection(found)])
    assert rough is not None
    assert rough.points == pytest.approx(second, abs=6)


def _landmarks(network: face_mesh.FaceMesh, picture: faces.Pixels) -> NDArray[np.float32]:
    points = network.process(picture).multi_face_landmarks[0].landmark
    return np.array([(p.x, p.y, p.z) for p in points], dtype=np.float32)
