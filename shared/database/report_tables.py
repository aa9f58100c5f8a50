"""The tables of what is expected and what came of it: parameter sets, reports, their results.

Nothing in `parameter_set` and `parameter` is ever changed: a new content is a new version, so an
old report still says what it was held to. Only `parameter_set.archived` is set and taken back.
"""

import datetime as dt
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    func,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.analysis.parameter_sets import MAX_ENGINE, MAX_NAME, Mode
from shared.analysis.report import Outcome, Verdict
from shared.database.tables import UTC_TIME, Base, one_of
from shared.measurements.model import MediaType

MEASURE_LENGTH: Final = 40  # characters of a measure's code


class SetVersion(Base):
    """One version of a parameter set; the highest one of a `name_key` is the present one."""

    __tablename__ = "parameter_set"
    __table_args__ = (
        UniqueConstraint("name_key", "version"),
        CheckConstraint(one_of("mode", Mode), name="mode"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    name_key: Mapped[str] = mapped_column(Text)
    """`shared.analysis.parameter_sets.name_key` of the name: the same regardless of case."""
    version: Mapped[int]
    description: Mapped[str] = mapped_column(Text)
    engine: Mapped[str] = mapped_column(String(MAX_ENGINE))
    engine_version: Mapped[int | None]
    """Of the measurement (`shared.measurements.versions`); null for engines that have none."""
    required_share: Mapped[float] = mapped_column(Double)
    min_face_share: Mapped[float] = mapped_column(Double)
    mode: Mapped[str] = mapped_column(String(8), server_default=Mode.EXPECTED.value)
    natural: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Of mode natural, how it judges: `shared.analysis.natural_sets.Natural`."""
    learned: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """What it rests on, where it was learned: `shared.api.parameter_set_bodies.Basis`."""
    archived: Mapped[dt.datetime | None] = mapped_column(UTC_TIME)
    """Of the present version: the set is no longer offered since then."""
    created: Mapped[dt.datetime] = mapped_column(UTC_TIME, server_default=func.now())


class ParameterRow(Base):
    """One parameter of one version, as it was given; `place` is its place in the set."""

    __tablename__ = "parameter"
    __table_args__ = (UniqueConstraint("parameter_set_id", "measure"),)

    parameter_set_id: Mapped[int] = mapped_column(
        ForeignKey("parameter_set.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    measure: Mapped[str] = mapped_column(String(MEASURE_LENGTH))
    reference: Mapped[float | None] = mapped_column(Double)
    deviation_percent: Mapped[float | None] = mapped_column(Double)
    deviation_absolute: Mapped[float | None] = mapped_column(Double)
    lower: Mapped[float | None] = mapped_column(Double)
    upper: Mapped[float | None] = mapped_column(Double)
    allow_low_validity: Mapped[bool]
    optional: Mapped[bool]
    against: Mapped[int | None] = mapped_column(BigInteger)
    """A measurement's number; no foreign key: it may be deleted, the set stays."""


class DefaultSet(Base):
    """The set that media of a type are held to where an upload names none."""

    __tablename__ = "parameter_set_default"
    __table_args__ = (CheckConstraint(one_of("type", MediaType), name="type"),)

    type: Mapped[str] = mapped_column(String(2), primary_key=True)
    parameter_set_id: Mapped[int] = mapped_column(
        ForeignKey("parameter_set.id", ondelete="CASCADE"), index=True
    )
    """Always the present version."""


class FallbackSet(Base):
    """The product's own set for media of a type: the default where nobody has chosen another.

    Not a row of `parameter_set_default`, which the version of the app before it would apply.
    """

    __tablename__ = "parameter_set_fallback"
    __table_args__ = (CheckConstraint(one_of("type", MediaType), name="type"),)

    type: Mapped[str] = mapped_column(String(2), primary_key=True)
    parameter_set_id: Mapped[int] = mapped_column(
        ForeignKey("parameter_set.id", ondelete="CASCADE"), index=True
    )
    """Always the present version."""


class MeasuredFaceRow(Base):
    """All measures of one face, with or without a parameter set: what a history is made of."""

    __tablename__ = "measured_face"

    report_id: Mapped[int] = mapped_column(
        ForeignKey("action_unit_report.id", ondelete="CASCADE"), primary_key=True
    )
    face: Mapped[int] = mapped_column(Integer, primary_key=True)
    seen_share: Mapped[float] = mapped_column(Double)
    confident_frames: Mapped[int]
    measures: Mapped[dict[str, float]] = mapped_column(JSONB)
    """Code to value; a measure that could not be had is missing."""
    kept: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What sets are learned from (`shared.analysis.natural_learning.Kept`); null: frames are."""


class AnalysisReport(Base):
    """One measurement held to one version of a set."""

    __tablename__ = "analysis_report"
    __table_args__ = (
        CheckConstraint(one_of("verdict", Verdict), name="verdict"),
        Index("ix_analysis_report_created", "created", "report_id", "parameter_set_id"),
    )

    report_id: Mapped[int] = mapped_column(
        ForeignKey("action_unit_report.id", ondelete="CASCADE"), primary_key=True
    )
    parameter_set_id: Mapped[int] = mapped_column(
        ForeignKey("parameter_set.id"), primary_key=True, index=True
    )
    verdict: Mapped[str] = mapped_column(String(12))
    score: Mapped[float | None] = mapped_column(Double)
    words: Mapped[str | None] = mapped_column(Text)
    """The verdict of a natural set, as it may be said."""
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """`shared.analysis.report.Report`, whole."""
    created: Mapped[dt.datetime] = mapped_column(UTC_TIME, server_default=func.now())


class AnalysisResult(Base):
    """One result of one face, for queries; the same as in `analysis_report.report`.

    A measure can have two in a natural set: as a parameter, and for how the face moves and looks.
    """

    __tablename__ = "analysis_result"
    __table_args__ = (
        CheckConstraint(one_of("outcome", Outcome), name="outcome"),
        ForeignKeyConstraint(
            ["report_id", "parameter_set_id"],
            ["analysis_report.report_id", "analysis_report.parameter_set_id"],
            ondelete="CASCADE",
        ),
    )

    report_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    parameter_set_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    face: Mapped[int] = mapped_column(Integer, primary_key=True)
    measure: Mapped[str] = mapped_column(String(MEASURE_LENGTH), primary_key=True)
    is_parameter: Mapped[bool] = mapped_column(primary_key=True, server_default=true())
    """Else it is of what a natural set judges by itself."""
    outcome: Mapped[str] = mapped_column(String(12))
    value: Mapped[float | None] = mapped_column(Double)
    lower: Mapped[float | None] = mapped_column(Double)
    upper: Mapped[float | None] = mapped_column(Double)
    margin: Mapped[float | None] = mapped_column(Double)
    share_within: Mapped[float | None] = mapped_column(Double)
    violations: Mapped[list[dict[str, float]]] = mapped_column(JSONB)
    reason: Mapped[str | None] = mapped_column(Text)
    expected: Mapped[float | None] = mapped_column(Double)
    z: Mapped[float | None] = mapped_column(Double)
    """Distance from what is expected, in standard deviations; null of parameters and faults."""
