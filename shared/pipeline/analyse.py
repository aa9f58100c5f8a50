"""The second stage: `openface.csv` in, rows in PostgreSQL and a verdict out.

All rows of a measurement are written in one transaction, which replaces what an earlier attempt
wrote. `report.json` is in the container before the job is done.
"""

from pathlib import Path

from azure.core.exceptions import ResourceNotFoundError
from sqlalchemy.orm import Session

from shared.database import extractions, frames
from shared.database.tables import ActionUnitReport, Extraction, Job, State, Step
from shared.engines.base import Task
from shared.jobs import frame_files, lifecycle
from shared.jobs.lifecycle import StageResult
from shared.jobs.outputs import of
from shared.measurements.files import THRESHOLD, FrameFiles, facts_in
from shared.media.formats import Kind
from shared.pipeline import ending
from shared.pipeline.attempt import Attempt
from shared.pipeline.measuring import measure
from shared.pipeline.tasks import fitting_type, measured_type, options
from shared.platform import blob_names
from shared.platform.errors import Code, MediaError
from shared.platform.words import counted
from shared.reports import reports
from shared.reports.assessment import Assessment, assess
from shared.reports.reports import Measurement


def analyse(attempt: Attempt) -> None:
    """Store the measurement of a job. Raises MediaError where it cannot be used."""
    job = attempt.job()
    files = _fetch(attempt, job)
    _clear_segments(attempt, job)
    in_blobs = _too_many(attempt, files)  # reads all of it, so not while a transaction is open
    report_id, summary = attempt.transaction(
        lambda session: _store(session, attempt, job, files, in_blobs=in_blobs)
    )
    attempt.log.info("analyse: measurement %d, %s", report_id, summary)


def _fetch(attempt: Attempt, job: Job) -> FrameFiles:
    account, folder, outputs = attempt.app.storage, attempt.folder, of(job)
    measurement = folder / blob_names.MEASUREMENT_BLOB
    extraction = folder / blob_names.EXTRACTION_BLOB
    signals = folder / blob_names.SIGNALS_BLOB
    try:
        etag = _keep_etag(attempt, job) if job.blob == blob_names.MEASUREMENT_BLOB else None
        attempt.patiently(
            lambda: account.download(
                job.container, outputs.result(blob_names.MEASUREMENT_BLOB), measurement, etag=etag
            )
        )
    except ResourceNotFoundError:
        raise MediaError(
            Code.MEDIA_MISSING, "openface.csv is no longer in the job's container. Retry the job."
        ) from None
    described = attempt.patiently(
        lambda: account.download_if_there(
            job.container, outputs.result(blob_names.EXTRACTION_BLOB), extraction
        )
    )
    facts = facts_in(extraction, measurement) if described else None
    if facts is None:
        return _normalised(attempt, job, measurement)
    if not isinstance(facts.settings.get(THRESHOLD), int | float):  # another program's
        facts.settings[THRESHOLD] = attempt.app.settings.confidence_threshold
    there = attempt.patiently(
        lambda: account.download_if_there(
            job.container, outputs.result(blob_names.SIGNALS_BLOB), signals
        )
    )
    if not there:
        facts.signals = ()
    return FrameFiles(measurement, signals if facts.signals else None, facts)


def _keep_etag(attempt: Attempt, job: Job) -> str:
    """Of a job that is of the CSV itself: only other content is analysed anew."""
    etag = attempt.patiently(lambda: attempt.app.storage.etag(job.container, job.blob))
    attempt.transaction(lambda session: lifecycle.keep(session, job.id, StageResult(etag=etag)))
    return etag


def _normalised(attempt: Attempt, job: Job, measurement: Path) -> FrameFiles:
    """A CSV that another program put there, in whatever dialect it speaks."""
    results = attempt.folder / "results"
    results.mkdir()
    task = Task(measurement, fitting_type(Kind.CSV, job.type), options(attempt.app.settings))
    facts = measure(attempt, "csv", task, results, expected=None)
    signals = results / blob_names.SIGNALS_BLOB
    files = FrameFiles(
        results / blob_names.MEASUREMENT_BLOB, signals if signals.exists() else None, facts
    )
    if _too_many(attempt, files):  # for the table, so the files are what is read later
        storage = attempt.app.storage
        attempt.patiently(lambda: frame_files.store_normalised(storage, of(job), results))
    return files


def _too_many(attempt: Attempt, files: FrameFiles) -> bool:
    return files.rows() > attempt.app.settings.max_rows_in_database


def _store(
    session: Session, attempt: Attempt, job: Job, files: FrameFiles, *, in_blobs: bool
) -> tuple[int, str]:
    facts = files.facts
    media_type = measured_type(fitting_type(Kind.CSV, job.type), facts)
    report_id = extractions.insert_report(
        session,
        avatar=job.avatar,
        name=job.name,
        url=reports.report_url(attempt.app.storage, job.container, job.blob),
        media_type=media_type,
    )
    pairs = files.pairs(attempt.app.settings.max_video_frames)
    if in_blobs:
        summaries = extractions.summarise(pairs)
    else:
        summaries = frames.copy_frames(session, report_id, pairs)
    if not summaries.faces:
        raise MediaError(
            Code.NO_FACE_FOUND,
            "The measurement has no frame in which a face was found with enough confidence.",
        )
    facts.faces = len(summaries.faces)
    extractions.insert_extraction(session, report_id, facts, rows_in_blobs=in_blobs)
    extractions.insert_entries(session, report_id, summaries, facts)
    measurement = Measurement(
        report=session.get_one(ActionUnitReport, report_id),
        extraction=session.get_one(Extraction, report_id),
        job=job,
    )
    assessment = assess(session, attempt.app.storage, measurement)
    reports.publish(attempt.app, session, measurement)
    pieces = counted(facts.faces, "face"), counted(facts.frames, "frame")
    summary = f"{', '.join(pieces)}; {assessment.words}"
    # only now are rows touched that others write: the lease's renewals wait for nothing before
    _end(session, attempt, measurement, assessment, f"measurement {report_id}: {summary}")
    if job.report_id is not None:  # of an earlier attempt
        extractions.delete_reports(session, [job.report_id])
    return report_id, summary


def _end(
    session: Session,
    attempt: Attempt,
    measurement: Measurement,
    assessment: Assessment,
    message: str,
) -> None:
    """The job is done; or failed, where the verdict that it asked for cannot be had.

    Either way it has the new report.
    """
    result = StageResult(type=measurement.report.type, report_id=measurement.report.id)
    settings = attempt.app.settings
    refusal = assessment.refusal
    if refusal is None:
        ending.done(session, settings, attempt.lease, message, result)
        attempt.observed.job_ends(State.DONE, measurement.report.type)
    else:
        lifecycle.renew(session, attempt.lease, settings.lease_seconds)
        lifecycle.keep(session, attempt.job_id, result)
        detail = (
            f"{refusal.detail} The measurement is stored: hold it to another set by "
            "POST /api/reports, or retry the job when this is mended."
        )
        ending.failed(
            session, settings, attempt.job_id, Step.ANALYSE, code=refusal.code, detail=detail
        )
        attempt.observed.job_ends(State.FAILED, measurement.report.type, refusal.code)


def _clear_segments(attempt: Attempt, job: Job) -> None:
    """The measurement is whole: its pieces are not needed any more."""
    account = attempt.app.storage
    for blob in account.blobs(job.container, of(job).private(blob_names.SEGMENT_PREFIX)):
        account.delete_blob(job.container, blob)
