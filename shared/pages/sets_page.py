"""`/parameter-sets`: all of them; `/parameter-sets/{name}`: one, its bands and its versions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import azure.functions as func
from markupsafe import Markup

from shared.analysis.catalogue import CATALOGUE, Measure
from shared.analysis.figures import OF, figure
from shared.analysis.natural_measures import NATURAL
from shared.analysis.natural_sets import Natural, OwnRecording
from shared.analysis.parameter_sets import Parameter
from shared.analysis.population import population
from shared.api.http import parse
from shared.api.parameter_set_bodies import Basis, SetFilter, set_view
from shared.api.parameter_sets import SetQuery, find, set_name
from shared.app import App
from shared.pages import charts, examples
from shared.pages.jobs_page import given
from shared.pages.responses import page
from shared.pages.templates import number
from shared.platform.errors import Code, Problem
from shared.reports import parameter_sets, set_listing

VERSIONS_SHOWN: Final = 50
RECORDINGS_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class ParameterView:
    """A parameter with its band drawn on its scale."""

    parameter: Parameter
    measure: Measure
    band: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class NatureView:
    """What a natural set rests on, and how it judges."""

    natural: Natural
    people: int  # in the population's table
    shown: Sequence[OwnRecording]
    more: int  # recordings that are not shown
    measures: int  # judged
    left_out: Sequence[str]  # in words
    untold: Sequence[str]  # in words: no recording tells of them, so they are held to people

    @property
    def false_alarms(self) -> str:
        """Of 100 real recordings."""
        return figure(self.natural.false_alarms * OF)


def sets_page(req: func.HttpRequest, app: App) -> func.HttpResponse:
    wanted = parse(SetFilter, given(req))
    sets, following = find(app, wanted, "/parameter-sets")
    values = {
        "sets": sets,
        "archived": wanted.archived,
        "first_part": wanted.cursor is None,
        "following": following,
        "examples": examples.names(),
    }
    return page("sets.html", values)


def wants_file(req: func.HttpRequest) -> bool:
    return parse(SetQuery, given(req)).format is not None


def set_page(req: func.HttpRequest, app: App) -> func.HttpResponse:
    wanted = parse(SetQuery, given(req))
    name = set_name(req)
    with app.database.begin() as session:
        stored = parameter_sets.find(session, name, wanted.version)
        versions = set_listing.versions(session, name, VERSIONS_SHOWN)
    if stored is None:
        raise Problem(
            Code.PARAMETER_SET_NOT_FOUND,
            "There is no parameter set of this name, or no such version of it.",
        )
    view = set_view(stored)
    values = {
        "set": view,
        "present": versions[0].version,
        "etag": stored.etag,
        "versions": versions,
        "used_ever": any(version.used for version in versions),
        "parameters": parameter_views(stored.content.parameters),
        "nature": nature_view(stored.content.natural),
        "left_out": left_out(view.learned),
    }
    return page("set.html", values)


def nature_view(natural: Natural | None) -> NatureView | None:
    """None for a set of mode expected."""
    if natural is None:
        return None
    habits = population(natural.population).habits
    shown = natural.recordings[:RECORDINGS_SHOWN]
    return NatureView(
        natural=natural,
        people=max(habit.people for habit in habits.values()),
        shown=shown,
        more=len(natural.recordings) - len(shown),
        measures=len(habits.keys() - set(natural.left_out)),
        left_out=[entry.words for entry in NATURAL if entry.code in natural.left_out],
        untold=_untold(natural, habits.keys()),
    )


def left_out(learned: Basis | None) -> list[tuple[str, list[str]]]:
    """What could not be learned: each reason with its measures in words."""
    found: dict[str, list[str]] = {}
    for item in learned.left_out if learned else ():
        measure = CATALOGUE.get(item.measure)
        words = measure.words if measure else item.measure
        found.setdefault(item.reason, []).append(words)
    return list(found.items())


def _untold(natural: Natural, known: Collection[str]) -> list[str]:
    if not natural.recordings:
        return []
    told = {code for recording in natural.recordings for code in recording.values}
    wanted = set(known) - told - set(natural.left_out)
    return [entry.words for entry in NATURAL if entry.code in wanted]


def parameter_views(parameters: Sequence[Parameter]) -> list[ParameterView]:
    return [parameter_view(parameter) for parameter in parameters]


def parameter_view(parameter: Parameter) -> ParameterView:
    measure, bounds = CATALOGUE[parameter.measure], parameter.bounds
    band = _band(*bounds)
    scale = charts.scale_for([*bounds, parameter.reference], measure.lower, measure.upper)
    label = f"{band}, on a scale of {scale.low:g} to {scale.high:g}"
    return ParameterView(
        parameter, measure, band, charts.bullet(scale, parameter.reference, bounds, label)
    )


def _band(lower: float | None, upper: float | None) -> str:
    """In decimals, as bounds are given."""
    if lower is None:
        return f"at most {number(upper)}"
    if upper is None:
        return f"at least {number(lower)}"
    return f"{number(lower)} to {number(upper)}"
