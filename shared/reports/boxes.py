"""Where the faces were in the picture, as the engine measured it. Not every engine says so.

Read from the table; of a measurement whose rows are not there, from its files, from the first row
to the last one that is wanted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isnan
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.database.extractions import facts_of
from shared.database.tables import FrameMeasurement
from shared.jobs import frame_files
from shared.platform.storage import Storage
from shared.reports.reports import Measurement

SIGNALS: Final = ("face_x", "face_y", "face_w", "face_h")  # left, top, width, height [pixels]
MAX_BOXES: Final = 3000  # in one answer; a player asks for the next ones as it goes on

_Values = tuple[int, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Box:
    face: int
    time: float  # [s]
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class WantedBoxes:
    """Which boxes: of one face or of all, in which time."""

    face: int | None = None
    start: float = 0.0  # [s]
    end: float = float("inf")


def known(measurement: Measurement) -> bool:
    return all(name in measurement.extraction.signals for name in SIGNALS)


def boxes(
    session: Session, storage: Storage, measurement: Measurement, wanted: WantedBoxes
) -> Sequence[Box]:
    """In order of time, the first MAX_BOXES of them. Raises Problem `frames_gone`."""
    if not known(measurement):
        return []
    if measurement.extraction.rows_in_blobs:
        rows = list(islice(_of_files(storage, measurement, wanted), MAX_BOXES))
    else:
        rows = _of_table(session, measurement, wanted)
    return [Box(*row) for row in rows if not any(isnan(value) for value in row[2:])]  # not seen


def _of_table(session: Session, measurement: Measurement, wanted: WantedBoxes) -> list[_Values]:
    extraction = measurement.extraction
    columns = [
        FrameMeasurement.signals[extraction.signals.index(name) + 1].label(name) for name in SIGNALS
    ]
    query = (
        select(FrameMeasurement.face, FrameMeasurement.timestamp, *columns)
        .where(
            FrameMeasurement.report_id == extraction.report_id,
            FrameMeasurement.success,
            FrameMeasurement.timestamp.between(wanted.start, wanted.end),
        )
        .order_by(FrameMeasurement.timestamp, FrameMeasurement.face)
        .limit(MAX_BOXES)
    )
    if wanted.face is not None:
        query = query.where(FrameMeasurement.face == wanted.face)
    return [tuple(row) for row in session.execute(query)]


def _of_files(storage: Storage, measurement: Measurement, wanted: WantedBoxes) -> Iterator[_Values]:
    facts = facts_of(measurement.extraction)
    places = [facts.signals.index(name) for name in SIGNALS]
    with frame_files.stored(storage, measurement.outputs, measurement.report.id, facts) as files:
        for block, signals in files.pairs():
            if block.timestamps[0] > wanted.end:
                return
            chosen = (
                block.successes
                & (block.timestamps >= wanted.start)
                & (block.timestamps <= wanted.end)
            )
            if wanted.face is not None:
                chosen &= block.faces == wanted.face
            values = signals[chosen][:, places].tolist()
            keys = zip(block.faces[chosen].tolist(), block.timestamps[chosen].tolist(), strict=True)
            for (face, time), (left, top, width, height) in zip(keys, values, strict=True):
                yield face, time, left, top, width, height
