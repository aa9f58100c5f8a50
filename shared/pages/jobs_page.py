"""`/`: the form that takes media in, and the list of jobs below it."""

from collections.abc import Collection
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import azure.functions as func
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, TypeAdapter

from shared.analysis.default_sets import ALIVE
from shared.analysis.measures import VIDEOS
from shared.api.http import parse
from shared.api.job_bodies import JobSummary, job_summary
from shared.api.jobs import JobFilter
from shared.api.paging import MAX_LIMIT, part, position
from shared.app import App
from shared.jobs import listing
from shared.pages import templates
from shared.pages.job_rows import rows
from shared.pages.responses import page, unchanged_or
from shared.pages.uploading import SAMPLE
from shared.reports import reports, set_listing

MAX_NAMES: Final = 500  # avatars offered for completion

_PLACE: Final = TypeAdapter(listing.Place)


class LivePart(BaseModel):
    key: str
    html: str


class Live(BaseModel):
    """What changed: pieces of the page, each with the key of the element that it replaces."""

    running: bool  # ask again
    whole: bool = False  # the page is another one now: to be loaded as a whole
    parts: list[LivePart]


def _split(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


class LiveFilter(JobFilter):
    """As the list, and what the asking page shows already."""

    open: Annotated[tuple[UUID, ...], BeforeValidator(_split), Field(max_length=MAX_LIMIT)] = ()
    since: AwareDatetime | None = None


def jobs_page(req: func.HttpRequest, app: App) -> func.HttpResponse:
    wanted = parse(JobFilter, given(req))
    found = _found(app, wanted)
    with app.database.begin() as session:
        avatars, sets = listing.avatars(session, MAX_NAMES), set_listing.names(session)
        fallback = set_listing.default_names(session, VIDEOS)
    chosen = wanted.model_dump(mode="json", exclude_none=True, exclude={"limit", "cursor"})
    values = {
        "rows": rows(app, found.jobs, found.words),
        "older": found.older,
        "first_part": wanted.cursor is None,
        "wanted": wanted,
        "chosen": chosen,
        "avatars": avatars,
        "sets": sets,
        "fallback": fallback,
        "alive": fallback == [ALIVE.name],
        "max_bytes": app.settings.max_upload_bytes,
        "sample": SAMPLE.is_file(),
    }
    return page("jobs.html", values)


def live_jobs(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """The rows that the page shows as open, and those that are newer than all of its rows."""
    wanted = parse(LiveFilter, given(req))
    plain = JobFilter.model_validate(wanted.model_dump(include=set(JobFilter.model_fields)))
    shown_as_open = _found(app, JobFilter(limit=MAX_LIMIT), wanted.open)
    changed, words = {job.id: job for job in shown_as_open.jobs}, shown_as_open.words
    if wanted.since is not None:
        newest = _found(app, plain)
        changed |= {job.id: job for job in newest.jobs if job.created > wanted.since}
        words = words | newest.words
    newest_first = sorted(changed.values(), key=lambda job: job.created, reverse=True)
    template = templates.environment().get_template("_job_row.html")
    parts = [
        LivePart(key=str(row.job.id), html=template.render(row=row))
        for row in rows(app, newest_first, words)
    ]
    return unchanged_or(
        req, Live(running=any(not job.state.ended for job in newest_first), parts=parts)
    )


class _Found(NamedTuple):
    jobs: list[JobSummary]
    older: str | None  # the address of the older ones
    words: dict[UUID, str]  # verdicts of natural sets, as said


def _found(app: App, wanted: JobFilter, only: Collection[UUID] | None = None) -> _Found:
    """A part of the list; with `only`, of these jobs."""
    with app.database.begin() as session:
        found = listing.newest(
            session,
            wanted.limit + 1,
            wanted.wanted,
            only=only,
            before=position(wanted, _PLACE),
        )
        held = reports.verdicts(session, (job.report_id for job in found))
    items, older = part(found, wanted, "/", listing.place)
    jobs, words = [], {}
    for job in items:
        verdicts = held.get(job.report_id or 0, [])
        summary = job_summary(job, verdicts)
        jobs.append(summary)
        if said := next(
            (v.words for v in verdicts if v.verdict is summary.verdict and v.words), None
        ):
            words[job.id] = said
    return _Found(jobs, older, words)


def given(req: func.HttpRequest) -> dict[str, str]:
    """The query's fields; a form sends those that were left empty, too."""
    return {name: value for name, value in req.params.items() if value != ""}
