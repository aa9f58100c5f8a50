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
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from shared.measurements.model import Facts, MediaType, Options, Row, Segment


@dataclass(frozen=True, slots=True)
class Task:
    """What an engine is asked to measure."""

    media: Path  # a local file, named so that its content cannot be taken for another kind
    type: MediaType
    options: Options = field(default_factory=Options)


@dataclass(slots=True)
class EngineResult:
    """The result of `join`: facts known from the start, and rows to be read once."""

    facts: Facts
    rows: Iterator[Row]


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What an engine says of itself."""

    version: str  # empty where it cannot be told
    problems: list[str]  # why it cannot work here, as sentences; empty when it can
    types: list[MediaType]  # that it can measure here, if it can work


Progress = Callable[[int], None]
"""Called with the number of frames done in this segment, as often as the engine likes."""


THOUSANDTHS: Final = 1000
"""In which an outline's places are given, of the picture's width and of its height."""

Outline = list[list[int]]
"""Lines over a picture: x and y of each point in turn, in thousandths of its sides."""


@runtime_checkable
class Outlining(Protocol):
    """An engine that can say where the faces are, for people who look on."""

    def outline(self) -> Outline:
        """Of the newest picture that was measured; to be called by the thread that measures."""
        ...


class Engine(Protocol):
    """An engine. Errors that are the media's fault are `shared.platform.errors.MediaError`."""

    name: str

    def version(self) -> str: ...

    def problems(self) -> list[str]:
        """Why the engine cannot work here, as sentences; empty when it can."""
        ...

    def types(self) -> list[MediaType]:
        """What it can measure here, if it can work."""
        ...

    def plan(self, task: Task, parts: int) -> list[Segment]:
        """Cut the media into segments that up to `parts` processes can share. At least one."""
        ...

    def measure(self, task: Task, segment: Segment, output: Path, progress: Progress) -> None:
        """Write the raw measurement of one segment to `output`."""
        ...

    def join(self, task: Task, segments: Sequence[tuple[Segment, Path]]) -> EngineResult:
        """Make the final rows. Raises MediaError `no_face_found` where no face was seen."""
        ...


EngineFactories = Mapping[str, Callable[[], Engine]]
