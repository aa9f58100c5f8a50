"""Reports: a measurement held to parameter sets, in the second stage or at any later time.

    locate     the measurement that somebody means
    measured   all of its measures, from its frames; they are stored as well
    hold       held to sets: one report each, which replaces an earlier one of the same version
    publish    `report.json` in the job's container
    verdicts   what came of it, as it is stored
    find       one report whole, as it is stored

Every function takes the session of the caller's transaction, so that nothing is half-written.
"""

import io
import re
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from pydantic import Field
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from shared.analysis.judging import engine_notice, judge
from shared.analysis.lip_sync_comparison import with_lip_sync
from shared.analysis.measuring import MeasuredRecording, measure
from shared.analysis.natural_learning import kept
from shared.analysis.parameter_sets import ParameterSet
from shared.analysis.report import (
    FORMAT,
    EngineFacts,
    Media,
    Model,
    Report,
    Subject,
    Verdict,
    worst,
)
from shared.analysis.series import Recording
from shared.analysis.statistics import NotMeasured, rounded
from shared.analysis.track import Track, main, track
from shared.app import App
from shared.database.extractions import facts_of
from shared.database.report_tables import (
    AnalysisReport,
    AnalysisResult,
    MeasuredFaceRow,
    SetVersion,
)
from shared.database.tables import URL_LENGTH, ActionUnitReport, Extraction, Job
from shared.jobs import lifecycle, outputs
from shared.jobs.outputs import Outputs
from shared.measurements.model import MediaType
from shared.platform import blob_names
from shared.platform.errors import Code, Problem
from shared.platform.storage import Storage
from shared.reports import recordings
from shared.reports.parameter_sets import StoredSet

MAX_NAMED: Final = 20  # reports that a refusal names

_REPORT_ID: Final = re.compile(r"([1-9]\d{0,17})(?:-([1-9]\d{0,17}))?", re.ASCII)


class ReportId(NamedTuple):
    """`17-4`: the number of the measurement and that of the set's version.

    The measurement's number alone means its report while it has only one.
    """

    measurement_id: int
    set_id: int | None = None

    def __str__(self) -> str:
        return "-".join(str(part) for part in self if part is not None)

    @classmethod
    def parse(cls, text: str) -> "ReportId | None":
        """None where it is no id."""
        found = _REPORT_ID.fullmatch(text)
        return None if found is None else cls(*(int(part) for part in found.groups() if part))


@dataclass(frozen=True, slots=True)
class SetVerdict:
    """What came of a measurement that was held to one version of a set."""

    measurement_id: int
    set_id: int
    parameter_set: str
    version: int
    verdict: Verdict
    score: float | None
    words: str | None  # the verdict of a natural set, as it may be said

    @property
    def id(self) -> str:
        """Of its report."""
        return str(ReportId(self.measurement_id, self.set_id))


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


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured, how, and for which job; other programs' rows have no job."""

    report: ActionUnitReport
    extraction: Extraction
    job: Job | None

    @property
    def id(self) -> int:
        return self.report.id

    @property
    def outputs(self) -> Outputs | None:
        """Where its files are; None where they went with its job."""
        return outputs.of(self.job) if self.job else None

    @property
    def subject(self) -> Subject:
        return Subject(
            report=self.id,
            job=str(self.job.id) if self.job else None,
            avatar=self.report.avatar,
            name=self.report.name,
            url=self.report.url,
        )

    def recording(
        self,
        session: Session,
        storage: Storage,
        *,
        face: int | None = None,
        sound: bool = False,
    ) -> Recording:
        """Its frames, or those of one face; its sound where asked. Raises Problem `frames_gone`."""
        return recordings.load(
            session, storage, self.report, self.extraction, self.outputs, face=face, sound=sound
        )

    def load(self, session: Session, storage: Storage, *, sound: bool = False) -> MeasuredRecording:
        """All of its measures, computed from its frames; those of its sound where asked.

        Raises Problem `frames_gone`.
        """
        return measure(self.recording(session, storage, sound=sound))


