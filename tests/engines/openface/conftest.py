"""OpenFace's folder with stand-ins for its programs, and media that they are given."""

from pathlib import Path

import pytest

from tests import faces, media_factory
from tests.engines.openface.home import OpenFaceHome
from tests.engines.openface.runs import CLIP_FRAMES
from tests.media_factory import Clip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenFaceHome:
    made = OpenFaceHome(tmp_path / "openface")
    monkeypatch.setenv("OPENFACE_HOME", str(made.folder))
    monkeypatch.delenv("OPENFACE_MODEL", raising=False)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("media")
    media_factory.picture(made / "image.jpg", scene=faces.empty)
    media_factory.picture(made / "image.png", scene=faces.empty, mode="RGBA")
    Clip(seconds=CLIP_FRAMES / 25, size=(64, 64), scene=faces.empty).write(made / "clip.mp4")
    return made


@pytest.fixture
def image(folder: Path) -> Path:
    return folder / "image.jpg"


@pytest.fixture
def clip(folder: Path) -> Path:
    return folder / "clip.mp4"
