"""The bodies of `/api/jobs`, made from rows."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from shared.analysis.report import Verdict, worst
from shared.api.report_bodies import VerdictView, verdict_view
from shared.database.extractions import moved
from shared.database.tables import (
    DataEntry,
    DeliveryState,
    EventKind,
    Extraction,
    Job,
    JobEvent,
    State,
    Step,
    WebhookDelivery,
    WebhookEvent,
)
from shared.measurements.action_units import WORDS
from shared.platform import api_addresses
from shared.platform.outbound_addresses import shown
from shared.reports.reports import SetVerdict

StepState = Literal["pending", "running", "succeeded", "failed", "skipped"]


class Error(BaseModel):
    code: str
    detail: str


class Message(BaseModel):
    """A line of a step's trace."""

    at: dt.datetime
    attempt: int
    happening: EventKind
    message: str


class StepView(BaseModel):
    """A step of a job, as a CI run shows it."""

    name: Step
    state: StepState
    started: dt.datetime | None = None
    finished: dt.datetime | None = None
    attempts: int = 0
    message: str = ""
    log: list[Message] = []


class Media(BaseModel):
    filename: str
    blob: str
    format: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    fps: float | None = None
    frames: int | None = None


class Progress(BaseModel):
    frames_done: int
    frames_expected: int | None = None
    frames_per_second: float | None = None
    seconds_left: float | None = None
    at: float | None = Field(
        default=None, description="Where in the clip the newest frame is [s]; null: not known."
    )


class JobView(BaseModel):
    id: uuid.UUID
    container: str
    state: State
    type: str | None
    avatar: str
    name: str
    engine: str | None
    progress: Progress | None
    error: Error | None
    created: dt.datetime
    finished: dt.datetime | None
    measurement_id: int | None = Field(
        serialization_alias="report",
        description="The measurement's number: `action_unit_report.id`.",
    )
    verdict: Verdict | None = Field(description="The worst of the reports; null without any.")
    reports: list[VerdictView] = Field(description="One for each parameter set it was held to.")
    media: Media
    steps: list[StepView]
    links: dict[str, str]


class JobSummary(BaseModel):
    """A job in a list: without its steps and reports."""

    id: uuid.UUID
    state: State
    type: str | None
    avatar: str
    name: str
    filename: str
    progress: Progress | None
    error: Error | None
    created: dt.datetime
    finished: dt.datetime | None
    measurement_id: int | None = Field(serialization_alias="report")
    verdict: Verdict | None
    links: dict[str, str]


class DeliveryView(BaseModel):
    """A webhook: what was to be told to whom, and what came of it."""

    id: str = Field(description="The `webhook-id` of its messages.")
    event: WebhookEvent
    address: str = Field(description="Scheme, host and port: the rest may be a secret.")
    state: DeliveryState
    created: dt.datetime
    attempts: int
    last_try: dt.datetime | None
    status: int | None = Field(description="Of the last answer; null where none came.")
    error: str | None = Field(description="Why the last try got no answer.")
    next_try: dt.datetime | None
    delivered: dt.datetime | None


class Intensity(BaseModel):
    """Over the confident frames; 0..5, or 0..1 where the scale is `probability`."""

    mean: float
    sd: float
    min: float
    max: float
    p05: float
    p25: float
    p50: float
    p75: float
    p95: float


class ActionUnitView(BaseModel):
    au: str
    words: str
    validity: str | None
    moved: bool | None = Field(
        description="Whether it ranges over 1 or more in the clip; null: an image, or not known."
    )
    intensity: Intensity | None
    presence_share: float


class FaceView(BaseModel):
    face: int
    frames: int
    confident_frames: int
    action_units: list[ActionUnitView]


class ActionUnitsView(BaseModel):
    job: uuid.UUID
    measurement_id: int = Field(serialization_alias="report")
    engine: str
    engine_version: str
    scale: str
    frames: int
    fps: float | None
    duration: float | None
    warnings: list[str]
    faces: list[FaceView]


def job_view(job: Job, events: Sequence[JobEvent], held: Sequence[SetVerdict] = ()) -> JobView:
    return JobView(
        id=job.id,
        container=job.container,
        state=State(job.state),
        type=job.type,
        avatar=job.avatar,
        name=job.name,
        engine=job.engine,
        progress=_progress(job),
        error=_error(job),
        created=job.created,
        finished=job.finished,
        measurement_id=job.report_id,
        verdict=worst(item.verdict for item in held),
        reports=[verdict_view(item) for item in held],
        media=Media(
            filename=job.filename,
            blob=job.blob,
            **_facts(job),
        ),
        steps=[step_view(step, job, events) for step in Step],
        links=_links(job),
    )


