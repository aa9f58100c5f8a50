"""The bodies of `/api/reports`, and what a job says of its reports."""

import datetime as dt
import uuid
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from shared.analysis.parameter_sets import Body, Name
from shared.analysis.report import (
    FORMAT,
    EngineFacts,
    Media,
    Model,
    Report,
    Subject,
    Verdict,
)
from shared.api.paging import BigInt, PageQuery, Text
from shared.database.tables import AVATAR_LENGTH, NAME_LENGTH
from shared.measurements.model import MediaType

MAX_SETS_AT_ONCE: Final = 100  # that one request may hold a measurement to

FORMS: Final = ("csv", "md", "xml")  # of a report, besides JSON

Measurement = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)] | uuid.UUID
"""What was measured: a job's id, or the number that the job calls its `report`."""


class VerdictView(BaseModel):
    """One report of a job."""

    id: str = Field(description="Of the report: the measurement's number and the set's.")
    parameter_set: str
    version: int
    verdict: Verdict
    score: float | None
    links: dict[str, str]


class ReportSummary(VerdictView):
    """A report in a list."""

    report: int = Field(description="The measurement's number: `action_unit_report.id`.")
    job: uuid.UUID | None
    avatar: str
    name: str
    type: MediaType
    created: dt.datetime


class ReportFilter(PageQuery):
    """The query of `GET /api/reports`."""

    report: BigInt | None = Field(default=None, description="The measurement's number.")
    job: uuid.UUID | None = None
    avatar: Annotated[Text, Field(max_length=AVATAR_LENGTH)] | None = None
    name: Annotated[Text, Field(max_length=NAME_LENGTH)] | None = None
    parameter_set: Annotated[Text, Field(max_length=NAME_LENGTH)] | None = None
    verdict: Verdict | None = None


class ReportRequest(Body):
    """The body of `POST /api/reports`."""

    report: Measurement = Field(description="A job's id, or the number of its measurement.")
    parameter_sets: Annotated[
        tuple[Name, ...], Field(min_length=1, max_length=MAX_SETS_AT_ONCE)
    ] = Field(description="Names; each in its present version.")
    allow_engine_mismatch: bool = Field(
        default=False,
        description="Apply sets whose numbers come from another engine than the measurement's.",
    )


class MadeReports(BaseModel):
    """The answer to `POST /api/reports`, in the order of the sets that were asked for."""

    items: list[VerdictView]


class FaceMeasures(Model):
    face: int
    seen_share: float
    confident_frames: int
    measures: dict[str, float] = Field(description="Code to value, as far as it could be had.")


class JobReport(Model):
    """`report.json` in a job's container: all that is known of the measurement."""

    format: Literal[1] = FORMAT
    verdict: Verdict | None = Field(description="The worst; null where there is no report.")
    subject: Subject
    media: Media
    engine: EngineFacts
    warnings: tuple[str, ...]
    faces: tuple[FaceMeasures, ...]
    reports: tuple[Report, ...]


def report_id(measurement: int, set_version: int) -> str:
    return f"{measurement}-{set_version}"


def report_links(identifier: str) -> dict[str, str]:
    address = f"/api/reports/{identifier}"
    return {"self": address, **{form: f"{address}.{form}" for form in FORMS}}


def worst(verdicts: list[Verdict]) -> Verdict | None:
    """None where there are none; `Verdict` is in the order of the worst."""
    return min(verdicts, key=list(Verdict).index, default=None)
