"""How coarsely a clip was encoded is told by its decoder, of H.264 alone."""

import gc
from pathlib import Path

import numpy as np
import pytest
from av import VideoFrame

from shared.measurements.model import Options, Segment
from shared.media.clip import open_clip
from tests.media_factory import Clip


def quantisers(path: Path) -> np.ndarray:
    with open_clip(path, Options()) as clip:
        return np.array([frame.quantiser for frame in clip.frames(Segment(0))])


def mean(folder: Path, crf: int, pixel_format: str = "yuv420p") -> float:
    clip = Clip(codec="libx264", options={"crf": str(crf)}, pixel_format=pixel_format)
    return float(np.nanmean(quantisers(clip.write(folder / f"{crf} {pixel_format}.mp4"))))


def test_it_rises_as_the_encoder_is_told(tmp_path: Path) -> None:
    assert mean(tmp_path, 38) - mean(tmp_path, 23) == pytest.approx(15, abs=3)


def test_ten_bits_are_held_to_the_same_steps(tmp_path: Path) -> None:
    assert mean(tmp_path, 30, "yuv420p10le") == pytest.approx(mean(tmp_path, 30), abs=1.5)


@pytest.mark.parametrize("name", ["other.webm", "other.wmv"])
def test_other_codecs_do_not_tell(tmp_path: Path, name: str) -> None:
    assert np.isnan(quantisers(Clip().write(tmp_path / name))).all()


def test_a_decoded_picture_goes_at_once(tmp_path: Path) -> None:
    """Not with the next collection, until which an engine would hold hundreds of them."""
    path = Clip(codec="libx264").write(tmp_path / "clip.mp4")
    gc.collect()
    gc.disable()
    try:
        count = len(quantisers(path))
        left = sum(isinstance(each, VideoFrame) for each in gc.get_objects())
    finally:
        gc.enable()
    assert left < 5 < count
