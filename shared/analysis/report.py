"""The one report model: what the API returns, what is stored, what every rendering is made from.

Nothing in it depends on when or where it was made: the same measurement and the same set give the
same report, byte for byte.
"""

from collections.abc import Iterable, Sequence
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

    fail           at least one parameter is not within; of a natural set also: the face as a whole
                   deviates
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


def worst_of(first: Verdict, *others: Verdict) -> Verdict:
    return min((first, *others), key=lambda verdict: verdict.rank)


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """As `worst_of`; None where there are none."""
    found = tuple(verdicts)
    return worst_of(*found) if found else None


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
    group: str | None = Field(
        default=None, description="Of a natural measure: what of the face it is about."
    )
    expected: float | None = Field(
        default=None, description="Of a natural measure: the middle of its band."
    )
    z: float | None = Field(
        default=None,
        description="Of a natural measure: distance from what is expected, in standard deviations.",
    )
    windows: tuple[float, ...] = Field(
        default=(), description="Of a natural measure: the values of its windows of 3 s."
    )
    window_times: tuple[float, ...] = Field(default=(), description="[s] the middle of each window")
    validity: Validity | None = Field(
        default=None, description="Of the least valid Action Unit that the measure rests on."
    )
    optional: bool = False
    reason: str | None = Field(
        default=None, description="Why it is not within, or was not measured."
    )


def verdict_of(results: Sequence[Result]) -> Verdict:
    """Of a face's parameters, as `Verdict` says."""
    outcomes = {result.outcome for result in results}
    if Outcome.NOT_WITHIN in outcomes:
        return Verdict.FAIL
    missing = any(
        result.outcome is Outcome.NOT_MEASURED and not result.optional for result in results
    )
    return Verdict.INCONCLUSIVE if missing or Outcome.WITHIN not in outcomes else Verdict.PASS


class Naturalness(Model):
    """How far a face moves and looks as it is expected to: of a natural set."""

    case: Literal["own", "session", "people"] = Field(
        description="Held to the person's own footage of the same set-up, of another session, or "
        "to people."
    )
    population: str
    people: int = Field(description="In the population's table.")
    recordings: int = Field(description="Of the person's own.")
    seconds: float = Field(description="Of the person's own footage.")
    limit: float = Field(description="K: of one measure's distance.")
    deviation: float | None = Field(
        description="D: mean of the five largest distances; null where too little is known."
    )
    deviation_limit: float = Field(description="T: of D.")
    deviation_percentile: float | None = Field(
        description="Share of real recordings that deviate less, 0..1."
    )
    faults: Verdict = Field(description="Of the gates.")
    movement: Verdict
    picture: Verdict = Field(description="Encoding changes it, too.")
    words: str = Field(description="The verdict, as it may be said.")
    sentences: tuple[str, ...] = Field(description="What is wrong, worst first.")
    caveats: tuple[str, ...] = Field(
        default=(), description="What a fail without a fault may mean instead."
    )


class FaceReport(Model):
    face: int
    seen_share: float = Field(description="Share of the time in which it was seen.")
    confident_frames: int
    judged: bool
    reason: str | None = Field(default=None, description="Why it was not judged.")
    verdict: Verdict | None = None
    score: float | None = Field(
        default=None,
        description="Share of the measured parameters within. Of a natural set: 1 for what is "
        "expected, 1/2 at the limit of the deviation, towards 0 beyond it.",
    )
    naturalness: Naturalness | None = None
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
    mode: Literal["expected", "natural"] = "expected"
    required_share: float
    min_face_share: float


class Report(Model):
    """One measurement held to one parameter set."""

    format: Literal[1] = FORMAT
    notices: tuple[str, ...] = Field(description="What must be known before reading on.")
    verdict: Verdict
    score: float | None = Field(
        description="Share of the measured parameters within, over all judged faces. Of a natural "
        "set: that of the face that deviates most."
    )
    words: str | None = Field(default=None, description="The verdict of a natural set, as said.")
    deviation: float | None = Field(
        default=None, description="Of a natural set: D of the face that deviates most."
    )
    deviation_limit: float | None = None
    deviation_percentile: float | None = Field(
        default=None, description="Share of real recordings that deviate less, 0..1."
    )
    counts: Counts
    subject: Subject
    media: Media
    engine: EngineFacts
    parameter_set: SetReference
    faces: tuple[FaceReport, ...]
