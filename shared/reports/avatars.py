"""Avatars with their newest builds, and an avatar's measurements over time.

However long the history, the number of queries is the same: the page of measurements, then one
query each for verdicts, measures and, where a set is asked for, what came of its parameters.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from shared.analysis.catalogue import CATALOGUE, Measure
from shared.analysis.gates import GATES
from shared.analysis.natural_measures import NATURAL
from shared.analysis.parameter_sets import Bounds, ParameterSet, name_key
from shared.analysis.report import Outcome, Verdict, worst
from shared.database.report_tables import AnalysisResult, MeasuredFaceRow, SetVersion
from shared.database.tables import ActionUnitReport, Extraction, Job
from shared.measurements.model import MediaType
from shared.reports import builds, reports
from shared.reports.builds import Build
from shared.reports.parameter_sets import StoredSet
from shared.reports.reports import SetVerdict

LATEST: Final = 10  # builds of an avatar in a list of avatars


@dataclass(frozen=True, slots=True)
class Avatar:
    """An avatar in a list of them."""

    name: str
    measurements: int
    builds: int  # different names among them
    first: dt.date
    last: dt.date
    latest: Sequence[Build]  # newest first


class HistoryRow(NamedTuple):
    """A measurement, as a history's page selects it."""

    measurement_id: int
    name: str
    date: dt.date
    type: str
    job: uuid.UUID | None
    filename: str | None
    engine: str | None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A measurement, and what came of it."""

    row: HistoryRow
    face: int | None  # the one seen for longest
    verdicts: Sequence[SetVerdict]

    @property
    def verdict(self) -> Verdict | None:
        return worst(item.verdict for item in self.verdicts)


@dataclass(frozen=True, slots=True)
class MeasureSeries:
    """What one measure did: lists as long as the history's entries and in the same order."""

    measure: Measure
    bounds: Bounds | None  # of the set that was asked for
    values: list[float | None]
    outcomes: list[Outcome | None]  # with a set only


class _Main(NamedTuple):
    """The face of a measurement that was seen for longest."""

    face: int
    measures: dict[str, float]


def summaries(session: Session, after: str | None, limit: int) -> list[Avatar]:
    """Avatars in the order of their names, those after a name."""
    measured = select(
        ActionUnitReport.avatar,
        ActionUnitReport.name,
        func.count().label("measurements"),
        func.min(ActionUnitReport.date).label("first"),
        func.max(ActionUnitReport.date).label("last"),
    ).group_by(ActionUnitReport.avatar, ActionUnitReport.name)
    sent = func.timezone("UTC", Job.created)
    waiting = (
        select(
            Job.avatar,
            Job.name,
            literal(0),
            cast(func.min(sent), Date),
            cast(func.max(sent), Date),
        )
        .where(Job.report_id.is_(None), ~Job.deleting)
        .group_by(Job.avatar, Job.name)
    )
    names: list[str] = list(session.scalars(_names(after).limit(limit)))
    measured = measured.where(ActionUnitReport.avatar.in_(names))
    waiting = waiting.where(Job.avatar.in_(names))
    both = union_all(measured, waiting).subquery()
    query = (
        select(
            both.c.avatar,
            cast(func.sum(both.c.measurements), BigInteger),
            func.count(both.c.name.distinct()),
            func.min(both.c.first),
            func.max(both.c.last),
        )
        .group_by(both.c.avatar)
        .order_by(both.c.avatar)
    )
    found = session.execute(query).all()
    latest = builds.newest(session, names, LATEST)
    return [
        Avatar(name, measurements, count, first, last, latest.get(name, ()))
        for name, measurements, count, first, last in found
    ]


def _names(after: str | None) -> Select[tuple[str]]:
    """Names of avatars in order, each found by a look into the indexes; nobody's rows are read."""

    def following(before: ColumnElement[str] | None) -> ColumnElement[str]:
        measured = select(func.min(ActionUnitReport.avatar))
        waiting = select(func.min(Job.avatar)).where(Job.report_id.is_(None), ~Job.deleting)
        if before is not None:
            measured = measured.where(ActionUnitReport.avatar > before)
            waiting = waiting.where(Job.avatar > before)
        return func.least(measured.scalar_subquery(), waiting.scalar_subquery())

    first = following(None if after is None else literal(after))
    names = select(first.label("avatar")).cte("names", recursive=True)
    more = select(following(names.c.avatar)).where(names.c.avatar.is_not(None))
    names = names.union_all(more)
    return select(names.c.avatar).where(names.c.avatar.is_not(None))


def exists(session: Session, avatar: str) -> bool:
    """Whether anything was ever sent for it that is still there."""
    measured = select(ActionUnitReport.id).where(ActionUnitReport.avatar == avatar).exists()
    sent = select(Job.id).where(Job.avatar == avatar, ~Job.deleting).exists()
    return bool(session.scalar(select(or_(measured, sent))))


