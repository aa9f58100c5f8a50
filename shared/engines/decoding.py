"""Video: a file in, upright RGB pictures with their presentation times out.

    with open_clip(path, options) as clip:
        for frame in clip.frames(segment):
            frame.timestamp, frame.picture
        clip.damage

What a timestamp is: the presentation time that the container gives the frame (edit lists applied,
as FFmpeg does), in seconds, less that of the first frame that can be shown; so the first is 0,
whichever segment is read. Times always increase: a frame whose time is missing, repeated or goes
back is given one just after the frame before it, and counted in `damage`. A clock that starts
again in the middle (recordings joined by force) goes on where it was.

Pictures are as displayed: turned and mirrored as the display matrix says, stretched where pixels
are not square, 8 bits, RGB. All have the size of the first: a clip that changes its size is
scaled to it, since an engine's measures are relative to the picture.

What cannot be decoded is left out and counted, never fatal, as long as one frame can. One decoder
thread by default: an engine process is to use one core.

Hostile input: FFmpeg is told the container's kind from our own sniffing, may open nothing but
this file (no playlist can name another), and refuses pictures over the limit of pixels.
"""

import math
import struct
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from shared.engines.base import Options, Segment
from shared.errors import Code, MediaError
from shared.media import Kind, MediaFacts, sniff_file
from shared.pictures import Picture

_DEMUXERS: Final = {"MP4": "mov", "MOV": "mov", "WebM": "matroska", "MKV": "matroska",
                    "AVI": "avi", "WMV": "asf"}  # fmt: skip
_PROBE_BYTES: Final = 5_000_000  # what FFmpeg may read to learn about the streams
_PROBE_TIME: Final = 5_000_000  # [us] of media, likewise
_OPEN_TRIES: Final = 300  # packets read in search of a first frame
_READ_ERRORS: Final = 20  # in a row; after these the rest of the file counts as unreadable
_TICK: Final = 0.001  # [s] between frames whose times do not increase; the CSV shows 3 decimals
_CLOCK_RESET: Final = 1.0  # [s] back: a clock that starts again, not a disorder of frames
_FALLBACK_FPS: Final = 25.0  # for frames without a time in a container without a rate
_ASPECT_LIMIT: Final = 4.0  # pixels more oblong than this are a wrong header
_LOST_END: Final = 0.5  # [s] that may be missing at the end before it is said

_UNREADABLE: Final = (
    "The video cannot be opened: its header or index is missing or damaged, as when a recording "
    "or an upload was cut off. Export it again."
)
_NO_PICTURE: Final = (
    "The file has a video stream, but no picture in it can be decoded. Export it again, for "
    "example as H.264 in an MP4."
)


@dataclass(frozen=True, slots=True)
class Frame:
    timestamp: float  # [s] from the first frame
    picture: Picture


@dataclass(slots=True)
class Damage:
    """What was not as it should be; JSON-serialisable, and segments' add up."""

    unreadable: int = 0  # packets or frames left out because they could not be decoded
    retimed: int = 0  # frames whose time was missing or did not increase
    resized: int = 0  # frames scaled to the size of the first
    lost_end: float = 0.0  # [s] that the container declares and the file no longer has

    def __add__(self, other: "Damage") -> "Damage":
        return Damage(
            self.unreadable + other.unreadable,
            self.retimed + other.retimed,
            self.resized + other.resized,
            max(self.lost_end, other.lost_end),
        )

    def warnings(self) -> list[str]:
        """Sentences for a person; empty for a sound clip."""
        found = []
        if self.unreadable:
            found.append(
                f"{self.unreadable} damaged pieces of the video could not be decoded and were "
                "left out."
            )
        if self.lost_end:
            found.append(
                f"The video is cut off: the last {self.lost_end:.1f} s that it declares are "
                "missing. The readable part was measured."
            )
        if self.retimed:
            found.append(
                f"{self.retimed} frames had no usable time and were placed right after the frame "
                "before them."
            )
        if self.resized:
            found.append(
                f"The picture's size changes in the clip; {self.resized} frames were scaled to "
                "the size of the first."
            )
        return found


