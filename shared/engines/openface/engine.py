"""Measuring with OpenFace: the right program for the type, and what its end really means.

Exit codes are not enough. What is made of how a program ends:

    no table, an image                        no face
    no table, a video, which we cannot open   the video's fault, with our own decoder's reason
    no table, several faces (VidMulti)        no face
    no table, one face (FeatureExtraction)    the engine failed: it writes one, whatever it sees
    a table without success in any row        no face
    "could not open" in what it printed       undecodable, whatever the exit code
    models not found; signals; other codes    the engine failed
    a table shorter than the clip             measured, with a warning

Half a minute of video takes about half a minute, and nothing can be split: Action Units are
calibrated over the whole clip at its end. The pool's deadline bounds a run.

`face_id` is OpenFace's tracker slot: the next person in a slot has the same number. OpenFace gives
frames the times of a constant rate, whatever the container says.
"""

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from shared.engines.base import EngineResult, Progress, Task
from shared.engines.openface import clips
from shared.engines.openface.installation import TOOLS, Installation, refuses_media
from shared.engines.openface.process import CompletedRun, run
from shared.engines.tally import Tally, tally
from shared.measurements import csv
from shared.measurements.model import Facts, MediaType, Row, Segment
from shared.media import formats, pictures
from shared.media.formats import MediaFacts
from shared.media.probe import probe
from shared.platform.errors import Code, EngineError, MediaError

logger = logging.getLogger(__name__)

_AS_IT_IS: Final = "JPEG"  # OpenCV turns it upright itself

_NO_FACE: Final = {
    True: "OpenFace found no face in the image. Send one in which a face can be seen clearly.",
    False: "OpenFace found no face in the clip. Send one in which a face can be seen clearly.",
}


class OpenFaceEngine:
    """See the module."""

    name = "openface"

    def version(self) -> str:
        return Installation.configured().version()

    def problems(self) -> list[str]:
        return Installation.configured().faults()

    def types(self) -> list[MediaType]:
        return Installation.configured().types()

    def plan(self, task: Task, parts: int) -> list[Segment]:  # noqa: ARG002  # it cannot be cut
        if task.type.is_image:
            return [Segment(0, frames=1)]
        return [Segment(0, frames=probe(task.media, task.options).frames)]

    def measure(self, task: Task, segment: Segment, output: Path, progress: Progress) -> None:
        """Run OpenFace; what is written is its table as it stands."""
        installation = Installation.configured()
        if lacking := installation.lacks(task.type):
            raise MediaError(Code.ENGINE_UNAVAILABLE, lacking)
        with tempfile.TemporaryDirectory(prefix="openface-", dir=output.parent) as name:
            # fresh each time: an image without a face leaves an older table where it was
            results = Path(name) / "results"
            results.mkdir()
            handed = _handed_over(task, Path(name))
            table = results / f"{handed.stem}.csv"
            command = installation.command(task.type, handed, results)
            completed = run(command, watch=_watch(task, segment, table, progress))
            _judge(task, installation, completed, table)
            progress(1 if task.type.is_image else clips.last_frame(table))
            shutil.move(table, output)

    def join(self, task: Task, segments: Sequence[tuple[Segment, Path]]) -> EngineResult:
        [(_, table)] = segments
        counted, signals = _counted(task, table)
        if not counted.measured:
            raise MediaError(Code.NO_FACE_FOUND, _NO_FACE[task.type.is_image])
        chosen = counted.largest() if task.type is MediaType.IP else None
        facts = _facts(task, counted, signals)
        facts.faces = 1 if chosen is not None else len(counted.measured)
        if chosen is not None and len(counted.measured) > 1:
            facts.warnings.append(
                f"OpenFace found {len(counted.measured)} faces; the largest was taken. "
                "Choose “image, every face” (IW) for all of them."
            )
        return EngineResult(facts, _rows(task, table, chosen, facts))


def _handed_over(task: Task, folder: Path) -> Path:
    """The file for OpenFace. Pictures whose reading depends on OpenCV's build (WebP, transparency,
    16 bits) are handed over as we see them, without loss."""
    if not task.type.is_image or formats.sniff_file(task.media).name == _AS_IT_IS:
        return task.media.absolute()
    upright = folder / "media.png"
    Image.fromarray(pictures.load_image(task.media, task.options)).save(upright, compress_level=1)
    return upright


