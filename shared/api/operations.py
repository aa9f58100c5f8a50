"""Every operation of the HTTP API: what it takes, what it answers, what it refuses.

A test holds this list and docs/api.md to the routes that are registered. Codes that any operation
may end in stand in `shared.api.openapi.EVERYWHERE`.
"""

from typing import Annotated, Any, Final

from pydantic import WithJsonSchema

from shared.analysis.comparison import Comparison
from shared.analysis.parameter_sets import ParameterSet
from shared.analysis.report import Report
from shared.api.avatar_bodies import AvatarSummary, CompareQuery, History, HistoryQuery
from shared.api.health import Health, Live
from shared.api.job_bodies import ActionUnitsView, JobSummary, JobView, Page, UploadUrlView
from shared.api.jobs import JobFilter
from shared.api.openapi import JSON, Answer, Header, Link, Operation
from shared.api.paging import PageQuery
from shared.api.parameter_set_bodies import (
    LearnBody,
    Measures,
    SetBody,
    SetFilter,
    SetSummary,
    SetView,
)
from shared.api.parameter_sets import SetQuery
from shared.api.report_bodies import FORMS, MadeReports, ReportFilter, ReportRequest, ReportSummary
from shared.pipeline.uploads import MAX_KEY, Fields, FileName, UploadUrlRequest
from shared.platform.errors import Code

TEXT: Final[dict[str, Any]] = {"type": "string"}
BINARY: Final[dict[str, Any]] = {"type": "string", "format": "binary"}
UUID: Final[dict[str, Any]] = {"type": "string", "format": "uuid"}
REPORT_ID: Final[dict[str, Any]] = {
    "type": "string",
    "pattern": "^[1-9][0-9]{0,17}(-[1-9][0-9]{0,17})?$",
    "examples": ["17-4"],
    "description": "The measurement's number and the set's; the first alone while there is one "
    "report of it.",
}

