"""Generated media for tests: images, clips and files that are not what they seem.

    Clip(seconds=2, rotation=90).write(tmp_path / "phone.mp4")
    picture(tmp_path / "head.png", mode="RGBA")

The suffix of the path decides the format. Everything is deterministic for one set of library
versions and quick (a second of 320 x 320 video takes about 0.1 s); callers that use a file often
keep it in a session fixture.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageDraw

from tests import faces
from tests.faces import Pixels, Scene

_CODECS: Final = {".mp4": "libx264", ".mov": "libx264", ".mkv": "libx264", ".webm": "libvpx-vp9",
                  ".avi": "mpeg4", ".wmv": "wmv2"}  # fmt: skip
_MUXERS: Final = {".mkv": "matroska", ".wmv": "asf"}
_TICKS: Final = Fraction(1, 90_000)  # fine enough for any list of times
_X264: Final = {"preset": "veryfast", "crf": "20", "bf": "2"}
_SOUND_RATE: Final = 16_000  # [Hz]

Mode = Literal["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16"]


@dataclass(frozen=True, slots=True)
class Clip:
    """A video to be written. `times` overrides `seconds` and `fps`: variable frame rate."""

    seconds: float = 1.0
    fps: float = 25.0
    size: tuple[int, int] = (320, 320)  # as displayed
    scene: Scene = faces.speaking
    times: Sequence[float] | None = None  # [s], increasing
    rotation: Literal[0, 90, 180, 270] = 0  # by which a player turns what is coded, clockwise
    pixel_aspect: Fraction | None = None  # width : height of a pixel
    transparent: bool = False  # outside of an oval; with a codec that can be
    pixel_format: str = "yuv420p"
    key_interval: int = 12  # [frames]
    codec: str | None = None  # None: the usual one of the format
    sound: bool = False
    title: str | None = None
    options: dict[str, str] = field(default_factory=dict)  # of the encoder
    container_options: dict[str, str] = field(default_factory=dict)

    def frame_times(self) -> list[float]:
        if self.times is not None:
            return list(self.times)
        return [index / self.fps for index in range(round(self.seconds * self.fps))]

    def write(self, path: Path) -> Path:
        suffix = path.suffix.lower()
        codec = self.codec or _CODECS[suffix]
        with av.open(
            str(path), "w", format=_MUXERS.get(suffix), container_options=self.container_options
        ) as container:
            if self.title is not None:
                container.metadata["title"] = self.title
            stream = self._add_stream(container, codec)
            sound = _add_sound(container, suffix) if self.sound else None
            container.start_encoding()  # also without a frame there is then a file
            for time in self.frame_times():
                container.mux(stream.encode(self._frame(time, stream)))
            container.mux(stream.encode(None))
            if sound is not None:
                _beep(container, sound, self.seconds)
        return path

    def _add_stream(self, container: OutputContainer, codec: str) -> VideoStream:
        stream = container.add_stream(codec, rate=Fraction(self.fps).limit_denominator(1001))
        if not isinstance(stream, VideoStream):
            raise TypeError(f"{codec} is no video codec")
        stream.height, stream.width = self._coded(0.0).shape[:2]
        stream.pix_fmt = self.pixel_format
        context = stream.codec_context
        context.thread_count = 1  # the same bytes on every machine
        context.gop_size = self.key_interval
        if self.times is not None:
            context.time_base = _TICKS
        if self.pixel_aspect is not None:
            context.sample_aspect_ratio = self.pixel_aspect
        usual = _X264 if codec == "libx264" else {}
        if self.times is not None and usual:
            usual = {**usual, "bf": "0"}  # else decoding times, which durations come from, differ
        context.options = {**usual, **self.options}
        if self.rotation:
            stream.set_display_rotation(-self.rotation)
        return stream

    def _frame(self, time: float, stream: VideoStream) -> VideoFrame:
        frame = VideoFrame.from_ndarray(
            self._coded(time), format="rgba" if self.transparent else "rgb24"
        )
        if self.times is not None:
            frame.pts, frame.time_base = round(time / _TICKS), _TICKS
        else:
            rate = Fraction(self.fps).limit_denominator(1001)
            frame.pts, frame.time_base = round(time * rate), 1 / rate
        return frame

    def _coded(self, time: float) -> Pixels:
        """What is stored for it to look like the scene when played."""
        picture = self.scene(time, *self.size)
        if self.transparent:
            picture = np.asarray(_in_mode(Image.fromarray(picture), "RGBA"))
        if self.pixel_aspect is not None:
            width = round(self.size[0] / self.pixel_aspect)
            picture = np.asarray(Image.fromarray(picture).resize((width, self.size[1])))
        return np.ascontiguousarray(np.rot90(picture, self.rotation // 90))


def _add_sound(container: OutputContainer, suffix: str) -> AudioStream:
    if suffix == ".webm":
        return container.add_stream("libopus", rate=_SOUND_RATE)
    return container.add_stream("aac", rate=_SOUND_RATE)


def _beep(container: OutputContainer, stream: AudioStream, seconds: float) -> None:
    """A quiet 440 Hz tone in pieces of 1024 samples."""
    moments = np.arange(round(seconds * _SOUND_RATE)) / _SOUND_RATE
    samples = (0.1 * np.sin(2 * np.pi * 440 * moments)).astype(np.float32)
    for start in range(0, len(samples), 1024):
        piece = AudioFrame.from_ndarray(samples[None, start : start + 1024], "fltp", "mono")
        piece.sample_rate, piece.pts = _SOUND_RATE, start
        container.mux(stream.encode(piece))
    container.mux(stream.encode(None))


def sound_only(path: Path, *, seconds: float = 1.0) -> Path:
    """A container without any video stream."""
    with av.open(str(path), "w", format=_MUXERS.get(path.suffix)) as container:
        _beep(container, _add_sound(container, path.suffix), seconds)
    return path


def retimed(path: Path, times: Sequence[float]) -> Path:
    """A Matroska clip whose frames say that they are shown at these times [s], in any order."""
    source = Clip(
        seconds=len(times) / 25, size=(64, 64), codec="mjpeg", pixel_format="yuvj420p"
    ).write(path.with_stem("source"))
    with (
        av.open(str(source)) as given,
        av.open(str(path), "w", format=_MUXERS[path.suffix]) as container,
    ):
        stream = container.add_stream_from_template(given.streams.video[0])
        packets = (packet for packet in given.demux(video=0) if packet.size)
        for number, (packet, time) in enumerate(zip(packets, times, strict=True)):
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts = round(time * 1000)
            packet.dts = min(number, packet.pts)
            container.mux(packet)
    return path


def resized(path: Path, sizes: Sequence[tuple[int, int]]) -> Path:
    """An AVI of H.264 whose picture changes its size every five frames."""
    packets = []
    for width, height in sizes:
        encoder = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.time_base, encoder.thread_count = Fraction(1, 25), 1
        encoder.options = {"preset": "ultrafast"}
        for number in range(5):
            picture = faces.speaking(number / 25, width, height)
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            packets += encoder.encode(frame)
        packets += encoder.encode(None)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *sizes[0], "yuv420p"
        for number, coded in enumerate(packets):
            packet = av.Packet(bytes(coded))
            packet.stream, packet.time_base = stream, Fraction(1, 25)
            packet.pts = packet.dts = number
            packet.is_keyframe = coded.is_keyframe
            container.mux(packet)
    return path


def motion_jpeg(path: Path, *, frames: int = 5, orientation: int | None = None) -> Path:
    """A clip of 160 x 120 whose pictures have an EXIF block each."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "a camera's"
    if orientation is not None:
        exif[ExifTags.Base.Orientation] = orientation
    with av.open(str(path), "w", format=_MUXERS.get(path.suffix)) as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuvj420p"
        for number in range(frames):
            coded = io.BytesIO()
            Image.fromarray(faces.speaking(number / 25, 160, 120)).save(coded, "JPEG", exif=exif)
            packet = av.Packet(coded.getvalue())
            packet.stream, packet.time_base = stream, Fraction(1, 25)
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            container.mux(packet)
    return path


