"""Taking media in: every check first, then row, container, blob, row.

A crash between any two of these leaves either nothing to see or a created job, which a repeat with
the same idempotency key finishes, or reconciliation, or it fails with a reason. The media is never
written over: of two requests with one key, both may write, and the first makes the blob.
"""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, TypeVar

from azure.core.exceptions import HttpResponseError

from shared.app import App
from shared.database.tables import EventKind, Job, State, Step
from shared.jobs import again, blob_metadata, lifecycle, limits, removal
from shared.jobs.lifecycle import NewJob
from shared.measurements import csv, versions
from shared.measurements.versions import Origin
from shared.media import formats
from shared.media.formats import Format, Kind, MediaFacts
from shared.pipeline.attempt import job_log
from shared.pipeline.tasks import PROBE_TIMEOUT_SECONDS, fitting_type, options
from shared.pipeline.upload_fields import Fields, UploadUrlRequest, shown
from shared.platform import telemetry
from shared.platform.blob_names import blob_name
from shared.platform.errors import Code, EngineError, FieldError, MediaError, Problem
from shared.platform.outbound_addresses import RefusedAddressError, checked
from shared.platform.telemetry import SpanName
from shared.reports import parameter_sets

Result = TypeVar("Result")

UPLOAD_GRACE: Final = dt.timedelta(minutes=10)  # for a request that writes the blob itself


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has arrived, on this machine's disk."""

    fields: Fields
    filename: str  # as the user named it
    path: Path
    idempotency_key: str | None
    traceparent: str | None = None  # the caller's, for the job's trace to continue


@dataclass(frozen=True, slots=True)
class UploadAddress:
    """Where the caller may write the media of a job, and until when."""

    job_id: uuid.UUID
    url: str
    expires: dt.datetime


def accept(app: App, upload: Upload) -> Job:
    """Check the file and make it a job. Raises Problem; then nothing was stored."""
    job_id = uuid.uuid4()
    with (
        telemetry.job(job_id),
        telemetry.attempt(SpanName.UPLOAD, parent=upload.traceparent) as attempt,
    ):
        found = formats.sniff_file(upload.path)
        digest = _digest(upload)
        job = _earlier(app, upload.idempotency_key, digest)
        if job is None:
            path = upload.path.rename(upload.path.with_suffix(found.extension))
            facts = _check(app, upload.fields, path, found)
            new = _new_job(
                upload,
                job_id,
                found,
                facts,
                digest=digest,
                webhook=_webhook(app, upload.fields),
                traceparent=attempt.span.traceparent,
            )
            job = _create(app, new)
            if job is None:  # the same key, at the same moment
                job = _earlier(app, upload.idempotency_key, digest) or _vanished()
            else:
                job = _store(app, job, path, found.content_type)
        else:
            job = _finish(app, job, upload.path, found.content_type)
        if job.id != job_id:
            attempt.span.set(telemetry.names.JOB, str(job.id))
        return job


def _check(app: App, fields: Fields, path: Path, found: Format) -> MediaFacts:
    """Everything that an upload can be refused for. Raises Problem."""
    _check_limits(app)
    fitting_type(found.kind, fields.type)
    _check_engine(app, fields.engine, found.kind)
    facts = _probe(app, path, found)
    _check_sets(app, fields, _measured_by(app, fields, path, found.kind))
    return facts


def _new_job(
    upload: Upload,
    job_id: uuid.UUID,
    found: Format,
    facts: MediaFacts,
    *,
    digest: str,
    webhook: str | None,
    traceparent: str | None,
) -> NewJob:
    fields = upload.fields
    # a CSV says itself what it is of, unless the user does
    unsaid = None if found.kind is Kind.CSV else formats.default_type(found.kind)
    return NewJob(
        id=job_id,
        container=str(job_id),
        state=State.CREATED,
        avatar=fields.avatar,
        name=fields.name,
        type=fields.type or unsaid,
        engine=fields.engine,
        parameter_sets=fields.parameter_set,
        webhook=webhook,
        filename=shown(upload.filename) or "upload",
        blob=blob_name(upload.filename, found.extension),
        media=facts,
        idempotency_key=upload.idempotency_key,
        digest=digest,
        traceparent=traceparent,
        upload_until=dt.datetime.now(dt.UTC) + UPLOAD_GRACE,
    )


