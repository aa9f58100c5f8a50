"""A parameter set from footage of what is right: a real person, or a build that is liked.

Two ways to learn:

    coverage            a set of mode `natural`: the face must move and look as it does there. Of
                        real recordings a share 1 - coverage may fail by chance (`rule`); kept are
                        two numbers a measure and recording (`natural_learning`)
    deviation_percent   a set of mode `expected`: the mean of the recordings' values, give or take
                        that much of it, and at least the measure's tolerance. The time within is
                        not judged, for a band around a mean says nothing of the frames

Every face that was seen for long enough counts as a recording of its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Final, Self

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from shared.analysis.catalogue import CATALOGUE, Measure
from shared.analysis.measuring import MeasuredFace, MeasuredRecording
from shared.analysis.natural_learning import CODES, Kept, kept, natural
from shared.analysis.natural_sets import MAX_RECORDINGS, Natural, OwnRecording
from shared.analysis.parameter_sets import (
    DEFAULT_MIN_FACE_SHARE,
    MAX_DESCRIPTION,
    Body,
    MeasureCode,
    Mode,
    Name,
    Parameter,
    ParameterSet,
    Percent,
    Share,
)
from shared.analysis.report import Model
from shared.analysis.statistics import rounded
from shared.measurements.model import Facts, MediaType
from shared.measurements.versions import Origin
from shared.platform.errors import Code, Problem
from shared.platform.words import counted

MIN_REPORTS: Final = 5
"""Below this the spread between recordings is hardly known: with 5, their standard deviation is
still uncertain by a third."""

MIN_SECONDS: Final = 30.0
"""[s] of footage below which rare movements, blinks among them, are a matter of luck."""

MIN_COVERAGE: Final = 0.5
MAX_COVERAGE: Final = 0.999

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
        default=None,
        description="Share of real recordings that pass: makes a set of mode natural.",
    )
    same_setup: bool = Field(
        default=True,
        description="Of a natural set: clips to be judged are of the recordings' camera, light and "
        "place. Otherwise of another session, in which more may differ.",
    )
    measures: Annotated[
        tuple[MeasureCode, ...] | None, Field(min_length=1), AfterValidator(_measures_once)
    ] = Field(
        default=None,
        description="Which to learn. With coverage: natural measures, without all of them. With "
        "deviation_percent: naming one allows low validity for it; without, every level and every "
        "measure of movement that can be had and is of better than low validity.",
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


@dataclass(frozen=True, slots=True)
class Sample:
    """What is kept of one face, however long the clip. A natural set needs `kept` alone."""

    seen_share: float
    frames: int
    kept: Kept
    values: Mapping[str, float] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)  # of measures that have no value
    low: frozenset[str] = frozenset()  # measures of low validity

    @property
    def seconds(self) -> float:
        return self.kept.seconds


@dataclass(frozen=True, slots=True)
class Footage:
    """A recording to learn from; none of its frames."""

    type: MediaType
    facts: Facts
    faces: tuple[Sample, ...]
    report: int | None = None  # the measurement's number
    name: str = ""

    @property
    def recordings(self) -> Iterator[OwnRecording]:
        """Each face is one of its own; those of which nothing is known are none."""
        for face in self.faces:
            recording = face.kept.recording(self.report, self.name)
            if recording.values:
                yield recording


def footage(measured: MeasuredRecording, report: int | None = None, name: str = "") -> Footage:
    faces = tuple(_sample(face) for face in measured.faces if len(face.track))
    return Footage(measured.type, measured.facts, faces, report, name)


def _sample(face: MeasuredFace) -> Sample:
    values = {code: item.value for code, item in face.values.items() if item.value is not None}
    reasons = {code: item.reason or "" for code, item in face.values.items() if item.value is None}
    low = frozenset(code for code, item in face.values.items() if item.validity == "low")
    share = rounded(face.track.seen_share)
    return Sample(share, len(face.track), kept(face), values, reasons, low)


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


def learn(options: LearnOptions, recordings: Iterable[Footage]) -> Learned:
    """A set from one recording or many, each taken when it is its turn.

    Raises Problem `engine_mismatch` or `type_mismatch` where recordings are not alike, and
    `nothing_to_learn` where none has a face for long enough or no measure can be had.
    """
    footages: list[Footage] = []
    for recording in recordings:
        _check_alike(footages[0] if footages else recording, recording)
        faces = (face for face in recording.faces if face.seen_share >= options.min_face_share)
        name = recording.name or f"recording {len(footages) + 1}"
        footages.append(replace(recording, faces=tuple(faces), name=name))
    samples = [face for recording in footages for face in recording.faces]
    if not samples:
        raise Problem(
            Code.NOTHING_TO_LEARN,
            "No face was seen for long enough. Choose other recordings, or lower min_face_share.",
        )
    if options.coverage is None:
        parameters, left_out = _parameters(options, samples)
        nature = None
    else:
        asked = options.measures or CODES
        parameters, left_out = [], _unknown(asked, samples)
        nature = (
            _nature(options, options.coverage, footages) if len(left_out) < len(asked) else None
        )
    if not parameters and nature is None:
        reasons = " ".join(f"{item.measure}: {item.reason}" for item in left_out[:5])
        raise Problem(Code.NOTHING_TO_LEARN, f"No measure can be learned. {reasons}".strip())
    first, reports = footages[0], len(footages)
    frames = sum(item.frames for item in samples)
    basis = f"{counted(reports, 'measurement')}, {frames} confident frames"
    return Learned(
        parameter_set=ParameterSet(
            name=options.name,
            description=options.description or f"Learned from {basis}; {_way(options)}.",
            engine=first.facts.engine,
            engine_version=Origin.of(first.facts).version,
            required_share=options.required_share or 0.0,
            min_face_share=options.min_face_share,
            parameters=tuple(parameters),
            mode=Mode.EXPECTED if nature is None else Mode.NATURAL,
            natural=nature,
        ),
        reports=reports,
        faces=len(samples),
        frames=frames,
        seconds=rounded(sum(item.seconds for item in samples)),
        warnings=tuple(_warnings(samples, image=first.type.is_image)),
        left_out=tuple(left_out),
    )


def _nature(options: LearnOptions, coverage: float, footages: Sequence[Footage]) -> Natural:
    """What makes the set one of mode natural."""
    recordings = [item for footage in footages for item in footage.recordings]
    if len(recordings) > MAX_RECORDINGS:
        raise Problem(
            Code.INVALID_FIELD,
            f"There are {len(recordings)} faces in these recordings; a set names up to "
            f"{MAX_RECORDINGS}. Choose fewer.",
        )
    return natural(
        recordings,
        false_alarms=1 - coverage,
        same_setup=options.same_setup,
        measures=options.measures,
    )


def _unknown(codes: Sequence[str], samples: Sequence[Sample]) -> list[LeftOut]:
    """Of the measures asked for, those that no recording tells of, and those of expressions."""
    left_out = []
    for code in codes:
        if code not in CODES:
            reason = "A natural set learns how a face moves and looks. Add it by hand."
        elif any(code in item.kept.values for item in samples):
            continue
        else:
            reason = samples[0].kept.missing.get(code, "It was not measured.")
        left_out.append(LeftOut(measure=code, reason=reason))
    return left_out


def _check_alike(first: Footage, other: Footage) -> None:
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
        setup = "the same set-up" if options.same_setup else "another session"
        return f"held to how the face moves and looks there, in {setup}"
    return f"within {options.deviation_percent:.6g} % of what was seen"


def _warnings(samples: Sequence[Sample], *, image: bool) -> Iterator[str]:
    count, seconds = len(samples), sum(item.seconds for item in samples)
    if count < MIN_REPORTS:
        seen = counted(count, "face")
        yield (f"The set rests on {seen}; from {MIN_REPORTS} on it is known how much they differ.")
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
        reason = _obstacle(code, samples, asked=options.measures is not None)
        if reason is None:
            parameters.append(_parameter(CATALOGUE[code], samples, options))
        else:
            left_out.append(LeftOut(measure=code, reason=reason))
    return parameters, left_out


def _by_default() -> list[str]:
    """Levels, and what is not of one Action Unit; not what natural sets judge."""
    return [
        code
        for code, entry in CATALOGUE.items()
        if entry.group is None and ("." not in code or code.endswith(DEFAULT_SUFFIX))
    ]


def _obstacle(code: str, samples: Sequence[Sample], *, asked: bool) -> str | None:
    if not any(code in item.values for item in samples):
        return next(iter(samples)).reasons.get(code, "It was not measured.")
    if not asked and any(code in item.low for item in samples):
        return "The engine calls it of low validity. Name it among measures to learn it."
    return None


def _parameter(entry: Measure, samples: Sequence[Sample], options: LearnOptions) -> Parameter:
    values = [item.values[entry.code] for item in samples if entry.code in item.values]
    return Parameter(
        measure=entry.code,
        reference=rounded(float(np.mean(values))),
        deviation_percent=options.deviation_percent,
        deviation_absolute=entry.tolerance,
        allow_low_validity=any(entry.code in item.low for item in samples),
        optional=len(values) < len(samples),
    )
