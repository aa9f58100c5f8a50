"""The bodies of `/api/avatars/{name}/builds` and of comparisons."""

import datetime as dt
import uuid
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.analysis.parameter_sets import MAX_NAME
from shared.analysis.report import Verdict, worst
from shared.api.job_bodies import Error
from shared.api.paging import BigInt, Text
from shared.api.report_bodies import VerdictView, verdict_view
from shared.database.tables import NAME_LENGTH, State
from shared.platform import api_addresses
from shared.reports.builds import Build, SetCounts
from shared.reports.clips import Clip, ClipOutcome

MAX_SEED: Final = 2**32 - 1


class VerdictCounts(BaseModel):
    """Clips by their verdict."""

    fail: int = 0
    inconclusive: int = 0
    pass_: int = Field(default=0, serialization_alias="pass")


class ClipCounts(VerdictCounts):
    """Clips by what came of them."""

    not_judged: int = Field(default=0, description="Measured, and held to no set.")
    not_measured: int = Field(default=0, description="Their jobs failed.")
    in_progress: int = 0


class SetSummary(BaseModel):
    """What came of a build's clips by the newest version of one set each was held to."""

    parameter_set: str
    verdict: Verdict | None = Field(description="The worst.")
    counts: VerdictCounts


class BuildSummary(BaseModel):
    avatar: str
    build: str
    verdict: Verdict | None = Field(
        description="The worst of its clips' newest verdicts per set; null without any. What could "
        "not be measured, or is under way, is in `counts` only."
    )
    clips: int = Field(description="Of each file name the newest one counts.")
    counts: ClipCounts
    parameter_sets: list[SetSummary]
    first: dt.datetime = Field(description="When its first media was sent.")
    last: dt.datetime = Field(description="When its last media was sent.")
    links: dict[str, str]


class LatestBuild(BaseModel):
    """A build in a list of avatars."""

    build: str
    verdict: Verdict | None
    counts: ClipCounts
    last: dt.datetime


class ClipView(BaseModel):
    """A clip of a build: the newest of what was sent by this file name."""

    filename: str | None = Field(description="null: measured by another program.")
    type: str | None
    job: uuid.UUID | None
    measurement: int | None = Field(description="Its number: `action_unit_report.id`.")
    state: State | None = Field(description="The job's.")
    error: Error | None
    verdict: Verdict | None = Field(description="The worst of its reports.")
    reports: list[VerdictView] = Field(description="By the newest version of each set.")
    created: dt.datetime
    replaces: int = Field(description="Older ones of this file name in this build.")


class BuildDetail(BuildSummary):
    """A build and its clips, in the order of their file names."""

    items: list[ClipView]
    next: str | None


class CompareQuery(BaseModel):
    """The query of `GET /api/avatars/{name}/compare`: two builds, or two measurements."""

    model_config = ConfigDict(extra="forbid")

    from_: Annotated[Text, Field(max_length=NAME_LENGTH)] | None = Field(
        default=None, alias="from", description="The earlier build, by its name."
    )
    to: Annotated[Text, Field(max_length=NAME_LENGTH)] | None = Field(
        default=None, description="The later build."
    )
    from_measurement: BigInt | None = Field(
        default=None, description="The earlier measurement, by its number, in the place of a build."
    )
    to_measurement: BigInt | None = Field(default=None, description="The later measurement.")
    file: Annotated[Text, Field(max_length=1000)] | None = Field(
        default=None, description="Of two builds: compare the clips of this file name only."
    )
    parameter_set: Annotated[Text, Field(max_length=MAX_NAME)] | None = Field(
        default=None, description="Whose bands tell better from worse. Without: higher or lower."
    )
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = Field(
        default=0, description="Of the bootstrap; the same seed gives the same answer."
    )
    allow_engine_mismatch: bool = False

    @model_validator(mode="after")
    def _two_of_a_kind(self) -> Self:
        builds, numbers = (self.from_, self.to), (self.from_measurement, self.to_measurement)
        whole = [None not in pair for pair in (builds, numbers)]
        begun = [pair != (None, None) for pair in (builds, numbers)]
        if whole != begun or sum(whole) != 1:
            raise ValueError(
                "name two builds by `from` and `to`, or two measurements by `from_measurement` and "
                "`to_measurement`"
            )
        return self

    @property
    def builds(self) -> tuple[str, str]:
        """Where there are no measurements."""
        return self.from_ or "", self.to or ""

    @property
    def measurements(self) -> tuple[int, int] | None:
        first, second = self.from_measurement, self.to_measurement
        return None if first is None or second is None else (first, second)


def build_summary(build: Build) -> BuildSummary:
    return BuildSummary(
        avatar=build.key.avatar,
        build=build.name,
        verdict=build.verdict,
        clips=build.clips,
        counts=_counts(build),
        parameter_sets=[_set_summary(item) for item in build.sets],
        first=build.first,
        last=build.last,
        links={"self": api_addresses.build(build.key.avatar, build.name)},
    )


def latest_build(build: Build) -> LatestBuild:
    return LatestBuild(
        build=build.name, verdict=build.verdict, counts=_counts(build), last=build.last
    )


def build_detail(build: Build, clips: list[ClipView], following: str | None) -> BuildDetail:
    return BuildDetail(**dict(build_summary(build)), items=clips, next=following)


def clip_view(clip: Clip) -> ClipView:
    return ClipView(
        filename=clip.filename,
        type=clip.type,
        job=clip.job,
        measurement=clip.measurement_id,
        state=clip.state,
        error=Error(code=clip.error[0], detail=clip.error[1]) if clip.error else None,
        verdict=worst(item.verdict for item in clip.verdicts),
        reports=[verdict_view(item) for item in clip.verdicts],
        created=clip.created,
        replaces=clip.replaces,
    )


def _set_summary(item: SetCounts) -> SetSummary:
    found = item.counts
    return SetSummary(
        parameter_set=item.parameter_set,
        verdict=item.verdict,
        counts=VerdictCounts(
            fail=found.get(Verdict.FAIL, 0),
            inconclusive=found.get(Verdict.INCONCLUSIVE, 0),
            pass_=found.get(Verdict.PASS, 0),
        ),
    )


def _counts(build: Build) -> ClipCounts:
    names = {ClipOutcome.PASS: "pass_"}
    return ClipCounts(**{names.get(each, each.value): n for each, n in build.counts.items()})