def promise(app: App, request: UploadUrlRequest, traceparent: str | None = None) -> UploadAddress:
    """A job whose media the caller will write to storage itself."""
    job_id = uuid.uuid4()
    with telemetry.job(job_id), telemetry.span(SpanName.UPLOAD_URL, parent=traceparent) as span:
        limit = app.settings.max_media_bytes
        if request.size > limit:
            raise Problem(
                Code.FILE_TOO_LARGE,
                f"The file may have at most {limit} bytes ({app.settings.max_media_mb} MB).",
            )
        _check_limits(app)
        _check_engine(app, request.engine, None)
        # with no content yet it can still become a CSV, which says itself what it was measured by
        _check_sets(app, request, request.engine)
        expires = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=app.settings.upload_url_minutes)
        expires = expires.replace(microsecond=0)
        new = NewJob(
            id=job_id,
            container=str(job_id),
            state=State.CREATED,
            avatar=request.avatar,
            name=request.name,
            type=request.type,
            engine=request.engine,
            parameter_sets=request.parameter_set,
            webhook=_webhook(app, request),
            filename=request.filename,
            # content decides the kind later: until then the name keeps the user's extension
            blob=blob_name(request.filename, _extension(request.filename)),
            declared_size=request.size,
            traceparent=span.traceparent,
            upload_until=expires + UPLOAD_GRACE,
        )
        job = _create(app, new) or _vanished()
        metadata = blob_metadata.of_job(job)

        def address() -> str:
            app.storage.create_container(job.container, metadata)
            return app.storage.write_url(job.container, job.blob, expires)

        return UploadAddress(job.id, _or_nothing(app, job, address), expires)


def _extension(filename: str) -> str:
    dot, extension = filename.rpartition(".")[1:]
    fits = dot and extension.isascii() and extension.isalnum() and len(extension) <= 8
    return f".{extension.lower()}" if fits else ""


def _digest(upload: Upload) -> str:
    with upload.path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256")
    # without defaults, so that a field which a later version adds changes no digest
    said = upload.fields.model_dump(mode="json", exclude_defaults=True)
    content.update(json.dumps(said, sort_keys=True).encode())
    return content.hexdigest()


def _earlier(app: App, key: str | None, digest: str) -> Job | None:
    """The job that this key made before."""
    if key is None:
        return None
    with app.database.begin() as session:
        job = lifecycle.by_key(session, key)
        if job is None:
            return None
        if job.digest != digest:
            raise Problem(
                Code.IDEMPOTENCY_CONFLICT,
                "This Idempotency-Key was used for another file or other fields. Use a new key.",
            )
        return job


def _finish(app: App, job: Job, path: Path, content_type: str) -> Job:
    """A job whose upload was cut off gets the media that the repeat brings; others stay."""
    until = dt.datetime.now(dt.UTC) + UPLOAD_GRACE
    with app.database.begin() as session:
        waiting = again.upload_goes_on(session, job.id, until)
    return job if waiting is None else _store(app, waiting, path, content_type, repeated=True)


def _check_limits(app: App) -> None:
    """Refuse early what would be refused when its row is made, which is when it counts."""
    with app.database.begin() as session:
        limits.check(session, app.settings)


def _webhook(app: App, fields: Fields) -> str | None:
    """Where to tell of the end, in its normal form. Raises Problem, which quotes none of it."""
    if fields.webhook is None:
        return None
    try:
        if not app.settings.webhook_secret:
            raise RefusedAddressError("cannot be told: this service has no WEBHOOK_SECRET")
        return checked(fields.webhook, allow_private=app.settings.webhook_allow_private)
    except RefusedAddressError as error:
        why = str(error)
    raise Problem(Code.INVALID_FIELD, f"webhook: {why}", errors=(FieldError("webhook", why),))


def _check_engine(app: App, asked: str | None, kind: Kind | None) -> None:
    known = {name: problems for name, problems in app.engines.engines().items() if name != "csv"}
    if kind is Kind.CSV:
        if asked in (None, "csv"):
            return
        raise Problem(Code.TYPE_MISMATCH, "A CSV has been measured already: leave the engine out.")
    name = asked or app.settings.engine
    if name not in known:
        there = ", ".join(name for name, problems in known.items() if not problems)
        raise Problem(Code.UNKNOWN_ENGINE, f"There is no such engine. Engines here: {there}.")
    if known[name]:
        raise Problem(Code.ENGINE_UNAVAILABLE, " ".join(known[name]))


