"""`/`: the form that takes media in, and the list of jobs below it."""

from collections.abc import Collection
from typing import Annotated, Any, Final
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
from shared.pipeline.extract import MEGABYTE
from shared.reports import reports, set_listing

MAX_NAMES: Final = 500  # avatars offered for completion

_PLACE: Final = TypeAdapter(listing.Place)


class LivePart(BaseModel):
    key: str
    html: str


class Live(BaseModel):
    """What changed: pieces of the page, each with the key of the element that it replaces."""

    running: bool  # ask again
    parts: list[LivePart]


def _split(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


class LiveFilter(JobFilter):
    """As the list, and what the asking page shows already."""

    open: Annotated[tuple[UUID, ...], BeforeValidator(_split), Field(max_length=MAX_LIMIT)] = ()
    since: AwareDatetime | None = None


def jobs_page(req: func.HttpRequest, app: App) -> func.HttpResponse:
    wanted = parse(JobFilter, given(req))
    found, older = _found(app, wanted)
    with app.database.begin() as session:
        avatars, sets = listing.avatars(session, MAX_NAMES), set_listing.names(session)
        fallback = set_listing.default_names(session, VIDEOS)
    chosen = wanted.model_dump(mode="json", exclude_none=True, exclude={"limit", "cursor"})
    values = {
        "rows": rows(app, found),
        "older": older,
        "first_part": wanted.cursor is None,
        "wanted": wanted,
        "chosen": chosen,
        "avatars": avatars,
        "sets": sets,
        "fallback": fallback,
        "alive": fallback == [ALIVE.name],
        "max_bytes": app.settings.max_upload_mb * MEGABYTE,
        "sample": SAMPLE.is_file(),
    }
    return page("jobs.html", values)


def live_jobs(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """The rows that the page shows as open, and those that are newer than all of its rows."""
    wanted = parse(LiveFilter, given(req))
    plain = JobFilter.model_validate(wanted.model_dump(include=set(JobFilter.model_fields)))
    shown_as_open, _ = _found(app, JobFilter(limit=MAX_LIMIT), wanted.open)
    changed = {job.id: job for job in shown_as_open}
    if wanted.since is not None:
        for job in _found(app, plain)[0]:
            if job.created > wanted.since:
                changed[job.id] = job
    newest_first = sorted(changed.values(), key=lambda job: job.created, reverse=True)
    template = templates.environment().get_template("_job_row.html")
    parts = [
        LivePart(key=str(row.job.id), html=template.render(row=row))
        for row in rows(app, newest_first)
    ]
    return unchanged_or(
        req, Live(running=any(not job.state.ended for job in newest_first), parts=parts)
    )


def _found(
    app: App, wanted: JobFilter, only: Collection[UUID] | None = None
) -> tuple[list[JobSummary], str | None]:
    """A part of the list, and the address of the older ones; with `only`, of these jobs."""
    with app.database.begin() as session:
        found = listing.newest(
            session,
            wanted.limit + 1,
            state=wanted.state,
            avatar=wanted.avatar,
            media_type=wanted.type,
            only=only,
            before=position(wanted, _PLACE),
        )
        held = reports.verdicts(session, (job.report_id for job in found))
    items, older = part(found, wanted, "/", listing.place)
    return [job_summary(job, held.get(job.report_id or 0, ())) for job in items], older


def given(req: func.HttpRequest) -> dict[str, str]:
    """The query's fields; a form sends those that were left empty, too."""
    return {name: value for name, value in req.params.items() if value != ""}
