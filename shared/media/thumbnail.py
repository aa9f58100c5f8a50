"""A small JPEG of a job's media, for lists: the picture, or the first one of a clip.

Runs in a child process only (native decoders meet hostile input here): `EnginePool.thumbnail`.
"""

from pathlib import Path
from typing import Final

from PIL import Image

from shared.measurements.model import Options, Segment
from shared.media.clip import open_clip
from shared.media.formats import Kind, sniff_file
from shared.media.pictures import reduced
from shared.platform.errors import Code, MediaError

LONGEST: Final = 240  # pixels of the longer side: twice what lists show, for dense displays
QUALITY: Final = 78


def write(path: Path, options: Options, output: Path) -> None:
    """Raises MediaError where the media has no picture that can be decoded."""
    kind = sniff_file(path).kind
    if kind is Kind.IMAGE:
        small = reduced(path, options, LONGEST)
    elif kind is Kind.VIDEO:
        small = _first_picture(path, options)
    else:
        raise MediaError(Code.UNSUPPORTED_MEDIA, "There is no picture in a CSV file.")
    small.save(output, "JPEG", quality=QUALITY, optimize=True)


def _first_picture(path: Path, options: Options) -> Image.Image:
    with open_clip(path, options) as clip:
        picture = Image.fromarray(next(clip.frames(Segment(0))).picture)
    picture.thumbnail((LONGEST, LONGEST))
    return picture
