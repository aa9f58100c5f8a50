"""The tables that OpenFace itself wrote, and OpenFace itself where it is installed."""

import os
from pathlib import Path

import pytest

from shared.engines.openface import OpenFaceEngine
from shared.measurements.model import MediaType
from shared.platform.errors import Code, MediaError
from tests import media_factory
from tests.engines.openface.home import OpenFaceHome
from tests.engines.openface.runs import measured
from tests.media_factory import Clip

IP, IW, VS, VM = MediaType.IP, MediaType.IW, MediaType.VS, MediaType.VM
SHARED = Path(__file__).parents[4] / "shared"
RECORDED = SHARED / "reference" / "openface"


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded OpenFace output at ../shared")
@pytest.mark.parametrize(
    ("kind", "media", "table", "successes"),
    [
        (IP, "single_face.jpg", "image_aus.single_face.csv", 1),
        (IW, "multi_face.jpg", "image_aus.multi_face.csv", 5),
        (VS, "single_face.mp4", "video_aus.single_face.csv", 72),
        (VS, "WolfgangLanger_Pexels.mp4", "video_aus.WolfgangLanger_Pexels.csv", 471),
    ],
)
def test_recorded_output_comes_through_byte_for_byte(
    home: OpenFaceHome, tmp_path: Path, *, kind: MediaType, media: str, table: str, successes: int
) -> None:
    home.replay(SHARED / "media" / media, RECORDED / table)
    facts, rows = measured(tmp_path, SHARED / "media" / media, kind)
    assert (tmp_path / "segment").read_bytes() == (RECORDED / table).read_bytes()
    lines = [line.split(", ") for line in (RECORDED / table).read_text().splitlines()[1:]]
    start = 2 if kind.is_image else 5
    assert [list(row.intensities) for row in rows] == [
        [float(text) for text in line[start : start + 17]] for line in lines
    ]
    assert sum(row.success for row in rows) == successes
    assert facts.warnings == []


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded OpenFace output at ../shared")
def test_recorded_output_without_a_face(home: OpenFaceHome, tmp_path: Path) -> None:
    clip = SHARED / "media" / "no_face.mp4"
    home.replay(clip, RECORDED / "video_aus.no_face.csv")
    with pytest.raises(MediaError, match="no face in the clip"):
        measured(tmp_path, clip, VS)


REAL_HOME = os.environ.get("OPENFACE_HOME", "")


@pytest.mark.skipif(not REAL_HOME, reason="OPENFACE_HOME is not set: no real OpenFace to test with")
class TestTheRealPrograms:
    def test_installation(self) -> None:
        assert OpenFaceEngine().problems() == []

    @pytest.mark.parametrize(("kind", "name"), [(IP, "face.jpg"), (IW, "face.jpg"),
                                                (VS, "face.mp4"), (VM, "face.mp4")])  # fmt: skip
    def test_a_face(self, tmp_path: Path, kind: MediaType, name: str) -> None:
        media_factory.picture(tmp_path / "face.jpg")
        Clip(seconds=1).write(tmp_path / "face.mp4")
        facts, rows = measured(tmp_path, tmp_path / name, kind)
        assert facts.faces == 1
        assert any(row.success for row in rows)
        assert "pose_Tz" in facts.signals

    @pytest.mark.parametrize(("kind", "name"), [(IP, "image.jpg"), (VS, "clip.mp4"),
                                                (VM, "clip.mp4")])  # fmt: skip
    def test_no_face(self, folder: Path, tmp_path: Path, kind: MediaType, name: str) -> None:
        with pytest.raises(MediaError) as caught:
            measured(tmp_path, folder / name, kind)
        assert caught.value.code is Code.NO_FACE_FOUND