def _facts(job: Job) -> dict[str, Any]:
    found = job.media.to_json() if job.media else {}
    return {name: value for name, value in found.items() if name not in ("kind", "etag")}


def job_summary(job: Job, held: Sequence[SetVerdict] = ()) -> JobSummary:
    return JobSummary(
        id=job.id,
        state=State(job.state),
        type=job.type,
        avatar=job.avatar,
        name=job.name,
        filename=job.filename,
        progress=_progress(job),
        error=_error(job),
        created=job.created,
        finished=job.finished,
        measurement_id=job.report_id,
        verdict=worst(item.verdict for item in held),
        links=_links(job),
    )


def delivery_view(delivery: WebhookDelivery) -> DeliveryView:
    return DeliveryView(
        id=delivery.message_id,
        event=WebhookEvent(delivery.event),
        address=shown(delivery.address),
        state=delivery.state,
        created=delivery.ended,
        attempts=delivery.attempts,
        last_try=delivery.tried,
        status=delivery.status,
        error=delivery.answer,
        next_try=delivery.next_try,
        delivered=delivery.delivered,
    )


def step_view(step: Step, job: Job, events: Sequence[JobEvent]) -> StepView:
    """A step as its part of the trace tells it.

    Started is its first start, finished its last end; a later attempt reopens the step.
    """
    own = [event for event in events if event.step == step]
    if not own:
        return StepView(name=step, state="pending")
    view = StepView(name=step, state="running", started=own[0].at)
    for event in own:
        happening = EventKind(event.happening)
        view.attempts = max(view.attempts, event.attempt)
        view.message = event.message or view.message
        if happening is EventKind.STARTED:
            view.state, view.finished, view.message = "running", None, ""
        elif happening is EventKind.RETRYING:
            view.state = "pending"
        elif happening is not EventKind.NOTE:
            view.finished = event.at
            view.state = _END[happening]
    if job.state == State.FAILED and view.state in ("running", "pending"):
        view.state, view.finished = "failed", job.finished
    view.log = [
        Message(
            at=event.at,
            attempt=event.attempt,
            happening=EventKind(event.happening),
            message=event.message,
        )
        for event in own
    ]
    return view


_END: dict[EventKind, StepState] = {
    EventKind.SUCCEEDED: "succeeded",
    EventKind.SKIPPED: "skipped",
    EventKind.FAILED: "failed",
}


def action_units_view(
    job: Job, extraction: Extraction, entries: Sequence[DataEntry]
) -> ActionUnitsView:
    """Entries in the order of (face, au)."""
    faces: dict[int, FaceView] = {}
    for entry in entries:
        face = faces.setdefault(
            entry.face,
            FaceView(
                face=entry.face,
                frames=entry.frames,
                confident_frames=entry.confident_frames,
                action_units=[],
            ),
        )
        face.action_units.append(
            ActionUnitView(
                au=entry.au,
                words=WORDS[entry.au],
                validity=entry.validity,
                moved=moved(entry, extraction.scale),
                intensity=_intensity(entry),
                presence_share=entry.presence_share,
            )
        )
    return ActionUnitsView(
        job=job.id,
        measurement_id=extraction.report_id,
        engine=extraction.engine,
        engine_version=extraction.version,
        scale=extraction.scale,
        frames=extraction.frames,
        fps=extraction.fps,
        duration=extraction.duration,
        warnings=extraction.warnings,
        faces=list(faces.values()),
    )


def _intensity(entry: DataEntry) -> Intensity | None:
    if entry.mean is None:
        return None
    values: dict[str, Any] = {name: getattr(entry, name) for name in Intensity.model_fields}
    return Intensity(**values)


def _progress(job: Job) -> Progress | None:
    return Progress(**job.progress) if job.progress else None


def _error(job: Job) -> Error | None:
    if job.state != State.FAILED:
        return None
    return Error(code=job.error_code or "", detail=job.error_detail or "")


def _links(job: Job) -> dict[str, str]:
    base = api_addresses.job(job.id)
    links = {"self": base, "webhooks": f"{base}/webhooks"}
    if job.state == State.FAILED:
        links["retry"] = f"{base}/retry"
    if job.report_id is not None:
        links["action_units"] = f"{base}/action-units"
        links["openface_csv"] = f"{base}/openface.csv"
        links["reports"] = f"/api/reports?job={job.id}"
    return links