def locate(session: Session, reference: int | uuid.UUID, *, lock: bool = False) -> Measurement:
    """The measurement of this number, or of this job. Raises Problem `unknown_report`.

    `lock` keeps others that ask for it waiting until the end of the transaction.
    """
    job: Job | None
    if isinstance(reference, uuid.UUID):
        job = lifecycle.visible(session, reference)
        measurement_id = job.report_id if job else None
    else:
        job = session.scalar(select(Job).where(Job.report_id == reference, ~Job.deleting))
        measurement_id = reference
    if measurement_id is not None:
        extraction = session.get(Extraction, measurement_id, with_for_update=lock or None)
        report = session.get(ActionUnitReport, measurement_id)
        if extraction is not None and report is not None:
            return Measurement(report, extraction, job)
    if isinstance(reference, uuid.UUID) and job is not None:
        detail = f"Job {reference} has no measurement; its state is {job.state}."
    else:
        detail = f"There is no measurement {reference}."
    raise Problem(Code.UNKNOWN_REPORT, detail)


def measured(session: Session, storage: Storage, measurement: Measurement) -> MeasuredRecording:
    """All measures of a measurement; they replace those that were stored."""
    found = measurement.load(session, storage, sound=True)
    session.execute(delete(MeasuredFaceRow).where(MeasuredFaceRow.report_id == measurement.id))
    rows = [
        {
            "report_id": measurement.id,
            "face": face.face,
            "seen_share": rounded(face.track.seen_share),
            "confident_frames": len(face.track),
            "measures": {
                code: item.value for code, item in face.values.items() if item.value is not None
            },
            "kept": kept(face).model_dump(mode="json"),
        }
        for face in found.faces
        if len(face.track)
    ]
    if rows:
        session.execute(insert(MeasuredFaceRow), rows)
    return found


def hold(
    session: Session,
    storage: Storage,
    measurement: Measurement,
    found: MeasuredRecording,
    sets: Sequence[StoredSet],
    *,
    allow_engine_mismatch: bool = False,
) -> None:
    """Make one report for each set. Raises Problem `engine_mismatch`; then none was stored."""
    for item in sets:
        engine_notice(item.content, found.facts, allow=allow_engine_mismatch)
    for item in sets:  # one at a time: the report of a long clip has many violations
        report = judge(
            item.content,
            told_against(session, storage, item.content, found),
            measurement.subject,
            version=item.version,
            allow_engine_mismatch=allow_engine_mismatch,
        )
        _store(session, measurement.id, item.id, report)


def told_against(
    session: Session, storage: Storage, content: ParameterSet, found: MeasuredRecording
) -> MeasuredRecording:
    """With what the set asks to be told against another recording."""
    for parameter in content.parameters:
        if parameter.against is not None:
            other = _main_track(session, storage, parameter.against)
            found = with_lip_sync(found, other)
    return found


def _main_track(session: Session, storage: Storage, number: int) -> Track | NotMeasured | None:
    """The main face of another measurement, with its sound; the reason where that is gone."""
    try:
        other = locate(session, number).recording(session, storage, sound=True)
    except Problem as problem:
        if problem.code not in (Code.UNKNOWN_REPORT, Code.FRAMES_GONE):
            raise
        return NotMeasured(f"It is told against measurement {number}. {problem.detail}")
    return main(track(other, series) for series in other.faces)


def publish(app: App, session: Session, measurement: Measurement) -> None:
    """Write `report.json`; quiet where the measurement has no container (any more)."""
    places = measurement.outputs
    if places is None:
        return
    text = _job_report(session, measurement).model_dump_json(indent=2) + "\n"
    content = io.BytesIO(text.encode())
    blob = places.result(blob_names.REPORT_BLOB)
    try:
        app.storage.upload(places.container, blob, content, "application/json")
    except (ResourceNotFoundError, ResourceExistsError):  # it is gone, or just being deleted
        return


def report_url(storage: Storage, container: str, blob: str) -> str:
    """The media's address, or its container's where that is too long for the column."""
    url = storage.url(container, blob)
    return url if len(url) <= URL_LENGTH else storage.url(container, "").rstrip("/")


def without_job(session: Session, avatar: str, url: str) -> int | None:
    """The newest measurement that the pipeline made of this media, where it has lost its job."""
    return session.scalar(
        select(ActionUnitReport.id)
        .join(Extraction, Extraction.report_id == ActionUnitReport.id)
        .outerjoin(Job, Job.report_id == ActionUnitReport.id)
        .where(ActionUnitReport.avatar == avatar, ActionUnitReport.url == url, Job.id.is_(None))
        .order_by(ActionUnitReport.id.desc())
        .limit(1)
    )


