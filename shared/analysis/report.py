"""The one report model: what the API returns, what is stored, what every rendering is made from.

Nothing in it depends on when or where it was made: the same measurement and the same set give the
same report, byte for byte.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.measurements.model import MediaType, Scale, Validity

FORMAT: Final = 1
"""Raised when a field changes its meaning or goes."""

MAX_VIOLATIONS: Final = 1000
"""Intervals listed per parameter and face; of more the worst. A noisy hour can have 10,000."""


class Outcome(StrEnum):
    """Of one parameter and face."""

    WITHIN = "within"
    NOT_WITHIN = "not_within"
    NOT_MEASURED = "not_measured"


class Verdict(StrEnum):
    """Of a face, or of a report: then the worst of its judged faces, in this order.

    fail           at least one parameter is not within
    inconclusive   none is not within, but one that is not optional was not measured, or nothing
                   was measured at all, or (report) no face could be judged
    pass           every parameter that is not optional was measured and is within
    """

    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    PASS = "pass"  # noqa: S105

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Verdict).index(self)


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """None where there are none."""
    return min(verdicts, key=lambda verdict: verdict.rank, default=None)


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False, extra="forbid")


class Violation(Model):
    """A time in which every confident frame is outside of the bounds."""

    start: float = Field(description="[s]")
    end: float = Field(description="[s] when the first frame within begins")
    worst: float = Field(description="The value furthest outside.")
    at: float = Field(description="[s] when it was")


class Result(Model):
    """One parameter of one face."""

    measure: str
    words: str
    unit: str
    outcome: Outcome
    value: float | None
    lower: float | None = Field(description="null: open")
    upper: float | None = Field(description="null: open")
    margin: float | None = Field(
        description="Distance of the value from the nearer bound: negative when outside."
    )
    margin_bands: float | None = Field(
        description="The same in widths of the band; null where the band is open or has no width."
    )
    at: float | None = Field(default=None, description="[s] where the value is of one moment")
    share_within: float | None = Field(
        default=None, description="Levels in videos: share of the time within the bounds."
    )
    required_share: float | None = None
    violations: tuple[Violation, ...] = ()
    violation_count: int = Field(
        default=0, description=f"All of them; at most {MAX_VIOLATIONS} are listed."
    )
    validity: Validity | None = Field(
        default=None, description="Of the least valid Action Unit that the measure rests on."
    )
    optional: bool = False
    reason: str | None = Field(
        default=None, description="Why it is not within, or was not measured."
    )


class FaceReport(Model):
    face: int
    seen_share: float = Field(description="Share of the time in which it was seen.")
    confident_frames: int
    judged: bool
    reason: str | None = Field(default=None, description="Why it was not judged.")
    verdict: Verdict | None = None
    score: float | None = Field(
        default=None, description="Share of the measured parameters within."
    )
    results: tuple[Result, ...] = ()


class Counts(Model):
    """Over all judged faces."""

    within: int
    not_within: int
    not_measured: int


class Subject(Model):
    """What was measured, in the words of whoever keeps it."""

    report: int | None = Field(default=None, description="The measurement: action_unit_report.id")
    job: str | None = None
    avatar: str
    name: str = Field(description="The build.")
    url: str | None = None


class Media(Model):
    type: MediaType
    frames: int
    fps: float | None
    duration: float | None = Field(description="[s]")
    faces: int


class EngineFacts(Model):
    name: str
    version: str
    scale: Scale


class SetReference(Model):
    """Which set the report was held to."""

    name: str
    version: int | None = None
    engine: str
    engine_version: int | None = None  # of the measurement; reports before 0004 do not say it
    required_share: float
    min_face_share: float


class Report(Model):
    """One measurement held to one parameter set."""

    format: Literal[1] = FORMAT
    notices: tuple[str, ...] = Field(description="What must be known before reading on.")
    verdict: Verdict
    score: float | None = Field(
        description="Share of the measured parameters within, over all judged faces."
    )
    counts: Counts
    subject: Subject
    media: Media
    engine: EngineFacts
    parameter_set: SetReference
    faces: tuple[FaceReport, ...]
