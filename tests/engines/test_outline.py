"""Where the faces are, for people who look on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.engines import protocol
from shared.engines.base import THOUSANDTHS, Task
from shared.engines.mediapipe.engine import MediapipeEngine
from shared.engines.mediapipe.records import read_blocks
from shared.measurements.model import MediaType, Segment
from tests import faces
from tests.media_factory import Clip


def measured(folder: Path, clip: Clip) -> tuple[MediapipeEngine, Path]:
    engine, output = MediapipeEngine(), folder / "segment"
    media = clip.write(folder / "clip.mp4")
    engine.measure(Task(media, MediaType.VS), Segment(0), output, lambda frames: None)
    return engine, output


def test_the_lines_lie_over_the_face(tmp_path: Path) -> None:
    engine, output = measured(tmp_path, Clip(seconds=0.2, size=(400, 300)))
    oval, *parts = (np.array(line).reshape(-1, 2) for line in engine.outline())
    (*_, newest) = (record for block in read_blocks(output) for record in block)
    left, top, width, height = newest["box"]
    centre = np.array([left + width / 2, top + height / 2]) / (400, 300) * THOUSANDTHS
    assert (oval.min(axis=0) < centre).all()
    assert (oval.max(axis=0) > centre).all()
    for part in parts:
        assert (part >= oval.min(axis=0)).all()
        assert (part <= oval.max(axis=0)).all()
    assert protocol.outline({"outline": engine.outline()}) == engine.outline()


def test_without_a_face_there_is_nothing(tmp_path: Path) -> None:
    assert MediapipeEngine().outline() == []
    engine, _ = measured(tmp_path, Clip(seconds=0.2, size=(160, 120), scene=faces.empty))
    assert engine.outline() == []


@pytest.mark.parametrize(
    "lines",
    [
        "x",
        ["x"],
        [["x"]],
        [[1.5]],
        [[10**9]],
        [[0] * (protocol.MAX_PLACES + 1)],
        [[]] * (protocol.MAX_LINES + 1),
    ],
)
def test_what_is_no_outline_is_refused(lines: Any) -> None:
    with pytest.raises(ValueError, match="no "):
        protocol.outline({"outline": lines})
