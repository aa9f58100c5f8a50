"""What is expected of a face: a named set of parameters, each a measure and its bounds.

A parameter says its bounds in one of two ways:

    reference + deviation_percent, deviation_absolute or both
        reference - d .. reference + d, clipped to the measure's scale; d is the wider of the
        percentage of the reference and the absolute deviation
    lower, upper or both
        as they stand; the missing one is open

A set of mode `expected` holds every parameter to its bounds. One of mode `natural` judges how the
face moves and looks as a whole (`natural_sets`, `rule`), finds faults (`gates`), and holds its
parameters, if it has any, besides.

These models are the bodies of requests and responses; the API's schema is made from them. Bounds
include their ends. Two names that differ only in case are one name (`name_key`).
"""

import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final, NamedTuple, Self

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from shared.analysis.catalogue import CATALOGUE, Measure
from shared.analysis.natural_sets import Natural
from shared.analysis.series import Floats
from shared.analysis.statistics import rounded
from shared.measurements.versions import Origin

MAX_NAME: Final = 100  # characters
MAX_DESCRIPTION: Final = 4000  # characters
MAX_ENGINE: Final = 40  # characters; as extraction.engine
MAX_ENGINE_VERSION: Final = 999
MAX_PARAMETERS: Final = 200  # more than twice the catalogue, so that it may grow
MAX_NUMBER: Final = 1e9  # no measure comes near; keeps sums and products finite
MAX_PERCENT: Final = 1e6
MAX_RECORDING: Final = 2**63 - 1  # a measurement's number
DEFAULT_REQUIRED_SHARE: Final = 0.95
DEFAULT_MIN_FACE_SHARE: Final = 0.2

_CONTROLS: Final = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories that no name has: control characters, surrogates and line breaks."""


class Bounds(NamedTuple):
    """Both ends belong to the band. None is open."""

    lower: float | None
    upper: float | None

    def excess(self, values: Floats) -> Floats:
        """How far each value lies beyond the nearer bound; at most 0 within the band."""
        found = np.full(len(values), -np.inf)
        if self.lower is not None:
            found = np.maximum(found, self.lower - values)
        if self.upper is not None:
            found = np.maximum(found, values - self.upper)
        return found


def _visible(text: str) -> bool:
    return any(unicodedata.category(char)[0] in "LNPS" for char in text)


def _name(value: str) -> str:
    value = unicodedata.normalize("NFC", value).strip()
    if not _visible(value):
        raise ValueError("a name needs at least one letter, digit or sign that can be seen")
    if len(value) > MAX_NAME:
        raise ValueError(f"a name may have at most {MAX_NAME} characters")
    if any(unicodedata.category(char) in _CONTROLS for char in value):
        raise ValueError("a name may not hold control characters or line breaks")
    if any(char in value for char in "/\\") or value in (".", ".."):
        raise ValueError("a name may not hold / or \\, which web servers take apart")
    return value


def name_key(name: str) -> str:
    """What must be unique: the name regardless of case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).strip().casefold())


def _description(value: str) -> str:
    value = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in value):
        raise ValueError("a description may not hold control characters")
    return value


def _engine(value: str) -> str:
    value = value.strip()
    if not value or not value.isascii() or not value.isprintable():
        raise ValueError("an engine is named by a word such as mediapipe, openface or py-feat")
    return value


def _known_measure(code: str) -> str:
    if code not in CATALOGUE:
        raise ValueError("there is no such measure; docs/measures.md lists those that are")
    return code


