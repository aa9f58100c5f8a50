"""A job is deleted while its measurement is held to another set: each waits for the other's rows.

PostgreSQL ends one of the two transactions; that request is done again, and its caller never knows.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import azure.functions as func
import pytest
import sqlalchemy as sa

from shared.api import http, jobs
from shared.api import reports as report_routes
from shared.app import App
from shared.database.tables import ActionUnitReport, Job
from shared.reports import parameter_sets, reports
from tests import recorded
from tests.pages.made import job as made_job
from tests.pages.requests import get, post
from tests.reports.test_parameter_sets import content

WAITERS = sa.text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def test_deleting_and_reporting_at_once(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.database.begin() as session:
        number = recorded.measurement(session).id
        parameter_sets.add(session, content(), None)
    job = made_job(app, report_id=number)
    holds, tries = threading.Event(), []
    measured = reports.measured

    def when_the_other_waits(*arguments: Any) -> Any:
        """With the lock of the measurement; the other has that of its report."""
        if not holds.is_set():
            holds.set()
            while not _waiters(app):
                pass
        return measured(*arguments)

    def respond(request: func.HttpRequest, handler: http.Handler) -> int:
        def counted(req: func.HttpRequest, parts: App) -> func.HttpResponse:
            tries.append(handler)
            return handler(req, parts)

        return int(http.respond(request, counted).status_code)

    monkeypatch.setattr(reports, "measured", when_the_other_waits)
    monkeypatch.setattr(http, "app", lambda: app)
    wanted = {"report": number, "parameter_sets": [content().name]}
    with ThreadPoolExecutor(2) as threads:
        made = threads.submit(respond, post("/api/reports", wanted), report_routes.make)
        assert holds.wait(60)
        deleted = threads.submit(respond, get(id=str(job.id)), jobs.delete)
        assert deleted.result() == 204
        assert made.result() in (201, 404)  # which of the two is done again is the database's
    assert len(tries) == 3
    with app.database.begin() as session:
        for table in (Job, ActionUnitReport):
            assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0


def _waiters(app: App) -> int:
    with app.database.begin() as session:
        return session.scalar(WAITERS) or 0
