"""Reports for lists; nothing is changed. Functions take the session of a transaction."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from shared.analysis.parameter_sets import name_key
from shared.analysis.report import Verdict
from shared.database.filters import equal
from shared.database.report_tables import AnalysisReport, SetVersion
from shared.database.tables import ActionUnitReport, Job
from shared.reports.reports import ReportId

Place = tuple[dt.datetime, int, int]
"""Of a report in the list: when it was made, and its numbers."""


class ListedReport(NamedTuple):
    """A report, as `newest` selects it."""

    measurement_id: int
    set_id: int
    verdict: str
    words: str | None
    score: float | None
    created: dt.datetime
    parameter_set: str
    version: int
    avatar: str
    name: str
    type: str
    job: uuid.UUID | None

    @property
    def id(self) -> str:
        return str(ReportId(self.measurement_id, self.set_id))

    @property
    def place(self) -> Place:
        return self.created, self.measurement_id, self.set_id


@dataclass(frozen=True, slots=True)
class WantedReports:
    """What reports of a list have in common; None: anything."""

    measurement_id: int | None = None
    job: uuid.UUID | None = None
    avatar: str | None = None
    name: str | None = None  # of the build
    parameter_set: str | None = None  # its name
    verdict: Verdict | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        yield from equal(
            (AnalysisReport.report_id, self.measurement_id),
            (Job.id, self.job),
            (ActionUnitReport.avatar, self.avatar),
            (ActionUnitReport.name, self.name),
            (AnalysisReport.verdict, self.verdict),
        )
        if self.parameter_set is not None:
            yield SetVersion.name_key == name_key(self.parameter_set)


def newest(
    session: Session, limit: int, wanted: WantedReports, *, before: Place | None = None
) -> list[ListedReport]:
    """Newest first, those that are older than `before`."""
    place = (AnalysisReport.created, AnalysisReport.report_id, AnalysisReport.parameter_set_id)
    query = (
        select(
            AnalysisReport.report_id,
            AnalysisReport.parameter_set_id,
            AnalysisReport.verdict,
            AnalysisReport.words,
            AnalysisReport.score,
            AnalysisReport.created,
            SetVersion.name,
            SetVersion.version,
            ActionUnitReport.avatar,
            ActionUnitReport.name,
            ActionUnitReport.type,
            Job.id,
        )
        .join(SetVersion, SetVersion.id == AnalysisReport.parameter_set_id)
        .join(ActionUnitReport, ActionUnitReport.id == AnalysisReport.report_id)
        .outerjoin(Job, Job.report_id == AnalysisReport.report_id)
        .where(Job.deleting.is_not(True), *wanted.conditions())
        .order_by(*(column.desc() for column in place))
        .limit(limit)
    )
    if before is not None:
        query = query.where(tuple_(*place) < tuple_(*before))
    return [ListedReport._make(row) for row in session.execute(query)]
