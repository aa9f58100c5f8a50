"""Measurements to choose from; nothing is changed. Functions take the session of a transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from shared.database.tables import ActionUnitReport, Extraction, Job


@dataclass(frozen=True, slots=True)
class ListedMeasurement:
    number: int
    avatar: str
    name: str
    type: str
    filename: str | None  # None: its job was deleted, or another program wrote it
    engine: str


def newest(
    session: Session, limit: int, *, engine: str | None = None, text: str | None = None
) -> list[ListedMeasurement]:
    """Newest first; of this engine; with `text` in the name of avatar, build or file."""
    query = _measurements().limit(limit)
    if text is not None:
        names = (ActionUnitReport.avatar, ActionUnitReport.name, Job.filename)
        query = query.where(or_(*(name.icontains(text, autoescape=True) for name in names)))
    if engine is not None:
        query = query.where(func.lower(Extraction.engine) == engine.lower())
    return [ListedMeasurement(*row) for row in session.execute(query)]


def numbered(session: Session, numbers: Collection[int]) -> list[ListedMeasurement]:
    """Those of these numbers that are there, newest first."""
    query = _measurements().where(ActionUnitReport.id.in_(numbers))
    return [ListedMeasurement(*row) for row in session.execute(query)]


def _measurements() -> Select[*tuple[Any, ...]]:
    return (
        select(
            ActionUnitReport.id,
            ActionUnitReport.avatar,
            ActionUnitReport.name,
            ActionUnitReport.type,
            Job.filename,
            Extraction.engine,
        )
        .join(Extraction, Extraction.report_id == ActionUnitReport.id)
        .outerjoin(Job, Job.report_id == ActionUnitReport.id)
        .where(Job.deleting.is_not(True))
        .order_by(ActionUnitReport.id.desc())
    )
