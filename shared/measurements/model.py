"""What a measurement is: its type and options, the piece of media measured, its rows and facts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Literal


class MediaType(StrEnum):
    """The `type` of `action_unit_report`."""

    IP = "IP"  # image, posed: one face, the largest
    IW = "IW"  # image, in the wild: every face
    VS = "VS"  # video, single: one face, followed
    VM = "VM"  # video, multiple: every face, each with an id of its own

    @property
    def is_image(self) -> bool:
        return self in (MediaType.IP, MediaType.IW)


Validity = Literal["high", "moderate", "low", "unseen"]
"""How far a value of an Action Unit can be trusted; docs/validity.md says how it is measured.

`unseen`: the part of the face that it rests on lies outside of the picture; its values are guesses.
"""

Scale = Literal["intensity", "probability"]
"""What the `AUxx_r` values are: FACS intensity 0..5, or a probability 0..1 (py-feat)."""


@dataclass(frozen=True, slots=True)
class Options:
    """Settings that change what an engine measures; stored with the measurement."""

    confidence_threshold: float = 0.7  # 0..1; below it a frame has success 0
    max_pixels: int = 50_000_000  # width x height of one picture
    max_frames: int = 216_000  # two hours at 30 fps


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the media: presentation times start <= t < stop [s]; stop None is the end."""

    index: int
    start: float = 0.0
    stop: float | None = None
    frames: int | None = None  # expected; None where the media does not say


@dataclass(frozen=True, slots=True)
class Row:
    """One face in one frame.

    A video frame without a face has one row with face 0, success False and zeros, as OpenFace's.
    """

    frame: int  # from 1
    face: int  # from 0
    timestamp: float  # [s]; 0 for an image
    confidence: float  # 0..1
    success: bool
    intensities: Sequence[float]  # 17, in the order of action_units.INTENSITIES
    presences: int  # bit mask over action_units.PRESENCES
    signals: Sequence[float] = ()  # in the order of Facts.signals; NaN where not measured


def mean_rate(steps: int, seconds: float) -> float:
    """Frames per second, where `steps` from frame to frame take so long (above 0).

    To seven digits: times are rounded themselves, and 25 must not be 24.999999999999996.
    """
    return float(f"{steps / seconds:.7g}")


@dataclass(slots=True)
class Facts:
    """What is known of a measurement as a whole: the content of `extraction.json`."""

    engine: str
    version: str
    settings: dict[str, object]
    frames: int = 0
    fps: float | None = None  # mean rate; None for an image
    duration: float | None = None  # [s]; None for an image
    width: int = 0  # as displayed: after rotation and EXIF orientation
    height: int = 0
    faces: int = 0  # distinct face ids with at least one successful row
    scale: Scale = "intensity"
    signals: tuple[str, ...] = ()  # names of Row.signals
    validity: dict[str, dict[str, Validity]] = field(default_factory=dict)
    """Per face id (as text), per Action Unit."""
    aggregates: dict[str, dict[str, float]] = field(default_factory=dict)
    """Per face id (as text), per name: what an engine accumulates over the clip."""
    warnings: list[str] = field(default_factory=list)  # sentences for a person

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Facts":
        """The reverse of `to_json`, also of what holds more than that."""
        values = {item.name: data[item.name] for item in fields(cls)}
        return cls(**values | {"signals": tuple(values["signals"])})
