"""Clips of every kind give upright pictures at the right times, whole or in segments."""

import tracemalloc
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest

from shared.measurements.model import Options, Segment
from shared.media.clip import Damage, Frame, key_frames, open_clip
from shared.media.pictures import MID_GREY
from shared.platform.errors import Code, MediaError
from tests import faces, media_factory
from tests.media_factory import Clip

OPTIONS = Options()
WHOLE = Segment(0)


def read(path: Path, segment: Segment = WHOLE) -> tuple[list[Frame], Damage]:
    with open_clip(path, OPTIONS) as clip:
        return list(clip.frames(segment)), clip.damage


def difference(frame: Frame, clip: Clip) -> float:
    """Mean difference 0..255 between a frame and the scene at its time."""
    shown = clip.scene(frame.timestamp, *clip.size)
    assert frame.picture.shape == shown.shape
    return float(np.abs(frame.picture.astype(int) - shown.astype(int)).mean())


SOUND: dict[str, Clip] = {
    "plain.mp4": Clip(),
    "plain.mov": Clip(),
    "plain.mkv": Clip(),
    "plain.webm": Clip(),
    "plain.avi": Clip(),
    "plain.wmv": Clip(),
    "with sound.mp4": Clip(sound=True),
    "variable rate.mp4": Clip(times=[0, 0.04, 0.1, 0.3, 0.31, 0.9]),
    "late start.mkv": Clip(times=[2.0, 2.04, 2.5]),
    "ntsc.mp4": Clip(fps=30000 / 1001),
    "odd size.mp4": Clip(size=(641, 359), pixel_format="yuv444p", seconds=0.2),
    "ten bits.mp4": Clip(pixel_format="yuv420p10le", seconds=0.2),
    "oblong pixels.mp4": Clip(size=(320, 240), pixel_aspect=Fraction(4, 3), seconds=0.2),
    "one frame.mp4": Clip(seconds=0.04),
    "large.mp4": Clip(size=(3840, 2160), seconds=0.08, options={"preset": "ultrafast"}),
    "still.mp4": Clip(scene=faces.still),
    "frozen.mp4": Clip(scene=faces.frozen(faces.speaking, 0.2, 0.6)),
}


@pytest.mark.parametrize("name", SOUND)
def test_frames_are_what_was_filmed(tmp_path: Path, name: str) -> None:
    clip = SOUND[name]
    frames, damage = read(clip.write(tmp_path / name))
    times = clip.frame_times()
    expected = [time - times[0] for time in times]
    assert [frame.timestamp for frame in frames] == pytest.approx(expected, abs=0.0006)
    if times[0] == 0:  # else the scene is at another time than the frame
        assert max(difference(frame, clip) for frame in frames[:3]) < 8
    assert damage == Damage()
    assert frames[0].picture.flags.c_contiguous


@pytest.mark.parametrize("rotation", [90, 180, 270])
@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_a_turned_phone(tmp_path: Path, suffix: str, rotation: Literal[90, 180, 270]) -> None:
    clip = Clip(size=(320, 240), seconds=0.2, rotation=rotation)
    path = clip.write(tmp_path / f"phone.{suffix}")
    with av.open(str(path)) as container:  # the file is what it is meant to be
        stored = next(container.decode(video=0))
        assert (stored.width > stored.height) == (rotation == 180)
        assert stored.rotation % 360 == -rotation % 360
    frames, _ = read(path)
    assert max(difference(frame, clip) for frame in frames) < 8


def test_a_transparent_rendering_lies_over_mid_grey(tmp_path: Path) -> None:
    clip = Clip(size=(160, 120), seconds=0.12, codec="png", pixel_format="rgba", transparent=True)
    frames, _ = read(clip.write(tmp_path / "rendering.mov"))
    for frame in frames:
        assert frame.picture[0, 0].tolist() == list(MID_GREY)
        centre = frame.picture[40:80, 60:100].astype(int)
        shown = clip.scene(frame.timestamp, 160, 120)[40:80, 60:100]
        assert np.abs(centre - shown).max() == 0


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm", "avi", "wmv"])
def test_segments_are_the_whole(tmp_path: Path, suffix: str) -> None:
    """Cut at its key frames and elsewhere, a clip gives the same times and the same pixels."""
    path = Clip(seconds=2, size=(160, 120), sound=True).write(tmp_path / f"clip.{suffix}")
    whole, _ = read(path)
    keys = key_frames(path, OPTIONS)
    assert keys[0] == 0
    assert len(keys) == 5
    for cuts in (keys, [0.0, 0.07, 0.9, 1.3]):
        parts = []
        for index, (start, stop) in enumerate(pairwise([*cuts, None])):
            assert start is not None
            frames, damage = read(path, Segment(index, start, stop))
            assert damage == Damage()
            parts += frames
        assert [part.timestamp for part in parts] == [frame.timestamp for frame in whole]
        for part, frame in zip(parts, whole, strict=True):
            assert np.array_equal(part.picture, frame.picture)


