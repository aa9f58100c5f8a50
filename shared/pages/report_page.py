"""`/reports/{id}`: a measurement, and what it was held to.

The id is a measurement's number, or that and the number of a set's version (`17-4`), as the API's.
With an extension it is the API's file of the report, which `routes` sees to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from shared.analysis.report import Verdict
from shared.api.http import json_response, parse
from shared.app import App
from shared.pages import natural_rows, report_data, report_rows
from shared.pages.foremost import foremost
from shared.pages.jobs_page import given
from shared.pages.report_data import ReportData
from shared.pages.report_rows import Timelines
from shared.pages.responses import page
from shared.pages.timelines import Window
from shared.platform.errors import Code, Problem
from shared.platform.storage import Storage
from shared.reports import boxes, set_listing

STILLS: Final = frozenset({"IP", "IW"})
PLAYABLE: Final = frozenset({"MP4", "MOV", "WebM", "MKV"})

Seconds = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]


class View(BaseModel):
    """The query: which face, which time; `t` is where the player begins."""

    model_config = ConfigDict(extra="forbid")

    face: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    start: Seconds | None = None
    end: Seconds | None = None
    t: Seconds | None = None


@dataclass(frozen=True, slots=True)
class _Frames:
    shown: Sequence[boxes.Box] = ()
    timelines: Timelines | None = None
    gone: str | None = None  # why there is neither


class BoxesView(BaseModel):
    """`[time, left, top, width, height, face]`; in s, and in pixels of the picture."""

    width: int
    height: int
    boxes: list[tuple[float, float, float, float, float, int]]


def wants_file(req: func.HttpRequest) -> bool:
    """Whether the address ends in the extension of a report's file."""
    return "." in _identifier(req)


def report_page(req: func.HttpRequest, app: App) -> func.HttpResponse:
    return page("report.html", report_values(app, _identifier(req), parse(View, given(req))))


def report_values(app: App, identifier: str, view: View) -> dict[str, Any]:
    """What `_report.html` shows. Raises Problem where there is no such report."""
    with app.database.begin() as session:
        data = report_data.load(session, identifier, view.face)
        still = data.measurement.report.type in STILLS
        frames = _frames(session, app.storage, data, view)
        values: dict[str, Any] = {
            "data": data,
            "view": view,
            "still": still,
            "boxes": frames.shown,
            "has_boxes": boxes.known(data.measurement),
            "playable": _playable(data),
            "timelines": frames.timelines,
            "gone": frames.gone,
            "sets": set_listing.names(session, data.measurement.extraction.engine),
        }
    extraction = data.measurement.extraction
    nature = natural_rows.nature_rows(data.result, extraction.duration)
    by_hand = natural_rows.by_hand(data.result.results) if data.result else []
    return values | {
        "groups": report_rows.parameter_groups(by_hand),
        "units": report_rows.unit_rows(data.entries, extraction.scale),
        "headline": headline(data),
        "foremost": foremost(data.result, extraction.duration, data.identifier),
        "nature": nature,
        "unknown": natural_rows.unknown(data.result.results) if data.result else [],
    }


def timelines_part(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """The timelines alone, for another stretch of time."""
    view = parse(View, given(req))
    with app.database.begin() as session:
        data = report_data.load(session, _identifier(req), view.face)
        found = _timelines(session, app.storage, data, view)
    if found is None:
        raise Problem(Code.NOT_FOUND, "There is nothing to show over time.")
    return page("_timelines.html", {"data": data, "timelines": found})


def boxes_part(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """Boxes of the face, or of all faces, for the player to draw over the clip."""
    view = parse(View, given(req))
    with app.database.begin() as session:
        measurement, _ = report_data.locate(session, _identifier(req))
        end = float("inf") if view.end is None else view.end
        wanted = boxes.WantedBoxes(view.face, view.start or 0.0, end)
        found = boxes.boxes(session, app.storage, measurement, wanted)
    rows = [
        (b.time, round(b.left), round(b.top), round(b.width), round(b.height), b.face)
        for b in found
    ]
    extraction = measurement.extraction
    return json_response(
        BoxesView.model_validate(
            {"width": extraction.width, "height": extraction.height, "boxes": rows}
        )
    )


def _identifier(req: func.HttpRequest) -> str:
    return str(req.route_params.get("id", ""))


def headline(data: ReportData) -> str:
    """The verdict in words."""
    report = data.report
    if report is None:
        return "Measured, and held to no parameter set"
    if report.parameter_set.mode == "natural":
        return _natural_headline(data)
    counts, name = report.counts, report.parameter_set.name
    measured = counts.within + counts.not_within
    every = measured + counts.not_measured
    if report.verdict is Verdict.PASS:
        return f"Within what “{name}” expects, in all of {measured} parameters"
    if report.verdict is Verdict.FAIL:
        out, verb = counts.not_within, "is" if counts.not_within == 1 else "are"
        return f"Not what “{name}” expects: {out} of {measured} parameters {verb} out"
    unknown, verb = counts.not_measured, "was" if counts.not_measured == 1 else "were"
    return (
        f"Whether it is what “{name}” expects cannot be said: {unknown} of {every} parameters "
        f"{verb} not measured"
    )


def _natural_headline(data: ReportData) -> str:
    report = data.report
    words = report.words if report else None
    if words is not None:
        return words[:1].upper() + words[1:]
    if data.measurement.report.type in STILLS:
        return "How a face moves cannot be seen in a picture"
    return "No face was seen that could be judged"


def _playable(data: ReportData) -> bool:
    job = data.measurement.job
    return bool(job and job.media and job.media.format in PLAYABLE)


def _frames(session: Session, storage: Storage, data: ReportData, view: View) -> _Frames:
    """What is drawn from the frames; where they are gone, the rest of the page is there still."""
    try:
        if data.measurement.report.type in STILLS:
            every = boxes.boxes(session, storage, data.measurement, boxes.WantedBoxes())
            return _Frames(every)
        return _Frames(timelines=_timelines(session, storage, data, view))
    except Problem as problem:
        if problem.code is not Code.FRAMES_GONE:
            raise
        return _Frames(gone=problem.detail)


def _timelines(
    session: Session, storage: Storage, data: ReportData, view: View
) -> Timelines | None:
    if data.face is None:
        return None
    track = report_data.load_track(session, storage, data.measurement, data.face.face)
    if track is None or not len(track) or not track.interval:
        return None
    last = max(track.duration, float(track.times[-1]) + track.interval)
    start = min(view.start or 0.0, last)
    end = last if view.end is None else min(view.end, last)
    if end - start < 2 * track.interval:
        start, end = 0.0, last
    window = Window(start, end)
    found = report_rows.timeline_rows(track, data.result, window)
    sound = report_data.load_sound(storage, data.measurement)
    return found if sound is None else replace(found, sound=report_rows.sound_row(sound, window))
