"""How decoded frames become pictures as displayed, settled by the first frame of a clip.

Turned and mirrored as the display matrix says (phones store what the sensor saw), stretched where
pixels are not square, 8 bits, RGB, in the colours that the stream declares. Transparent renderings
lie over mid grey, as still pictures do.
"""

import struct
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream
from PIL import Image

from shared.measurements.model import Options
from shared.media.pictures import Picture, over_grey
from shared.platform.errors import Code, MediaError

_ASPECT_LIMIT: Final = 4.0  # pixels more oblong than this are a wrong header

_TURNED: Final = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
"""Display matrices by the clockwise angle [degrees]."""


@dataclass(frozen=True, slots=True)
class Display:
    coded: tuple[int, int]  # width and height as stored
    scaled: tuple[int, int]  # with square pixels, before turning
    swap: bool  # rows become columns
    flip_x: bool  # after swapping
    flip_y: bool
    transparent: bool

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
        return cls(
            coded=coded,
            scaled=(width, height),
            swap=swap,
            flip_x=(c if swap else a) < 0,
            flip_y=(b if swap else d) < 0,
            transparent=any(component.is_alpha for component in frame.format.components),
        )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures."""
        width, height = self.scaled
        return (height, width) if self.swap else (width, height)

    def picture(self, frame: VideoFrame, reformatter: VideoReformatter) -> Picture:
        """A frame of any size as a picture of ours. The reformatter keeps its tables between."""
        if self.transparent:
            layered = Image.fromarray(self._converted(frame, reformatter, "rgba", 4))
            picture = np.asarray(over_grey(layered))
        else:
            picture = self._converted(frame, reformatter, "rgb24", 3)
        return self._upright(picture)

    def _converted(
        self, frame: VideoFrame, reformatter: VideoReformatter, pixel_format: str, values: int
    ) -> Picture:
        width, height = self.scaled
        converted = reformatter.reformat(
            frame, width, height, pixel_format, interpolation=Interpolation.BILINEAR, threads=1
        )
        plane = converted.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        packed = np.ascontiguousarray(rows[:height, : width * values])  # FFmpeg may pad the rows
        return packed.reshape(height, width, values)

    def _upright(self, picture: Picture) -> Picture:
        if not (self.swap or self.flip_x or self.flip_y):
            return picture
        pixels = picture.view("V3")[..., 0]  # moving whole pixels is twice as fast as bytes
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
    try:
        side_data: Any = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # beside it is a kind that PyAV has no name for, as EXIF in Motion JPEG
        return _TURNED.get(-frame.rotation % 360, _TURNED[0])
    if side_data is None:
        return _TURNED[0]
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(side_data)[:36])
    return (a, b, c, d)
