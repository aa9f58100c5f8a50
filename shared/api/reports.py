"""The handlers of `/api/reports`."""

from typing import Final, NoReturn

import azure.functions as func
from pydantic import AwareDatetime, TypeAdapter

from shared.analysis.rendering import RENDERINGS
from shared.analysis.report import Report
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
    report_summary,
    verdict_view,
)
from shared.app import App
from shared.platform.errors import Code, Problem
from shared.reports import assessment, report_listing, reports
from shared.reports.reports import ReportId

_POSITION: Final = TypeAdapter(tuple[AwareDatetime, BigInt, BigInt])


def list_reports(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """Newest first."""
    wanted = parse_query(ReportFilter, req)
    before = position(wanted, _POSITION)
    with app.database.begin() as session:
        found = report_listing.newest(session, wanted.limit + 1, wanted.wanted, before=before)
    items, following = part(found, wanted, "/api/reports", lambda item: item.place)
    views = [report_summary(item) for item in items]
    return json_response(Page[ReportSummary](items=views, next=following))


def make(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """Hold what was measured to sets, without measuring it again. All of them or none.

    201 where a report is new, 200 where all of them replace earlier ones.
    """
    wanted = parse_json(ReportRequest, req)
    held, new = assessment.again(
        app,
        wanted.measurement,
        wanted.parameter_sets,
        allow_engine_mismatch=wanted.allow_engine_mismatch,
    )
    items = [verdict_view(item) for item in held]
    headers = {"Location": items[0].links["self"]} if len(items) == 1 else {}
    return json_response(MadeReports(items=items), 201 if new else 200, headers)


def show(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """As JSON, or in the form that the address ends in."""
    identifier, dot, form = req.route_params.get("id", "").partition(".")
    wanted = ReportId.parse(identifier)
    if wanted is None or (dot and form not in ("json", *FORMS)):
        _unknown()
    with app.database.begin() as session:
        report = reports.find(session, wanted) or _unknown()
    rendering = RENDERINGS[form or "json"]
    return func.HttpResponse(
        rendering.render(report),
        headers={"Cache-Control": "no-store", "Content-Type": rendering.content_type},
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