class Clip:
    """A video file opened for decoding. Made by `open_clip`."""

    def __init__(self, container: InputContainer, stream: VideoStream, options: Options) -> None:
        self._container = container
        self._stream = stream
        self._options = options
        self._reformatter = VideoReformatter()
        self._seconds = _Seconds.of(stream)
        self.damage = Damage()
        self.fps = float(stream.average_rate or stream.guessed_rate or 0) or None
        self._decoder = self._decode()
        self._first = self._find_first()
        self._origin = _pts(self._first)
        self._display = _Display.of(self._first, stream, options)
        self.width, self.height = self._display.size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._decoder.close()
        self._container.close()

    @property
    def duration(self) -> float | None:
        """As declared [s]; None where it is not."""
        if self._stream.duration:
            return self._seconds(self._stream.duration)
        if self._container.duration:
            return float(self._container.duration / av.time_base)
        return None

    @property
    def frame_count(self) -> int | None:
        """As declared or, failing that, by duration and rate; None where neither is known."""
        if self._stream.frames:
            return self._stream.frames
        return round(self.duration * self.fps) if self.duration and self.fps else None

    def frames(self, segment: Segment) -> Iterator[Frame]:
        """The frames of a segment, to be read once per clip object.

        Exact: what lies between the key frame before it and its start is decoded and dropped.
        Raises MediaError `video_too_long` past `options.max_frames`.
        """
        clock = _Clock(self._origin, self._seconds, self.fps)
        last: float | None = None
        count = 0
        for frame in self._from(segment.start):
            last = clock.time(_pts(frame))
            if segment.stop is not None and last >= segment.stop:
                break
            if last < segment.start:
                continue
            count += 1
            if count > self._options.max_frames:
                raise _too_long(None, self._options)
            yield Frame(last, self._picture(frame))
        else:
            self._note_lost_end(last)
        self.damage.retimed += clock.retimed

    def key_times(self) -> list[float]:
        """Presentation times of the key frames, by demultiplexing alone; the first is 0.

        Only that first one where times are missing or go back: such a clip cannot be cut, because
        the times of a later part then depend on the part before it.
        """
        times = [0.0]
        whole_file = self._container.demux(self._stream)
        self._container.seek(0)
        while True:
            try:
                packet = next(whole_file, None)
            except av.error.FFmpegError:
                return [0.0]
            if packet is None or self._origin is None:
                return times
            if not packet.size:
                continue  # the last ones are empty: they flush the decoder
            if packet.pts is None:
                return [0.0]
            if packet.is_keyframe:
                time = self._seconds(packet.pts - self._origin)
                if time > times[-1]:
                    times.append(time)
                elif times[-1] > 0:
                    return [0.0]

    def _find_first(self) -> VideoFrame:
        frame = next(self._decoder, None)
        if frame is None:
            raise MediaError(Code.UNDECODABLE_MEDIA, _NO_PICTURE)
        return frame

    def _from(self, start: float) -> Iterator[VideoFrame]:
        """Decoded frames from the key frame at or before `start` [s]."""
        if start <= 0 or self._origin is None:
            yield self._first
            yield from self._decoder
            return
        # Some demultiplexers land behind the wanted place: then from further ahead, at last from 0
        for margin in (0.0, 2.0, 10.0, start):
            target = self._origin + self._seconds.ticks(start - margin)
            with suppress(av.error.FFmpegError):  # no index: try further ahead
                self._container.seek(target, stream=self._stream)
                self._decoder = self._decode()
                first = next(self._decoder, None)
                pts = None if first is None else _pts(first)
                if first is None or pts is None:
                    continue
                if self._seconds(pts - self._origin) <= start or margin == start:
                    yield first
                    yield from self._decoder
                    return
        raise MediaError(Code.UNDECODABLE_MEDIA, _UNREADABLE)

    def _decode(self) -> Generator[VideoFrame, None, None]:
        """Frames in order of presentation; what cannot be decoded is counted and left out."""
        for packet in self._packets():
            try:
                decoded = self._stream.decode(packet)
            except MemoryError:
                raise
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self.damage.unreadable += 1
                continue
            for frame in decoded:
                if frame.is_corrupt:
                    self.damage.unreadable += 1
                else:
                    yield frame

    def _packets(self) -> Iterator[Any]:
        """The stream's packets, then None, which makes the decoder give what it holds back."""
        errors = 0
        packets = self._container.demux(self._stream)
        while errors < _READ_ERRORS:
            try:
                packet = next(packets, None)
            except MemoryError:
                raise
            except av.error.FFmpegError:
                errors += 1
                packets = self._container.demux(self._stream)  # the old iterator has ended
                continue
            if packet is None or not packet.size:
                break
            errors = 0
            yield packet
        if errors:
            self.damage.unreadable += 1
        yield None

    def _picture(self, frame: VideoFrame) -> Picture:
        if (frame.width, frame.height) != self._display.coded:
            self.damage.resized += 1
        return self._display.picture(frame, self._reformatter)

    def _note_lost_end(self, last: float | None) -> None:
        """Say so when the stream itself (not the sound) is declared longer than it is."""
        declared = self._stream.duration
        if not declared or last is None:
            return
        lost = self._seconds(declared) - last - 1 / (self.fps or _FALLBACK_FPS)
        if lost > _LOST_END:
            self.damage.lost_end = lost


