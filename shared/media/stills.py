"""Pictures of a clip at given moments, for players that cannot play it.

Runs in a child process only (native decoders meet hostile input here): `EnginePool.stills`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from shared.measurements.model import Options, Segment
from shared.media.clip import Frame, open_clip

LONGEST: Final = 960  # pixels of the longer side
QUALITY: Final = 82
BEFORE: Final = 1.0  # [s] before the first moment that is read: a picture may stand that long


def write(path: Path, options: Options, moments: Sequence[float], folder: Path) -> None:
    """`0.jpg` and so on in `folder`: what is shown at each of the moments [s], which ascend.

    Raises MediaError where nothing can be decoded.
    """
    with open_clip(path, options) as clip:
        shown: Frame | None = None
        done = 0
        for frame in clip.frames(Segment(0, max(moments[0] - BEFORE, 0.0))):
            while shown and done < len(moments) and frame.timestamp > moments[done]:
                _save(shown, folder / f"{done}.jpg")
                done += 1
            if done == len(moments):
                return
            shown = frame
        if shown:  # the last picture stands to the end
            for rest in range(done, len(moments)):
                _save(shown, folder / f"{rest}.jpg")


def _save(frame: Frame, path: Path) -> None:
    picture = Image.fromarray(frame.picture)
    picture.thumbnail((LONGEST, LONGEST))
    picture.save(path, "JPEG", quality=QUALITY)
