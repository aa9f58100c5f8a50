"""Where the faces were in the picture, as the engine measured it. Not every engine says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.models import Extraction, FrameMeasurement

SIGNALS: Final = ("face_x", "face_y", "face_w", "face_h")  # left, top, width, height [pixels]
MAX_BOXES: Final = 3000  # in one answer; a player asks for the next ones as it goes on


@dataclass(frozen=True, slots=True)
class Box:
    face: int
    time: float  # [s]
    left: float
    top: float
    width: float
    height: float


def known(extraction: Extraction) -> bool:
    return all(name in extraction.signals for name in SIGNALS)


def boxes(
    session: Session,
    extraction: Extraction,
    *,
    face: int | None = None,
    start: float = 0.0,
    end: float = float("inf"),
) -> Sequence[Box]:
    """In order of time; of one face, or of all."""
    if not known(extraction):
        return []
    columns = [
        FrameMeasurement.signals[extraction.signals.index(name) + 1].label(name) for name in SIGNALS
    ]
    query = (
        select(FrameMeasurement.face, FrameMeasurement.timestamp, *columns)
        .where(
            FrameMeasurement.report_id == extraction.report_id,
            FrameMeasurement.success,
            FrameMeasurement.timestamp.between(start, end),
        )
        .order_by(FrameMeasurement.timestamp, FrameMeasurement.face)
        .limit(MAX_BOXES)
    )
    if face is not None:
        query = query.where(FrameMeasurement.face == face)
    rows = session.execute(query)
    return [Box(*row) for row in rows if not any(isnan(value) for value in row[2:])]  # not seen
