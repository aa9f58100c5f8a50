"""Still pictures: a file in, one upright RGB array out.

What is made of the odd cases:
- EXIF orientation is applied; an EXIF block that cannot be read counts as none.
- Transparency is laid over mid grey: the colour under transparent pixels is arbitrary, and black
  or white would make an edge that detectors take for hair or a hat.
- 16-bit grey is scaled to 8 bits (Pillow's own conversion clips it), also 12 bits in 16, and these
  in colour, too (of which Pillow keeps the high byte alone); CMYK, palette and bilevel pictures are
  converted without colour management.
- A JPEG that lacks its last bytes is taken if no pixel is missing, with a warning.
- A picture that moves (APNG, animated WebP) is refused: it is neither one picture nor a video.
  A JPEG with further pictures in it (MPO, as phones write them) is its first, a HEIC its main one.
- HEIC is turned by its own properties, whatever its EXIF block says; 10 bits become 8.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import av
import av.error
import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps

from shared.measurements.model import Options
from shared.media.formats import JPEG, sniff_file
from shared.platform.errors import Code, MediaError

Picture = NDArray[np.uint8]
"""Height x width x 3, red first, contiguous."""

# The limit is ours, per call, and held before anything is decoded; Pillow's own is global.
Image.MAX_IMAGE_PIXELS = None

pi_heif.options.DECODE_THREADS = 1  # an engine process is to use one core
pi_heif.register_heif_opener()

_PILLOWS_NAMES: Final = {"HEIC": "HEIF"}
_ALBUMS: Final = ("MPO", "HEIF")  # formats of one picture, with others beside it
UNENDED: Final = "unended"  # a key of Pillow's `info`
_ENDS: Final = (b"\xff\xd9", bytes(range(1, 200)) * 400 + b"\xff\xd9")
MID_GREY: Final = (128, 128, 128)
_SIXTEEN_BITS: Final = "RGB;16B"  # what Pillow calls the layout of such a PNG
_THIS_FILE_ALONE: Final = {"protocol_whitelist": "file"}
_TWELVE_BITS: Final = 4095  # what scientific cameras put into 16 bits without scaling it
# what Pillow's decoders raise for damaged files, besides OSError
DAMAGE: Final = (
    *(OSError, SyntaxError, ValueError, TypeError, IndexError, EOFError, OverflowError),
    *(struct.error, zlib.error),
    *(RuntimeError, av.error.FFmpegError),  # libheif's, FFmpeg's
)


def load_image(path: Path, options: Options) -> Picture:
    """The picture as a person sees it. Raises MediaError for what cannot be measured."""
    return load(path, options)[0]


def load(path: Path, options: Options) -> tuple[Picture, bool]:
    """As `load_image`, and whether the file ends too early although no pixel is missing."""
    with _opened(path, options) as image:
        return np.ascontiguousarray(np.asarray(_as_rgb(image))), UNENDED in image.info


def displayed_size(path: Path, options: Options) -> tuple[int, int]:
    """Width and height of what `load_image` gives, and raises for the same reasons.

    The picture is decoded, but not converted: half the memory.
    """
    with _opened(path, options) as image:
        return image.size


def reduced(path: Path, options: Options, longest: int) -> Image.Image:
    """The picture, its longer side at most so many pixels. Raises as `load_image`."""
    with _opened(path, options) as image:
        shown = _as_rgb(image)
        shown.thumbnail((longest, longest))
        return shown


@contextmanager
def _opened(path: Path, options: Options) -> Iterator[Image.Image]:
    """The file's first picture, decoded and upright."""
    found = sniff_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of metadata that it cannot read; nobody could act
            pillows_name = _PILLOWS_NAMES.get(found.name, found.name)
            with Image.open(path, formats=[pillows_name]) as stored:
                _refuse(stored, options)
                image: Image.Image = stored
                layout = [tile.args for tile in stored.tile]
                try:
                    image.load()
                except OSError:
                    if found is not JPEG:
                        raise
                    image = _ended(path)
                if layout == [_SIXTEEN_BITS] and _is_dark(image):
                    image = _of_twelve_bits(path)
                with suppress(*DAMAGE):  # of the EXIF block
                    ImageOps.exif_transpose(image, in_place=True)
                yield image
    except DAMAGE as error:
        raise MediaError(
            Code.UNDECODABLE_MEDIA,
            "The image is damaged or was cut off and cannot be decoded. Export it again.",
        ) from error


def _ended(path: Path) -> Image.Image:
    """A JPEG without its end mark, if no pixel is missing. Raises OSError otherwise.

    Decoders make up what is missing from what follows: where two ways to go on give the same
    picture, none of it was made up.
    """
    start = path.read_bytes()
    ways = [Image.open(io.BytesIO(start + end), formats=["JPEG"]) for end in _ENDS]
    first, second = (np.asarray(way) for way in ways)
    if not np.array_equal(first, second):
        raise OSError("pixels are missing")
    ways[0].info[UNENDED] = True
    return ways[0]


def _is_dark(image: Image.Image) -> bool:
    """Whether what is left of 16 bits may be the upper four of twelve."""
    return bool(np.asarray(image).max(initial=0) <= _TWELVE_BITS >> 8)


def _of_twelve_bits(path: Path) -> Image.Image:
    """A PNG in colour whose 16 bits hold twelve. Raises what is in DAMAGE."""
    with av.open(f"file:{path}", format="png_pipe", options=_THIS_FILE_ALONE) as container:
        values = next(container.decode(video=0)).to_ndarray(format="rgb48le")
    return Image.fromarray((values // 16).astype(np.uint8))


def _refuse(image: Image.Image, options: Options) -> None:
    """By the header alone, before any pixel is decoded."""
    width, height = image.size
    if width * height > options.max_pixels:
        raise MediaError(
            Code.IMAGE_TOO_LARGE,
            f"The image has {width} x {height} pixels; at most {options.max_pixels:,} in all can "
            "be measured. Send it scaled down.",
        )
    if image.format not in _ALBUMS and getattr(image, "n_frames", 1) > 1:
        raise MediaError(
            Code.ANIMATED_IMAGE,
            "The image is animated. Send one still picture of it, or the animation as a video.",
        )


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        values = np.clip(np.asarray(image), 0, 65_535)
        grey = values >> (8 if values.max(initial=0) > _TWELVE_BITS else 4)
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        return over_grey(image if image.mode == "RGBA" else image.convert("RGBA"))
    return image if image.mode == "RGB" else image.convert("RGB")


def over_grey(image: Image.Image) -> Image.Image:
    """An RGBA image as RGB, over mid grey."""
    shown = Image.new("RGB", image.size, MID_GREY)
    shown.paste(image, mask=image.getchannel("A"))
    return shown
