"""What pages make of rows: few queries, little work, and small where nothing changed."""

import datetime as dt
import json
from typing import Any
from urllib.parse import unquote

import azure.functions as func
import pytest
import sqlalchemy as sa
from markupsafe import escape

from shared.analysis.parameter_sets import ParameterSet
from shared.app import App
from shared.database.tables import EventKind, Job, State, Step, WebhookEvent
from shared.jobs import deliveries, lifecycle
from shared.jobs.deliveries import ReceiverAnswer
from shared.measurements.action_units import INTENSITIES
from shared.media.formats import Kind, MediaFacts
from shared.pages import (
    addresses,
    avatar_page,
    avatars_page,
    job_page,
    jobs_page,
    report_page,
    set_editor,
    sets_page,
)
from shared.pages.templates import iso, number, percent, seconds, size, timecode
from shared.platform.errors import Code, Problem
from shared.reports import parameter_sets, reports
from tests import recorded
from tests.calls import calls
from tests.pages.made import job
from tests.pages.requests import get, post
from tests.statements import counted

FRAMES = 18_000  # ten minutes


def make_jobs(app: App, count: int) -> None:
    query = sa.text(
        "INSERT INTO job"
        " (id, container, state, avatar, name, filename, blob, upload_until, created) SELECT"
        " gen_random_uuid(), gen_random_uuid(), CASE n % 50 WHEN 0 THEN 'failed' ELSE 'done' END,"
        " 'Ada ' || n % 40, 'build ' || n, 'clip.mp4', 'clip.mp4', now(),"
        " now() - n * interval '1 minute' FROM generate_series(1, :count) AS n"
    )
    with app.database.begin() as session:
        session.execute(query, {"count": count})


def text(response: func.HttpResponse) -> str:
    return response.get_body().decode()


def test_the_list_of_many_jobs_costs_no_more_than_that_of_a_page(app: App) -> None:
    make_jobs(app, 60)
    jobs_page.jobs_page(get(), app)  # templates are compiled at their first use
    with calls() as few:
        jobs_page.jobs_page(get(), app)
    make_jobs(app, 10_000)
    with counted(app) as queries, calls() as many:
        page = text(jobs_page.jobs_page(get(), app))
    assert page.count("<tr data-part") == 50
    assert len(queries) <= 10
    assert many.count < 1.1 * few.count
    older = jobs_page.jobs_page(get(query={"cursor": page.split("cursor=")[1].split('"')[0]}), app)
    assert "Older jobs" in text(older)


def live(app: App, query: dict[str, str], etag: str = "") -> tuple[int, Any, str]:
    response = jobs_page.live_jobs(get(query=query, headers={"If-None-Match": etag}), app)
    body = json.loads(response.get_body()) if response.status_code == 200 else None
    return response.status_code, body, response.headers["ETag"]


def test_what_did_not_change_is_not_sent_again(app: App) -> None:
    running = job(app, state=State.EXTRACTING, progress={"frames_done": 3, "frames_expected": 9})
    query = {"open": str(running.id)}
    status, body, etag = live(app, query)
    assert status == 200
    assert body["running"] is True
    assert [part["key"] for part in body["parts"]] == [str(running.id)]
    assert "3 of 9 frames" in body["parts"][0]["html"]
    assert live(app, query, etag)[0] == 304
    with app.database.begin() as session:
        session.execute(sa.update(Job).values(progress={"frames_done": 9, "frames_expected": 9}))
    assert live(app, query, etag)[0] == 200


def test_jobs_of_others_appear(app: App) -> None:
    known = job(app)
    with app.database.begin() as session:
        since = iso(session.get_one(Job, known.id).created)
    new = job(app, state=State.CREATED)
    _, body, _ = live(app, {"since": since})
    assert [part["key"] for part in body["parts"]] == [str(new.id)]
    _, body, _ = live(app, {"since": since, "avatar": "Somebody else"})
    assert body == {"running": False, "whole": False, "parts": []}


def test_a_failed_row_says_where(app: App) -> None:
    failed = job(app, state=State.FAILED, error_code="no_face_found", error_detail="No face.")
    with app.database.begin() as session:
        lifecycle.record(session, failed.id, Step.EXTRACT, EventKind.FAILED, "No face.")
    page = text(jobs_page.jobs_page(get(), app))
    assert "Upload: done, Measure: stopped, Analyse: waiting" in page


