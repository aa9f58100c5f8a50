"""`/selected`: something done with many jobs of the list at once, confirmed first.

A form without `confirmed` gets a page that counts what would be done; with it, it is done. Works
without a script. What takes too long is left at those that were done, and the page says so.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field

from shared.analysis.parameter_sets import Name
from shared.api.http import parse, refuse_other_text, small_body
from shared.api.paging import MAX_LIMIT
from shared.app import App
from shared.database.tables import Job, State
from shared.jobs import listing
from shared.pages.responses import page
from shared.pipeline import deletion
from shared.platform.errors import Code, Problem
from shared.reports import assessment, reports, set_listing

MAX_FIELDS: Final = MAX_LIMIT + 10
SECONDS: Final = 100.0  # then the rest is left; hosts end an answer that takes 230 s
NAMED: Final = 10  # jobs, and reasons, that a page names

Do = Literal["delete", "judge"]


class Selection(BaseModel):
    model_config = ConfigDict(extra="forbid")

    do: Do
    job: Annotated[tuple[uuid.UUID, ...], Field(max_length=MAX_LIMIT)] = ()
    parameter_set: Name | None = None
    """To be held to; None: each to those that it was held to, in their present versions."""
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Undone:
    filename: str
    reason: str


def selected(req: func.HttpRequest, app: App) -> func.HttpResponse:
    wanted = parse(Selection, _form(req))
    with app.database.begin() as session:
        jobs = listing.newest(session, MAX_LIMIT, only=wanted.job)
        sets = set_listing.names(session)
    if not wanted.confirmed or not jobs:
        return page("selected.html", _counted(wanted, jobs, sets))
    action = _delete if wanted.do == "delete" else _judge
    done, undone = _each(jobs, lambda job: action(app, job, wanted))
    values = {"wanted": wanted, "done": done, "undone": undone[:NAMED], "more": len(undone) - NAMED}
    return page("selected_done.html", values)


def _form(req: func.HttpRequest) -> dict[str, Any]:
    """The fields of an urlencoded form; `job` as often as it stands there."""
    try:
        text = small_body(req).decode()
        pairs = parse_qsl(text, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Problem(Code.BAD_REQUEST, f"A form has at most {MAX_FIELDS} fields.") from None
    refuse_other_text("", *(value for _, value in pairs))
    fields: dict[str, Any] = {name: value for name, value in pairs if name != "job"}
    return fields | {"job": tuple(value for name, value in pairs if name == "job")}


def _counted(wanted: Selection, jobs: Sequence[Job], sets: Sequence[str]) -> dict[str, Any]:
    return {
        "wanted": wanted,
        "jobs": jobs,
        "measured": sum(job.report_id is not None for job in jobs),
        "running": sum(not State(job.state).ended for job in jobs),
        "named": NAMED,
        "sets": sets,
    }


def _each(jobs: Iterable[Job], action: Callable[[Job], None]) -> tuple[int, list[Undone]]:
    ends, done, undone = time.monotonic() + SECONDS, 0, []
    for job in jobs:
        try:
            if time.monotonic() > ends:
                raise Problem(Code.SERVICE_UNAVAILABLE, "There was no time left. Choose it again.")
            action(job)
            done += 1
        except Problem as problem:
            undone.append(Undone(job.filename, problem.detail))
    return done, undone


def _delete(app: App, job: Job, _: Selection) -> None:
    deletion.delete(app, job.id)


def _judge(app: App, job: Job, wanted: Selection) -> None:
    if job.report_id is None:
        raise Problem(Code.NOT_FOUND, "It was not measured.")
    names = [wanted.parameter_set] if wanted.parameter_set else _own_sets(app, job.report_id)
    if not names:
        raise Problem(Code.NOT_FOUND, "It was held to no set. Choose one.")
    assessment.again(app, job.report_id, names)


def _own_sets(app: App, measurement_id: int) -> list[str]:
    with app.database.begin() as session:
        held = reports.verdicts(session, [measurement_id]).get(measurement_id, [])
    return sorted({item.parameter_set for item in held})
