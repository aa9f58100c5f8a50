"""A natural set from footage of a person: its recordings, and what of them is kept."""

from collections.abc import Iterable, Sequence

from pydantic import Field

from shared.analysis import rule
from shared.analysis.measuring import MeasuredFace
from shared.analysis.natural_measures import NATURAL
from shared.analysis.natural_sets import MAX_TEXT, Natural, OwnRecording, SeenValue
from shared.analysis.report import Model
from shared.analysis.statistics import rounded

CODES = tuple(measure.code for measure in NATURAL)


class Kept(Model):
    """What is kept of one face of a recording, so that a set is learned without its frames."""

    seconds: float = Field(description="For which it was seen.")
    values: dict[str, SeenValue] = Field(description="By natural measure: two numbers.")
    missing: dict[str, str] = Field(description="Measures that could not be had, and why.")

    def recording(self, report: int | None, name: str) -> OwnRecording:
        """As a set names it, with those measures that there still are."""
        known = {code: value for code, value in self.values.items() if code in CODES}
        return OwnRecording(report=report, name=name[:MAX_TEXT], seconds=self.seconds, values=known)


def kept(face: MeasuredFace) -> Kept:
    seen = rule.own(face.observed)
    return Kept(
        seconds=rounded(face.track.seconds),
        values={
            code: SeenValue(mean=rounded(value.mean), windows=value.windows)
            for code, value in seen.items()
        },
        missing={
            code: face.values[code].reason or "It was not measured."
            for code in CODES
            if code not in seen
        },
    )


def natural(
    recordings: Iterable[OwnRecording],
    *,
    false_alarms: float,
    same_setup: bool,
    measures: Sequence[str] | None,
) -> Natural:
    """The part of a set that judges. `measures`: only these; None: all."""
    return Natural(
        false_alarms=rounded(false_alarms),
        same_setup=same_setup,
        left_out=tuple(code for code in CODES if measures is not None and code not in measures),
        recordings=tuple(recordings),
    )
