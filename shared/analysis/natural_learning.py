"""A natural set from footage of a person: its recordings, and what of them is kept."""

from collections.abc import Iterable, Sequence

from shared.analysis import rule
from shared.analysis.measuring import MeasuredFace
from shared.analysis.natural_measures import NATURAL
from shared.analysis.natural_sets import Natural, OwnRecording, SeenValue
from shared.analysis.statistics import rounded

CODES = tuple(measure.code for measure in NATURAL)


def own_recording(face: MeasuredFace, report: int | None, name: str) -> OwnRecording:
    """What is kept of one face of a recording: two numbers a measure."""
    return OwnRecording(
        report=report,
        name=name,
        seconds=rounded(face.track.seconds),
        values={
            code: SeenValue(mean=rounded(seen.mean), windows=seen.windows)
            for code, seen in rule.own(face.observed).items()
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
