"""The engine `csv`: no engine, but measurements made elsewhere, taken over as they are.

Reads every dialect of `shared.measurements.csv`. Validation is one pass over the whole file; rows
are given out only after it, so a file is taken whole or not at all.

The scale that the numbers are on goes with them: `Facts.engine` is "openface" or "py-feat", by
the header, because that decides what they may be compared with; that they were measured elsewhere
is their `version`, and `settings` say "source": "csv".

The type is settled by the content, and stated in `settings["type"]`:
    image form        IP: the largest face (the nearest where there is `pose_Tz`, else the most
                      confident); any other type: IW where several faces were measured, else IP
    video form        VS: the face measured in most frames; VM: all, but VS where there is one only;
                      IP and IW are refused
    py-feat           as a video; as an image where IP or IW is asked for and there is one frame
A chosen face is numbered 0, and a warning says that it was chosen.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from shared.engines.base import EngineResult, Progress, Task
from shared.engines.tally import Tally, tally
from shared.measurements import csv
from shared.measurements.csv import Dialect
from shared.measurements.model import Facts, MediaType, Row, Segment, Validity
from shared.platform.errors import Code, MediaError

ELSEWHERE: Final = "measured elsewhere"
"""The version of numbers whose maker does not say which one it was."""

_NO_FACE: Final = (
    "The CSV has no row in which a face was found with enough confidence. Check that it is the "
    "measurement of the right file."
)


class CsvEngine:
    """See the module."""

    name = "csv"

    def version(self) -> str:
        return "1"  # of how files are read: goes up when the same file would give other rows

    def problems(self) -> list[str]:
        return []

    def types(self) -> list[MediaType]:
        return list(MediaType)

    def plan(self, task: Task, parts: int) -> list[Segment]:  # noqa: ARG002  # it cannot be cut
        """Reads the header only, so that a file of no known kind is refused at once."""
        csv.dialect_of(task.media)
        return [Segment(0)]

    def measure(self, task: Task, segment: Segment, output: Path, progress: Progress) -> None:  # noqa: ARG002
        """Check the whole file; what is written is its tally."""
        dialect = csv.dialect_of(task.media)
        blocks = csv.blocks(task.media, task.options)
        output.write_text(json.dumps(tally(blocks, dialect.signals, progress).to_json()))

    def join(self, task: Task, segments: Sequence[tuple[Segment, Path]]) -> EngineResult:
        [(_, path)] = segments
        dialect = csv.dialect_of(task.media)
        counted = Tally.from_json(json.loads(path.read_text()))
        if not counted.measured:
            raise MediaError(Code.NO_FACE_FOUND, _NO_FACE)
        kind = _settled(task.type, dialect, counted)
        chosen = _chosen(kind, counted)
        faces = counted.measured if chosen is None else [0]
        facts = _facts(task, kind, dialect, counted, faces)
        if chosen is not None and len(counted.measured) > 1:
            facts.warnings.append(_choice(kind, counted, chosen))
        _note_what_is_missing(facts, dialect, counted)
        return EngineResult(facts, _rows(task, chosen))


def _settled(asked: MediaType, dialect: Dialect, counted: Tally) -> MediaType:
    """The type of the measurement; raises MediaError where what was asked for cannot be."""
    several = len(counted.measured) > 1
    if dialect.image and not asked.is_image:
        return MediaType.IW if several else MediaType.IP
    if asked.is_image and not dialect.image:
        if dialect.engine == "openface":
            raise _mismatch(asked, "it has the columns of a video")
        if counted.frames > 1:
            raise _mismatch(asked, f"it has {counted.frames:,} frames")
    if asked is MediaType.VM and not several:
        return MediaType.VS
    return asked


def _mismatch(asked: MediaType, why: str) -> MediaError:
    return MediaError(
        Code.TYPE_MISMATCH,
        f"The CSV cannot be of type {asked}: {why}. Use VS or VM, or leave the type out.",
    )


def _chosen(kind: MediaType, counted: Tally) -> int | None:
    """The one face to keep and to number 0; None where all stay as they are."""
    if kind in (MediaType.IW, MediaType.VM) or list(counted.faces) == [0]:
        return None
    return counted.largest() if kind is MediaType.IP else counted.longest()


def _choice(kind: MediaType, counted: Tally, chosen: int) -> str:
    count = len(counted.measured)
    if kind is MediaType.IP:
        return (
            f"The CSV has {count} faces; face {chosen}, the largest or most confident, was taken. "
            "Choose “image, every face” (IW) for all of them."
        )
    return (
        f"The CSV has {count} faces; face {chosen}, measured in "
        f"{counted.faces[chosen].successes:,} frames, was taken. Choose "
        "“video, every face” (VM) for all of them."
    )


def _facts(
    task: Task, kind: MediaType, dialect: Dialect, counted: Tally, faces: Sequence[int]
) -> Facts:
    settings: dict[str, object] = {
        "source": "csv",
        "dialect": dialect.name,
        "type": kind.value,
        "confidence_threshold": task.options.confidence_threshold,
    }
    if dialect.absent:
        settings["absent"] = list(dialect.absent)
    if dialect.substitutes:
        settings["substitutes"] = dict(dialect.substitutes)
    untrusted: dict[str, Validity] = dict.fromkeys(dialect.absent, "low")
    return Facts(
        engine=dialect.engine,
        version=ELSEWHERE,
        settings=settings,
        frames=counted.frames,
        fps=None if kind.is_image else counted.fps,
        duration=None if kind.is_image else counted.duration,
        faces=len(faces),
        scale=dialect.scale,
        signals=dialect.signals,
        validity={str(face): untrusted for face in faces} if untrusted else {},
    )


def _note_what_is_missing(facts: Facts, dialect: Dialect, counted: Tally) -> None:
    if dialect.absent:
        facts.warnings.append(
            f"The CSV has no {', '.join(dialect.absent)}: zeros stand in their place, which mean "
            "nothing."
        )
    if counted.frames > 1 and facts.fps is None:
        facts.warnings.append(
            "The CSV gives no usable times, so shares of time are shares of frames."
        )
    if dialect.engine == "py-feat" and facts.faces > 1:
        facts.warnings.append(
            "py-feat numbers no faces: a face's number is its place within the frame, and may "
            "be another person in the next."
        )


def _rows(task: Task, chosen: int | None) -> Iterator[Row]:
    for block in csv.blocks(task.media, task.options):
        yield from (block if chosen is None else block.of_face(chosen)).rows()