def _measured_by(app: App, fields: Fields, path: Path, kind: Kind) -> str:
    """The engine that the numbers of the measurement will come from."""
    if kind is Kind.CSV:
        return csv.dialect_of(path).engine
    return fields.engine or app.settings.engine


def _check_sets(app: App, fields: Fields, engine: str | None) -> None:
    """Every set is there, and made for this engine where it is known."""
    if not fields.parameter_set:
        return
    with app.database.begin() as session:
        found = parameter_sets.resolve(session, fields.parameter_set)
    if engine is None:
        return
    origin = Origin(engine, versions.present(engine))
    for item in found:
        if not item.content.origin.agrees_with(origin):
            raise Problem(
                Code.ENGINE_MISMATCH,
                f"The parameter set {item.content.name!r} is for {item.content.origin}, and this "
                f"will be measured by {origin}: these measure on different scales. Use a set "
                f"for {origin}, or measure without one and hold it to the set by "
                "POST /api/reports with allow_engine_mismatch.",
            )


def _probe(app: App, path: Path, found: Format) -> MediaFacts:
    if found.kind is Kind.CSV:
        csv.dialect_of(path)  # its header is refused here, its rows by the job
        return MediaFacts(format=found.name, kind=found.kind, size=path.stat().st_size)
    try:
        return _opened(app, path)
    except EngineError:  # a process may be killed for other reasons than this file
        try:
            return _opened(app, path)
        except EngineError as error:
            raise MediaError(
                Code.UNDECODABLE_MEDIA,
                f"The file could not be opened, in two tries: {error.detail} Encode it anew.",
            ) from None


def _opened(app: App, path: Path) -> MediaFacts:
    return app.engines.probe(path, options(app.settings), deadline=PROBE_TIMEOUT_SECONDS)


def _create(app: App, new: NewJob) -> Job | None:
    with app.database.begin() as session:
        limits.one_at_a_time(session, app.settings)
        limits.check(session, app.settings)
        job = lifecycle.create(session, new)
        if job is not None:
            lifecycle.record(session, job.id, Step.UPLOAD, EventKind.STARTED)
        return job


def _store(app: App, job: Job, path: Path, content_type: str, *, repeated: bool = False) -> Job:
    """The media into the job's container; the job is uploaded then."""

    def write() -> None:
        metadata = blob_metadata.of_job(job)
        app.storage.create_container(job.container, metadata)
        try:
            app.storage.upload_file(
                job.container, job.blob, path, content_type, metadata, overwrite=False
            )
        except HttpResponseError:
            if not app.storage.has(job.container, job.blob):
                raise  # else another request with the same key and content was quicker

    _or_nothing(app, job, write, take_back=not repeated)
    job_log(job.id).info("upload: %d bytes", path.stat().st_size)
    with app.database.begin() as session:
        lifecycle.mark_uploaded(session, job.id, job.filename)
        found = lifecycle.visible(session, job.id)
    return found or _deleted_meanwhile(app, job)


def _or_nothing(
    app: App, job: Job, action: Callable[[], Result], *, take_back: bool = True
) -> Result:
    """Do it; if that fails, take the row back (what is left of the container follows it).

    Not `take_back`: another request made the row, and may still be at it.
    """
    try:
        return action()
    except Exception as error:
        with app.database.begin() as session:
            deleted = lifecycle.visible(session, job.id) is None
            if take_back:
                removal.begin(session, job.id)
        # the container has gone, or is going, below our hands
        if deleted and isinstance(error, HttpResponseError) and error.status_code in (404, 409):
            _deleted_meanwhile(app, job)
        raise


def _deleted_meanwhile(app: App, job: Job) -> NoReturn:
    """The deletion may have been over before there was a container: none may be left."""
    app.storage.delete_container(job.container)
    _vanished()


def _vanished() -> NoReturn:
    raise Problem(Code.STATE_CONFLICT, "The job was deleted meanwhile. Send the request again.")