@dataclass(frozen=True, slots=True)
class _Display:
    """How decoded frames become pictures as displayed, settled by the first frame."""

    coded: tuple[int, int]
    scaled: tuple[int, int]  # with square pixels, before turning
    swap: bool  # rows become columns
    flip_x: bool  # after swapping
    flip_y: bool

    @classmethod
    def of(cls, frame: VideoFrame, stream: VideoStream, options: Options) -> Self:
        width, height = coded = (frame.width, frame.height)
        if width * height > options.max_pixels:
            raise MediaError(
                Code.IMAGE_TOO_LARGE,
                f"The video's picture has {width} x {height} pixels; at most "
                f"{options.max_pixels:,} in all can be measured. Export it smaller.",
            )
        aspect = float(stream.sample_aspect_ratio or 1)
        if aspect != 1 and 1 / _ASPECT_LIMIT <= aspect <= _ASPECT_LIMIT:
            wide = round(width * aspect)
            width = wide if wide * height <= options.max_pixels else width
        a, b, c, d = _display_matrix(frame)
        swap = abs(b) > abs(a)
        return cls(coded, (width, height), swap, (c if swap else a) < 0, (b if swap else d) < 0)

    @property
    def size(self) -> tuple[int, int]:
        width, height = self.scaled
        return (height, width) if self.swap else (width, height)

    def picture(self, frame: VideoFrame, reformatter: VideoReformatter) -> Picture:
        width, height = self.scaled
        rgb = reformatter.reformat(
            frame, width, height, "rgb24", interpolation=Interpolation.BILINEAR, threads=1
        )
        plane = rgb.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[
            :height, : width * 3
        ]
        picture = rows.reshape(height, width, 3)  # copies only where FFmpeg padded the rows
        if self.swap:
            picture = picture.transpose(1, 0, 2)
        if self.flip_x:
            picture = picture[:, ::-1]
        if self.flip_y:
            picture = picture[::-1]
        return np.ascontiguousarray(picture)


def _display_matrix(frame: VideoFrame) -> tuple[int, int, int, int]:
    """a, b, c, d of x' = a x + c y, y' = b x + d y; the identity where there is none."""
    side_data: Any = frame.side_data.get("DISPLAYMATRIX")
    if side_data is None:
        return (1, 0, 0, 1)
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(side_data)[:36])
    return (a, b, c, d)


@dataclass(frozen=True, slots=True)
class _Seconds:
    """The stream's unit of time. Divides last, so that 15.015 s is not 15.014999."""

    numerator: int
    denominator: int

    @classmethod
    def of(cls, stream: VideoStream) -> Self:
        base = stream.time_base
        return cls(base.numerator, base.denominator) if base else cls(1, 90_000)

    def __call__(self, ticks: int) -> float:
        return ticks * self.numerator / self.denominator

    def ticks(self, seconds: float) -> int:
        """Rounded up: the tick of a time that was itself made from ticks."""
        return math.ceil(seconds * self.denominator / self.numerator - 1e-6)