Name = Annotated[
    str,
    AfterValidator(_name),
    Field(json_schema_extra={"minLength": 1, "maxLength": MAX_NAME, "pattern": r"\S"}),
]
MeasureCode = Annotated[
    str, AfterValidator(_known_measure), Field(json_schema_extra={"enum": list(CATALOGUE)})
]
Number = Annotated[float, Field(ge=-MAX_NUMBER, le=MAX_NUMBER, allow_inf_nan=False)]
Deviation = Annotated[float, Field(ge=0, le=MAX_NUMBER, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=MAX_PERCENT, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Body(BaseModel):
    """What comes from outside: nothing unknown in it, and not changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Parameter(Body):
    """One measure and the band that its value is expected in."""

    measure: MeasureCode
    reference: Number | None = Field(default=None, description="The middle of the band.")
    deviation_percent: Percent | None = Field(
        default=None, description="Of the reference, either way."
    )
    deviation_absolute: Deviation | None = Field(
        default=None,
        description="In the measure's unit, either way. The wider of the two deviations counts.",
    )
    lower: Number | None = Field(default=None, description="Instead of a reference; null is open.")
    upper: Number | None = Field(default=None, description="Instead of a reference; null is open.")
    allow_low_validity: bool = Field(
        default=False,
        description="Judge the measure even where the engine calls an Action Unit that it rests "
        "on of low validity. Otherwise it is then not measured.",
    )
    optional: bool = Field(
        default=False,
        description="A measure that cannot be had does not make the verdict inconclusive.",
    )
    against: Annotated[int, Field(ge=1, le=MAX_RECORDING)] | None = Field(
        default=None,
        description="Of lip_sync_change, and only of it: the number of the measurement of another "
        "recording of the same script.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        deviations = (self.deviation_percent, self.deviation_absolute)
        explicit = (self.lower, self.upper)
        if self.reference is not None:
            if any(value is not None for value in explicit):
                raise ValueError("give either a reference or lower and upper, not both")
            if all(value is None for value in deviations):
                raise ValueError("a reference needs deviation_percent or deviation_absolute")
        else:
            if any(value is not None for value in deviations):
                raise ValueError("a deviation needs a reference")
            if all(value is None for value in explicit):
                raise ValueError("give a reference with a deviation, or lower, upper or both")
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ValueError(f"lower ({self.lower:g}) is above upper ({self.upper:g})")
        self._check_scale(CATALOGUE[self.measure])
        self._check_against(CATALOGUE[self.measure])
        return self

    def _check_against(self, measure: Measure) -> None:
        if measure.relative and self.against is None:
            raise ValueError(f"{measure.code} needs against: the number of another measurement")
        if not measure.relative and self.against is not None:
            raise ValueError(f"{measure.code} is not told against another recording")

    def _check_scale(self, measure: Measure) -> None:
        """A band that lies outside of the measure's scale can never be met."""
        low, high = measure.lower, measure.upper
        scale = f"the scale of {measure.code}, {'' if low is None else f'{low:g}'}.."
        scale += "" if high is None else f"{high:g}"
        for value in (self.reference, self.upper):
            if value is not None and low is not None and value < low:
                raise ValueError(f"{value:g} is below {scale}")
        for value in (self.reference, self.lower):
            if value is not None and high is not None and value > high:
                raise ValueError(f"{value:g} is above {scale}")

    @property
    def bounds(self) -> Bounds:
        if self.reference is None:
            return Bounds(
                None if self.lower is None else rounded(self.lower),
                None if self.upper is None else rounded(self.upper),
            )
        measure = CATALOGUE[self.measure]
        deviation = max(
            abs(self.reference) * (self.deviation_percent or 0.0) / 100,
            self.deviation_absolute or 0.0,
        )
        lower, upper = self.reference - deviation, self.reference + deviation
        if measure.lower is not None:
            lower = max(lower, measure.lower)
        if measure.upper is not None:
            upper = min(upper, measure.upper)
        return Bounds(rounded(lower), rounded(upper))


def _each_measure_once(parameters: Sequence[Parameter]) -> Sequence[Parameter]:
    seen: set[str] = set()
    for parameter in parameters:
        if parameter.measure in seen:
            raise ValueError(f"{parameter.measure} stands there twice; a measure has one band")
        seen.add(parameter.measure)
    return parameters


class Mode(StrEnum):
    EXPECTED = "expected"  # every parameter must hold
    NATURAL = "natural"  # it must move and look as the person does, or as people do


class ParameterSet(Body):
    """A set as a person gives it. Its version and what became of it are the database's."""

    name: Name
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION), AfterValidator(_description)] = (
        ""
    )
    engine: Annotated[str, Field(max_length=MAX_ENGINE), AfterValidator(_engine)] = Field(
        description="Which engine the numbers come from; others measure on other scales."
    )
    engine_version: Annotated[int, Field(ge=1, le=MAX_ENGINE_VERSION)] | None = Field(
        default=None,
        description="The measurement version of that engine, where it has several. Without, in a "
        "set that is stored: the present one.",
    )
    required_share: Share = Field(
        default=DEFAULT_REQUIRED_SHARE,
        description="In a video, the share of time in which a level must lie within its bounds.",
    )
    min_face_share: Share = Field(
        default=DEFAULT_MIN_FACE_SHARE,
        description="In a video, a face that is seen for less than this share of the time is "
        "listed, not judged.",
    )
    mode: Mode = Field(
        default=Mode.EXPECTED,
        description="expected: every parameter must hold. natural: the face must move and look as "
        "the person does, or as people do; parameters are judged besides.",
    )
    natural: Natural | None = Field(default=None, description="Of mode natural: how it judges.")
    parameters: Annotated[
        tuple[Parameter, ...],
        Field(max_length=MAX_PARAMETERS),
        AfterValidator(_each_measure_once),
    ] = Field(
        default=(), validate_default=True, description="At least one, unless the mode is natural."
    )

    @field_validator("parameters")
    @classmethod
    def _some(
        cls, parameters: tuple[Parameter, ...], info: ValidationInfo
    ) -> tuple[Parameter, ...]:
        if not parameters and info.data.get("mode") is Mode.EXPECTED:
            raise ValueError("a set of bands (mode expected) needs at least one")
        return parameters

    @model_validator(mode="after")
    def _one_mode(self) -> Self:
        if self.mode is Mode.EXPECTED and self.natural is not None:
            raise ValueError("natural belongs to a set of mode natural")
        if self.mode is Mode.NATURAL and self.natural is None:
            raise ValueError("a set of mode natural says how it judges in natural: {} will do")
        return self

    @property
    def origin(self) -> Origin:
        return Origin(self.engine, self.engine_version)

    def parameter(self, measure: str) -> Parameter | None:
        return next((item for item in self.parameters if item.measure == measure), None)
