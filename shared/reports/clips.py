"""The clips of builds: per file name the newest of what was sent; one sent again replaces it.

A build is an avatar and a name. What was measured belongs to the build that its row in
`action_unit_report` names, what was not (yet) to the one that its job names. Measurements of other
programs have no job and no file name: each is a clip of its own.

Functions take the session of a transaction.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    CTE,
    TIMESTAMP,
    ColumnElement,
    TableValuedAlias,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.orm import Session

from shared.analysis.parameter_sets import name_key
from shared.analysis.report import Verdict
from shared.database.report_tables import AnalysisReport, SetVersion
from shared.database.tables import ActionUnitReport, Extraction, Job, State
from shared.reports import reports
from shared.reports.reports import SetVerdict


class ClipOutcome(StrEnum):
    """What came of a clip: the worst of its newest verdicts per set, or why it has none."""

    FAIL = "fail"
    NOT_MEASURED = "not_measured"  # its job failed
    INCONCLUSIVE = "inconclusive"
    IN_PROGRESS = "in_progress"
    NOT_JUDGED = "not_judged"  # measured, and held to no set
    PASS = "pass"  # noqa: S105

    @property
    def verdict(self) -> Verdict | None:
        return next((each for each in Verdict if each.value == self.value), None)


class BuildKey(NamedTuple):
    avatar: str
    build: str


class ClipPlace(NamedTuple):
    """In the order of file names; those without one come last, by number."""

    unnamed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of a build, as it stands now."""

    build: BuildKey
    place: ClipPlace
    filename: str | None
    type: str | None  # None: not known yet
    job: uuid.UUID | None
    measurement_id: int | None
    state: State | None  # of the job
    error: tuple[str, str] | None  # code and detail
    created: dt.datetime  # when it was sent; of other programs' the day
    replaces: int  # older ones of this file name
    outcome: ClipOutcome
    engine: str | None
    engine_version: str | None
    verdicts: Sequence[SetVerdict]  # of the newest version of each set


MEASURED_AT: Final = func.coalesce(
    Job.created, func.timezone("UTC", cast(ActionUnitReport.date, TIMESTAMP))
)
"""When a measurement's media was sent; of one without a job, the day of its row."""


def newest(builds: Collection[BuildKey]) -> CTE:
    """Every clip of these builds; `first` is when the build's first media was sent."""
    sent = _sent(builds).subquery()
    whole = (sent.c.avatar, sent.c.name)
    own = (*whole, sent.c.unnamed, sent.c.text)
    latest = (sent.c.created.desc(), sent.c.measurement_id.desc().nulls_first(), sent.c.job)
    ranked = select(
        sent,
        func.row_number().over(partition_by=own, order_by=latest).label("age"),
        (func.count().over(partition_by=own) - 1).label("replaces"),
        func.min(sent.c.created).over(partition_by=whole).label("first"),
    ).subquery()
    return select(ranked).where(ranked.c.age == 1).cte("clip")


def held(clip: CTE) -> CTE:
    """Of each clip its verdict by the newest version of each set."""
    return (
        select(
            clip.c.avatar,
            clip.c.name,
            clip.c.measurement_id,
            SetVersion.name.label("set_name"),
            SetVersion.name_key,
            AnalysisReport.verdict,
        )
        .ext(distinct_on(clip.c.measurement_id, SetVersion.name_key))
        .join(AnalysisReport, AnalysisReport.report_id == clip.c.measurement_id)
        .join(SetVersion, SetVersion.id == AnalysisReport.parameter_set_id)
        .order_by(clip.c.measurement_id, SetVersion.name_key, SetVersion.version.desc())
        .cte("held")
    )


def with_outcomes(clip: CTE) -> CTE:
    """The clips with a column `outcome`."""
    verdicts = held(clip)
    worst = (
        select(verdicts.c.measurement_id, func.min(_rank(verdicts.c.verdict)).label("rank"))
        .group_by(verdicts.c.measurement_id)
        .subquery()
    )
    outcome = case(
        *((worst.c.rank == verdict.rank, literal(verdict.value)) for verdict in Verdict),
        (clip.c.state == State.FAILED, literal(ClipOutcome.NOT_MEASURED.value)),
        (clip.c.state != State.DONE, literal(ClipOutcome.IN_PROGRESS.value)),
        else_=literal(ClipOutcome.NOT_JUDGED.value),
    )
    return (
        select(clip, outcome.label("outcome"))
        .outerjoin(worst, worst.c.measurement_id == clip.c.measurement_id)
        .cte("judged")
    )


