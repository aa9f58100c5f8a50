"""The bodies of `/api/parameter-sets`."""

import datetime as dt
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from shared.analysis.catalogue import CATALOGUE, Measure
from shared.analysis.learning import Learned, LearnOptions, LeftOut
from shared.analysis.measures import Group
from shared.analysis.parameter_sets import MAX_ENGINE, Mode, ParameterSet
from shared.analysis.report import Model
from shared.api.paging import PageQuery, Text
from shared.api.report_bodies import MeasurementReference
from shared.measurements.model import MediaType
from shared.platform import api_addresses
from shared.reports.parameter_sets import StoredSet
from shared.reports.set_listing import ListedSet

MAX_LEARNED_FROM: Final = 100  # measurements, each of which is read and measured within one request

Ignored = SkipJsonSchema[Any]

DefaultFor = Annotated[
    tuple[MediaType, ...] | None,
    Field(
        max_length=len(MediaType),
        description="Media types that are held to this set where an upload names none. It takes "
        "the place of another set there. Without: as it was.",
    ),
]


class SetBody(ParameterSet):
    """A set to be stored. What a view says besides may be sent back with it, and is ignored."""

    default_for: DefaultFor = None
    version: Ignored = Field(default=None, exclude=True)
    archived: Ignored = Field(default=None, exclude=True)
    created: Ignored = Field(default=None, exclude=True)
    used: Ignored = Field(default=None, exclude=True)
    learned: Ignored = Field(default=None, exclude=True)
    links: Ignored = Field(default=None, exclude=True)

    @property
    def content(self) -> ParameterSet:
        return ParameterSet.model_validate(self.model_dump(exclude={"default_for"}))


class LearnBody(LearnOptions):
    """A set to be made from measurements."""

    from_reports: Annotated[
        tuple[MeasurementReference, ...], Field(min_length=1, max_length=MAX_LEARNED_FROM)
    ] = Field(description="Ids of jobs, or the numbers of their measurements.")
    default_for: DefaultFor = None


class Basis(Model):
    """What a learned set rests on."""

    reports: tuple[int, ...] = Field(
        description="The measurements' numbers; a natural set names them among its recordings, too."
    )
    faces: int
    frames: int
    seconds: float
    warnings: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


class SetView(ParameterSet):
    """One version of a set."""

    default_for: tuple[MediaType, ...]
    version: int
    archived: dt.datetime | None = Field(description="Since when it is no longer offered.")
    created: dt.datetime = Field(description="This version.")
    used: bool = Field(description="A report was held to this version.")
    learned: Basis | None = Field(description="Where it was made from measurements.")
    links: dict[str, str]


class SetSummary(BaseModel):
    """A set, or one version of it, in a list."""

    name: str
    version: int
    description: str
    engine: str
    engine_version: int | None = Field(description="Of the measurement, where there are several.")
    mode: Mode
    parameters: int = Field(description="How many.")
    default_for: tuple[MediaType, ...]
    archived: dt.datetime | None
    created: dt.datetime
    used: bool
    links: dict[str, str]


class SetFilter(PageQuery):
    """The query of `GET /api/parameter-sets`."""

    engine: Annotated[Text, Field(max_length=MAX_ENGINE)] | None = None
    archived: bool = Field(default=False, description="Those that are archived instead.")


class MeasureView(BaseModel):
    """A measure of the catalogue: what a parameter can be about."""

    measure: str
    words: str
    unit: str
    lower: float | None = Field(description="End of its scale; null is open.")
    upper: float | None
    types: list[MediaType] = Field(description="Media it is valid for.")
    definition: str
    source: str
    group: Group | None = Field(
        description="What of the face it is about, where a natural set judges it."
    )
    action_units: list[str] = Field(description="Those it rests on.")
    signals: list[str] = Field(description="Of the engine, without which it cannot be had.")
    min_frames: int = Field(description="Confident frames that a clip needs.")
    min_seconds: float
    min_fps: float
    tolerance: float = Field(description="A difference that means nothing.")


class Measures(BaseModel):
    items: list[MeasureView]


def basis(learned: Learned, numbers: tuple[int, ...]) -> Basis:
    return Basis(
        reports=numbers,
        faces=learned.faces,
        frames=learned.frames,
        seconds=learned.seconds,
        warnings=learned.warnings,
        left_out=learned.left_out,
    )


def set_view(stored: StoredSet) -> SetView:
    return SetView(
        **{name: getattr(stored.content, name) for name in ParameterSet.model_fields},
        default_for=stored.default_for,
        version=stored.version,
        archived=stored.archived,
        created=stored.created,
        used=stored.used,
        learned=None if stored.learned is None else Basis.model_validate(stored.learned),
        links=_links(stored.content.name, stored.version),
    )


def set_summary(item: ListedSet) -> SetSummary:
    return SetSummary(
        name=item.name,
        version=item.version,
        description=item.description,
        engine=item.engine,
        engine_version=item.engine_version,
        mode=item.mode,
        parameters=item.parameters,
        default_for=item.default_for,
        archived=item.archived,
        created=item.created,
        used=item.used,
        links=_links(item.name, item.version),
    )


def measure_view(measure: Measure) -> MeasureView:
    return MeasureView(
        measure=measure.code,
        words=measure.words,
        unit=measure.unit,
        lower=measure.lower,
        upper=measure.upper,
        types=sorted(measure.types),
        definition=measure.definition,
        source=measure.source,
        group=measure.group,
        action_units=list(measure.aus),
        signals=list(measure.signals),
        min_frames=measure.min_frames,
        min_seconds=measure.min_seconds,
        min_fps=measure.min_fps,
        tolerance=measure.tolerance,
    )


def measures() -> Measures:
    return Measures(items=[measure_view(measure) for measure in CATALOGUE.values()])


def _links(name: str, version: int) -> dict[str, str]:
    address = api_addresses.parameter_set(name)
    return {
        "self": f"{address}?version={version}",
        "present": address,
        "versions": f"{address}/versions",
        "json": f"{address}?version={version}&format=json",
        "csv": f"{address}?version={version}&format=csv",
    }
