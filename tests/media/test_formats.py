"""What a file is told by its content, and which files are refused with which code."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from shared.measurements.model import MediaType, Options
from shared.media.formats import Kind, default_type, sniff
from shared.media.probe import probe
from shared.platform.errors import Code, MediaError
from tests import media_factory as make
from tests.media_factory import Clip

OPTIONS = Options()


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "PNG"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "WebP"),
        (b"BM\x36\x00\x0c\x00" + bytes(8) + b"\x28\x00\x00\x00", "BMP"),
        (b"\x00\x00\x00\x18ftypisom", "MP4"),
        (b"\x00\x00\x00\x18ftypM4A ", "MP4"),  # sound alone: for `probe` to refuse
        (b"\x00\x00\x00\x14ftypqt  ", "MOV"),
        (b"\x00\x00\x00\x08wide\x00\x00\x00\x00mdat", "MOV"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webmB\x87", "WebM"),
        (b"\x1a\x45\xdf\xa3\xa3B\x86\x81\x01B\x82\x88matroska", "MKV"),
        (b"RIFF\x10\x00\x00\x00AVI LIST", "AVI"),
        (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), "WMV"),
        (b"frame, face_id, timestamp, confidence, success, AU01_r, AU02_r\n1", "CSV"),
        (b"\xef\xbb\xbfframe,AU01_r\r\n", "CSV"),
        (b",FaceScore,AU01,AU02\n", "CSV"),
        (b"GIF89a", None),
        (b"\x00\x00\x00\x18ftypheic", "HEIC"),
        (b"\x00\x00\x00\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
        (b"\x00\x00\x00\x18ftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\x00\x00\x00\x14ftypmif1\0\0\0\0mif1avif", None),
        (b"\x00\x00\x00\x18ftypavif", "AVIF"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", None),
        (b"\x1a\x45\xdf\xa3\x9fB\x82\x84none", None),
        (b"BM is how this text begins, twenty letters and more", None),
        (b"%PDF-1.7", None),
        (b"PK\x03\x04", None),
        (b"<!DOCTYPE html>", None),
        (b"name,value,AUTHOR\n", None),
        (b"", None),
    ],
)
def test_sniff(head: bytes, name: str | None) -> None:
    found = sniff(head)
    assert (found and found.name) == name


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp"])
def test_probe_of_an_image(tmp_path: Path, suffix: str) -> None:
    path = make.picture(tmp_path / f"face{suffix}", size=(300, 200))
    facts = probe(path, OPTIONS)
    assert (facts.kind, facts.width, facts.height) == (Kind.IMAGE, 300, 200)
    assert facts.size == path.stat().st_size
    assert facts.duration is None


def test_an_image_is_as_large_as_it_is_displayed(tmp_path: Path) -> None:
    path = make.picture(tmp_path / "phone.jpg", size=(300, 200), orientation=6)
    facts = probe(path, OPTIONS)
    assert (facts.width, facts.height) == (300, 200)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".avi", ".wmv"])
def test_probe_of_a_video(tmp_path: Path, suffix: str) -> None:
    path = Clip(seconds=0.4, size=(160, 120)).write(tmp_path / f"clip{suffix}")
    facts = probe(path, OPTIONS)
    assert facts.format.lower() == suffix[1:]
    assert (facts.kind, facts.width, facts.height) == (Kind.VIDEO, 160, 120)
    assert facts.duration == pytest.approx(0.4, abs=0.05)
    assert facts.fps == pytest.approx(25)
    assert facts.frames == pytest.approx(10, abs=1)
    assert isinstance(asdict(facts)["kind"], str)


def test_probe_of_a_csv_only_recognises_it(tmp_path: Path) -> None:
    path = tmp_path / "measured.csv"
    path.write_text("frame, AU01_r\nthis is not a number\n")
    assert probe(path, OPTIONS).kind is Kind.CSV


def _empty(path: Path) -> Path:
    path.touch()
    return path


def _ten_bytes(path: Path) -> Path:
    path.write_bytes(b"\x12\x8f\x01\xee\x77\x00\x9a\xc4\x5b\x30")
    return path


def _cut(source: Callable[[Path], Path]) -> Callable[[Path], Path]:
    return lambda path: make.truncated(source(path.with_stem("whole")), path)


def _header_only(path: Path) -> Path:
    whole = Clip(seconds=0.4).write(path.with_stem("whole"))
    return make.truncated(whole, path, keep=0.002)


REFUSED: dict[str, tuple[str, Callable[[Path], Path], Code]] = {
    "empty": ("a.png", _empty, Code.EMPTY_FILE),
    "ten bytes": ("a.jpg", _ten_bytes, Code.UNSUPPORTED_MEDIA),
    "a page": ("a.png", make.html, Code.UNSUPPORTED_MEDIA),
    "an archive": ("a.jpg", make.archive, Code.UNSUPPORTED_MEDIA),
    "a GIF": ("a.gif", make.animation, Code.UNSUPPORTED_MEDIA),
    "animated PNG": ("a.png", make.animation, Code.ANIMATED_IMAGE),
    "animated WebP": ("a.webp", make.animation, Code.ANIMATED_IMAGE),
    "bomb": ("a.png", make.png_bomb, Code.IMAGE_TOO_LARGE),
    "cut JPEG": ("a.jpg", _cut(make.picture), Code.UNDECODABLE_MEDIA),
    "cut PNG": ("a.png", _cut(make.picture), Code.UNDECODABLE_MEDIA),
    "cut WebP": ("a.webp", _cut(make.picture), Code.UNDECODABLE_MEDIA),
    "cut BMP": ("a.bmp", _cut(make.picture), Code.UNDECODABLE_MEDIA),
    "cut MP4": ("a.mp4", _cut(Clip().write), Code.UNDECODABLE_MEDIA),
    "only a header": ("a.avi", _header_only, Code.UNDECODABLE_MEDIA),
    "no frame": ("a.avi", Clip(seconds=0).write, Code.UNDECODABLE_MEDIA),
    "sound in MP4": ("a.mp4", make.sound_only, Code.NO_VIDEO_STREAM),
    "sound in MKV": ("a.mkv", make.sound_only, Code.NO_VIDEO_STREAM),
    "sound and cover": ("a.mp4", make.sound_with_cover, Code.NO_VIDEO_STREAM),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(tmp_path: Path, case: str) -> None:
    name, write, code = REFUSED[case]
    with pytest.raises(MediaError) as refusal:
        probe(write(tmp_path / name), OPTIONS)
    assert refusal.value.code is code
    assert refusal.value.detail.endswith(".")
    assert str(tmp_path) not in refusal.value.detail


def test_limits_are_those_of_the_options(tmp_path: Path) -> None:
    clip = Clip(seconds=0.4, size=(160, 120)).write(tmp_path / "clip.mp4")
    still = make.picture(tmp_path / "still.png", size=(160, 120))
    assert probe(clip, Options(max_frames=10, max_pixels=160 * 120)).frames == 10
    for path, options, code in [
        (clip, Options(max_frames=9), Code.VIDEO_TOO_LONG),
        (clip, Options(max_pixels=160 * 120 - 1), Code.IMAGE_TOO_LARGE),
        (clip, Options(max_pixels=1000), Code.IMAGE_TOO_LARGE),
        (still, Options(max_pixels=160 * 120 - 1), Code.IMAGE_TOO_LARGE),
    ]:
        with pytest.raises(MediaError) as refusal:
            probe(path, options)
        assert refusal.value.code is code


def test_a_playlist_opens_nothing(tmp_path: Path) -> None:
    """Called .mp4 it is no format; inside of a container FFmpeg may open only the file itself."""
    path = tmp_path / "list.mp4"
    path.write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    with pytest.raises(MediaError) as refusal:
        probe(path, OPTIONS)
    assert refusal.value.code is Code.UNSUPPORTED_MEDIA


def test_default_types() -> None:
    assert default_type(Kind.IMAGE) is MediaType.IP
    assert default_type(Kind.VIDEO) is MediaType.VS
    assert default_type(Kind.CSV) is MediaType.VS