def page(
    session: Session,
    builds: Collection[BuildKey],
    limit: int,
    *,
    after: ClipPlace | None = None,
    only: str | None = None,
) -> list[Clip]:
    """The clips of the first `limit` file names, in their order; of one build, so many clips.

    `only` is a file name.
    """
    if not builds:
        return []
    clip = with_outcomes(newest(builds))
    place = (clip.c.unnamed, clip.c.text)
    ranked = select(clip, func.dense_rank().over(order_by=place).label("row"))
    if after is not None:
        ranked = ranked.where(tuple_(*place) > tuple_(literal(after.unnamed), literal(after.text)))
    if only is not None:
        ranked = ranked.where(clip.c.filename == only)
    part = ranked.subquery()
    query = (
        select(part, Extraction.engine, Extraction.version)
        .outerjoin(Extraction, Extraction.report_id == part.c.measurement_id)
        .where(part.c.row <= limit)
        .order_by(part.c.row)
    )
    rows = session.execute(query).all()
    verdicts = reports.verdicts(session, (row.measurement_id for row in rows))
    return [_clip(row, verdicts.get(row.measurement_id, ())) for row in rows]


def present(verdicts: Sequence[SetVerdict]) -> list[SetVerdict]:
    """Those by the newest version of each set, of one measurement's in the order of versions."""
    return list({name_key(item.parameter_set): item for item in verdicts}.values())


def _clip(row: Any, verdicts: Sequence[SetVerdict]) -> Clip:
    return Clip(
        build=BuildKey(row.avatar, row.name),
        place=ClipPlace(row.unnamed, row.text),
        filename=row.filename,
        type=row.type,
        job=row.job,
        measurement_id=row.measurement_id,
        state=State(row.state) if row.state else None,
        error=(row.error_code, row.error_detail or "") if row.error_code else None,
        created=row.created,
        replaces=row.replaces,
        outcome=ClipOutcome(row.outcome),
        engine=row.engine,
        engine_version=row.version,
        verdicts=present(verdicts),
    )


def _sent(builds: Collection[BuildKey]) -> Any:
    """All that was sent for these builds, replaced or not."""
    avatars, names = ([key[place] for key in builds] for place in (0, 1))
    wanted = (
        func.unnest(literal(avatars, ARRAY(Text)), literal(names, ARRAY(Text)))
        .table_valued("avatar", "name", name="wanted")
        .render_derived()
    )
    job = (Job.id.label("job"), Job.state, Job.filename, Job.error_code, Job.error_detail)
    unnamed = func.coalesce(Job.filename, "") == ""
    measured = (
        select(
            ActionUnitReport.avatar,
            ActionUnitReport.name,
            ActionUnitReport.id.label("measurement_id"),
            ActionUnitReport.type,
            *job,
            MEASURED_AT.label("created"),
            unnamed.label("unnamed"),
            case(
                (unnamed, func.lpad(cast(ActionUnitReport.id, Text), 20, "0")), else_=Job.filename
            ).label("text"),
        )
        .join(wanted, _same(wanted, ActionUnitReport))
        .outerjoin(Job, Job.report_id == ActionUnitReport.id)
        .where(Job.deleting.is_not(True))
    )
    waiting = (
        select(
            Job.avatar,
            Job.name,
            null(),
            Job.type,
            *job,
            Job.created,
            unnamed,
            case((unnamed, cast(Job.id, Text)), else_=Job.filename),
        )
        .join(wanted, _same(wanted, Job))
        .where(Job.report_id.is_(None), ~Job.deleting)
    )
    return union_all(measured, waiting)


def _same(wanted: TableValuedAlias, table: type[ActionUnitReport | Job]) -> ColumnElement[bool]:
    return and_(table.avatar == wanted.c.avatar, table.name == wanted.c.name)


def _rank(verdict: ColumnElement[str]) -> ColumnElement[int]:
    return case(*((verdict == each.value, each.rank) for each in Verdict))
