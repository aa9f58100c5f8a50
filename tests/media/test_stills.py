"""Pictures of a clip at given moments."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shared.measurements.model import Options
from shared.media import stills
from shared.platform.errors import MediaError
from tests.faces import Pixels
from tests.media_factory import Clip

LEVELS = 40  # of grey a second


def growing_light(moment: float, width: int, height: int) -> Pixels:
    return np.full((height, width, 3), round(moment * LEVELS), dtype=np.uint8)


def seconds(path: Path) -> float:
    """When the picture was shown, by how light it is."""
    with Image.open(path) as picture:
        return float(np.asarray(picture).mean()) / LEVELS


@pytest.mark.parametrize(
    ("name", "near"), [("clip.mp4", 0.03), ("clip.mkv", 0.03), ("clip.avi", 0.2)]
)
def test_the_picture_is_that_of_the_moment(tmp_path: Path, name: str, near: float) -> None:
    """AVI's codec keeps less of the light."""
    clip = Clip(seconds=4, scene=growing_light, size=(1280, 64)).write(tmp_path / name)
    stills.write(clip, Options(), [1.02, 2.5, 2.54, 99.0], tmp_path)
    found = [seconds(tmp_path / f"{number}.jpg") for number in range(4)]
    assert found == pytest.approx([1.0, 2.48, 2.52, 3.96], abs=near)
    with Image.open(tmp_path / "0.jpg") as picture:
        assert picture.size == (960, 48)


def test_a_picture_that_stands_long_is_found(tmp_path: Path) -> None:
    clip = Clip(times=[0.0, 1.0, 5.0], scene=growing_light).write(tmp_path / "slow.mp4")
    stills.write(clip, Options(), [1.5], tmp_path)
    assert seconds(tmp_path / "0.jpg") == pytest.approx(1.0, abs=0.05)


def test_what_cannot_be_decoded_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    with pytest.raises(MediaError):
        stills.write(tmp_path / "x.mp4", Options(), [0.0], tmp_path)
    assert not list(tmp_path.glob("*.jpg"))
