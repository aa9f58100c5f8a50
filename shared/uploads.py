"""Taking media in: every check first, then row, container, blob, row.

A crash between any two of these leaves either nothing to see or a created job, which
reconciliation finishes or fails with a reason.
"""

import datetime as dt
import hashlib
import json
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import delete

from shared import blob_metadata, jobs, limits, measurement_csv, media, sets, telemetry
from shared.app import App
from shared.blob_names import blob_name
from shared.engines import versions
from shared.engines.base import MediaType
from shared.engines.versions import Origin
from shared.errors import Code, EngineError, MediaError, Problem
from shared.extract import MEGABYTE, PROBE_TIMEOUT_SECONDS, fitting_type, options, sniffed
from shared.media import Kind, MediaFacts
from shared.models import AVATAR_LENGTH, ENGINE_LENGTH, NAME_LENGTH, Happening, Job, State, Step
from shared.stage import job_log
from shared.telemetry import Span, SpanName
from shared.views import UploadUrlView

MAX_FILENAME: Final = 1000  # characters; kept for people to recognise, never used as a path
MAX_KEY: Final = 200  # characters of an idempotency key
MAX_SETS: Final = 20  # parameter sets that one job may name
UPLOAD_GRACE: Final = dt.timedelta(minutes=10)  # for a request that writes the blob itself
OTHER_REQUEST: Final = dt.timedelta(
    seconds=60
)  # an unfinished upload this young is being worked on


def _without_controls(text: str) -> str:
    if any(unicodedata.category(character) in _CONTROLS for character in text):
        raise ValueError("must have no control characters")
    return text


_CONTROLS: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, lone surrogates, line breaks


def _length(most: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most)


AvatarName = Annotated[str, _length(AVATAR_LENGTH), AfterValidator(_without_controls)]
BuildName = Annotated[str, _length(NAME_LENGTH), AfterValidator(_without_controls)]
SetName = Annotated[str, _length(NAME_LENGTH), AfterValidator(_without_controls)]
EngineName = Annotated[str, _length(ENGINE_LENGTH), AfterValidator(_without_controls)]
FileName = Annotated[str, _length(MAX_FILENAME), AfterValidator(_without_controls)]


class Fields(BaseModel):
    """What an upload says about its media."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    avatar: AvatarName
    name: BuildName = "default"
    type: MediaType | None = None
    parameter_set: Annotated[list[SetName], Field(max_length=MAX_SETS)] = []
    engine: EngineName | None = None


class UploadUrlRequest(Fields):
    """The body of `POST /api/upload-url`."""

    filename: FileName
    size: Annotated[int, Field(gt=0)]  # [bytes]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has arrived, on this machine's disk."""

    fields: Fields
    filename: str  # as the user named it
    path: Path
    idempotency_key: str | None
    traceparent: str | None = None  # the caller's, for the job's trace to continue


def accept(app: App, upload: Upload) -> Job:
    """Check the file and make it a job. Raises Problem; then nothing was stored."""
    job_id = uuid.uuid4()
    with (
        telemetry.job(job_id),
        telemetry.attempt(SpanName.UPLOAD, parent=upload.traceparent) as attempt,
    ):
        job = _accept(app, upload, job_id, attempt.span)
        if job.id != job_id:
            attempt.span.set(telemetry.names.JOB, str(job.id))
        return job


def _accept(app: App, upload: Upload, job_id: uuid.UUID, span: Span) -> Job:
    with upload.path.open("rb") as file:
        found = sniffed(file.read(media.SNIFF_BYTES))
    digest = _digest(upload)
    if upload.idempotency_key is not None:
        earlier = _earlier(app, upload.idempotency_key, digest)
        if earlier is not None:
            return earlier
    _check_limits(app)
    path = upload.path.rename(upload.path.with_suffix(found.extension))
    media_type = fitting_type(found.kind, upload.fields.type)
    _check_engine(app, upload.fields.engine, found.kind)
    facts = _probe(app, path, found)
    _check_sets(app, upload.fields, _measured_by(app, upload.fields, path, found.kind))
    job = _create(
        app,
        job_id,
        upload.fields,
        filename=_shown(upload.filename),
        blob=blob_name(upload.filename, found.extension),
        # a CSV says itself what it is of, unless the user does
        type=upload.fields.type if found.kind is Kind.CSV else media_type,
        media=asdict(facts),
        idempotency_key=upload.idempotency_key,
        digest=digest,
        traceparent=span.traceparent,
        upload_until=dt.datetime.now(dt.UTC) + UPLOAD_GRACE,
    )
    if job is None:  # the same key, at the same moment
        job = _earlier(app, str(upload.idempotency_key), digest)
        if job is None:
            _vanished()
        return job
    _write(app, job, path, found.content_type)
    return _finish(app, job)


def promise(app: App, request: UploadUrlRequest, traceparent: str | None = None) -> UploadUrlView:
    """A job whose media the caller will write to storage itself."""
    job_id = uuid.uuid4()
    with telemetry.job(job_id), telemetry.span(SpanName.UPLOAD_URL, parent=traceparent) as span:
        return _promise(app, request, job_id, span)


