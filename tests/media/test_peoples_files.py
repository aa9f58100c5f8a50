"""What people's cameras, browsers and recorders make: times, frames and pictures as they are."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from shared.measurements.model import Options, Segment
from shared.media.clip import Damage, key_frames, open_clip, probe_clip
from shared.media.formats import AVIF, HEIC, sniff_file
from shared.media.pictures import displayed_size, load, load_image
from shared.platform.errors import Code, MediaError
from tests import faces, media_factory
from tests.media_factory import Clip, picture

OPTIONS = Options()


def read(path: Path, segment: Segment | None = None) -> tuple[list[float], Damage]:
    with open_clip(path, OPTIONS) as clip:
        return [frame.timestamp for frame in clip.frames(segment or Segment(0))], clip.damage


def test_matroska_without_a_default_duration(tmp_path: Path) -> None:
    """As browsers record: 1000 frames a second is the unit of time, not the rate."""
    times = [0.0, 0.7, 1.6, 2.3, 3.2, 250.0]
    path = media_factory.retimed(tmp_path / "recorded.mkv", times)
    with av.open(str(path)) as container:
        assert not container.streams.video[0].average_rate
    facts = probe_clip(path, OPTIONS)
    assert facts.frames == 6
    assert facts.fps == pytest.approx(5 / 250)
    found, damage = read(path)
    assert found == pytest.approx(times)
    assert damage == Damage()


def test_a_recording_is_refused_by_its_frames_not_by_its_unit(tmp_path: Path) -> None:
    times = [number / 10 for number in range(50)]
    path = media_factory.retimed(tmp_path / "recorded.mkv", times)
    assert probe_clip(path, Options(max_frames=50)).frames == 50
    with pytest.raises(MediaError) as refused:
        probe_clip(path, Options(max_frames=49))
    assert refused.value.code is Code.VIDEO_TOO_LONG


@pytest.mark.parametrize("suffix", [".avi", ".wmv"])
@pytest.mark.parametrize("frames_between", [1, 2, 3])
def test_b_frames_where_packets_have_one_time(
    tmp_path: Path, suffix: str, frames_between: int
) -> None:
    options = {"bf": str(frames_between), "b-adapt": "0", "preset": "medium"}
    path = Clip(
        seconds=3, fps=30, size=(160, 120), codec="libx264", options=options, key_interval=30
    ).write(tmp_path / f"b{suffix}")
    times, damage = read(path)
    assert damage == Damage()
    assert len(times) == 90
    steps = [after - before for before, after in pairwise(times)]
    assert steps == pytest.approx([1 / 30] * 89, abs=0.0011)  # ASF counts in milliseconds


def test_segments_of_an_avi_with_b_frames_are_the_whole(tmp_path: Path) -> None:
    options = {"bf": "2", "b-adapt": "0", "preset": "medium"}
    path = Clip(
        seconds=3, fps=30, size=(160, 120), codec="libx264", options=options, key_interval=30
    ).write(tmp_path / "b.avi")
    whole, _ = read(path)
    keys = key_frames(path, OPTIONS)
    assert len(keys) > 2
    parts: list[float] = []
    for index, (start, stop) in enumerate(zip(keys, [*keys[1:], None], strict=True)):
        found, damage = read(path, Segment(index, start, stop))
        assert damage == Damage()
        parts += found
    assert parts == pytest.approx(whole)


def test_a_last_picture_that_stands_is_no_lost_end(tmp_path: Path) -> None:
    times = [*(number / 25 for number in range(25)), 1.0, 5.0]
    path = Clip(times=times, size=(160, 120)).write(tmp_path / "standing.mp4")
    assert read(path)[1].warnings() == []


def test_the_largest_of_several_streams_is_measured_and_said(tmp_path: Path) -> None:
    path = media_factory.preview_first(tmp_path / "two.mp4")
    facts = probe_clip(path, OPTIONS)
    assert (facts.width, facts.height) == (320, 180)
    times, damage = read(path)
    assert len(times) == 25
    assert damage.warnings() == ["The file has 2 video streams; the largest was measured."]


def test_one_stream_and_a_cover_are_nothing_to_say(tmp_path: Path) -> None:
    assert read(Clip(seconds=1, size=(64, 64)).write(tmp_path / "a.mp4"))[1] == Damage()


@pytest.mark.parametrize(("orientation", "size"), [(None, (160, 120)), (6, (120, 160))])
def test_motion_jpeg_with_exif_in_every_picture(
    tmp_path: Path, orientation: int | None, size: tuple[int, int]
) -> None:
    """As cameras write it; FFmpeg hands it over beside the frame."""
    path = media_factory.motion_jpeg(tmp_path / "camera.avi", orientation=orientation)
    with open_clip(path, OPTIONS) as clip:
        assert (clip.width, clip.height) == size
        assert len(list(clip.frames(Segment(0)))) == 5


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
@pytest.mark.parametrize("suffix", [".webm", ".mkv"])
def test_alpha_beside_the_picture_of_vp8_and_vp9(tmp_path: Path, codec: str, suffix: str) -> None:
    """As avatars' tools write it: outside of the oval there is nothing, so mid grey."""
    options = {"auto-alt-ref": "0"}  # VP8 cannot have it with alpha
    path = Clip(
        size=(160, 120),
        codec=codec,
        pixel_format="yuva420p",
        transparent=True,
        key_interval=5,
        options=options,
    ).write(tmp_path / f"face{suffix}")
    with open_clip(path, OPTIONS) as clip:
        pictures = [frame.picture for frame in clip.frames(Segment(0))]
        assert clip.damage == Damage()
    assert len(pictures) == 25
    for shown in pictures:
        assert np.abs(shown[:8, :8].astype(int) - 128).max() <= 8
        assert np.abs(shown[50:70, 70:90].astype(int) - 128).max() > 30
    assert key_frames(path, OPTIONS) == [0.0], "it is read whole: its alpha has other key frames"
    with open_clip(path, OPTIONS) as clip:
        later = list(clip.frames(Segment(1, 0.5)))
    assert np.array_equal(later[-1].picture, pictures[-1])


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_a_jpeg_without_its_end_mark(tmp_path: Path, options: dict[str, Any]) -> None:
    whole = tmp_path / "whole.jpg"
    with Image.open(picture(tmp_path / "face.png", size=(240, 160))) as image:
        image.save(whole, **options)
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(whole.read_bytes()[:-2])
    pixels, unended = load(cut, OPTIONS)
    assert unended
    assert np.array_equal(pixels, load_image(whole, OPTIONS))
    assert displayed_size(cut, OPTIONS) == (240, 160)
    assert not load(whole, OPTIONS)[1]
    for lost in (40, 200, 2000):
        cut.write_bytes(whole.read_bytes()[:-lost])
        with pytest.raises(MediaError) as refused:
            load_image(cut, OPTIONS)
        assert refused.value.code is Code.UNDECODABLE_MEDIA