class _Clock:
    """Presentation times that always increase."""

    def __init__(self, origin: int | None, seconds: _Seconds, fps: float | None) -> None:
        self._origin = origin or 0
        self._seconds = seconds
        self._period = 1 / (fps or _FALLBACK_FPS)
        self._shift = 0.0  # after a clock that started again
        self._last: float | None = None
        self.retimed = 0

    def time(self, pts: int | None) -> float:
        last = self._last
        time = None if pts is None else self._seconds(pts - self._origin) + self._shift
        if time is None:
            self.retimed += 1
            time = 0.0 if last is None else last + self._period
        elif last is not None and time <= last:
            self.retimed += 1
            if last - time >= _CLOCK_RESET:
                self._shift += last + self._period - time
                time = last + self._period
            else:
                time = last + _TICK
        self._last = time
        return time


def _pts(frame: VideoFrame) -> int | None:
    """AVI gives decoding times alone, which without frame threads are in order of presentation."""
    return frame.dts if frame.pts is None else frame.pts


def open_clip(path: Path, options: Options, *, threads: int = 1) -> Clip:
    """Open a video for decoding. Raises MediaError with the code and sentence of the refusal."""
    found = sniff_file(path)
    try:
        container = av.open(
            f"file:{path}",
            "r",
            format=_DEMUXERS[found.name],
            options={
                "protocol_whitelist": "file",
                "probesize": str(_PROBE_BYTES),
                "analyzeduration": str(_PROBE_TIME),
                "max_pixels": str(options.max_pixels),
            },
            **_PYAV_18,
        )
    except MemoryError:
        raise
    except av.error.FFmpegError as error:
        raise MediaError(Code.UNDECODABLE_MEDIA, _UNREADABLE) from error
    try:
        stream = _video_stream(container)
        stream.codec_context.options = {"max_pixels": str(options.max_pixels)}
        stream.codec_context.thread_count = threads
        clip = Clip(container, stream, options)
        _refuse_too_long(clip, options)
    except BaseException:
        container.close()
        raise
    return clip


# Until 18, PyAV refuses the whole file for a title that is not UTF-8 unless told otherwise; from
# 19 on it is lenient and no longer knows the option.
_PYAV_18: Final[dict[str, Any]] = (
    {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
)


def _video_stream(container: InputContainer) -> VideoStream:
    """The first one that is not a cover picture."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            if stream.codec_context is None:
                raise MediaError(Code.UNDECODABLE_MEDIA, _NO_PICTURE)
            return stream
    raise MediaError(
        Code.NO_VIDEO_STREAM,
        "There is no video in the file, at most sound. Send the clip with its picture.",
    )


def _refuse_too_long(clip: Clip, options: Options) -> None:
    count = clip.frame_count
    if count is not None and count > options.max_frames:
        raise _too_long(count, options)


def _too_long(count: int | None, options: Options) -> MediaError:
    has = f"{count:,} frames" if count is not None else f"more than {options.max_frames:,} frames"
    return MediaError(
        Code.VIDEO_TOO_LONG,
        f"The video has {has}; at most {options.max_frames:,} can be measured. "
        "Cut it into shorter clips.",
    )


def probe_clip(path: Path, options: Options) -> MediaFacts:
    """What the container declares, once a first picture could be decoded."""
    with open_clip(path, options) as clip:
        return MediaFacts(
            format=sniff_file(path).name,
            kind=Kind.VIDEO,
            size=path.stat().st_size,
            width=clip.width,
            height=clip.height,
            duration=clip.duration,
            fps=clip.fps,
            frames=clip.frame_count,
        )


def key_frames(path: Path, options: Options) -> list[float]:
    """Where a clip can be cut [s]; the first is 0. See `Clip.key_times`."""
    with open_clip(path, options) as clip:
        return clip.key_times()
