"""The tables. `action_unit_report` is shared with other programs and fixed to its columns;
everything else that the pipeline knows is in tables of its own beside it.
"""

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.measurements.model import MediaType
from shared.media.formats import MediaFacts

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
UTC_TIME: Final = DateTime(timezone=True)
URL_LENGTH: Final = 300  # action_unit_report.url, fixed
AVATAR_LENGTH: Final = 50  # action_unit_report.avatar, fixed
NAME_LENGTH: Final = 100  # action_unit_report.name, fixed
ENGINE_LENGTH: Final = 20  # characters of an engine's name


class State(StrEnum):
    """created -> uploaded -> extracting -> extracted -> analysing -> done | failed"""

    CREATED = "created"
    UPLOADED = "uploaded"
    EXTRACTING = "extracting"
    EXTRACTED = "extracted"
    ANALYSING = "analysing"
    DONE = "done"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        return self in ENDED


ENDED: Final = (State.DONE, State.FAILED)


class Step(StrEnum):
    """What a job goes through, in this order."""

    UPLOAD = "upload"
    EXTRACT = "extract"
    ANALYSE = "analyse"


class EventKind(StrEnum):
    """What an entry of the trace says of its step."""

    STARTED = "started"
    SUCCEEDED = "succeeded"
    SKIPPED = "skipped"
    RETRYING = "retrying"  # this attempt failed, another follows
    FAILED = "failed"
    NOTE = "note"


class WebhookEvent(StrEnum):
    """What webhooks tell of."""

    JOB_ENDED = "job.ended"
    BUILD_ENDED = "build.ended"  # with this job, none of its build was open any more


class DeliveryState(StrEnum):
    """How far a webhook is."""

    WAITING = "waiting"  # for its first try, or another
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


def one_of(column: str, values: type[StrEnum]) -> str:
    """The condition of a CHECK: the column holds one of these words."""
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class MediaFactsType(TypeDecorator[MediaFacts]):
    """Facts of a job's media, as JSON."""

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: MediaFacts | None, _: Dialect) -> dict[str, Any] | None:
        return None if value is None else value.to_json()

    def process_result_value(self, value: dict[str, Any] | None, _: Dialect) -> MediaFacts | None:
        return None if value is None else MediaFacts.from_json(value)


class ActionUnitReport(Base):
    """One measurement. Fixed: other programs (a Django model among them) read and write it."""

    __tablename__ = "action_unit_report"
    __table_args__ = (
        CheckConstraint(one_of("type", MediaType), name="type"),
        Index("ix_action_unit_report_avatar_id", "avatar", "id"),
        Index(
            *("ix_action_unit_report_avatar_name_id", "avatar", "name", "id"),
            postgresql_include=["date"],
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), server_default="default")
    url: Mapped[str] = mapped_column(String(URL_LENGTH))
    date: Mapped[dt.date] = mapped_column(Date, server_default=func.current_date())
    avatar: Mapped[str] = mapped_column(String(AVATAR_LENGTH))
    type: Mapped[str] = mapped_column(String(2), server_default=MediaType.IP.value)


