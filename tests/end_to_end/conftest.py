"""A client of the shared stack, and the media that these tests send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import faces, media_factory, once
from tests.end_to_end.service import IMPATIENT, Service
from tests.media_factory import Clip

if TYPE_CHECKING:
    from tests.stack import NewStack


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of media, made once."""
    return once.folder(tmp_path_factory, "media", _make_media)


def _make_media(folder: Path) -> None:
    media_factory.picture(folder / "face.jpg")
    media_factory.picture(folder / "rotated.jpg", orientation=6)
    media_factory.picture(folder / "alpha.png", mode="RGBA")
    media_factory.picture(folder / "grey.jpg", mode="L")
    media_factory.picture(folder / "empty.jpg", scene=faces.empty)
    Clip(seconds=1).write(folder / "one-second.mp4")
    Clip(seconds=20, size=(320, 240)).write(folder / "twenty-seconds.mp4")
    Clip(seconds=1, scene=faces.empty).write(folder / "empty.mp4")


@pytest.fixture(scope="session")
def clip(media: Path) -> Path:
    return media / "twenty-seconds.mp4"


@pytest.fixture
def fragile(new_stack: NewStack) -> Iterator[Service]:
    """A service of its own, to break."""
    stack = new_stack(settings=IMPATIENT)
    stack.start()
    client = Service(stack)
    yield client
    client.close()
