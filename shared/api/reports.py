"""The handlers of `/api/reports`."""

import datetime as dt
import uuid
from typing import Any, Final, NamedTuple, NoReturn

import azure.functions as func
from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import Select, select, tuple_

from shared.analysis.parameter_sets import name_key
from shared.analysis.rendering import RENDERINGS
from shared.analysis.report import Report, Verdict
from shared.api.http import json_response, parse_json, parse_query
from shared.api.operation import (
    BODY,
    JSON,
    LOCATION,
    QUERY,
    SETS,
    TEXT,
    Answer,
    Json,
    Link,
    Operation,
    json_answer,
)
from shared.api.paging import BigInt, Page, part, position
from shared.api.report_bodies import (
    FORMS,
    MadeReports,
    ReportFilter,
    ReportRequest,
    ReportSummary,
    VerdictView,
    report_links,
    verdict_view,
)
from shared.app import App
from shared.database.report_tables import AnalysisReport, SetVersion
from shared.database.tables import ActionUnitReport, Job
from shared.measurements.model import MediaType
from shared.platform.errors import Code, Problem
from shared.reports import parameter_sets, reports
from shared.reports.reports import ReportId

_POSITION: Final = TypeAdapter(tuple[AwareDatetime, BigInt, BigInt])


class ListedReport(NamedTuple):
    """A report in a list, in the order of the columns that `_filtered` selects."""

    measurement_id: int
    set_id: int
    verdict: str
    words: str | None
    score: float | None
    created: dt.datetime
    set_name: str
    version: int
    avatar: str
    name: str
    type: str
    job: uuid.UUID | None