class Job(Base):
    """One media blob on its way to a report.

    Its container is its own and called by its id; or another program's, where every media blob is a
    job: `is_foreign`.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(one_of("state", State), name="state"),
        CheckConstraint(f"type IS NULL OR {one_of('type', MediaType)}", name="type"),
        # of the blob's name its digest: it may be longer than what an index holds
        Index("uq_job_container_blob", "container", text("md5(blob)"), unique=True),
        Index("ix_job_look_again", "updated", postgresql_where="look_again"),
        Index("ix_job_created_id", "created", "id"),
        Index("ix_job_avatar_created", "avatar", "created"),
        Index(
            *("ix_job_without_report", "avatar", "name", "created"),
            postgresql_where="report_id IS NULL",
        ),
        Index(
            "ix_job_open", "state", "updated", postgresql_where="state NOT IN ('done', 'failed')"
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), primary_key=True)
    container: Mapped[str] = mapped_column(String(63))
    foreign_uuid: Mapped[bool] = mapped_column(server_default="false")
    """The container is another program's, although it is called like this job."""
    folder: Mapped[str] = mapped_column(String(100), server_default="")
    """What the names of the job's own files begin with: `shared.jobs.outputs`."""
    state: Mapped[str] = mapped_column(String(10))
    avatar: Mapped[str] = mapped_column(String(AVATAR_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    type: Mapped[str | None] = mapped_column(String(2))
    """None until the content has been seen, where the upload did not say."""
    engine: Mapped[str | None] = mapped_column(String(ENGINE_LENGTH))
    """The engine asked for; None is the setting's."""
    parameter_sets: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    filename: Mapped[str] = mapped_column(Text)
    """As the user named it. Never part of a path or a URL: that is `blob`."""
    blob: Mapped[str] = mapped_column(String(1024))
    declared_size: Mapped[int | None] = mapped_column(BigInteger)
    media: Mapped[MediaFacts | None] = mapped_column(MediaFactsType)
    """Once known."""
    etag: Mapped[str | None] = mapped_column(String(100))
    """Of the content that was last fetched to be measured, whatever came of it."""
    look_again: Mapped[bool] = mapped_column(server_default="false")
    """The media may have been replaced since: it is looked at when the job has ended."""
    idempotency_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    digest: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the request's content and fields."""
    progress: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Of the present stage."""
    lease_owner: Mapped[uuid.UUID | None] = mapped_column(UUID(as_uuid=True))
    lease_until: Mapped[dt.datetime | None] = mapped_column(UTC_TIME)
    error_code: Mapped[str | None] = mapped_column(String(40))
    error_detail: Mapped[str | None] = mapped_column(Text)
    report_id: Mapped[int | None] = mapped_column(
        ForeignKey("action_unit_report.id", ondelete="SET NULL"), unique=True
    )
    deleting: Mapped[bool] = mapped_column(server_default="false")
    traceparent: Mapped[str | None] = mapped_column(String(55))
    """W3C Trace Context of the upload: the later stages' spans belong to its trace."""
    webhook: Mapped[str | None] = mapped_column(Text)
    """Where the upload wants its end told, besides the setting's. It may hold a secret."""
    upload_until: Mapped[dt.datetime] = mapped_column(UTC_TIME)
    """When an unfinished upload is given up."""
    created: Mapped[dt.datetime] = mapped_column(UTC_TIME, server_default=func.now())
    updated: Mapped[dt.datetime] = mapped_column(UTC_TIME, server_default=func.now())
    finished: Mapped[dt.datetime | None] = mapped_column(UTC_TIME)

    @property
    def is_foreign(self) -> bool:
        """The container is another program's: there may be anything in it."""
        return self.foreign_uuid or self.container != str(self.id)


class EarlierReport(Base):
    """A report of what the job's media was before it was replaced; it goes with the job."""

    __tablename__ = "earlier_report"

    report_id: Mapped[int] = mapped_column(
        ForeignKey("action_unit_report.id", ondelete="CASCADE"), primary_key=True
    )
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)


class JobEvent(Base):
    """The trace: append-only, one line per thing that happened to a job."""

    __tablename__ = "job_event"
    __table_args__ = (
        CheckConstraint(one_of("step", Step), name="step"),
        CheckConstraint(one_of("happening", EventKind), name="happening"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime] = mapped_column(UTC_TIME, server_default=func.clock_timestamp())
    step: Mapped[str] = mapped_column(String(10))
    happening: Mapped[str] = mapped_column(String(10))
    attempt: Mapped[int] = mapped_column(SmallInteger)
    message: Mapped[str] = mapped_column(Text)


class WebhookDelivery(Base):
    """One message to one address, about one end of a job. Its address may hold a secret."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint(one_of("event", WebhookEvent), name="event"),
        UniqueConstraint("job_id", "event", "ended", "address"),
        Index("ix_webhook_delivery_next_try", "next_try", postgresql_where="next_try IS NOT NULL"),
    )

    id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), primary_key=True)
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(12))
    ended: Mapped[dt.datetime] = mapped_column(UTC_TIME)
    """`job.finished` at that moment: a job that is run again ends again."""
    address: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """As it was when the job ended: what is sent again is the same."""
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    next_try: Mapped[dt.datetime | None] = mapped_column(UTC_TIME, server_default=func.now())
    """None when it was delivered or given up. Moved on while somebody sends it."""
    tried: Mapped[dt.datetime | None] = mapped_column(UTC_TIME)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    """HTTP status of the last answer; None where none came."""
    answer: Mapped[str | None] = mapped_column(String(100))
    """Of the last try that got no answer: why, in words of ours."""
    delivered: Mapped[dt.datetime | None] = mapped_column(UTC_TIME)

    @property
    def message_id(self) -> str:
        """The `webhook-id`: the same in every try."""
        return f"msg_{self.id}"

    @property
    def state(self) -> DeliveryState:
        if self.delivered is not None:
            return DeliveryState.DELIVERED
        return DeliveryState.GIVEN_UP if self.next_try is None else DeliveryState.WAITING


class Extraction(Base):
    """How a report's numbers were measured: `shared.measurements.model.Facts`."""

    __tablename__ = "extraction"

    report_id: Mapped[int] = mapped_column(
        ForeignKey("action_unit_report.id", ondelete="CASCADE"), primary_key=True
    )
    engine: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(100))
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    scale: Mapped[str] = mapped_column(String(12))
    frames: Mapped[int]
    fps: Mapped[float | None] = mapped_column(Double)
    duration: Mapped[float | None] = mapped_column(Double)
    width: Mapped[int]
    height: Mapped[int]
    faces: Mapped[int]
    signals: Mapped[list[str]] = mapped_column(JSONB)
    validity: Mapped[dict[str, Any]] = mapped_column(JSONB)
    aggregates: Mapped[dict[str, Any]] = mapped_column(JSONB)
    warnings: Mapped[list[str]] = mapped_column(JSONB)
    rows_in_blobs: Mapped[bool] = mapped_column(server_default="false")
    """The rows are too many for `frame_measurement`: they are only in the container's CSV."""


class DataEntry(Base):
    """Summary of one Action Unit of one face over its confident frames.

    The intensity columns are NULL for AU28, which has presence only.
    """

    __tablename__ = "data_entry"

    report_id: Mapped[int] = mapped_column(
        ForeignKey("action_unit_report.id", ondelete="CASCADE"), primary_key=True
    )
    face: Mapped[int] = mapped_column(Integer, primary_key=True)
    au: Mapped[str] = mapped_column(String(4), primary_key=True)
    frames: Mapped[int]
    confident_frames: Mapped[int]
    mean: Mapped[float | None] = mapped_column(Double)
    sd: Mapped[float | None] = mapped_column(Double)
    min: Mapped[float | None] = mapped_column(Double)
    max: Mapped[float | None] = mapped_column(Double)
    p05: Mapped[float | None] = mapped_column(Double)
    p25: Mapped[float | None] = mapped_column(Double)
    p50: Mapped[float | None] = mapped_column(Double)
    p75: Mapped[float | None] = mapped_column(Double)
    p95: Mapped[float | None] = mapped_column(Double)
    presence_share: Mapped[float] = mapped_column(Double)
    validity: Mapped[str | None] = mapped_column(String(8))


class FrameMeasurement(Base):
    """One face in one frame, written by COPY."""

    __tablename__ = "frame_measurement"

    report_id: Mapped[int] = mapped_column(
        ForeignKey("action_unit_report.id", ondelete="CASCADE"), primary_key=True
    )
    face: Mapped[int] = mapped_column(Integer, primary_key=True)
    frame: Mapped[int] = mapped_column(Integer, primary_key=True)
    timestamp: Mapped[float] = mapped_column(Double)
    confidence: Mapped[float] = mapped_column(REAL)
    success: Mapped[bool]
    intensities: Mapped[list[float]] = mapped_column(ARRAY(REAL, dimensions=1))
    presences: Mapped[int] = mapped_column(Integer)
    """Bit i is `shared.measurements.action_units.PRESENCES[i]`."""
    signals: Mapped[list[float]] = mapped_column(ARRAY(REAL, dimensions=1))
    """In the order of `extraction.signals`."""