LOCATION: Final = Header("Location", "Where it is now.")
ETAG: Final = Header("ETag", "The state of the set, for If-Match.")
IF_MATCH: Final = Header("If-Match", "The ETag of the state that is to be changed, or `*`.")
IF_NONE_MATCH: Final = Header("If-None-Match", "`*`: only where there is none of this name yet.")
KEY: Final = Header(
    "Idempotency-Key",
    "Same key and same content: the same job.",
    {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[ -~]*$"},
)

QUERY: Final = (Code.INVALID_FIELD, Code.UNKNOWN_FIELD)
BODY: Final = (Code.BAD_REQUEST, Code.FILE_TOO_LARGE, *QUERY)
SETS: Final = (Code.UNKNOWN_PARAMETER_SET, Code.ENGINE_MISMATCH)
SET_BODY: Final = (
    *BODY,
    Code.INVALID_CSV,
    Code.UNKNOWN_REPORT,
    Code.FRAMES_GONE,
    Code.ENGINE_MISMATCH,
    Code.TYPE_MISMATCH,
    Code.NOTHING_TO_LEARN,
)
CHANGED: Final = (Code.PRECONDITION_FAILED, Code.PRECONDITION_REQUIRED)
LIMITS: Final = (Code.TOO_MANY_UPLOADS, Code.TOO_MANY_OPEN_JOBS)
MEDIA: Final = (
    Code.MISSING_FILE,
    Code.TOO_MANY_FILES,
    Code.EMPTY_FILE,
    Code.IDEMPOTENCY_CONFLICT,
    Code.STATE_CONFLICT,
    Code.LENGTH_REQUIRED,
    Code.UNSUPPORTED_MEDIA,
    Code.UNDECODABLE_MEDIA,
    Code.ANIMATED_IMAGE,
    Code.IMAGE_TOO_LARGE,
    Code.VIDEO_TOO_LONG,
    Code.NO_VIDEO_STREAM,
    Code.TYPE_MISMATCH,
    Code.INVALID_CSV,
    Code.UNKNOWN_ENGINE,
    Code.ENGINE_UNAVAILABLE,
    Code.ENGINE_FAILED,
    *SETS,
)


class RawUpload(Fields):
    """The query of an upload whose body is the media itself."""

    filename: FileName = "upload"


class FormUpload(Fields):
    """An upload as a form."""

    file: Annotated[bytes, WithJsonSchema(BINARY)]


_OF_JOB: Final = ("get_job", "delete_job", "retry_job", "get_action_units", "get_openface_csv")
_OF_SET: Final = (
    "get_parameter_set",
    "replace_parameter_set",
    "delete_parameter_set",
    "list_parameter_set_versions",
)
_OF_REPORT: Final = ("get_report", "get_report_as")
_OF_AVATAR: Final = ("get_avatar", "compare_builds")


def _ok(
    model: Any, description: str = "It is there.", *headers: Header, link: Link | None = None
) -> Answer:
    return Answer(description, {JSON: [model]}, headers, link)


_JOBS: Final = (
    Operation(
        "post",
        "/api/upload",
        "upload",
        "jobs",
        "Submit an image, a clip or a CSV of measurements",
        {202: _ok(JobView, "The job that measures it.", LOCATION, link=Link(_OF_JOB, "id", "/id"))},
        (*BODY, *MEDIA, *LIMITS),
        "As a form, or the media as the body and the fields in the query. The content decides "
        "what kind of file it is, not its name or its Content-Type.",
        query=RawUpload,
        query_optional=True,
        headers=(KEY,),
        body={"multipart/form-data": [FormUpload], "application/octet-stream": BINARY},
    ),
    Operation(
        "post",
        "/api/upload-url",
        "upload_url",
        "jobs",
        "Ask for an address to upload to, for what is larger than a request may be",
        {201: _ok(UploadUrlView, "PUT the file there.", LOCATION, link=Link(_OF_JOB, "id", "/id"))},
        (*BODY, Code.UNKNOWN_ENGINE, Code.ENGINE_UNAVAILABLE, Code.STATE_CONFLICT, *SETS, *LIMITS),
        body={JSON: [UploadUrlRequest]},
    ),
    Operation(
        "get",
        "/api/jobs",
        "list_jobs",
        "jobs",
        "Jobs, newest first",
        {200: _ok(Page[JobSummary], link=Link(_OF_JOB, "id", "/items/0/id"))},
        QUERY,
        query=JobFilter,
    ),
    Operation(
        "get",
        "/api/jobs/{id}",
        "get_job",
        "jobs",
        "A job with its steps and verdicts",
        {200: _ok(JobView)},
        (Code.JOB_NOT_FOUND,),
        parameters={"id": UUID},
    ),
    Operation(
        "delete",
        "/api/jobs/{id}",
        "delete_job",
        "jobs",
        "Delete a job with its media, measurement and reports",
        {204: Answer("It is gone.")},
        (Code.JOB_NOT_FOUND,),
        parameters={"id": UUID},
    ),
    Operation(
        "post",
        "/api/jobs/{id}/retry",
        "retry_job",
        "jobs",
        "Run a failed job again",
        {202: _ok(JobView, "It runs again.", LOCATION)},
        (Code.JOB_NOT_FOUND, Code.STATE_CONFLICT, Code.TOO_MANY_OPEN_JOBS),
        parameters={"id": UUID},
    ),
    Operation(
        "get",
        "/api/jobs/{id}/action-units",
        "get_action_units",
        "jobs",
        "What was measured, per face and Action Unit",
        {200: _ok(ActionUnitsView)},
        (Code.JOB_NOT_FOUND, Code.NOT_FOUND),
        parameters={"id": UUID},
    ),
    Operation(
        "get",
        "/api/jobs/{id}/openface.csv",
        "get_openface_csv",
        "jobs",
        "What was measured, per frame",
        {
            200: Answer("OpenFace 2.x's columns.", {"text/csv": TEXT}),
            302: Answer("A large file: fetch it there.", {}, (LOCATION,)),
        },
        (Code.JOB_NOT_FOUND, Code.NOT_FOUND),
        parameters={"id": UUID},
    ),
)

_SETS: Final = (
    Operation(
        "get",
        "/api/measures",
        "list_measures",
        "parameter sets",
        "Every measure that a parameter can be about",
        {200: _ok(Measures)},
    ),
    Operation(
        "get",
        "/api/parameter-sets",
        "list_parameter_sets",
        "parameter sets",
        "Parameter sets, by name",
        {200: _ok(Page[SetSummary], link=Link(_OF_SET, "name", "/items/0/name"))},
        QUERY,
        query=SetFilter,
    ),
    Operation(
        "post",
        "/api/parameter-sets",
        "create_parameter_set",
        "parameter sets",
        "Make a set: by hand, from a file, or learned from measurements",
        {201: _ok(SetView, "The set.", LOCATION, ETAG, link=Link(_OF_SET, "name", "/name"))},
        (*SET_BODY, Code.NAME_TAKEN),
        body={JSON: [SetBody, LearnBody], "text/csv": TEXT},
    ),
    Operation(
        "get",
        "/api/parameter-sets/{name}",
        "get_parameter_set",
        "parameter sets",
        "A set, or the file of it",
        {200: Answer("It is there.", {JSON: [SetView, ParameterSet], "text/csv": TEXT}, (ETAG,))},
        (Code.PARAMETER_SET_NOT_FOUND, *QUERY),
        "As CSV where Accept or `format` says so. `format=json` is the set alone, as a file.",
        query=SetQuery,
    ),
    Operation(
        "put",
        "/api/parameter-sets/{name}",
        "replace_parameter_set",
        "parameter sets",
        "Change a set, which makes a new version; or make it",
        {
            200: _ok(SetView, "The new version.", ETAG),
            201: _ok(SetView, "A new set.", LOCATION, ETAG),
        },
        (*SET_BODY, *CHANGED),
        headers=(IF_MATCH, IF_NONE_MATCH),
        body={JSON: [SetBody, LearnBody], "text/csv": TEXT},
    ),
    Operation(
        "delete",
        "/api/parameter-sets/{name}",
        "delete_parameter_set",
        "parameter sets",
        "Delete a set, or archive it where reports name it",
        {200: _ok(SetView, "It was archived.", ETAG), 204: Answer("It is gone.")},
        (Code.PARAMETER_SET_NOT_FOUND, Code.PRECONDITION_FAILED),
        headers=(IF_MATCH,),
    ),
    Operation(
        "get",
        "/api/parameter-sets/{name}/versions",
        "list_parameter_set_versions",
        "parameter sets",
        "All versions of a set, newest first",
        {200: _ok(Page[SetSummary])},
        (Code.PARAMETER_SET_NOT_FOUND, *QUERY),
        query=PageQuery,
    ),
)

_REPORTS: Final = (
    Operation(
        "get",
        "/api/reports",
        "list_reports",
        "reports",
        "Reports, newest first",
        {200: _ok(Page[ReportSummary], link=Link(_OF_REPORT, "id", "/items/0/id"))},
        QUERY,
        query=ReportFilter,
    ),
    Operation(
        "post",
        "/api/reports",
        "make_reports",
        "reports",
        "Hold what was measured to parameter sets, without measuring it again",
        {
            200: _ok(MadeReports, "Earlier reports were replaced.", LOCATION),
            201: _ok(
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
        "reports",
        "A report",
        {200: _ok(Report)},
        (Code.REPORT_NOT_FOUND, Code.AMBIGUOUS_REPORT),
        parameters={"id": REPORT_ID},
    ),
    Operation(
        "get",
        "/api/reports/{id}.{form}",
        "get_report_as",
        "reports",
        "A report as CSV, as Markdown for a pull request, or as JUnit XML",
        {
            200: Answer(
                "The report.", {"text/csv": TEXT, "text/markdown": TEXT, "application/xml": TEXT}
            )
        },
        (Code.REPORT_NOT_FOUND, Code.AMBIGUOUS_REPORT),
        parameters={"id": REPORT_ID, "form": {"type": "string", "enum": list(FORMS)}},
    ),
)

_AVATARS: Final = (
    Operation(
        "get",
        "/api/avatars",
        "list_avatars",
        "avatars",
        "Avatars, by name",
        {200: _ok(Page[AvatarSummary], link=Link(_OF_AVATAR, "name", "/items/0/avatar"))},
        QUERY,
        query=PageQuery,
    ),
    Operation(
        "get",
        "/api/avatars/{name}",
        "get_avatar",
        "avatars",
        "Every measurement of an avatar over time, and what each measure did",
        {200: _ok(History)},
        (Code.AVATAR_NOT_FOUND, Code.UNKNOWN_PARAMETER_SET, *QUERY),
        query=HistoryQuery,
    ),
    Operation(
        "get",
        "/api/avatars/{name}/compare",
        "compare_builds",
        "avatars",
        "Two builds side by side",
        {200: _ok(Comparison)},
        (
            Code.AVATAR_NOT_FOUND,
            Code.UNKNOWN_BUILD,
            Code.UNKNOWN_REPORT,
            Code.FRAMES_GONE,
            Code.TYPE_MISMATCH,
            *SETS,
            *QUERY,
        ),
        query=CompareQuery,
    ),
)

_SERVICE: Final = (
    Operation(
        "get",
        "/api/health",
        "health",
        "service",
        "Whether the service can work, and with what",
        {
            200: _ok(Health, "A job could be done now."),
            503: _ok(Health, "It could not; the body says why."),
        },
    ),
    Operation(
        "get",
        "/api/health/live",
        "live",
        "service",
        "Whether the service runs; looks at nothing that it needs",
        {200: _ok(Live, "It runs.")},
    ),
    Operation(
        "get",
        "/api/openapi.json",
        "openapi",
        "service",
        "This document",
        {200: Answer("OpenAPI 3.1.", {JSON: {"type": "object"}})},
    ),
)

OPERATIONS: Final = (*_JOBS, *_SETS, *_REPORTS, *_AVATARS, *_SERVICE)