def sound_with_cover(path: Path, *, seconds: float = 0.5) -> Path:
    """Sound, and a picture of the kind that a player shows beside the title."""
    with av.open(str(path), "w", format=_MUXERS.get(path.suffix)) as container:
        sound = _add_sound(container, path.suffix)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        frame = VideoFrame.from_ndarray(faces.still(0.0, 64, 64), format="rgb24")
        container.mux(cover.encode(frame))
        container.mux(cover.encode(None))
        _beep(container, sound, seconds)
    return path


def picture(
    path: Path,
    *,
    mode: Mode = "RGB",
    size: tuple[int, int] = (512, 512),
    orientation: int | None = None,
    scene: Scene = faces.still,
) -> Path:
    """A still picture that looks like the scene when shown as its header says.

    `orientation` is EXIF's 1..8: the stored picture is turned so that a viewer turns it back.
    Modes with transparency have it outside of an oval around the face.
    """
    image = Image.fromarray(scene(0.0, *size))
    exif = Image.Exif()
    if orientation is not None:
        exif[ExifTags.Base.Orientation] = orientation
        image = _stored(image, orientation)
    _in_mode(image, mode).save(path, exif=exif)
    return path


def _stored(image: Image.Image, orientation: int) -> Image.Image:
    """The reverse of what EXIF's orientation tells a viewer to do."""
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _in_mode(image: Image.Image, mode: Mode) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    if mode in ("RGBA", "LA"):
        oval = Image.new("L", image.size, 0)
        ImageDraw.Draw(oval).ellipse((0, 0, *image.size), fill=255)
        image.putalpha(oval)
    return image.convert(mode)


