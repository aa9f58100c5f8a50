"""Recognising who wrote a CSV, by its header.

    openface video   FeatureExtraction, FaceLandmarkVidMulti, and our own `openface.csv`.
                     `face_id` may be missing (OpenFace before 2.1): then it is 0.
    openface image   FaceLandmarkImg: `face` and `confidence`, no frame, timestamp or success.
    py-feat          `Fex.to_csv`: `frame`, `FaceScore`, `AU01`... as probabilities 0..1.

Spaces around names are ignored, so OpenFace's comma + space, no space, and space in the header
only are all read. Columns are found by name, in any order, case-sensitively (`x_0` and `X_0` are
different columns); those that we do not need are skipped unread. docs/engines.md says what is made
of each column.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from shared.measurements.action_units import INTENSITIES, INTENSITY_MAX, PRESENCES
from shared.measurements.csv.errors import refuse
from shared.measurements.csv.lines import UTF8_MARK
from shared.measurements.model import Scale
from shared.platform.errors import MediaError

MAX_FRAME: Final = 2**31 - 2
"""Frame and face numbers are stored as 4-byte integers; py-feat's frames are counted up by 1."""

MAX_SECONDS: Final = 1e8  # three years: what is above was not meant as seconds

POSE_AND_GAZE: Final[tuple[str, ...]] = (
    *("pose_Tx", "pose_Ty", "pose_Tz", "pose_Rx", "pose_Ry", "pose_Rz"),
    *("gaze_0_x", "gaze_0_y", "gaze_0_z", "gaze_1_x", "gaze_1_y", "gaze_1_z"),
    *("gaze_angle_x", "gaze_angle_y"),
)
"""OpenFace's columns that become signals where they are there [mm, radians, unit vectors]."""

_OPENFACE_AUS: Final = tuple(f"{au}_r" for au in INTENSITIES) + tuple(f"{au}_c" for au in PRESENCES)
EYES_CLOSED: Final = "AU43"
"""py-feat's first models name closed eyes AU43. FACS tells AU45 (blink) from AU43 by how long the
eyes stay closed, which no single frame shows, so AU43 stands in where AU45 is missing."""

_PYFEAT_MARKS: Final = ("FaceScore", "FaceRectX")
_PYFEAT_ANY: Final = (*_PYFEAT_MARKS, *PRESENCES, EYES_CLOSED)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read. `key` is our name for it, `name` the file's."""

    key: str
    name: str
    index: int  # of the field in a row
    low: float = -math.inf
    high: float = math.inf
    whole: bool = False  # no fraction
    optional: bool = False  # may hold anything that is not a number: it is NaN then

    @property
    def says(self) -> str:
        """What a value must be, for a sentence."""
        if self.whole and self.high == 1:
            return "0 or 1"
        number = "a whole number" if self.whole else "a number"
        if self.high > 1000:
            return number if self.low == -math.inf else f"{number}, {self.low:g} or more"
        return f"{number} from {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to read one file."""

    name: Literal["openface video", "openface image", "py-feat"]
    engine: Literal["openface", "py-feat"]
    """Whose scale the numbers are on: what they may be compared with."""
    scale: Scale
    width: int  # fields in a row
    columns: tuple[Column, ...]  # as read, in this order
    signals: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    """Action Units that the file has no column for: zeros in the rows, never to be judged."""
    substitutes: tuple[tuple[str, str], ...] = ()
    """Action Units read from another's column: (ours, the file's)."""

    @property
    def image(self) -> bool:
        """Whether it can only be the measurement of one image."""
        return self.name == "openface image"

    def at(self, *keys: str) -> list[int]:
        """Where columns stand in `columns`; those that are not there are left out."""
        places = {column.key: place for place, column in enumerate(self.columns)}
        return [places[key] for key in keys if key in places]

    def has(self, key: str) -> bool:
        return any(column.key == key for column in self.columns)


def detect(header: bytes) -> Dialect | None:
    """The dialect of a header line; None when it is of no kind that we know.

    Raises MediaError `invalid_csv` for a header that is of a known kind but not usable: a column
    missing, or a needed one there twice.
    """
    text = header.removeprefix(UTF8_MARK).decode("utf-8", "replace")
    names = [name.strip() for name in text.split(",")]
    if any(name in _OPENFACE_AUS for name in names):
        return _openface(names)
    if any(name in names for name in _PYFEAT_ANY):
        return _pyfeat(names)
    return None


