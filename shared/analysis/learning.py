"""A parameter set from footage of what is right: a real person, or a build that is liked.

Two ways to make a band from what was measured:

    deviation_percent   the mean of the recordings' values, give or take that much of it
    coverage            the band that holds that share of what was seen, and would of what is to
                        come:
        levels in videos, from the frames, every recording counting the same; with several, the
            frames' spread around their own recording's mean and the spread between the means add
            up (as squares), and the band is never narrower than that of the pooled frames
        everything else, from one value a recording: with several, a prediction interval (mean, and
            Student's t times the standard deviation); with one, its own uncertainty (block
            bootstrap), doubled in variance because the next clip has it, too

No band is narrower than the measure's tolerance. Where a set is learned from frames, a clip may be
outside twice as long as the footage was; where it is learned as a deviation, the time within is
not judged, for a band around a mean says nothing of the frames.

Every face that was seen for long enough counts as a recording of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Final, Self

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from shared.analysis.catalogue import CATALOGUE, Measure
from shared.analysis.learned_bands import Sample, covering, sample
from shared.analysis.measuring import MeasuredRecording
from shared.analysis.parameter_sets import (
    DEFAULT_MIN_FACE_SHARE,
    MAX_DESCRIPTION,
    Body,
    Bounds,
    MeasureCode,
    Name,
    Parameter,
    ParameterSet,
    Percent,
    Share,
)
from shared.analysis.report import Model
from shared.analysis.statistics import rounded
from shared.measurements.versions import Origin
from shared.platform.errors import Code, Problem

MIN_REPORTS: Final = 5
"""Below this the spread between recordings is hardly known: with 5, their standard deviation is
still uncertain by a third."""

MIN_SECONDS: Final = 30.0
"""[s] of footage below which rare movements, blinks among them, are a matter of luck."""

MIN_COVERAGE: Final = 0.5
MAX_COVERAGE: Final = 0.999

SLACK: Final = 2.0
"""How much longer than the footage itself a clip may be outside of bands learned from frames."""

DEFAULT_SUFFIX: Final = ".level"
"""Of the measures per Action Unit, those learned unless others are asked for: with all of them a
set would hold every movement four times, and fail by chance."""


def _measures_once(codes: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if codes is not None and len(set(codes)) < len(codes):
        raise ValueError("a measure stands there twice")
    return codes


class LearnOptions(Body):
    """What to make of recordings; the body of a request adds which ones."""

    name: Name
    description: str = Field(default="", max_length=MAX_DESCRIPTION)
    deviation_percent: Percent | None = Field(
        default=None, description="Bounds around the measured value. Instead of coverage."
    )
    coverage: Annotated[float, Field(ge=MIN_COVERAGE, le=MAX_COVERAGE)] | None = Field(
        default=None, description="Share of what was seen that a band holds."
    )
    measures: Annotated[
        tuple[MeasureCode, ...] | None, Field(min_length=1), AfterValidator(_measures_once)
    ] = Field(
        default=None,
        description="Which to learn. Naming one allows low validity for it. Without: every level "
        "and every measure of movement that can be had and is of better than low validity.",
    )
    required_share: Share | None = Field(
        default=None, description="Of the set; without, what fits the way of learning."
    )
    min_face_share: Share = DEFAULT_MIN_FACE_SHARE

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.deviation_percent is None) == (self.coverage is None):
            raise ValueError("give either deviation_percent or coverage")
        return self


class LeftOut(Model):
    measure: str
    reason: str


class Learned(Model):
    """A new set, and what it rests on."""

    parameter_set: ParameterSet
    reports: int
    faces: int = Field(description="Faces in them that were seen for long enough.")
    frames: int = Field(description="Confident frames of these faces.")
    seconds: float = Field(description="For which they were seen.")
    warnings: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def learn(options: LearnOptions, recordings: Iterable[MeasuredRecording]) -> Learned:
    """A set from one recording or many, each taken when it is its turn and then forgotten.

    Raises Problem `engine_mismatch` or `type_mismatch` where recordings are not alike, and
    `nothing_to_learn` where none has a face for long enough or no measure can be had.
    """
    first: MeasuredRecording | None = None
    reports = 0
    samples: list[Sample] = []
    for recording in recordings:
        first = first or recording
        reports += 1
        _check_alike(first, recording)
        for face in recording.faces:
            if len(face.track) and rounded(face.track.seen_share) >= options.min_face_share:
                samples.append(sample(face, with_errors=not samples))
    if first is None or not samples:
        raise Problem(
            Code.NOTHING_TO_LEARN,
            "No face was seen for long enough. Choose other recordings, or lower min_face_share.",
        )
    parameters, left_out = _parameters(options, samples)
    if not parameters:
        reasons = " ".join(f"{item.measure}: {item.reason}" for item in left_out[:5])
        raise Problem(Code.NOTHING_TO_LEARN, f"No measure can be learned. {reasons}".strip())
    frames = sum(item.frames for item in samples)
    basis = f"{reports} {'report' if reports == 1 else 'reports'}, {frames} confident frames"
    return Learned(
        parameter_set=ParameterSet(
            name=options.name,
            description=options.description or f"Learned from {basis}; {_way(options)}.",
            engine=first.facts.engine,
            engine_version=Origin.of(first.facts).version,
            required_share=_required_share(options),
            min_face_share=options.min_face_share,
            parameters=tuple(parameters),
        ),
        reports=reports,
        faces=len(samples),
        frames=frames,
        seconds=rounded(sum(item.seconds for item in samples)),
        warnings=tuple(_warnings(samples, image=first.type.is_image)),
        left_out=tuple(left_out),
    )


def _check_alike(first: MeasuredRecording, other: MeasuredRecording) -> None:
    origins = Origin.of(first.facts), Origin.of(other.facts)
    if not origins[0].agrees_with(origins[1]):
        raise Problem(
            Code.ENGINE_MISMATCH,
            f"The recordings were measured by {origins[0]} and {origins[1]}, which measure on "
            "different scales. Learn from one engine's, or one version's.",
        )
    if first.type.is_image != other.type.is_image:
        raise Problem(
            Code.TYPE_MISMATCH, "Images and videos are among the recordings. Learn from one kind."
        )


def _way(options: LearnOptions) -> str:
    if options.coverage is not None:
        return f"bands hold {options.coverage:.6g} of what was seen"
    return f"within {options.deviation_percent:.6g} % of what was seen"


def _required_share(options: LearnOptions) -> float:
    if options.required_share is not None:
        return options.required_share
    if options.coverage is None:
        return 0.0
    return rounded(max(0.0, 1 - SLACK * (1 - options.coverage)))


def _warnings(samples: Sequence[Sample], *, image: bool) -> Iterator[str]:
    count, seconds = len(samples), sum(item.seconds for item in samples)
    if count < MIN_REPORTS:
        seen = "1 face" if count == 1 else f"{count} faces"
        yield (
            f"The set rests on {seen}; from {MIN_REPORTS} on it is known how much they differ. "
            "Its bands may be too wide or too narrow."
        )
    if not image and seconds < MIN_SECONDS:
        yield (
            f"The set rests on {seconds:.1f} s of footage; below {MIN_SECONDS:g} s rare movements "
            "are a matter of luck."
        )


def _parameters(
    options: LearnOptions, samples: Sequence[Sample]
) -> tuple[list[Parameter], list[LeftOut]]:
    parameters: list[Parameter] = []
    left_out: list[LeftOut] = []
    for code in options.measures or _by_default():
        entry, band = CATALOGUE[code], None
        reason = _obstacle(code, samples, asked=options.measures is not None)
        if reason is None and options.coverage is not None:
            band = covering(entry, samples, options.coverage)
            reason = _ONE_VALUE if band is None else None
        if reason is None:
            parameters.append(_parameter(entry, samples, options, band))
        else:
            left_out.append(LeftOut(measure=code, reason=reason))
    return parameters, left_out


def _by_default() -> list[str]:
    """Levels, and what is not of one Action Unit."""
    return [code for code in CATALOGUE if "." not in code or code.endswith(DEFAULT_SUFFIX)]


_ONE_VALUE: Final = (
    "It is known from one recording only, which does not tell how much it varies. Add recordings, "
    "or use deviation_percent."
)


def _obstacle(code: str, samples: Sequence[Sample], *, asked: bool) -> str | None:
    if not any(code in item.values for item in samples):
        return next(iter(samples)).reasons.get(code, "It was not measured.")
    if not asked and any(code in item.low for item in samples):
        return "The engine calls it of low validity. Name it among measures to learn it."
    return None


def _parameter(
    entry: Measure, samples: Sequence[Sample], options: LearnOptions, band: Bounds | None
) -> Parameter:
    values = [item.values[entry.code] for item in samples if entry.code in item.values]
    common = {
        "measure": entry.code,
        "allow_low_validity": any(entry.code in item.low for item in samples),
        "optional": len(values) < len(samples),
    }
    if band is not None:
        return Parameter.model_validate(common | {"lower": band.lower, "upper": band.upper})
    return Parameter.model_validate(
        common
        | {
            "reference": rounded(float(np.mean(values))),
            "deviation_percent": options.deviation_percent,
            "deviation_absolute": entry.tolerance,
        }
    )