def test_a_job_s_page_says_what_became_of_its_webhooks(app: App) -> None:
    """Of its last end, and of an address no more than may be shown."""
    old, last = (dt.datetime(2026, 11, day, 9, 30, tzinfo=dt.UTC) for day in (3, 4))
    found = job(app, finished=old)
    with app.database.begin() as session:
        deliveries.add(session, found, WebhookEvent.JOB_ENDED, {}, ["https://before.example/"])
        found = session.get_one(Job, found.id)
        found.finished = last
        hosts = ("delivered", "refused", "away", "waiting")
        addresses_ = [f"https://{host}.example/planted?q=planted" for host in hosts]
        deliveries.add(session, found, WebhookEvent.BUILD_ENDED, {}, addresses_)
        rows = {row.address.split(".")[0][8:]: row for row in deliveries.of_job(session, found.id)}
        for host, answer in (
            ("delivered", ReceiverAnswer(204)),
            ("refused", ReceiverAnswer(410)),
            ("away", ReceiverAnswer(words="It took too long.")),
        ):
            claimed = deliveries.claim(session, rows[host].id)
            assert claimed
            deliveries.settle(session, claimed, answer)
    page = " ".join(text(job_page.job_page(get(id=str(found.id)), app)).split())
    start = "<dd>https://{}.example, build ended: {}"
    assert start.format("delivered", 'delivered <time datetime="') in page
    assert "</time>; 1 try, last answer: 204</dd>" in page
    assert start.format("refused", "given up; 1 try, last answer: 410</dd>") in page
    away = "not delivered yet; 1 try, last one: It took too long; next try <time"
    assert start.format("away", away) in page
    assert start.format("waiting", "not sent yet; next try <time") in page
    assert "planted" not in page
    assert "before.example" not in page


def test_what_was_measured_is_kept_where_it_could_not_be_judged(app: App) -> None:
    with app.database.begin() as session:
        number_ = recorded.measurement(session).report.id
    error = {"error_code": Code.UNKNOWN_PARAMETER_SET, "error_detail": "There is no set <x>."}
    found = job(app, state=State.FAILED, report_id=number_, **error)
    page = text(job_page.job_page(get(id=str(found.id)), app))
    assert "Not judged" in page
    assert f'href="/reports/{number_}"' in page
    assert 'class="primary" id="retry"' in page
    assert "There is no set &lt;x&gt;." in page


def test_a_heic_is_shown_as_a_jpeg_where_browsers_show_none(app: App) -> None:
    made = job(app, media=MediaFacts("HEIC", Kind.IMAGE, 0))
    page = text(job_page.job_page(get(id=str(made.id)), app))
    assert f'<source srcset="/jobs/{made.id}/media" type="image/heic">' in page
    assert f'<img src="/jobs/{made.id}/thumbnail"' in page
    other = job(app)
    page = text(job_page.job_page(get(id=str(other.id)), app))
    assert f'<picture><img src="/jobs/{other.id}/media"' in page


def test_a_job_whose_measurement_is_gone_is_shown(app: App) -> None:
    assert "face.jpg" in text(job_page.job_page(get(id=str(job(app).id)), app))


def test_a_step_that_is_repeated_shows_its_attempts(app: App) -> None:
    running = job(app, state=State.EXTRACTING)
    with app.database.begin() as session:
        for attempt in (1, 2):
            lifecycle.record(session, running.id, Step.EXTRACT, EventKind.STARTED, attempt=attempt)
            if attempt == 1:
                lifecycle.record(
                    session, running.id, Step.EXTRACT, EventKind.RETRYING, "Lost <it>."
                )
    page = text(job_page.job_page(get(id=str(running.id)), app))
    assert "running, attempt 2" in page
    assert "Lost &lt;it&gt;." in page


def expectations(upper: float) -> ParameterSet:
    levels = [{"measure": f"{au}.level", "lower": 0.0, "upper": upper} for au in INTENSITIES]
    return ParameterSet.model_validate({"name": "All", "engine": "openface", "parameters": levels})


def held(app: App, frames: int, faces: int) -> int:
    """A measurement with a report full of violations; its number."""
    with app.database.begin() as session:
        stored = recorded.measurement(session, frames, faces=faces)
        expected = expectations(2.0)
        chosen = parameter_sets.find(session, expected.name) or parameter_sets.add(
            session, expected, None
        )
        found = reports.measured(session, app.storage, stored)
        reports.hold(session, app.storage, stored, found, [chosen])
        return stored.report.id


