"""Opening a video's container, which strangers made.

FFmpeg is told the container's kind from our own sniffing, reads a bounded part of the file to
learn about its streams, may open nothing but this file (no playlist can name another), and
refuses pictures over the limit of pixels. The decoder has one thread.
"""

from pathlib import Path
from typing import Any, Final, cast

import av
import av.error
from av.codec.context import CodecContext
from av.container import InputContainer
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from shared.measurements.model import Options
from shared.media.display import refuse_too_large
from shared.media.formats import sniff_file
from shared.media.quantiser import EXPORTED
from shared.platform.errors import Code, MediaError

_DEMUXERS: Final = {"MP4": "mov", "MOV": "mov", "WebM": "matroska", "MKV": "matroska",
                    "AVI": "avi", "WMV": "asf"}  # fmt: skip
_WITH_ALPHA: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that give the transparency, by the codec. FFmpeg's own leave it out without a word."""
_PROBE_BYTES: Final = 5_000_000  # what FFmpeg may read to learn about the streams
_PROBE_TIME: Final = 5_000_000  # [us] of media, likewise

NO_PICTURE: Final = (
    "The file has a video stream, but no picture in it can be decoded. Export it again, for "
    "example as H.264 in an MP4."
)
_UNREADABLE: Final = (
    "The video cannot be opened: its header or index is missing or damaged, as when a recording "
    "or an upload was cut off. Export it again."
)
_NO_VIDEO: Final = "There is no video in the file, at most sound. Send the clip with its picture."

# Until 18, PyAV refuses the whole file for a title that is not UTF-8 unless told otherwise; from
# 19 on it is lenient and no longer knows the option.
_LENIENT: Final[dict[str, Any]] = (
    {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
)


def open_container(path: Path, options: Options) -> tuple[InputContainer, VideoStream]:
    """The container and the stream to decode. Raises MediaError for what cannot be measured."""
    container = _open(path, options)
    try:
        stream = _video_stream(container)
        refuse_too_large(stream.codec_context.width, stream.codec_context.height, options)
    except BaseException:
        container.close()
        raise
    return container, stream


def decoder(stream: VideoStream, options: Options) -> VideoCodecContext:
    """The stream's own or, where it says that it is transparent, one that gives the alpha."""
    context = stream.codec_context
    if is_transparent(stream):
        context = cast("VideoCodecContext", CodecContext.create(_WITH_ALPHA[context.name], "r"))
        context.extradata = stream.codec_context.extradata
    context.options = {"max_pixels": _decoder_limit(options), **EXPORTED}
    context.thread_count = 1
    return context


def is_transparent(stream: VideoStream) -> bool:
    """Whether VP8 or VP9 has its alpha beside it: a second stream, hidden in the packets' data."""
    said = stream.metadata.get("alpha_mode") == "1"
    return said and stream.codec_context.name in _WITH_ALPHA


def _open(path: Path, options: Options) -> InputContainer:
    try:
        container: InputContainer = av.open(
            f"file:{path}",
            "r",
            format=_DEMUXERS[sniff_file(path).name],
            options={
                "protocol_whitelist": "file",
                "probesize": str(_PROBE_BYTES),
                "analyzeduration": str(_PROBE_TIME),
                "max_pixels": _decoder_limit(options),
            },
            **_LENIENT,
        )
    except av.error.FFmpegError as error:  # also its MemoryError: a header that claims too much
        raise MediaError(Code.UNDECODABLE_MEDIA, _UNREADABLE) from error
    return container


def _decoder_limit(options: Options) -> str:
    """Against a picture that is larger than its header says. Decoders count in whole blocks."""
    return str(2 * options.max_pixels)


def _video_stream(container: InputContainer) -> VideoStream:
    """The largest one that is no cover picture: a preview may stand before it."""
    found = pictures_in(container)
    if not found:
        raise MediaError(Code.NO_VIDEO_STREAM, _NO_VIDEO)
    usable = [stream for stream in found if stream.codec_context is not None]
    if not usable:  # no decoder for any of them in this build
        raise MediaError(Code.UNDECODABLE_MEDIA, NO_PICTURE)
    return max(usable, key=lambda stream: stream.codec_context.width * stream.codec_context.height)


def pictures_in(container: InputContainer) -> list[VideoStream]:
    """The video streams that are no cover pictures."""
    streams = container.streams.video
    return [item for item in streams if not item.disposition & Disposition.attached_pic]