def verdicts(
    session: Session, measurement_ids: Iterable[int | None], sets: Collection[int] | None = None
) -> dict[int, list[SetVerdict]]:
    """Of these measurements, in the order of the sets' names; with `sets`, of these versions."""
    query = (
        select(
            AnalysisReport.report_id,
            AnalysisReport.parameter_set_id,
            SetVersion.name,
            SetVersion.version,
            AnalysisReport.verdict,
            AnalysisReport.score,
            AnalysisReport.words,
        )
        .join(SetVersion, SetVersion.id == AnalysisReport.parameter_set_id)
        .where(AnalysisReport.report_id.in_([item for item in measurement_ids if item is not None]))
        .order_by(AnalysisReport.report_id, SetVersion.name_key, SetVersion.version)
    )
    if sets is not None:
        query = query.where(AnalysisReport.parameter_set_id.in_(sets))
    found: dict[int, list[SetVerdict]] = defaultdict(list)
    for measurement_id, set_id, name, version, verdict, score, words in session.execute(query):
        found[measurement_id].append(
            SetVerdict(measurement_id, set_id, name, version, Verdict(verdict), score, words)
        )
    return found


def find(session: Session, wanted: ReportId) -> Report | None:
    """The report as it is stored.

    Raises Problem `ambiguous_report` where the measurement alone is named and has several.
    """
    number = wanted.measurement_id
    query = select(AnalysisReport.report).where(AnalysisReport.report_id == number)
    if wanted.set_id is not None:
        query = query.where(AnalysisReport.parameter_set_id == wanted.set_id)
    found = session.scalars(query.limit(2)).all()
    if len(found) > 1:
        several = verdicts(session, [number])[number]
        listed = ", ".join(f"{item.id} ({item.parameter_set})" for item in several[:MAX_NAMED])
        raise Problem(
            Code.AMBIGUOUS_REPORT,
            f"Measurement {number} was held to several sets. Ask for one report: {listed}.",
        )
    return Report.model_validate(found[0]) if found else None


def _store(session: Session, measurement_id: int, set_id: int, report: Report) -> None:
    key = {"report_id": measurement_id, "parameter_set_id": set_id}
    session.execute(delete(AnalysisReport).filter_by(**key))  # and with it its results
    session.execute(
        insert(AnalysisReport).values(
            **key,
            verdict=report.verdict,
            score=report.score,
            words=report.words,
            report=report.model_dump(mode="json"),
        )
    )
    rows = [
        key
        | {"face": face.face, "is_parameter": result.group is None}
        | result.model_dump(
            mode="json",
            include={
                *("measure", "outcome", "value", "lower", "upper", "margin"),
                *("share_within", "violations", "reason", "expected", "z"),
            },
        )
        for face in report.faces
        for result in face.results
    ]
    if rows:
        session.execute(insert(AnalysisResult), rows)


def measured_faces(session: Session, measurement_id: int) -> Sequence[MeasuredFaceRow]:
    """All measures of every face of a measurement, in the order of the faces."""
    query = select(MeasuredFaceRow).where(MeasuredFaceRow.report_id == measurement_id)
    return session.scalars(query.order_by(MeasuredFaceRow.face)).all()


def _job_report(session: Session, measurement: Measurement) -> JobReport:
    measurement_id, facts = measurement.id, facts_of(measurement.extraction)
    faces = measured_faces(session, measurement_id)
    stored = session.scalars(
        select(AnalysisReport.report)
        .join(SetVersion, SetVersion.id == AnalysisReport.parameter_set_id)
        .where(AnalysisReport.report_id == measurement_id)
        .order_by(SetVersion.name_key, SetVersion.version)
    )
    reports = tuple(Report.model_validate(item) for item in stored)
    return JobReport(
        verdict=worst(report.verdict for report in reports),
        subject=measurement.subject,
        media=Media(
            type=MediaType(measurement.report.type),
            frames=facts.frames,
            fps=facts.fps,
            duration=facts.duration,
            faces=facts.faces,
        ),
        engine=EngineFacts(name=facts.engine, version=facts.version, scale=facts.scale),
        warnings=tuple(facts.warnings),
        faces=tuple(
            FaceMeasures(
                face=face.face,
                seen_share=face.seen_share,
                confident_frames=face.confident_frames,
                measures=dict(sorted(face.measures.items())),
            )
            for face in faces
        ),
        reports=reports,
    )