def _watch(task: Task, segment: Segment, table: Path, progress: Progress) -> Callable[[int], None]:
    """Percentages and the growing table as frames done.

    What OpenFace prints stays in a buffer while it is not much; the table shows more, sooner.
    """
    expected = segment.frames or 0
    done = 0

    def watch(percent: int) -> None:
        nonlocal done
        done = max(done, expected * percent // 100)
        if not task.type.is_image:
            done = max(done, clips.last_frame(table))
        if done:
            progress(min(done, expected) if expected else done)

    return watch


def _judge(task: Task, installation: Installation, completed: CompletedRun, table: Path) -> None:
    """Raise unless the run left a table with rows."""
    tool = TOOLS[task.type]
    written = table.is_file() and clips.has_rows(table)
    if completed.status or not written:
        printed = completed.output.decode("utf-8", "replace")
        logger.warning("%s %s; it printed: %s", tool, completed.in_words, printed[-2000:])
    if fault := installation.fault(tool, completed):
        raise _failed(fault)
    if refuses_media(completed):
        raise _undecodable(task)
    if completed.status:
        raise _failed(f"{tool} {completed.in_words}. The log says more.")
    if written:
        return
    probe(task.media, task.options)  # raises MediaError where the media is damaged
    if task.type is MediaType.VS:
        raise _failed(f"{tool} wrote no table. The log says more.")
    raise MediaError(Code.NO_FACE_FOUND, _NO_FACE[task.type.is_image])


def _undecodable(task: Task) -> MediaError:
    what = "image" if task.type.is_image else "video"
    return MediaError(
        Code.UNDECODABLE_MEDIA,
        f"OpenFace could not open the {what}. Export it again, as "
        f"{'JPEG or PNG' if task.type.is_image else 'H.264 in an MP4'}, or use another engine.",
    )


def _failed(sentence: str) -> EngineError:
    return EngineError(Code.ENGINE_FAILED, sentence)


def _counted(task: Task, table: Path) -> tuple[Tally, tuple[str, ...]]:
    """The table's tally and signals. A table that breaks its own rules is the engine's fault."""
    try:
        signals = csv.dialect_of(table).signals
        return tally(csv.blocks(table, task.options), signals), signals
    except MediaError as error:
        if error.code not in (Code.INVALID_CSV, Code.EMPTY_FILE):
            raise
        raise _failed(f"OpenFace wrote a table that cannot be used. {error.detail}") from error


def _facts(task: Task, counted: Tally, signals: tuple[str, ...]) -> Facts:
    installation = Installation.configured()
    seen = probe(task.media, task.options)
    facts = Facts(
        engine="openface",
        version=installation.version(),
        settings={
            "tool": TOOLS[task.type],
            "wild": task.type is MediaType.IW,
            "model": Path(installation.model).name if installation.model else "default",
            "confidence_threshold": task.options.confidence_threshold,
        },
        frames=counted.frames,
        width=seen.width or 0,
        height=seen.height or 0,
        signals=signals,
    )
    if not task.type.is_image:
        _add_times(facts, task, counted, seen)
    return facts


def _add_times(facts: Facts, task: Task, counted: Tally, seen: MediaFacts) -> None:
    """Frames, rate and duration of a clip, and a warning where OpenFace did not read all of it."""
    read = counted.last_frame
    if task.type is MediaType.VM:  # the last frames may have no face, and so no row
        read = max(read, clips.frames_in(task.media))
    facts.frames = read
    facts.fps = counted.fps or seen.fps
    facts.duration = read / facts.fps if facts.fps else counted.duration
    declared = seen.frames or read
    if facts.fps and (declared - read) / facts.fps > clips.LOST_END:
        facts.warnings.append(
            f"OpenFace read {read:,} of the {declared:,} frames that the video declares: the rest "
            "is missing or damaged. The readable part was measured."
        )


def _rows(task: Task, table: Path, chosen: int | None, facts: Facts) -> Iterator[Row]:
    blocks = csv.blocks(table, task.options)
    if chosen is not None:
        blocks = (block.of_face(chosen) for block in blocks)
    rows = (row for block in blocks for row in block.rows())
    return clips.with_empty_frames(rows, facts) if task.type is MediaType.VM else rows