def test_an_avif_is_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "face.avif"
    with Image.open(picture(tmp_path / "face.png", size=(240, 160))) as image:
        image.convert("RGB").save(path, quality=90)
    assert sniff_file(path) is AVIF
    assert load_image(path, OPTIONS).shape == (160, 240, 3)


def test_a_heic_is_a_picture() -> None:
    """One as a phone held upright writes it: `faces.still` lying, turned by a property, and a
    smaller picture after it. (Made with pillow-heif 1.8.1, which can write what ours only reads.)
    """
    path = Path(__file__).with_name("turned.heic")
    assert sniff_file(path) is HEIC
    assert displayed_size(path, OPTIONS) == (240, 160)
    loaded = load_image(path, OPTIONS).astype(int)
    assert np.abs(loaded - faces.still(0.0, 240, 160)).mean() < 8
    with pytest.raises(MediaError) as refused:
        load_image(path, Options(max_pixels=240 * 160 - 1))
    assert refused.value.code is Code.IMAGE_TOO_LARGE


def test_a_damaged_heic_is_refused(tmp_path: Path) -> None:
    whole = Path(__file__).with_name("turned.heic")
    cut = media_factory.truncated(whole, tmp_path / "cut.heic")
    noisy = media_factory.corrupted(whole, tmp_path / "noisy.heic", start=0.05, stop=0.1)
    for path in (cut, noisy):
        with pytest.raises(MediaError) as refused:
            load_image(path, OPTIONS)
        assert refused.value.code is Code.UNDECODABLE_MEDIA


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x18ftyphevc", "animated HEIC"),
        (b"\0\0\0\x18ftypavis", "animated AVIF"),
        (b"GIF89a", "a GIF"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"%PDF-1.7", "a PDF"),
        (b"hello", "no kind that is known"),
    ],
)
def test_what_cannot_be_measured_is_called_by_its_name(
    tmp_path: Path, head: bytes, name: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(head)
    with pytest.raises(MediaError, match=name) as refused:
        sniff_file(path)
    assert refused.value.code is Code.UNSUPPORTED_MEDIA


def test_twelve_bits_in_sixteen_in_colour(tmp_path: Path) -> None:
    path = tmp_path / "scientific.png"
    ramp = np.linspace(0, 4095, 64 * 64).reshape(64, 64).astype(np.uint16)
    media_factory.deep_png(path, np.stack([ramp, ramp.T, np.zeros_like(ramp)], axis=2))
    with Image.open(path) as image:
        assert image.getextrema() == ((0, 15), (0, 15), (0, 0)), "what Pillow makes of it"
    loaded = load_image(path, OPTIONS)
    assert np.array_equal(loaded[..., 0], ramp >> 4)
    assert np.array_equal(loaded[..., 1], ramp.T >> 4)
    assert displayed_size(path, OPTIONS) == (64, 64)


def test_twelve_bits_in_sixteen(tmp_path: Path) -> None:
    path = tmp_path / "scientific.png"
    ramp = np.linspace(0, 4095, 64 * 64).reshape(64, 64).astype(np.uint16)
    Image.fromarray(ramp).save(path)
    loaded = load_image(path, OPTIONS)
    assert (loaded.min(), loaded.max()) == (0, 255)
