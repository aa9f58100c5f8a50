"""How decoded frames become pictures as displayed, settled by the first frame of a clip.

Turned and mirrored as the display matrix says (phones store what the sensor saw), stretched where
pixels are not square, 8 bits, RGB, in the colours that the stream declares.
"""

import struct
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from shared.engines.base import Options
from shared.errors import Code, MediaError
from shared.pictures import Picture

_ASPECT_LIMIT: Final = 4.0  # pixels more oblong than this are a wrong header


@dataclass(frozen=True, slots=True)
class Display:
    coded: tuple[int, int]  # width and height as stored
    scaled: tuple[int, int]  # with square pixels, before turning
    swap: bool  # rows become columns
    flip_x: bool  # after swapping
    flip_y: bool

    @classmethod
    def of(cls, frame: VideoFrame, stream: VideoStream, options: Options) -> Self:
        """Raises MediaError `image_too_large`."""
        width, height = coded = (frame.width, frame.height)
        refuse_too_large(width, height, options)
        aspect = float(stream.sample_aspect_ratio or 1)
        if 1 / _ASPECT_LIMIT <= aspect <= _ASPECT_LIMIT:
            wide = max(1, round(width * aspect))
            width = wide if wide * height <= options.max_pixels else width
        a, b, c, d = _display_matrix(frame)
        swap = abs(b) > abs(a)
        return cls(coded, (width, height), swap, (c if swap else a) < 0, (b if swap else d) < 0)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures."""
        width, height = self.scaled
        return (height, width) if self.swap else (width, height)

    def picture(self, frame: VideoFrame, reformatter: VideoReformatter) -> Picture:
        """A frame of any size as a picture of ours. The reformatter keeps its tables between."""
        width, height = self.scaled
        rgb = reformatter.reformat(
            frame, width, height, "rgb24", interpolation=Interpolation.BILINEAR, threads=1
        )
        plane = rgb.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        picture = np.ascontiguousarray(rows[:height, : width * 3])  # FFmpeg may pad the rows
        if not (self.swap or self.flip_x or self.flip_y):
            return picture.reshape(height, width, 3)
        pixels = picture.view("V3")  # moving whole pixels is twice as fast as moving bytes
        if self.swap:
            pixels = pixels.T
        if self.flip_x:
            pixels = pixels[:, ::-1]
        if self.flip_y:
            pixels = pixels[::-1]
        return np.ascontiguousarray(pixels).view(np.uint8).reshape(*pixels.shape, 3)


def refuse_too_large(width: int, height: int, options: Options) -> None:
    if width * height > options.max_pixels:
        raise MediaError(
            Code.IMAGE_TOO_LARGE,
            f"The video's picture has {width} x {height} pixels; at most "
            f"{options.max_pixels:,} in all can be measured. Export it smaller.",
        )


def _display_matrix(frame: VideoFrame) -> tuple[int, int, int, int]:
    """a, b, c, d of x' = a x + c y, y' = b x + d y; the identity where there is none."""
    side_data: Any = frame.side_data.get("DISPLAYMATRIX")
    if side_data is None:
        return (1, 0, 0, 1)
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(side_data)[:36])
    return (a, b, c, d)