@pytest.mark.parametrize("times", [[0, 0.04, 0.04, 0.04, 0.2], [0, 0.04, 0.12, 0.08, 0.2]])
def test_disordered_times_increase_and_forbid_cutting(tmp_path: Path, times: list[float]) -> None:
    path = media_factory.retimed(tmp_path / "clip.mkv", times)
    frames, damage = read(path)
    assert len(frames) == len(times)
    assert all(one.timestamp < other.timestamp for one, other in pairwise(frames))
    assert damage.retimed > 0
    assert key_frames(path, OPTIONS) == [0.0]


def test_a_changing_size_is_scaled_to_the_first(tmp_path: Path) -> None:
    path = media_factory.resized(tmp_path / "clip.avi", [(160, 120), (240, 180)])
    frames, damage = read(path)
    assert [frame.picture.shape for frame in frames] == [(120, 160, 3)] * 10
    assert damage == Damage(resized=5)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm", "avi", "wmv"])
def test_noise_in_the_middle_loses_no_more_than_it_hit(tmp_path: Path, suffix: str) -> None:
    clip = Clip(seconds=2, size=(160, 120))
    path = clip.write(tmp_path / f"clip.{suffix}")
    frames, damage = read(media_factory.corrupted(path, tmp_path / f"broken.{suffix}"))
    assert 25 <= len(frames) < 50
    assert frames[0].timestamp == 0
    assert frames[-1].timestamp > 1.6
    if suffix != "wmv":  # whose demultiplexer goes on at the next sound packet without a word
        assert damage.unreadable > 0
        assert "damaged" in damage.warnings()[0]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm", "avi"])
def test_a_cut_end_is_said(tmp_path: Path, suffix: str) -> None:
    options = {"movflags": "faststart"} if suffix == "mp4" else {}
    clip = Clip(seconds=3, size=(160, 120), container_options=options)
    path = clip.write(tmp_path / f"clip.{suffix}")
    frames, damage = read(media_factory.truncated(path, tmp_path / f"cut.{suffix}"))
    assert 10 < len(frames) < 60
    assert damage.lost_end > 0.5
    assert any("cut off" in warning for warning in damage.warnings())


def test_sound_that_goes_on_is_no_lost_end(tmp_path: Path) -> None:
    clip = Clip(times=[0, 0.04, 0.08], seconds=3, sound=True)
    for suffix in ("mp4", "mkv"):
        with open_clip(clip.write(tmp_path / f"clip.{suffix}"), OPTIONS) as opened:
            assert opened.duration == pytest.approx(0.1, abs=0.05)
            assert len(list(opened.frames(WHOLE))) == 3
            assert opened.damage == Damage()


def test_more_frames_than_declared_are_stopped_at_the_limit(tmp_path: Path) -> None:
    """A live recording declares no duration: the limit is then held while reading."""
    path = tmp_path / "live.webm"
    Clip(seconds=0.6, size=(64, 64), container_options={"live": "1"}).write(path)
    options = Options(max_frames=10)
    with open_clip(path, options) as clip:
        assert clip.duration is None
        with pytest.raises(MediaError) as refusal:
            list(clip.frames(WHOLE))
    assert refusal.value.code is Code.VIDEO_TOO_LONG


def test_a_title_in_another_alphabet(tmp_path: Path) -> None:
    """An old AVI's metadata are in no declared encoding."""
    path = Clip(seconds=0.2, size=(64, 64), title="Gesicht ####").write(tmp_path / "clip.avi")
    path.write_bytes(path.read_bytes().replace(b"####", b"\xe4\xf6\xfc\xdf"))
    frames, _ = read(path)
    assert len(frames) == 5


def test_memory_does_not_grow_with_the_clip(tmp_path: Path) -> None:
    path = Clip(seconds=4, size=(96, 96), scene=faces.empty).write(tmp_path / "clip.mp4")
    with open_clip(path, OPTIONS) as clip:
        frames = clip.frames(WHOLE)
        next(frames)
        tracemalloc.start()
        for _ in frames:
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 4 * 96 * 96 * 3


def test_damage_adds_up_and_speaks() -> None:
    total = sum([Damage(unreadable=1), Damage(retimed=2), Damage(lost_end=1.25)], Damage())
    assert total == Damage(unreadable=1, retimed=2, lost_end=1.25)
    assert len(total.warnings()) == 3
    assert Damage().warnings() == []
