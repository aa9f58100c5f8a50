"""The installed client as a process of its own, against the shared stack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import faces, media_factory, once
from tests.client.running import Client, Within
from tests.media_factory import Clip

if TYPE_CHECKING:
    from local.stack import Stack


@pytest.fixture
def client(stack: Stack, tmp_path: Path) -> Client:
    return Client(stack.http, tmp_path)


@pytest.fixture
def within(
    stack: Stack,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Within:
    return Within(stack.http, tmp_path, capsys, monkeypatch)


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of media, made once."""
    return once.folder(tmp_path_factory, "client-media", _make_media)


def _make_media(folder: Path) -> None:
    media_factory.picture(folder / "face.jpg")
    media_factory.picture(folder / "grey.jpg", mode="L")
    media_factory.picture(folder / "empty.jpg", scene=faces.empty)
    Clip(seconds=1).write(folder / "clip.mp4")
    Clip(seconds=8, size=(480, 480), scene=faces.living).write(folder / "living.mp4")
    (folder / "page.jpg").write_text("<html>no picture</html>")