def looks_like(head: bytes) -> bool:
    """Whether a file that begins with `head` may be a CSV of measurements.

    Generous on purpose: semicolons, quotes and UTF-16 pass, so that the reader can say what is
    wrong with the file instead of "not a supported kind". The full forms have headers of 7 KB: the
    first names must do.
    """
    first, _, rest = head.removeprefix(UTF8_MARK).replace(b"\0", b"").partition(b"\n")
    line = rest.split(b"\n", 1)[0] if first[:5].lower() == b"sep=," else first
    text = line.decode("ascii", "replace").replace("\ufffd", "")
    for other in ";\t":
        text = text.replace(other, ",")
    names = {name.strip(" \r\"'") for name in text.split(",")}
    video = {"frame", "timestamp", "confidence", "success"} <= names
    image = {"face", "confidence"} <= names
    return video or image or any(name in names for name in (*_OPENFACE_AUS, *_PYFEAT_ANY))


def _openface(names: Sequence[str]) -> Dialect:
    image = "face" in names and "frame" not in names
    ranges: dict[str, tuple[float, float, bool]] = {  # name: low, high, whole
        "frame": (1, MAX_FRAME, True),
        "face" if image else "face_id": (0, MAX_FRAME, True),
        "timestamp": (0, MAX_SECONDS, False),
        "confidence": (0, 1, False),
        "success": (0, 1, True),
    }
    ranges |= {f"{au}_r": (0, INTENSITY_MAX, False) for au in INTENSITIES}
    ranges |= {f"{au}_c": (0, 1, True) for au in PRESENCES}
    optional = {"frame", "timestamp", "success"} if image else {"face_id"}
    if missing := [name for name in ranges if name not in names and name not in optional]:
        raise _missing(missing, "Write it again with OpenFace's -aus")
    signals = tuple(name for name in POSE_AND_GAZE if name in names)
    _refuse_twice(names, (*ranges, *signals))
    columns = [
        Column("face" if name == "face_id" else name, name, names.index(name), *limits)
        for name, limits in ranges.items()
        if name in names
    ]
    columns += [Column(name, name, names.index(name), optional=True) for name in signals]
    return Dialect(
        "openface image" if image else "openface video",
        "openface",
        "intensity",
        len(names),
        tuple(columns),
        signals,
    )


def _pyfeat(names: Sequence[str]) -> Dialect:
    units = [au for au in PRESENCES if au in names]
    substitutes: tuple[tuple[str, str], ...] = ()
    if "AU45" not in units and EYES_CLOSED in names:
        substitutes = (("AU45", EYES_CLOSED),)
    sources = {au: au for au in units} | dict(substitutes)
    if not sources:
        raise refuse("The header has no Action Units (AU01, AU02, ...). Detect them as well.", 1)
    if missing := [name for name in ("frame", "FaceScore") if name not in names]:
        raise _missing(missing, "Write it again with Fex.to_csv")
    _refuse_twice(names, ("frame", *_PYFEAT_MARKS, *sources.values()))
    columns = [
        Column("frame", "frame", names.index("frame"), 0, MAX_FRAME, whole=True),
        Column("confidence", "FaceScore", names.index("FaceScore"), 0, 1),
    ]
    if "FaceRectX" in names:
        columns.append(Column("box", "FaceRectX", names.index("FaceRectX"), optional=True))
    columns += [Column(au, name, names.index(name), 0, 1) for au, name in sources.items()]
    return Dialect(
        "py-feat",
        "py-feat",
        "probability",
        len(names),
        tuple(columns),
        absent=tuple(au for au in PRESENCES if au not in sources),
        substitutes=substitutes,
    )


def _missing(names: Sequence[str], advice: str) -> MediaError:
    return refuse(f"The header lacks {_listed(names)}. {advice}.", 1)


def _refuse_twice(names: Sequence[str], needed: Sequence[str]) -> None:
    if twice := [name for name in needed if names.count(name) > 1]:
        raise refuse(f"The header has {_listed(twice)} more than once. Keep one of each.", 1)


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:5])
    if len(names) > len(shown):
        return ", ".join(shown) + f" and {len(names) - len(shown)} more"
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)
