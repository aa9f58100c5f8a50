"""A stored measurement as the analysis takes it: frames read back from where they are stored.

That is the table; or, for a measurement with more than MAX_ROWS_IN_DATABASE of them, the files in
its job's container (`shared.jobs.frame_files`), which say the same to the last digit. The media
and an engine are never needed. Both the second stage and every later analysis read what is stored,
so that the same measurement gives the same report, byte for byte.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from shared.analysis.catalogue import CATALOGUE
from shared.analysis.series import FaceSeries, Recording
from shared.database import frames
from shared.database.extractions import facts_of
from shared.database.tables import ActionUnitReport, Extraction
from shared.jobs import frame_files
from shared.jobs.outputs import Outputs
from shared.measurements.action_units import INTENSITIES
from shared.measurements.files import FrameFiles
from shared.measurements.model import MediaType
from shared.platform.storage import Storage
from shared.reports import sounds
from shared.reports.columns import Portion, Store, stored

SIGNALS: Final = tuple(sorted({name for entry in CATALOGUE.values() for name in entry.signals}))
"""Those that a measure rests on. The others stay in the database: a clip can have dozens."""


def load(
    session: Session,
    storage: Storage,
    report: ActionUnitReport,
    extraction: Extraction,
    outputs: Outputs | None,
    *,
    face: int | None = None,
    sound: bool = False,
) -> Recording:
    """The whole measurement; its columns are read as they are asked for (`shared.reports.columns`).

    With `face`, this face of it alone; with `sound`, the clip's sound as well, as far as it is
    there (`shared.reports.sounds`). `outputs` are its job's; None where it has none any more.

    Raises ValueError where rows are not as the pipeline writes them, and Problem `frames_gone`
    where they are in files that are no longer there.
    """
    facts = facts_of(extraction)
    wanted = [name for name in SIGNALS if name in facts.signals]
    reading = _Reading(wanted)
    if extraction.rows_in_blobs:
        with frame_files.stored(storage, outputs, report.id, facts) as files:
            for rows in _rows_of_files(files, wanted, face):
                reading.add(rows)
    else:
        frames.read_frames(session, report.id, facts.signals, wanted, reading.add, face=face)
    heard = sounds.fetch(storage, outputs, facts) if sound else sounds.NOT_ASKED
    if heard.notice:
        facts.warnings = [*facts.warnings, heard.notice]
    faces = list(reading.faces())
    return Recording(MediaType(report.type), facts, faces, heard.sound, heard.reason)


def _rows_of_files(
    files: FrameFiles, wanted: Sequence[str], face: int | None
) -> Iterator[dict[str, NDArray[Any]]]:
    """As `read_frames` gives them, but in order of the frames."""
    places = [files.facts.signals.index(name) for name in wanted]
    for block, values in files.pairs():
        rows = slice(None) if face is None else block.faces == face
        yield {
            "face": block.faces[rows],
            "timestamp": block.timestamps[rows],
            "success": block.successes[rows],
            "presences": block.presences[rows],
            "intensities": block.intensities[rows],
            **{name: values[rows, place] for name, place in zip(wanted, places, strict=True)},
        }


@dataclass(slots=True)
class _Face:
    """What was read of one; `portions` are of all intensities and signals."""

    timestamps: list[NDArray[np.float64]] = field(default_factory=list)
    success: list[NDArray[np.bool_]] = field(default_factory=list)
    presences: list[NDArray[np.int32]] = field(default_factory=list)
    portions: list[Portion] = field(default_factory=list)


class _Reading:
    """Rows as they come, given to their faces."""

    def __init__(self, signals: Sequence[str]) -> None:
        self._signals = signals
        self._store = Store()
        self._faces: dict[int, _Face] = defaultdict(_Face)

    def add(self, columns: dict[str, NDArray[Any]]) -> None:
        """Some thousand rows; those of a face in order of time."""
        for number in np.unique(columns["face"]).tolist():
            rows, face = columns["face"] == number, self._faces[number]
            face.timestamps.append(columns["timestamp"][rows])
            face.success.append(columns["success"][rows].astype(np.bool_))
            face.presences.append(columns["presences"][rows])
            signals = [columns[name][rows] for name in self._signals]
            face.portions.append(self._store.put([*columns["intensities"][rows].T, *signals]))

    def faces(self) -> Iterator[FaceSeries]:
        """In order of their numbers."""
        for number, face in sorted(self._faces.items()):
            columns = partial(stored, self._store, face.portions)
            yield FaceSeries(
                number,
                timestamps=np.concatenate(face.timestamps),
                success=np.concatenate(face.success),
                intensities=columns(INTENSITIES, 0),
                presences=np.concatenate(face.presences),
                signals=columns(self._signals, len(INTENSITIES)),
            )
