"""How much of a face lies inside the picture, and inside of black bars."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shared.engines.base import MediaType, Segment, Task
from shared.engines.mediapipe import edges
from shared.engines.mediapipe.engine import MediapipeEngine
from shared.engines.mediapipe.records import read_blocks
from shared.engines.mediapipe.regions import Box
from tests import faces

LIPS_Y = 140  # of the sample face's mouth: below are the lips, above eyes and brows


def barred(*, top: int = 0, bottom: int = 0, left: int = 0, right: int = 0) -> faces.Pixels:
    """The sample with black, noisy bars over its edges."""
    picture = faces.sample().copy()
    height, width = picture.shape[:2]
    mask = np.ones((height, width), dtype=bool)
    mask[top : height - bottom, left : width - right] = False
    noise = np.random.default_rng(4).integers(0, 20, (height, width, 3), dtype=np.uint8)
    picture[mask] = noise[mask]
    return picture


@pytest.mark.parametrize(
    ("bars", "seen"),
    [
        ({}, (0, 0, 512, 512)),
        ({"top": 40, "bottom": 60}, (0, 40, 512, 452)),
        ({"left": 33, "right": 5}, (33, 0, 507, 512)),
        ({"top": 20, "bottom": 20, "left": 20, "right": 20}, (20, 20, 492, 492)),
    ],
)
def test_black_bars_end_the_picture(bars: dict[str, int], seen: tuple[int, int, int, int]) -> None:
    assert edges.visible(barred(**bars)) == Box(*seen)


def test_a_black_picture_has_no_bars() -> None:
    assert edges.visible(np.zeros((90, 160, 3), dtype=np.uint8)) == Box(0, 0, 160, 90)


def test_the_parts_are_counted_apart() -> None:
    points = np.full((478, 3), 50, dtype=np.float32)
    points[list(edges.PARTS["mouth"]), 1] = np.linspace(81, 120, 40)
    points[list(edges.PARTS["brows"][:10]), 0] = -5
    shares = edges.inside(points, Box(-5, 50, 50, 120), Box(0, 0, 100, 100.5))
    assert shares == (0.5, 1.0, 0.5)
    assert edges.inside(points, Box(50, 50, 50, 50), Box(0, 0, 100, 100)) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("bar", [False, True])
def test_a_mouth_below_the_picture_is_told(tmp_path: Path, bar: bool) -> None:
    cut = barred(bottom=512 - LIPS_Y) if bar else faces.sample()[:LIPS_Y]
    Image.fromarray(cut).save(tmp_path / "cut.png")
    task, output = Task(tmp_path / "cut.png", MediaType.IP), tmp_path / "0.raw"
    MediapipeEngine().measure(task, Segment(0), output, lambda frames: None)
    records = np.concatenate(list(read_blocks(output)))
    mouth, eyes, brows = records["inside"].mean(axis=0).tolist()
    assert mouth < 0.2
    assert eyes == brows == 1.0
