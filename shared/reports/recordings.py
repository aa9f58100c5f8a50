"""A stored measurement as the analysis takes it: frames read back from where they are stored.

That is the table; or, for a measurement with more than MAX_ROWS_IN_DATABASE of them, the files in
its job's container (`shared.jobs.frame_files`), which say the same to the last digit. The media
and an engine are never needed. Both the second stage and every later analysis read what is stored,
so that the same measurement gives the same report, byte for byte.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from shared.analysis.catalogue import CATALOGUE
from shared.analysis.series import FaceSeries, Recording, by_unit
from shared.database import frames
from shared.database.extractions import facts_of
from shared.database.tables import ActionUnitReport, Extraction
from shared.jobs import frame_files
from shared.jobs.outputs import Outputs
from shared.measurements.files import FrameFiles
from shared.measurements.model import MediaType
from shared.platform.storage import Storage
from shared.reports import sounds

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
    """The whole measurement; memory as `shared.analysis.series` says, and once more while reading.

    With `face`, this face of it alone; with `sound`, the clip's sound as well, as far as it is
    there (`shared.reports.sounds`). `outputs` are its job's; None where it has none any more.

    Raises ValueError where rows are not as the pipeline writes them, and Problem `frames_gone`
    where they are in files that are no longer there.
    """
    facts = facts_of(extraction)
    if extraction.rows_in_blobs:
        with frame_files.stored(storage, outputs, report.id, facts) as files:
            columns = _columns_of_files(files, face)
    else:
        wanted = [name for name in SIGNALS if name in facts.signals]
        columns = frames.read_frames(session, report.id, facts.signals, wanted, face)
    heard = sounds.fetch(storage, outputs, facts) if sound else sounds.NOT_ASKED
    if heard.notice:
        facts.warnings = [*facts.warnings, heard.notice]
    faces = list(_faces(columns))
    return Recording(MediaType(report.type), facts, faces, heard.sound, heard.reason)


def _columns_of_files(files: FrameFiles, face: int | None) -> dict[str, NDArray[Any]]:
    """As `read_frames`, from files: a block at a time, of which only these columns are kept."""
    known = files.facts.signals
    signals = {name: known.index(name) for name in SIGNALS if name in known}
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in (*frames.READ, *signals)}
    for block, values in files.pairs():
        rows = slice(None) if face is None else block.faces == face
        parts["face"].append(block.faces[rows])
        parts["timestamp"].append(block.timestamps[rows].copy())  # else it keeps its whole block
        parts["success"].append(block.successes[rows])
        parts["presences"].append(block.presences[rows])
        parts["intensities"].append(block.intensities[rows].astype(np.float32))
        for name, place in signals.items():
            parts[name].append(values[rows, place].astype(np.float32))
    columns = {name: np.concatenate(found) for name, found in parts.items() if found}
    if not len(columns["face"]):
        return {}
    order = np.argsort(columns["face"], kind="stable")  # files are in order of the frames
    if np.array_equal(order, np.arange(len(order))):
        return columns
    return {name: columns.pop(name)[order] for name in tuple(columns)}


def _faces(columns: dict[str, NDArray[Any]]) -> Iterator[FaceSeries]:
    if not columns:
        return
    faces = columns.pop("face")
    starts = np.flatnonzero(np.diff(faces, prepend=faces[0] - 1))
    signals = [name for name in SIGNALS if name in columns]
    for start, stop in zip(starts, np.append(starts[1:], len(faces)), strict=True):
        rows = slice(start, stop)
        yield FaceSeries(
            int(faces[start]),
            timestamps=columns["timestamp"][rows],
            success=columns["success"][rows].astype(np.bool_),
            intensities=by_unit(columns["intensities"][rows]),
            presences=columns["presences"][rows],
            signals={name: columns[name][rows] for name in signals},
        )