def animation(path: Path, *, frames: int = 3, size: tuple[int, int] = (128, 128)) -> Path:
    """An animated PNG, WebP or GIF."""
    first, *others = [Image.fromarray(faces.speaking(index / 5, *size)) for index in range(frames)]
    first.save(path, save_all=True, append_images=others, duration=100)
    return path


def png_bomb(path: Path, *, side: int = 30_000) -> Path:
    """A PNG of about 100 kB whose pixels would take 900 MB or more."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)  # no filter, one bit per pixel
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = b"".join(
        _chunk(*each) for each in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    return path


def deep_png(path: Path, values: NDArray[np.uint16]) -> Path:
    """A PNG with 16 bits of each of three colours, which Pillow cannot write."""
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunks = b"".join(
        _chunk(*each)
        for each in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    return path


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def truncated(source: Path, path: Path, *, keep: float = 0.6) -> Path:
    """The first part of a file."""
    data = source.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def corrupted(source: Path, path: Path, *, start: float = 0.4, stop: float = 0.5) -> Path:
    """A file with noise in the middle: by default a tenth of it, away from the header."""
    data = bytearray(source.read_bytes())
    place = slice(int(len(data) * start), int(len(data) * stop))
    noise = np.random.default_rng(1).integers(0, 256, place.stop - place.start, np.uint8)
    data[place] = noise.tobytes()
    path.write_bytes(data)
    return path


def html(path: Path) -> Path:
    """A web page, whatever the name says."""
    path.write_text("<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n")
    return path


def archive(path: Path) -> Path:
    """A zip file with an image in it."""
    with zipfile.ZipFile(path, "w") as file:
        file.write(faces.SAMPLE, "astronaut.jpg")
    return path


def preview_first(path: Path, *, seconds: float = 1.0) -> Path:
    """A clip with a small stream, of an empty scene, before the real one."""
    sizes = ((96, 54), (320, 180))
    with av.open(str(path), "w") as container:
        streams = []
        for width, height in sizes:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            streams.append(stream)
        for number in range(round(seconds * 25)):
            for stream, scene in zip(streams, (faces.empty, faces.speaking), strict=True):
                picture = scene(number / 25, stream.width, stream.height)
                frame = VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    return path
