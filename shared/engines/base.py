"""The interface of an engine: a media file and its type in; measurements per frame and face out.

An engine works in three steps, so that long media can be spread over processes and a killed
attempt can go on where it stopped:

    plan     how the media is cut into segments (an image, or an engine that cannot cut: one)
    measure  one segment -> one file, in a form that only the engine knows
    join     the files of all segments, in order -> rows in order of (frame, face), and the facts

Each step runs in a child process (`shared.engines.worker`), never in the Functions worker. All
three are deterministic: the same media, type and options give the same bytes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol


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
class Task:
    """What an engine is asked to measure."""

    media: Path  # a local file, named so that its content cannot be taken for another kind
    type: MediaType
    options: Options = field(default_factory=Options)


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


@dataclass(slots=True)
class Measurement:
    """The result of `join`: facts known from the start, and rows to be read once."""

    facts: Facts
    rows: Iterator[Row]


Progress = Callable[[int], None]
"""Called with the number of frames done in this segment, as often as the engine likes."""


class Engine(Protocol):
    """An engine. Errors that are the media's fault are `shared.errors.MediaError`."""

    name: str

    def version(self) -> str: ...

    def problems(self) -> list[str]:
        """Why the engine cannot work here, as sentences; empty when it can."""
        ...

    def plan(self, task: Task, parts: int) -> list[Segment]:
        """Cut the media into segments that up to `parts` processes can share. At least one."""
        ...

    def measure(self, task: Task, segment: Segment, output: Path, progress: Progress) -> None:
        """Write the raw measurement of one segment to `output`."""
        ...

    def join(self, task: Task, segments: Sequence[tuple[Segment, Path]]) -> Measurement:
        """Make the final rows. Raises MediaError `no_face_found` where no face was seen."""
        ...


EngineFactories = Mapping[str, Callable[[], Engine]]
