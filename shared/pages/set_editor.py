"""Making and changing a parameter set.

The page's script collects the fields and sends them as the API takes them; what they mean is said
here: while somebody types, `check` draws the bands and names what is wrong, and `preview` says how
stored measurements would fare. Saving is the API's own.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.orm import Session

from shared.analysis.catalogue import CATALOGUE, Measure
from shared.analysis.judging import judge
from shared.analysis.measures import Group
from shared.analysis.natural_measures import NATURAL
from shared.analysis.natural_sets import MAX_FALSE_ALARMS, MIN_FALSE_ALARMS, Natural
from shared.analysis.parameter_sets import MAX_PARAMETERS, Mode, Parameter, ParameterSet, Percent
from shared.analysis.report import Counts, Outcome, Verdict
from shared.analysis.rule import FALSE_ALARMS
from shared.api.field_words import wrong
from shared.api.forms import query_fields
from shared.api.http import json_response, json_value, parse, parse_json, small_body
from shared.api.paging import Text
from shared.api.parameter_set_bodies import MAX_LEARNED_FROM, Basis, LearnBody, SetBody, basis
from shared.api.parameter_sets import set_name
from shared.app import App
from shared.measurements.versions import Origin
from shared.pages import examples
from shared.pages.responses import page
from shared.pages.sets_page import left_out, parameter_view, parameter_views
from shared.platform.errors import Code, Problem
from shared.reports import learning, measurement_listing, parameter_sets, reports
from shared.reports.measurement_listing import ListedMeasurement

OFFERED: Final = 30  # newest measurements to learn from
MAX_SEARCHED: Final = 100  # characters
PREVIEWED: Final = 12  # newest measurements that a set is tried on
PREVIEW_SECONDS: Final = 4.0  # then it is left at those that were tried
PERCENT: Final = 100

_SHARES: Final = frozenset({"required_share", "min_face_share", "false_alarms"})
"""Fields that the editor shows in percent."""

_LABELS: Final = {
    "deviation_percent": "± %",
    "deviation_absolute": "± absolute",
    "allow_low_validity": "Low validity too",
    "against": "Against the report number",
    "reference": "Reference",
    "lower": "At least",
    "upper": "At most",
}
"""What the editor calls a parameter's fields."""

_NAMED: Final = re.compile(r"\b(lower|upper|deviation_percent|deviation_absolute)\b")
"""Those that sentences name."""


class LearnQuery(BaseModel):
    """What an editor begins with: nothing, an example, or what measurements show."""

    model_config = ConfigDict(extra="forbid")

    example: str | None = None
    from_: Annotated[tuple[int, ...], Field(alias="from", max_length=MAX_LEARNED_FROM)] = ()
    q: Annotated[Text, Field(max_length=MAX_SEARCHED)] | None = None
    """What is looked for among the measurements."""
    search: bool = False
    """Only look; nothing is learned yet."""
    way: Literal["coverage", "deviation_percent"] = "coverage"
    chance: Annotated[
        float, Field(ge=MIN_FALSE_ALARMS * PERCENT, le=MAX_FALSE_ALARMS * PERCENT)
    ] = FALSE_ALARMS * PERCENT
    """Of 100 real recordings, how many may fail."""
    same_setup: bool = True
    deviation_percent: Percent = 25.0

    @property
    def amount(self) -> float:
        """What the way of learning takes."""
        if self.way == "deviation_percent":
            return self.deviation_percent
        return round(1 - self.chance / PERCENT, 6)


class CheckedParameter(BaseModel):
    band: str = ""
    chart: str = ""
    error: str = ""


class FieldNote(BaseModel):
    field: str
    detail: str


class Checked(BaseModel):
    """How a set would look, and what is wrong with it."""

    parameters: list[CheckedParameter]
    errors: list[FieldNote]


@dataclass(frozen=True, slots=True)
class Tried:
    """A measurement held to a set that is not stored."""

    measured: ListedMeasurement
    verdict: Verdict
    counts: Counts
    out: Sequence[str]  # words of the measures that are not within


def new_page(req: func.HttpRequest, app: App) -> func.HttpResponse:
    wanted = parse(LearnQuery, _fields(req))
    content: ParameterSet | None = None
    found: Basis | None = None
    problem: Problem | None = None
    with app.database.begin() as session:
        offered = _offered(session, wanted.from_, wanted.q)
        if wanted.example is not None:
            content = examples.load(wanted.example)
        elif wanted.from_ and not wanted.search:
            try:
                body = _learn_body(wanted, offered)
                learned, numbers = learning.learn(session, app.storage, body, body.from_reports)
                content, found = learned.parameter_set, basis(learned, numbers)
            except Problem as refusal:
                problem = refusal
    values = _values(app, content) | {
        "wanted": wanted,
        "offered": offered,
        "basis": found,
        "left_out": left_out(found),
        "problem": problem,
        "editing": None,
        "etag": None,
        "default_for": (),
    }
    return page("set_editor.html", values)


def edit_page(req: func.HttpRequest, app: App) -> func.HttpResponse:
    with app.database.begin() as session:
        stored = parameter_sets.find(session, set_name(req))
    if stored is None:
        raise Problem(Code.PARAMETER_SET_NOT_FOUND, "There is no parameter set of this name.")
    values = _values(app, stored.content) | {
        "wanted": None,
        "offered": [],
        "basis": None,
        "left_out": [],
        "problem": None,
        "editing": stored,
        "etag": stored.etag,
        "default_for": stored.default_for,
    }
    return page("set_editor.html", values)


