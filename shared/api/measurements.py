"""The handler of `/api/measurements`: what was measured, without any parameter set."""

import uuid
from typing import Final

import azure.functions as func
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from shared.analysis.catalogue import CATALOGUE
from shared.api.http import json_response
from shared.api.operation import Operation, json_answer
from shared.api.paging import BigInt
from shared.app import App
from shared.platform.errors import Code, Problem
from shared.reports import reports
from shared.reports.reports import Measurement

_REFERENCE: Final = TypeAdapter(BigInt | uuid.UUID)


class MeasureValue(BaseModel):
    measure: str
    words: str
    unit: str
    value: float


class MeasuredFaceView(BaseModel):
    face: int
    seen_share: float = Field(description="Of the clip's time.")
    confident_frames: int
    measures: list[MeasureValue] = Field(description="Those that could be had.")


class MeasurementView(BaseModel):
    measurement: int = Field(description="Its number: `action_unit_report.id`.")
    job: uuid.UUID | None
    avatar: str
    name: str = Field(description="The build.")
    filename: str | None
    type: str
    engine: str
    engine_version: str
    warnings: list[str]
    faces: list[MeasuredFaceView]


def show(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """By its number, or by the id of its job."""
    try:
        reference = _REFERENCE.validate_python(req.route_params.get("id", ""))
    except ValidationError:
        raise Problem(Code.NOT_FOUND, "There is no measurement at this address.") from None
    with app.database.begin() as session:
        try:
            measurement = reports.locate(session, reference)
        except Problem as problem:
            raise Problem(Code.NOT_FOUND, problem.detail) from None
        view = _view(session, measurement)
    return json_response(view)


def _view(session: Session, measurement: Measurement) -> MeasurementView:
    row, facts, job = measurement.report, measurement.extraction, measurement.job
    return MeasurementView(
        measurement=measurement.id,
        job=job.id if job else None,
        avatar=row.avatar,
        name=row.name,
        filename=job.filename if job else None,
        type=row.type,
        engine=facts.engine,
        engine_version=facts.version,
        warnings=facts.warnings,
        faces=[
            MeasuredFaceView(
                face=face.face,
                seen_share=face.seen_share,
                confident_frames=face.confident_frames,
                measures=[
                    MeasureValue(
                        measure=code,
                        words=measure.words,
                        unit=measure.unit,
                        value=face.measures[code],
                    )
                    for code, measure in CATALOGUE.items()
                    if code in face.measures
                ],
            )
            for face in reports.measured_faces(session, measurement.id)
        ],
    )


OPERATIONS: Final = (
    Operation(
        "get",
        "/api/measurements/{id}",
        "get_measurement",
        show,
        "reports",
        "Every measure of a measurement, whether a set asks for it or not",
        {200: json_answer(MeasurementView)},
        (Code.NOT_FOUND,),
        description="`id` is the measurement's number, or the id of its job.",
    ),
)
