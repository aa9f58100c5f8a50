"""The bodies of `/api/reports`, and what a job says of its reports."""

import datetime as dt
import uuid
from typing import Annotated, Final

from pydantic import BaseModel, Field

from shared.analysis.parameter_sets import Body, Name
from shared.analysis.report import Verdict
from shared.api.paging import BigInt, PageQuery, Text
from shared.database.tables import AVATAR_LENGTH, NAME_LENGTH
from shared.measurements.model import MediaType
from shared.platform import api_addresses
from shared.reports import report_listing
from shared.reports.report_listing import ListedReport
from shared.reports.reports import SetVerdict

MAX_SETS_AT_ONCE: Final = 100  # that one request may hold a measurement to

FORMS: Final = ("csv", "md", "xml")  # of a report, besides JSON

MeasurementReference = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)] | uuid.UUID
"""What was measured: a job's id, or the number that the job calls its `report`."""


class VerdictView(BaseModel):
    """One report of a job."""

    id: str = Field(description="Of the report: the measurement's number and the set's.")
    parameter_set: str
    version: int
    verdict: Verdict
    words: str | None = Field(description="The verdict of a natural set, as it may be said.")
    score: float | None
    links: dict[str, str]


class ReportSummary(VerdictView):
    """A report in a list."""

    measurement_id: int = Field(
        serialization_alias="report",
        description="The measurement's number: `action_unit_report.id`.",
    )
    job: uuid.UUID | None
    avatar: str
    name: str
    type: MediaType
    created: dt.datetime


class ReportFilter(PageQuery):
    """The query of `GET /api/reports`."""

    measurement_id: BigInt | None = Field(
        default=None, alias="report", description="The measurement's number."
    )
    job: uuid.UUID | None = None
    avatar: Annotated[Text, Field(max_length=AVATAR_LENGTH)] | None = None
    name: Annotated[Text, Field(max_length=NAME_LENGTH)] | None = None
    parameter_set: Annotated[Text, Field(max_length=NAME_LENGTH)] | None = None
    verdict: Verdict | None = None

    @property
    def wanted(self) -> report_listing.WantedReports:
        return report_listing.WantedReports(
            self.measurement_id, self.job, self.avatar, self.name, self.parameter_set, self.verdict
        )


class ReportRequest(Body):
    """The body of `POST /api/reports`."""

    measurement: MeasurementReference = Field(
        alias="report", description="A job's id, or the number of its measurement."
    )
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


def verdict_view(held: SetVerdict) -> VerdictView:
    return VerdictView(
        id=held.id,
        parameter_set=held.parameter_set,
        version=held.version,
        verdict=held.verdict,
        words=held.words,
        score=held.score,
        links=_links(held.id),
    )


def report_summary(listed: ListedReport) -> ReportSummary:
    return ReportSummary(
        id=listed.id,
        parameter_set=listed.parameter_set,
        version=listed.version,
        verdict=Verdict(listed.verdict),
        words=listed.words,
        score=listed.score,
        measurement_id=listed.measurement_id,
        job=listed.job,
        avatar=listed.avatar,
        name=listed.name,
        type=MediaType(listed.type),
        created=listed.created,
        links=_links(listed.id),
    )


def _links(identifier: str) -> dict[str, str]:
    address = api_addresses.report(identifier)
    return {"self": address, **{form: f"{address}.{form}" for form in FORMS}}