def check(req: func.HttpRequest, _: App) -> func.HttpResponse:
    """Every parameter by itself, so that one that is wrong does not hide the others' bands."""
    values = _object(req)
    given = values.get("parameters")
    found = [_checked(item) for item in given[:MAX_PARAMETERS]] if isinstance(given, list) else []
    try:
        SetBody.model_validate_json(small_body(req), strict=True)
    except ValidationError as error:
        errors = [
            FieldNote(field=".".join(map(str, item["loc"])), detail=_said(item))
            for item in error.errors(include_url=False, include_input=False)
            if item["loc"][:1] != ("parameters",) or len(item["loc"]) == 1
        ]
    else:
        errors = []
    return json_response(Checked(parameters=found, errors=errors))


def preview(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """What the newest measurements of the set's engine, in its version, would come to."""
    content = parse_json(SetBody, req).content
    ends = time.monotonic() + PREVIEW_SECONDS
    tried: list[Tried] = []
    with app.database.begin() as session:
        for row in measurement_listing.newest(session, PREVIEWED, engine=content.engine):
            if time.monotonic() > ends:
                break
            measurement = reports.locate(session, row.number)
            try:
                found = measurement.load(session, app.storage, sound=_hears(content))
                found = reports.told_against(session, app.storage, content, found)
            except Problem as problem:
                if problem.code is Code.FRAMES_GONE:
                    continue
                raise
            if not content.origin.agrees_with(Origin.of(found.facts)):
                continue
            report = judge(content, found, measurement.subject)
            out = [
                result.words
                for face in report.faces
                for result in face.results
                if result.outcome is Outcome.NOT_WITHIN
            ]
            tried.append(Tried(row, report.verdict, report.counts, list(dict.fromkeys(out))))
    return page("_set_preview.html", {"tried": tried, "engine": content.engine})


def _hears(content: ParameterSet) -> bool:
    return any(CATALOGUE[item.measure].group is Group.SOUND for item in content.parameters)


def _values(app: App, content: ParameterSet | None) -> dict[str, Any]:
    engines = [name for name in app.engines.engines() if name != "csv"]
    return {
        "set": content,
        "parameters": parameter_views(content.parameters) if content else [],
        "groups": _groups(),
        "nature": (content and content.natural) or Natural(),
        "natural_mode": content is not None and content.mode is Mode.NATURAL,
        "natural_groups": _natural_groups(),
        "engines": sorted({*engines, *([content.engine] if content else [])}),
        "engine": content.engine if content else app.settings.engine,
    }


def _groups() -> list[tuple[str, list[Measure]]]:
    """The catalogue, as a list to choose from."""
    kinds = {"level": "Levels", "peak": "Peaks", "presence": "Presence", "range": "Ranges"}
    found: dict[str, list[Measure]] = {title: [] for title in (*kinds.values(), "Movement")}
    for measure in CATALOGUE.values():
        found[kinds.get(measure.code.partition(".")[2], "Movement")].append(measure)
    return list(found.items())


def _natural_groups() -> list[tuple[str, list[Measure]]]:
    """What a natural set judges, to leave something out."""
    found: dict[Group | None, list[Measure]] = {}
    for entry in NATURAL:
        found.setdefault(entry.group, []).append(entry)
    return [(group.value.capitalize() if group else "", items) for group, items in found.items()]


def _learn_body(wanted: LearnQuery, offered: Sequence[ListedMeasurement]) -> LearnBody:
    by_number = {item.number: item for item in offered}
    first = by_number.get(wanted.from_[0])
    name = f"Like {first.avatar}, {first.name}" if first else "Learned"
    return parse(
        LearnBody,
        {
            "name": name.replace("/", "-").replace("\\", "-")[:100],
            "from_reports": wanted.from_,
            wanted.way: wanted.amount,
            "same_setup": wanted.same_setup,
        },
    )


def _offered(session: Session, chosen: Sequence[int], text: str | None) -> list[ListedMeasurement]:
    """The chosen ones, then the newest others; with `text`, of those that it is in the names of."""
    newest = measurement_listing.newest(session, OFFERED, text=text)
    known = {item.number for item in newest}
    missing = [number for number in chosen if number not in known]
    return [*measurement_listing.numbered(session, missing), *newest] if missing else newest


def _checked(values: Any) -> CheckedParameter:
    try:
        view = parameter_view(Parameter.model_validate(values))
    except ValidationError as error:
        messages = [_of_parameter(item) for item in error.errors(include_url=False)]
        return CheckedParameter(error="; ".join(messages[:3]))
    return CheckedParameter(band=view.band, chart=str(view.chart))


def _said(error: ErrorDetails) -> str:
    """What is wrong with a field, as the editor shows and names it."""
    place = error["loc"][-1] if error["loc"] else ""
    said = wrong(error, PERCENT if place in _SHARES else 1)
    return _NAMED.sub(lambda found: f"“{_LABELS[found[0]]}”", said)


def _of_parameter(error: ErrorDetails) -> str:
    """As `_said`, with the label of the field in front where it is one field's."""
    label = _LABELS.get(str(error["loc"][-1])) if error["loc"] else None
    return f"“{label}” {_said(error)}" if label else _said(error)


def _fields(req: func.HttpRequest) -> dict[str, Any]:
    """The query; `from` may stand in it several times, or hold several numbers."""
    found = query_fields(req)
    fields: dict[str, Any] = {name: value for name, value in found.items() if value != ""}
    if "from" in fields:
        fields["from"] = [part for value in found.getlist("from") for part in value.split(",")]
    return fields


def _object(req: func.HttpRequest) -> dict[str, Any]:
    values = json_value(req)
    if not isinstance(values, dict):
        raise Problem(Code.BAD_REQUEST, "The body is not a JSON object.")
    return values