@pytest.mark.parametrize("faces", [1, 4])
def test_the_report_of_a_long_clip_is_no_work_per_frame(app: App, faces: int) -> None:
    """Ten times the frames are less than twice the work: only violations grow in number."""
    short, long = (get(id=str(held(app, frames, faces))) for frames in (FRAMES // 10, FRAMES))
    report_page.report_page(short, app)  # templates are compiled at their first use
    with calls() as little:
        report_page.report_page(short, app)
    with counted(app) as queries, calls() as much:
        page = text(report_page.report_page(long, app))
    assert page.count('class="trace"') == len(INTENSITIES)
    assert len(queries) <= 16
    assert much.count < 2 * little.count
    assert len(page) < 250_000


def test_reports_that_are_not_there(app: App) -> None:
    number_ = held(app, 50, 1)
    for address in ("x", "0", "999999", f"{number_}-999999", f"{number_}-x", ""):
        with pytest.raises(Problem) as problem:
            report_page.report_page(get(id=address), app)
        assert problem.value.code is Code.REPORT_NOT_FOUND, address
    with pytest.raises(Problem) as problem:
        report_page.report_page(get(id=str(number_), query={"face": "7"}), app)
    assert problem.value.code is Code.REPORT_NOT_FOUND


def test_each_face_has_a_page_of_its_own(app: App) -> None:
    number_ = held(app, 100, 3)
    page = text(report_page.report_page(get(id=str(number_), query={"face": "2"}), app))
    assert 'data-face="2"' in page
    for face in range(3):
        assert f"face={face}" in page


def test_a_clip_that_is_all_within_shows_no_violation(app: App) -> None:
    with app.database.begin() as session:
        stored = recorded.measurement(session, 100)
        chosen = parameter_sets.add(session, expectations(5.0), None)
        reports.hold(
            session, app.storage, stored, reports.measured(session, app.storage, stored), [chosen]
        )
        number_ = stored.report.id
    page = text(report_page.report_page(get(id=str(number_)), app))
    assert "Within what “All” expects, in all of 17 parameters" in page
    assert 'class="violations"' not in page


def test_parameters_of_a_natural_set_have_a_part_of_their_own(app: App) -> None:
    """And what cannot be judged of how the face moves is named with its reason."""
    content = ParameterSet.model_validate(
        {
            "name": "Natural",
            "engine": "openface",
            "mode": "natural",
            "natural": {"left_out": ["flicker"]},
            "parameters": [{"measure": "AU12.level", "lower": 0.0, "upper": 0.1}],
        }
    )
    with app.database.begin() as session:
        stored = recorded.measurement(session, 200)
        chosen = parameter_sets.add(session, content, None)
        found = reports.measured(session, app.storage, stored)
        reports.hold(session, app.storage, stored, found, [chosen])
        number_ = stored.report.id
    page = text(report_page.report_page(get(id=str(number_)), app))
    assert 'class="panel part part-fail"><div class="part-head"><strong>Parameters' in page
    assert 'class="panel part part-inconclusive"><div class="part-head"><strong>Movement' in page
    assert "What was not judged, and why" in page
    assert "Left out by the set: flicker." in page
    shown = text(sets_page.set_page(get(name="Natural"), app))
    assert "<dt>Left out</dt><dd>flicker</dd>" in shown
    assert "AU12.level" in shown


def test_avatars_are_found_by_any_name(app: App) -> None:
    names = ("Ada", "a/b", "..", ".", "ünïcødé 😀", "<b>&'\"", "?x=1#y", "a\\b", "+ +")
    with app.database.begin() as session:
        for name in names:
            recorded.measurement(session, 10, avatar=name)
    for name in names:
        address = addresses.avatar(name)
        path, _, query = address.partition("?")
        if query:
            request = get(query={"name": name})
            assert path == "/avatars"
            page = text(avatars_page.avatars_page(request, app))
        else:
            route = path.removeprefix("/avatars/")
            page = text(avatar_page.avatar_page(get(name=unquote(route)), app))
        assert f"<h1>{escape(name)}</h1>" in page


def test_every_wrong_parameter_is_named_and_hides_no_other(app: App) -> None:
    body = {
        "name": " ",
        "engine": "mediapipe",
        "parameters": [
            {"measure": "AU12.level", "lower": 1, "upper": 2},
            {"measure": "AU12.nonsense", "lower": 1, "upper": 2},
            {"measure": "AU06.level", "lower": 3, "upper": 2},
            {"measure": "AU25.level", "lower": None, "upper": None},
        ],
    }
    found = json.loads(set_editor.check(post("/parameter-set-check", body), app).get_body())
    first, *others = found["parameters"]
    assert (first["band"], first["error"]) == ("1 to 2", "")
    assert first["chart"].startswith("<svg")
    assert all(item["error"] and not item["chart"] for item in others)
    assert [item["field"] for item in found["errors"]] == ["name"]


def test_numbers_in_words() -> None:
    assert [number(v) for v in (None, 0, 1.5, 2.004, -1.25, 0.004, 12.0)] == [
        *("–", "0", "1.5", "2", "\u22121.25", "0.004", "12"),
    ]
    assert [percent(v) for v in (None, 0, 0.5, 0.9996, 1, 0.001)] == [
        *("–", "0 %", "50 %", "99.9 %", "100 %", "0.1 %"),
    ]
    assert [seconds(v) for v in (0.42, 5, 42, 185, 3720, 3600)] == [
        *("0.42 s", "5.0 s", "42 s", "3 min 5 s", "1 h 2 min", "1 h"),
    ]
    assert [size(v) for v in (512, 48_000, 2_400_000, 3 * 10**9)] == [
        *("512 B", "48 kB", "2.4 MB", "3.0 GB"),
    ]
    assert (timecode(65.4), timecode(7.483, 2)) == ("1:05", "0:07.48")
