"""The first stage: the media in, `openface.csv` and its companions out.

The state says `extracted` before the CSV appears, because the CSV's own event starts the next
stage and may arrive at once. A crash between the two leaves an extracted job without a CSV:
reconciliation measures it again. Of a container's further jobs no CSV is announced; the retry queue
goes on with them.
"""

import time
from dataclasses import replace
from pathlib import Path

from azure.core.exceptions import ResourceNotFoundError

from shared.database.tables import Job, State
from shared.engines.base import Task
from shared.engines.pool import Cancelled
from shared.jobs import lifecycle
from shared.jobs.blob_metadata import MEDIA
from shared.jobs.lifecycle import LeaseLostError, StageResult
from shared.jobs.outputs import Outputs, media_number, of
from shared.measurements.files import CONTENT_TYPES
from shared.measurements.model import Facts
from shared.media import formats
from shared.media.formats import Format, Kind, MediaFacts
from shared.pipeline.attempt import Attempt
from shared.pipeline.measuring import measure
from shared.pipeline.tasks import PROBE_TIMEOUT_SECONDS, fitting_type, measured_type, options
from shared.platform import blob_names, disk
from shared.platform.disk import DiskTooSmallError
from shared.platform.errors import Code, MediaError
from shared.platform.words import counted


def extract(attempt: Attempt) -> None:
    """Measure the job's media. Raises MediaError, EngineError or whatever storage raises."""
    started = time.monotonic()
    job = attempt.job()
    outputs = of(job)
    path, kind_of_file, etag = _fetch(attempt, job)
    facts = replace(_probe(attempt, path, kind_of_file), etag=etag)
    media_type = fitting_type(kind_of_file.kind, job.type)
    engine = "csv" if kind_of_file.kind is Kind.CSV else job.engine or attempt.app.settings.engine
    result = StageResult(type=media_type, media=facts)
    attempt.transaction(lambda session: lifecycle.keep(session, job.id, result))

    task = Task(path, media_type, options(attempt.app.settings))
    results = attempt.folder / "results"
    results.mkdir()
    measured = measure(
        attempt,
        engine,
        task,
        results,
        expected=facts.frames,
        fps=facts.fps,
        listen=kind_of_file.kind is Kind.VIDEO,
    )
    seconds = time.monotonic() - started
    for blob in (blob_names.SIGNALS_BLOB, blob_names.SOUND_BLOB, blob_names.EXTRACTION_BLOB):
        if (results / blob).exists():
            if attempt.heartbeat.lost():
                raise LeaseLostError("lost before its outputs were stored")
            _store(attempt, outputs, results / blob)
    attempt.transaction(
        lambda session: lifecycle.advance(
            session,
            attempt.lease,
            State.EXTRACTED,
            _in_words(measured, seconds),
            StageResult(type=measured_type(media_type, measured)),
        )
    )
    try:
        media = str(media_number(job.container, job.blob))
        _store(attempt, outputs, results / blob_names.MEASUREMENT_BLOB, {MEDIA: media})
        if not outputs.at_root:
            attempt.app.storage.enqueue_retry(str(job.id))
    except Exception:
        attempt.transaction(
            lambda session: lifecycle.reopen(session, attempt.lease, "The CSV could not be stored.")
        )
        raise
    attempt.log.info("extract: %s", _in_words(measured, seconds))


def _fetch(attempt: Attempt, job: Job) -> tuple[Path, Format, str]:
    """The job's media as a local file whose name fits its content, and its ETag."""
    account, settings = attempt.app.storage, attempt.app.settings
    limit = settings.max_media_bytes
    if job.declared_size is not None:
        limit = min(limit, job.declared_size)
    try:
        if job.declared_size is not None:  # it came by its own address, which ends now
            attempt.patiently(lambda: account.end_writing(job.container))
        found = attempt.patiently(lambda: account.properties(job.container, job.blob))
        size, etag = int(found.size), str(found.etag)
        # whatever comes of it is this content's: only other content is measured anew
        attempt.transaction(lambda session: lifecycle.keep(session, job.id, StageResult(etag=etag)))
        if size > limit:
            raise _too_large(attempt, job, size, limit)
        path = attempt.folder / "media"
        disk.take(path, size)
        attempt.patiently(lambda: account.download(job.container, job.blob, path, etag=etag))
    except DiskTooSmallError as error:
        raise MediaError(
            Code.FILE_TOO_LARGE,
            f"The file has {size} bytes, and this deployment's disk only {error}. "
            "The operator can set MAX_MEDIA_MB to what fits, or host the app on larger disks.",
        ) from None
    except ResourceNotFoundError:
        raise MediaError(
            Code.MEDIA_MISSING, "The media is no longer in the job's container. Upload it again."
        ) from None
    content = formats.sniff_file(path)
    return path.rename(path.with_suffix(content.extension)), content, etag


def _too_large(attempt: Attempt, job: Job, size: int, limit: int) -> MediaError:
    """Deletes what is too large where it is in a container of ours: nobody else's is ours to."""
    detail = f"The file has {size} bytes, more than the {limit} that were agreed on."
    if job.is_foreign:
        return MediaError(Code.FILE_TOO_LARGE, f"{detail} It stays where it is.")
    attempt.app.storage.delete_blob(job.container, job.blob)
    return MediaError(Code.FILE_TOO_LARGE, f"{detail} It was deleted.")


def _probe(attempt: Attempt, path: Path, found: Format) -> MediaFacts:
    if found.kind is Kind.CSV:
        return MediaFacts(format=found.name, kind=found.kind, size=path.stat().st_size)
    app = attempt.app
    return app.engines.probe(
        path, options(app.settings), deadline=PROBE_TIMEOUT_SECONDS, log=attempt.log
    )


def _store(
    attempt: Attempt, outputs: Outputs, path: Path, metadata: dict[str, str] | None = None
) -> None:
    """Upload one output. Raises Cancelled where the job was deleted, and its container with it."""
    try:
        attempt.patiently(
            lambda: attempt.app.storage.upload_file(
                outputs.container,
                outputs.result(path.name),
                path,
                CONTENT_TYPES[path.name],
                metadata,
            )
        )
    except ResourceNotFoundError:
        raise Cancelled("the container is gone") from None


def _in_words(facts: Facts, seconds: float) -> str:
    return (
        f"{counted(facts.frames, 'frame')}, {counted(facts.faces, 'face')}, "
        f"measured by {facts.engine} {facts.version} in {seconds:.1f} s"
    )
