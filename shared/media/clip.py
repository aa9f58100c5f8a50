"""Video: a file in, upright RGB pictures with their presentation times out.

    with open_clip(path, options) as clip:
        for frame in clip.frames(segment):
            frame.timestamp, frame.picture
        clip.damage

What a timestamp is: the presentation time that the container gives the frame (edit lists applied,
as FFmpeg does), in seconds, less that of the first frame that can be shown; so the first is 0,
whichever segment is read. Times always increase (`shared.media.clock`).

Pictures are as displayed (`shared.media.display`). All have the size of the first: a clip that
changes its size is scaled to it, since an engine's measures are relative to the picture.

What cannot be decoded is left out and counted, never fatal, as long as one frame can. Decoder and
converter have one thread each: an engine process is to use one core.
"""

import re
import sys
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from shared.measurements.model import Options, Segment
from shared.media.clock import FALLBACK_FPS, Clock, Seconds, presentation
from shared.media.container import (
    NO_PICTURE,
    decoder,
    is_transparent,
    open_container,
    pictures_in,
)
from shared.media.display import Display
from shared.media.formats import Kind, MediaFacts, sniff_file
from shared.media.pictures import Picture
from shared.media.quantiser import quantiser
from shared.platform.errors import Code, MediaError

_PATIENCE: Final = 300  # packets read in search of a first frame
_READ_ERRORS: Final = 20  # in a row; after these the rest of the file counts as unreadable
_RESERVE: Final = 64 * 1024 * 1024  # [bytes] that a decoder may need at once
_LOST_END: Final = 0.5  # [s] that may be missing at the end before it is said
_TELLING: Final = ("mov", "avi")  # demultiplexers of formats with a duration for each stream
_SAME_RATE: Final = 0.01  # declared and counted rates that differ by less agree
_ONE_CLOCK: Final = ("avi", "asf")  # demultiplexers of formats with one time per packet
_MATROSKA_DURATION: Final = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Frame:
    timestamp: float  # [s] from the first frame
    picture: Picture
    quantiser: float  # as `quantiser.quantiser`; NaN where it is not told


@dataclass(slots=True)
class Damage:
    """What was not as it should be; JSON-serialisable, and that of segments adds up."""

    unreadable: int = 0  # packets or frames left out because they could not be decoded
    retimed: int = 0  # frames whose time was missing or did not increase
    resized: int = 0  # frames scaled to the size of the first
    lost_end: float = 0.0  # [s] that the container declares and the file no longer has
    streams: int = 0  # of video, where there are several to choose from
    unended: int = 0  # an image whose end mark is missing, but no pixel

    def __add__(self, other: "Damage") -> "Damage":
        return Damage(
            self.unreadable + other.unreadable,
            self.retimed + other.retimed,
            self.resized + other.resized,
            max(self.lost_end, other.lost_end),
            max(self.streams, other.streams),
            max(self.unended, other.unended),
        )

    def warnings(self) -> list[str]:
        """Sentences for a person; empty for a sound clip."""
        found = {
            f"The video is damaged: at {_places(self.unreadable)} it could not be decoded, and "
            "pictures were left out.": self.unreadable,
            f"The video is cut off: the last {self.lost_end:.1f} s that it declares are missing. "
            "The readable part was measured.": self.lost_end,
            f"At {_places(self.retimed)} a picture had no usable time and was placed right after "
            "the one before it.": self.retimed,
            f"The file has {self.streams} video streams; the largest was measured.": self.streams,
            "The image's last bytes are missing. All of its pixels are there.": self.unended,
            "The picture's size changes in the clip; what differs was scaled to the size of the "
            "first picture.": self.resized,
        }
        return [sentence for sentence, happened in found.items() if happened]


def _places(count: int) -> str:
    return "one place" if count == 1 else f"{count:,} places"