def _promise(app: App, request: UploadUrlRequest, job_id: uuid.UUID, span: Span) -> UploadUrlView:
    limit = app.settings.max_media_mb * MEGABYTE
    if request.size > limit:
        raise Problem(
            Code.FILE_TOO_LARGE,
            f"The file may have at most {limit} bytes ({limit // MEGABYTE} MB).",
        )
    _check_limits(app)
    _check_engine(app, request.engine, None)
    # with no content yet it can still become a CSV, which says itself what it was measured by
    _check_sets(app, request, request.engine)
    expires = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=app.settings.upload_url_minutes)
    expires = expires.replace(microsecond=0)
    # content decides the kind later: until then the name keeps the extension that the user gave
    blob = blob_name(request.filename, _extension(request.filename))
    job = _create(
        app,
        job_id,
        Fields.model_validate(request.model_dump(include=set(Fields.model_fields))),
        filename=request.filename,
        blob=blob,
        type=request.type,
        declared_size=request.size,
        traceparent=span.traceparent,
        upload_until=expires + UPLOAD_GRACE,
    )
    if job is None:
        _vanished()
    metadata = blob_metadata.of_job(job)
    _or_nothing(app, job, lambda: app.storage.create_container(job.container, metadata))
    return UploadUrlView(
        id=job.id,
        upload_url=app.storage.write_url(job.container, job.blob, expires),
        method="PUT",
        headers={"x-ms-blob-type": "BlockBlob"},
        expires=expires,
    )


def check_key(key: str | None) -> str | None:
    """A usable idempotency key, or Problem."""
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
        raise Problem(
            Code.INVALID_FIELD,
            f"Idempotency-Key must be 1 to {MAX_KEY} printable ASCII characters.",
        )
    return key


def _shown(filename: str) -> str:
    """The name as people see it: without what cannot be seen."""
    seen = [c for c in filename if unicodedata.category(c) not in _CONTROLS]
    return "".join(seen)[:MAX_FILENAME].strip() or "upload"


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


def _earlier(app: App, key: str, digest: str) -> Job | None:
    """The job that this key made before; None also where that one never got its media."""
    with app.database.begin() as session:
        job = jobs.by_key(session, key)
        if job is None:
            return None
        if job.digest != digest:
            raise Problem(
                Code.IDEMPOTENCY_CONFLICT,
                "This Idempotency-Key was used for another file or other fields. Use a new key.",
            )
        abandoned = job.state == State.CREATED and (
            dt.datetime.now(dt.UTC) - job.created > OTHER_REQUEST
        )
        if abandoned:
            session.execute(delete(Job).where(Job.id == job.id, Job.state == State.CREATED))
            return None
        return job


def _check_limits(app: App) -> None:
    """Refuse early what would be refused when its row is made, which is when it counts."""
    with app.database.begin() as session:
        limits.check(session, app.settings)


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
        return measurement_csv.dialect_of(path).engine
    return fields.engine or app.settings.engine


def _check_sets(app: App, fields: Fields, engine: str | None) -> None:
    """Every set is there, and made for this engine where it is known."""
    if not fields.parameter_set:
        return
    with app.database.begin() as session:
        found = sets.resolve(session, fields.parameter_set)
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


def _probe(app: App, path: Path, found: media.Format) -> MediaFacts:
    if found.kind is Kind.CSV:
        measurement_csv.dialect_of(path)  # its header is refused here, its rows by the job
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


def _create(app: App, job_id: uuid.UUID, fields: Fields, **values: Any) -> Job | None:
    with app.database.begin() as session:
        limits.one_at_a_time(session, app.settings)
        limits.check(session, app.settings)
        job = jobs.create(
            session,
            id=job_id,
            container=str(job_id),
            state=State.CREATED,
            avatar=fields.avatar,
            name=fields.name,
            engine=fields.engine,
            parameter_sets=fields.parameter_set,
            **values,
        )
        if job is not None:
            jobs.record(session, job.id, Step.UPLOAD, Happening.STARTED)
        return job


def _write(app: App, job: Job, path: Path, content_type: str) -> None:
    def write() -> None:
        metadata = blob_metadata.of_job(job)
        app.storage.create_container(job.container, metadata)
        app.storage.upload_file(job.container, job.blob, path, content_type, metadata)

    _or_nothing(app, job, write)
    job_log(job.id).info("upload: %d bytes", path.stat().st_size)


def _or_nothing(app: App, job: Job, action: Callable[[], None]) -> None:
    """Do it; if that fails, take the row back (what is left of the container follows it)."""
    try:
        action()
    except Exception:
        with app.database.begin() as session:
            jobs.begin_deleting(session, job.id)
        raise


def _finish(app: App, job: Job) -> Job:
    with app.database.begin() as session:
        jobs.mark_uploaded(session, job.id, job.filename)
        return session.get(Job, job.id, populate_existing=True) or _vanished()


def _vanished() -> NoReturn:
    raise Problem(Code.STATE_CONFLICT, "The job was deleted meanwhile. Send the request again.")
