"""Builds straight in the database, for tests of what is made of them."""

import datetime as dt
import uuid
from itertools import count

from sqlalchemy.orm import Session

from shared.analysis.parameter_sets import ParameterSet
from shared.analysis.report import Verdict
from shared.app import App
from shared.database.report_tables import AnalysisReport
from shared.database.tables import ActionUnitReport, Job, State
from shared.measurements.model import MediaType
from shared.media.formats import Kind, MediaFacts
from shared.reports import parameter_sets

START = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)

_minutes = count()


def later() -> dt.datetime:
    """A minute after the last time."""
    return START + dt.timedelta(minutes=next(_minutes))


def clip(
    app: App,
    build: str,
    filename: str,
    state: State = State.DONE,
    *,
    avatar: str = "Ada",
    measured: bool = True,
    **verdicts: str,
) -> tuple[uuid.UUID, int | None]:
    """A job and, where it was measured, its measurement; with a verdict by each of these sets."""
    with app.database.begin() as session:
        report = ActionUnitReport(url="u", avatar=avatar, name=build, type=MediaType.VS)
        if measured:
            session.add(report)
            session.flush()
        job = Job(
            id=(job_id := uuid.uuid4()),
            container=str(job_id),
            state=state,
            avatar=avatar,
            name=build,
            type=MediaType.VS,
            filename=filename,
            blob=filename,
            media=MediaFacts("MP4", Kind.VIDEO, 0),
            report_id=report.id if measured else None,
            error_code="no_face_found" if state is State.FAILED else None,
            error_detail="No face was found." if state is State.FAILED else None,
            upload_until=START,
            created=later(),
        )
        session.add(job)
        session.flush()
        for name, verdict in verdicts.items():
            judge(session, report.id, name, Verdict(verdict))
        return job_id, report.id if measured else None


def judge(session: Session, measurement_id: int, name: str, verdict: Verdict) -> None:
    """A verdict by the present version of a set, which is made where there is none."""
    stored = parameter_sets.find(session, name) or parameter_sets.add(session, _set(name), None)
    session.add(
        AnalysisReport(
            report_id=measurement_id,
            parameter_set_id=stored.id,
            verdict=verdict,
            score=None,
            report={},
        )
    )


def _set(name: str) -> ParameterSet:
    parameter = {"measure": "AU12.level", "lower": 0.0, "upper": 1.0}
    return ParameterSet.model_validate(
        {"name": name, "engine": "mediapipe", "parameters": [parameter]}
    )