class Clip:
    """A video file opened for decoding. Made by `open_clip`."""

    def __init__(self, container: InputContainer, stream: VideoStream, options: Options) -> None:
        """Raises MediaError where no picture can be decoded, or too large ones."""
        self._container = container
        self._stream = stream
        self._codec = decoder(stream, options)
        self._options = options
        self._reformatter = VideoReformatter()
        self._seconds = Seconds.of(stream)
        self._several = len(pictures_in(container))
        self.damage = self._undamaged()
        self._by_decoding = container.format.name in _ONE_CLOCK
        self._rate = float(stream.average_rate or 0) or None
        self._decoder = self._decode(patience=_PATIENCE)
        first = next(self._decoder, None)
        if first is None:
            raise MediaError(Code.UNDECODABLE_MEDIA, NO_PICTURE)
        self._first = first
        self._origin = presentation(first)
        self._display = Display.of(first, stream, options)
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
    def origin(self) -> float:
        """When the first picture is shown, by the container's own clock [s]."""
        return self._seconds(self._origin or 0)

    @property
    def duration(self) -> float | None:
        """As declared [s], if possible for the picture alone; None where it is not."""
        if (own := self._own_duration()) is not None:
            return own
        return self._container.duration / av.time_base if self._container.duration else None

    @property
    def fps(self) -> float | None:
        """The mean rate [1/s], as declared; of Matroska, where it is not declared, as counted."""
        if self.in_matroska:
            rate = self._counted.rate
            agree = self._rate and abs(rate / self._rate - 1) < _SAME_RATE
            return self._rate if agree else rate or self._rate
        return self._rate or float(self._stream.guessed_rate or 0) or None

    @property
    def frame_count(self) -> int | None:
        """As declared or, failing that, by duration and rate; None where neither is known.

        Matroska declares none. Browsers and recorders write no rate there either: FFmpeg then makes
        one of the first seconds, or of the unit of time (1000 frames a second). So it is counted.
        """
        if self._stream.frames:
            return self._stream.frames
        if self.in_matroska:
            return self._counted.frames or None
        return round(self.duration * self.fps) if self.duration and self.fps else None

    @property
    def in_matroska(self) -> bool:
        """To count its packets means to read the whole file."""
        return "matroska" in self._container.format.name

    @cached_property
    def _counted(self) -> "_Counted":
        return _count(self._container.name, self._options)

    def frames(self, segment: Segment) -> Iterator[Frame]:
        """The frames of a segment, to be read once per clip object.

        Exact: what lies between the key frame before it and its start is decoded and dropped.
        Raises MediaError `video_too_long` past `options.max_frames`.
        """
        clock = Clock(self._origin, self._seconds, self._rate)
        last: float | None = None
        shown = 0.0  # [s] that the last picture stands
        count = 0
        for frame in self._from(segment.start):
            last = clock.time(presentation(frame))
            shown = self._seconds(frame.duration or 0)
            if segment.stop is not None and last >= segment.stop:
                break
            if last < segment.start:
                continue
            count += 1
            if count > self._options.max_frames:
                raise _too_long(None, self._options)
            self.damage.resized += (frame.width, frame.height) != self._display.coded
            picture = self._display.picture(frame, self._reformatter)
            yield Frame(last, picture, quantiser(frame))
        else:
            self._note_lost_end(last, shown)
        self.damage.retimed += clock.retimed

    def key_times(self) -> list[float]:
        """Presentation times of the key frames, by demultiplexing alone; the first is 0.

        Only that first one where times are missing or go back: such a clip cannot be cut, because
        the times of a later part then depend on the part before it. Nor can one with alpha beside
        it, which has key frames of its own that nothing tells.
        """
        times = [0.0]
        if self._origin is None or is_transparent(self._stream):
            return times
        with suppress(av.error.FFmpegError):  # the readable part is what can be cut
            self._container.seek(0)
            origin = None if self._by_decoding else self._origin
            for packet in self._container.demux(self._stream):
                if not packet.size:
                    continue  # a repeated frame of AVI, or the end
                stamp = packet.dts if self._by_decoding else packet.pts
                if stamp is None:
                    return [0.0]
                origin = stamp if origin is None else origin
                if packet.is_keyframe:
                    time = self._seconds(stamp - origin)
                    if time > times[-1]:
                        times.append(time)
                    elif len(times) > 1:
                        return [0.0]
        return times

    def _own_duration(self) -> float | None:
        """That of the video stream [s], which the sound may outlast; None where it is not told.

        FFmpeg gives streams without a duration that of the file. Matroska's are times of the end.
        """
        tag = _MATROSKA_DURATION.match(self._stream.metadata.get("DURATION", ""))
        if tag is not None:
            end = int(tag[1]) * 3600 + int(tag[2]) * 60 + float(tag[3])
            return max(0.0, end - self._seconds(self._origin or 0))
        told = len(self._container.streams) == 1 or self._container.format.name in _TELLING
        return self._seconds(self._stream.duration) if told and self._stream.duration else None

    def _from(self, start: float) -> Iterator[VideoFrame]:
        """Decoded frames from the key frame at or before `start` [s]."""
        if start <= 0 or self._origin is None:
            yield self._first
            yield from self._decoder
            return
        self.damage = self._undamaged()  # what was met at the file's start is another segment's
        # Some demultiplexers land behind the wanted place: then from further ahead, at last from 0
        for margin in (0.0, 2.0, 10.0, start):
            target = self._origin + self._seconds.ticks(start - margin)
            with suppress(av.error.FFmpegError):  # a hole in the index: try further ahead
                self._container.seek(target, stream=self._stream)
            self._codec.flush_buffers()
            self._decoder = self._decode()
            first = next(self._decoder, None)
            pts = None if first is None else presentation(first)
            if first is None or pts is None:
                continue
            if self._seconds(pts - self._origin) <= start or margin == start:
                yield first
                yield from self._decoder
                return

    def _decode(self, patience: int = sys.maxsize) -> Generator[VideoFrame, None, None]:
        """Frames in order of presentation; what cannot be decoded is counted and left out.

        Gives up after `patience` packets without a single frame.
        """
        given = False
        last: int | None = None
        for number, packet in enumerate(self._packets()):
            if not given and number >= patience:
                return
            try:
                decoded = self._codec.decode(packet)
            except av.error.EOFError:
                return
            except av.error.FFmpegError as error:
                if isinstance(error, MemoryError):
                    _refuse_shortage()
                self.damage.unreadable += 1
                continue
            for frame in decoded:
                if frame.is_corrupt:
                    self.damage.unreadable += 1
                else:
                    given = True
                    if self._by_decoding:
                        last = self._ordered(frame, last)
                    yield frame

    def _ordered(self, frame: VideoFrame, last: int | None) -> int | None:
        """Let the frame's time be its place in the order of presentation, and return it.

        AVI and ASF keep one time per packet, in the order in which packets are decoded. FFmpeg
        calls it the presentation time as well, which B-frames do not have in that order. Those
        that the decoder gives at the end, when no packet is left, follow by the mean period.
        """
        stamp = frame.dts
        if stamp is None and last is not None:
            stamp = last + self._seconds.ticks(1 / (self._rate or FALLBACK_FPS))
        frame.pts = frame.pts if stamp is None else stamp
        return frame.pts

    def _undamaged(self) -> Damage:
        return Damage(streams=self._several if self._several > 1 else 0)

    def _packets(self) -> Iterator[Any]:
        """The stream's packets, then None, which makes the decoder give what it holds back."""
        errors = 0
        packets = self._container.demux(self._stream)
        while errors < _READ_ERRORS:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError:  # also its MemoryError: a packet that claims too much
                errors += 1
                packets = self._container.demux(self._stream)  # the old iterator has ended
                continue
            if packet is None:
                break
            errors = 0
            if packet.size:  # empty: a repeated frame of AVI, or the end
                yield packet
        self.damage.unreadable += bool(errors)
        yield None

    def _note_lost_end(self, last: float | None, shown: float) -> None:
        declared = self._own_duration()
        if declared is not None and last is not None:
            lost = declared - last - max(shown, 1 / (self._rate or FALLBACK_FPS))
            self.damage.lost_end = lost if lost > _LOST_END else 0.0


