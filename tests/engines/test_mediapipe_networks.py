"""The networks beside MediaPipe's own, and the files that they are in.

`mediapipe_tasks.npz` is what MediaPipe 0.10.21 answers for `samples/astronaut.jpg` and three
regions, the last of which it made itself from the mesh before. It was recorded by running the
sub-graphs of its Face Landmarker on the model files that are carried here, each fed directly:
`SingleFaceLandmarksDetectorGraph` with IMAGE and NORM_RECT, whose NORM_LANDMARKS, PRESENCE_SCORE
and FACE_RECT_NEXT_FRAME were kept (in pixels), and `FaceBlendshapesGraph` with those landmarks and
the picture's size. Both are in the namespace mediapipe.tasks.vision.face_landmarker and run by
`mediapipe.python._framework_bindings.task_runner`.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.engines.mediapipe import networks
from shared.engines.mediapipe.blendshapes import NAMES, Blendshapes
from shared.engines.mediapipe.crops import Region
from shared.engines.mediapipe.detector import FaceDetector
from shared.engines.mediapipe.engine import MediapipeEngine
from shared.engines.mediapipe.mesh import FaceMesh
from shared.engines.mediapipe.regions import box_of, from_detection, from_mesh
from tests import faces

Recorded = dict[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    with np.load(Path(__file__).with_name("mediapipe_tasks.npz")) as file:
        return dict(file)


def test_meshes_are_those_of_mediapipe(recorded: Recorded) -> None:
    """Within half a pixel. MediaPipe lays the corners of a crop on the middles of pixels, so that
    its points are a constant part of a pixel beside ours."""
    mesh = FaceMesh()
    for region, points, score in zip(
        recorded["regions"].tolist(), recorded["points"], recorded["scores"].tolist(), strict=True
    ):
        found = mesh.fit(faces.sample(), Region(*region))
        assert found is not None
        assert found.points == pytest.approx(points, abs=0.5)
        assert found.score == pytest.approx(score, abs=1e-3)


def test_a_face_is_followed_as_mediapipe_does(recorded: Recorded) -> None:
    for points, (x, y, side, angle) in zip(
        recorded["points"], recorded["next_regions"].tolist(), strict=True
    ):
        region = from_mesh(points, box_of(points))
        assert (region.x, region.y, region.side) == pytest.approx((x, y, side), abs=1e-3)
        assert region.angle == pytest.approx(angle, abs=1e-5)


def test_blendshapes_are_those_of_mediapipe(recorded: Recorded) -> None:
    network = Blendshapes()
    for points, scores in zip(recorded["points"], recorded["blendshapes"], strict=True):
        assert len(scores) == len(NAMES)
        assert network.of(points) == pytest.approx(scores, abs=1e-4)


def test_the_detectors_region_is_near_that_of_the_mesh(recorded: Recorded) -> None:
    picture = faces.sample()
    (found,) = FaceDetector().detect(picture)
    assert found.score > 0.8
    rough = FaceMesh().fit(picture, from_detection(found))
    assert rough is not None
    assert rough.points == pytest.approx(recorded["points"][-1], abs=6)


def test_a_region_without_a_face_has_no_mesh() -> None:
    assert FaceMesh().fit(faces.sample(), Region(430, 430, 120, 0.0)) is None
    assert FaceMesh().fit(faces.sample(), Region(-400, -400, 120, 0.0)) is None


@pytest.mark.parametrize("shape", [(512, 256), (256, 512)])
def test_a_picture_of_any_shape_is_seen_whole(shape: tuple[int, int]) -> None:
    """The detector's answer is in the picture's pixels, whatever bars were added."""
    height, width = shape
    picture = np.ascontiguousarray(faces.sample()[:height, 96 : 96 + width])
    (found,) = FaceDetector().detect(picture)
    left, top, right, bottom = faces.FACE_BOX
    middle = ((left + right) / 2 - 96, (top + bottom) / 2)
    seen = (found.left + found.width / 2, found.top + found.height / 2)
    assert seen == pytest.approx(middle, abs=12)


def test_a_picture_may_be_longer_than_opencv_warps() -> None:
    long = np.zeros((512, 40_000, 3), dtype=np.uint8)
    assert FaceDetector().detect(long) == []
    long[:, 39_000:39_512] = faces.sample()
    mesh = FaceMesh()
    near, far = (
        mesh.fit(picture, Region(x, 125, 170, 0.05))
        for picture, x in ((faces.sample(), 225), (long, 39_225))
    )
    assert near is not None
    assert far is not None
    assert far.points - (39_000, 0, 0) == pytest.approx(near.points, abs=0.05)
    assert mesh.fit(long, Region(-900, 100, 120, 0.0)) is None


def test_all_networks_are_there() -> None:
    assert MediapipeEngine().problems() == []


@pytest.mark.parametrize("model", [networks.DETECTOR, networks.MESH, networks.BLENDSHAPES])
def test_a_missing_or_changed_network_is_a_problem(
    model: networks.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models"
    shutil.copytree(networks.FOLDER, folder)
    monkeypatch.setattr(networks, "FOLDER", folder)
    (folder / model.file).write_bytes(b"TFL3" + bytes(100))
    (changed,) = MediapipeEngine().problems()
    assert f"{model.file} is not the file that belongs here" in changed
    (folder / model.file).unlink()
    (missing,) = MediapipeEngine().problems()
    assert f"{model.file} is missing" in missing
    assert "Install the app again" in missing


def test_the_readme_names_the_digests() -> None:
    text = (networks.FOLDER / "README.md").read_text(encoding="utf-8")
    for model in (networks.DETECTOR, networks.MESH, networks.BLENDSHAPES):
        assert f"| `{model.file}` | {model.sha256} |" in text