def list_reports(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """Newest first."""
    wanted = parse_query(ReportFilter, req)
    query = _filtered(wanted).limit(wanted.limit + 1)
    before = position(wanted, _POSITION)
    place = tuple_(
        AnalysisReport.created, AnalysisReport.report_id, AnalysisReport.parameter_set_id
    )
    if before is not None:
        query = query.where(place < tuple_(*before))
    with app.database.begin() as session:
        found = [ListedReport(*row) for row in session.execute(query)]
    items, following = part(
        found, wanted, "/api/reports", lambda row: (row.created, row.measurement_id, row.set_id)
    )
    views = [_summary(row) for row in items]
    return json_response(Page[ReportSummary](items=views, next=following))


def make(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """Hold what was measured to sets, without measuring it again. All of them or none.

    201 where a report is new, 200 where all of them replace earlier ones.
    """
    items, new = hold(app, parse_json(ReportRequest, req))
    headers = {"Location": items[0].links["self"]} if len(items) == 1 else {}
    return json_response(MadeReports(items=items), 201 if new else 200, headers)


def hold(app: App, wanted: ReportRequest) -> tuple[list[VerdictView], bool]:
    """The reports, and whether one of them is new. Raises Problem."""
    with app.database.begin() as session:
        measurement = reports.locate(session, wanted.measurement, lock=True)
        chosen = parameter_sets.resolve(session, wanted.parameter_sets)
        ids = {item.id for item in chosen}
        before = reports.verdicts(session, [measurement.id], ids).get(measurement.id, [])
        found = reports.measured(session, app.storage, measurement)
        reports.hold(
            session,
            app.storage,
            measurement,
            found,
            chosen,
            allow_engine_mismatch=wanted.allow_engine_mismatch,
        )
        after = reports.verdicts(session, [measurement.id], ids)[measurement.id]
        reports.publish(app, session, measurement)
    made = {item.set_id: verdict_view(item) for item in after}
    items = [made[item.id] for item in chosen]
    return items, len(before) != len(items)


def show(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """As JSON, or in the form that the address ends in."""
    identifier, dot, form = req.route_params.get("id", "").partition(".")
    wanted = ReportId.parse(identifier)
    if wanted is None or (dot and form not in ("json", *FORMS)):
        _unknown()
    query = select(AnalysisReport).where(AnalysisReport.report_id == wanted.measurement_id)
    if wanted.set_id is not None:
        query = query.where(AnalysisReport.parameter_set_id == wanted.set_id)
    with app.database.begin() as session:
        found = session.scalars(query.limit(2)).all()
        if len(found) > 1:
            measurement_id = wanted.measurement_id
            several = reports.verdicts(session, [measurement_id])[measurement_id]
            listed = ", ".join(f"{item.id} ({item.parameter_set})" for item in several[:20])
            raise Problem(
                Code.AMBIGUOUS_REPORT,
                f"Measurement {measurement_id} was held to several sets. "
                f"Ask for one report: {listed}.",
            )
    if not found:
        _unknown()
    rendering = RENDERINGS[form or "json"]
    return func.HttpResponse(
        rendering.render(Report.model_validate(found[0].report)),
        headers={"Cache-Control": "no-store", "Content-Type": rendering.content_type},
    )


def _filtered(wanted: ReportFilter) -> Select[*tuple[Any, ...]]:
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
        .where(Job.deleting.is_not(True))
        .order_by(
            AnalysisReport.created.desc(),
            AnalysisReport.report_id.desc(),
            AnalysisReport.parameter_set_id.desc(),
        )
    )
    for column, value in (
        (AnalysisReport.report_id, wanted.measurement_id),
        (Job.id, wanted.job),
        (ActionUnitReport.avatar, wanted.avatar),
        (ActionUnitReport.name, wanted.name),
        (AnalysisReport.verdict, wanted.verdict),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.parameter_set is not None:
        query = query.where(SetVersion.name_key == name_key(wanted.parameter_set))
    return query


def _summary(row: ListedReport) -> ReportSummary:
    identifier = str(ReportId(row.measurement_id, row.set_id))
    return ReportSummary(
        id=identifier,
        parameter_set=row.set_name,
        version=row.version,
        verdict=Verdict(row.verdict),
        words=row.words,
        score=row.score,
        measurement_id=row.measurement_id,
        job=row.job,
        avatar=row.avatar,
        name=row.name,
        type=MediaType(row.type),
        created=row.created,
        links=report_links(identifier),
    )


def _unknown() -> NoReturn:
    raise Problem(Code.REPORT_NOT_FOUND, "There is no report at this address.")


_REPORT_ID: Final[Json] = {
    "type": "string",
    "pattern": "^[1-9][0-9]{0,17}(-[1-9][0-9]{0,17})?$",
    "examples": ["17-4"],
    "description": "The measurement's number and the set's; the first alone while there is one "
    "report of it.",
}

_OF_REPORT: Final = ("get_report", "get_report_as")

OPERATIONS: Final = (
    Operation(
        "get",
        "/api/reports",
        "list_reports",
        list_reports,
        "reports",
        "Reports, newest first",
        {200: json_answer(Page[ReportSummary], link=Link(_OF_REPORT, "id", "/items/0/id"))},
        QUERY,
        query=ReportFilter,
    ),
    Operation(
        "post",
        "/api/reports",
        "make_reports",
        make,
        "reports",
        "Hold what was measured to parameter sets, without measuring it again",
        {
            200: json_answer(MadeReports, "Earlier reports were replaced.", LOCATION),
            201: json_answer(
                MadeReports,
                "At least one report is new.",
                LOCATION,
                link=Link(_OF_REPORT, "id", "/items/0/id"),
            ),
        },
        (*BODY, Code.UNKNOWN_REPORT, Code.FRAMES_GONE, *SETS),
        body={JSON: [ReportRequest]},
    ),
    Operation(
        "get",
        "/api/reports/{id}",
        "get_report",
        show,
        "reports",
        "A report",
        {200: json_answer(Report)},
        (Code.REPORT_NOT_FOUND, Code.AMBIGUOUS_REPORT),
        parameters={"id": _REPORT_ID},
    ),
    Operation(
        "get",
        "/api/reports/{id}.{form}",
        "get_report_as",
        None,
        "reports",
        "A report as CSV, as Markdown for a pull request, or as JUnit XML",
        {
            200: Answer(
                "The report.", {"text/csv": TEXT, "text/markdown": TEXT, "application/xml": TEXT}
            )
        },
        (Code.REPORT_NOT_FOUND, Code.AMBIGUOUS_REPORT),
        parameters={"id": _REPORT_ID, "form": {"type": "string", "enum": list(FORMS)}},
    ),
)