def open_clip(path: Path, options: Options) -> Clip:
    """Open a video for decoding. Raises MediaError with the code and sentence of the refusal."""
    container, stream = open_container(path, options)
    try:
        clip = Clip(container, stream, options)
        if not clip.in_matroska:  # which `probe_clip` counts, once
            _refuse_length(clip, options)
    except BaseException:
        container.close()
        raise
    return clip


def probe_clip(path: Path, options: Options) -> MediaFacts:
    """What the container declares, once a first picture could be decoded."""
    with open_clip(path, options) as clip:
        _refuse_length(clip, options)
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


@dataclass(frozen=True, slots=True)
class _Counted:
    frames: int
    rate: float  # mean [1/s]; 0 where there are fewer than two times


def _count(name: str, options: Options) -> _Counted:
    """Of the stream's packets, by demultiplexing alone, from a container of its own.

    Not from the one that is read: without an index there is no way back to its start.
    """
    container, stream = open_container(Path(name.removeprefix("file:")), options)
    seconds = Seconds.of(stream)
    times: list[int] = []
    frames = 0
    with container, suppress(av.error.FFmpegError):  # the readable part counts
        for packet in container.demux(stream):
            frames += bool(packet.size)
            if packet.size and packet.pts is not None:
                times.append(packet.pts)
    shown = seconds(max(times) - min(times)) if times else 0.0
    return _Counted(frames, (len(times) - 1) / shown if shown > 0 else 0.0)


def _refuse_shortage() -> None:
    """FFmpeg says that memory is short also of a damaged packet that claims too much of it.

    Raises MemoryError only where it is short.
    """
    np.empty(_RESERVE, np.uint8)


def _refuse_length(clip: Clip, options: Options) -> None:
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