def page(
    session: Session, avatar: str, media_type: MediaType | None, before: int | None, limit: int
) -> list[HistoryRow]:
    """At most `limit` measurements, newest first; of one type, and before a number."""
    query = (
        select(
            ActionUnitReport.id,
            ActionUnitReport.name,
            ActionUnitReport.date,
            ActionUnitReport.type,
            Job.id,
            Job.filename,
            Extraction.engine,
        )
        .outerjoin(Job, Job.report_id == ActionUnitReport.id)
        .outerjoin(Extraction, Extraction.report_id == ActionUnitReport.id)
        .where(ActionUnitReport.avatar == avatar, Job.deleting.is_not(True))
        .order_by(ActionUnitReport.id.desc())
        .limit(limit)
    )
    if media_type is not None:
        query = query.where(ActionUnitReport.type == media_type)
    if before is not None:
        query = query.where(ActionUnitReport.id < before)
    return [HistoryRow(*row) for row in session.execute(query)]


def history(
    session: Session, rows: Sequence[HistoryRow], held_to: StoredSet | None
) -> tuple[list[HistoryEntry], list[MeasureSeries]]:
    """What became of these measurements; with a set, its reports and measures only."""
    numbers = [row.measurement_id for row in rows]
    versions = None if held_to is None else _versions(session, held_to)
    verdicts = reports.verdicts(session, numbers, versions)
    main = _main_faces(session, numbers)
    entries = [
        HistoryEntry(
            row=row,
            face=main[row.measurement_id].face if row.measurement_id in main else None,
            verdicts=verdicts.get(row.measurement_id, ()),
        )
        for row in rows
    ]
    return entries, _series(session, numbers, main, held_to)


def measures(
    session: Session, numbers: Sequence[int], held_to: StoredSet | None
) -> list[MeasureSeries]:
    """What every measure did in these measurements; with a set, its measures only."""
    return _series(session, numbers, _main_faces(session, numbers), held_to)


def _series(
    session: Session, numbers: Sequence[int], main: dict[int, _Main], held_to: StoredSet | None
) -> list[MeasureSeries]:
    if held_to is None:
        return _measures(numbers, main)
    return _held_measures(session, numbers, main, held_to, _versions(session, held_to))


def _versions(session: Session, stored: StoredSet) -> list[int]:
    key = name_key(stored.content.name)
    return list(session.scalars(select(SetVersion.id).where(SetVersion.name_key == key)))


def _main_faces(session: Session, numbers: Sequence[int]) -> dict[int, _Main]:
    query = (
        select(MeasuredFaceRow.report_id, MeasuredFaceRow.face, MeasuredFaceRow.measures)
        .ext(distinct_on(MeasuredFaceRow.report_id))
        .where(MeasuredFaceRow.report_id.in_(numbers))
        .order_by(
            MeasuredFaceRow.report_id, MeasuredFaceRow.seen_share.desc(), MeasuredFaceRow.face
        )
    )
    return {number: _Main(face, values) for number, face, values in session.execute(query)}


def _measures(numbers: Sequence[int], main: dict[int, _Main]) -> list[MeasureSeries]:
    """Every measure that at least one of the measurements has."""
    known = {code for face in main.values() for code in face.measures}
    return [
        MeasureSeries(measure, None, _values(numbers, main, measure.code), [])
        for measure in CATALOGUE.values()
        if measure.code in known
    ]


def _held_measures(
    session: Session,
    numbers: Sequence[int],
    main: dict[int, _Main],
    held_to: StoredSet,
    versions: Sequence[int],
) -> list[MeasureSeries]:
    """The measures of a set's present version, with the outcomes of whichever version it was.

    Of a measure that a natural set judges, and has as a parameter besides, those of the parameter.
    What a natural set expects differs with a clip's length: there are no bounds for all of them.
    """
    query = (
        select(
            AnalysisResult.report_id,
            AnalysisResult.face,
            AnalysisResult.measure,
            AnalysisResult.outcome,
        )
        .where(AnalysisResult.report_id.in_(numbers), AnalysisResult.parameter_set_id.in_(versions))
        .order_by(  # of several versions the newest counts
            AnalysisResult.parameter_set_id, AnalysisResult.is_parameter
        )
    )
    outcomes = {
        (number, measure): Outcome(outcome)
        for number, face, measure, outcome in session.execute(query)
        if number in main and face == main[number].face
    }
    return [
        MeasureSeries(
            CATALOGUE[code],
            bounds,
            _values(numbers, main, code),
            [outcomes.get((number, code)) for number in numbers],
        )
        for code, bounds in _bounds(held_to.content).items()
    ]


def _bounds(content: ParameterSet) -> dict[str, Bounds | None]:
    """Of every measure that a set judges."""
    found: dict[str, Bounds | None] = {}
    if content.natural is not None:
        found |= {gate.measure.code: Bounds(gate.lower, gate.upper) for gate in GATES}
        found |= {
            entry.code: None for entry in NATURAL if entry.code not in content.natural.left_out
        }
    return found | {parameter.measure: parameter.bounds for parameter in content.parameters}


def _values(numbers: Sequence[int], main: dict[int, _Main], code: str) -> list[float | None]:
    return [main[number].measures.get(code) if number in main else None for number in numbers]
