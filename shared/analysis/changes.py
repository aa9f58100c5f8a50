"""What has become of one measure of one face from one measurement to another."""

from enum import StrEnum

import numpy as np
from pydantic import Field

from shared.analysis.parameter_sets import Bounds
from shared.analysis.report import Model


class Change(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"  # clearly changed, and neither better nor worse
    LOWER = "lower"
    NO_CLEAR_CHANGE = "no_clear_change"
    NOT_COMPARED = "not_compared"


class Difference(Model):
    """One measure of one face in both builds."""

    measure: str
    words: str
    unit: str
    before: float | None
    after: float | None
    difference: float | None = Field(description="after - before")
    difference_low: float | None = Field(description="Lower end of its interval.")
    difference_high: float | None = Field(description="Upper end of its interval.")
    lower: float | None = Field(description="The set's band; null is open, or there is no band.")
    upper: float | None
    share_before: float | None = Field(
        default=None, description="Levels in videos: share of the time within the band."
    )
    share_after: float | None = None
    expected: float | None = Field(
        default=None, description="Natural measures, with a natural set: what better is closer to."
    )
    difference_sd: float | None = Field(
        default=None,
        description="Natural measures: the difference in standard deviations of a window of 3 s "
        "around what the same person does.",
    )
    difference_sd_low: float | None = Field(default=None, description="Lower end of its interval.")
    difference_sd_high: float | None = Field(default=None, description="Upper end.")
    worsening: float | None = Field(
        default=None,
        description="By how much further it is from what the set asks; below 0: nearer. Of levels "
        "in videos in the share of time that is lacking, of natural measures in standard "
        "deviations, else in the measure's unit.",
    )
    change: Change
    reason: str | None = Field(
        default=None,
        description="Why it was not compared, why it has no interval, or why a difference is none.",
    )

    @property
    def still_within(self) -> bool:
        """Whether both values lie in the set's band; not where there is none."""
        bounds = Bounds(self.lower, self.upper)
        if bounds == Bounds(None, None) or self.before is None or self.after is None:
            return False
        return bool((bounds.excess(np.array([self.before, self.after])) <= 0).all())
