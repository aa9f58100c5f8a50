"""Databases that are there and of no use, and transactions in each other's way."""

import datetime as dt
import json
import threading
import uuid
from contextlib import closing
from dataclasses import replace

import azure.functions as func
import pytest
import sqlalchemy as sa
from azure.storage.blob import (
    AccountSasPermissions,
    BlobServiceClient,
    ResourceTypes,
    generate_account_sas,
)
from sqlalchemy.exc import DBAPIError

from shared.api import health
from shared.api.http import respond
from shared.app import App
from shared.database.tables import Job
from shared.jobs import removal
from shared.platform.blob_names import TRIAL_CONTAINER
from shared.platform.outages import as_problem, is_outage, undisturbed
from shared.platform.storage import Storage
from tests.api.test_http import request
from tests.jobs.test_lifecycle import make


class ServerError(Exception):
    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.pgcode = state


def failed(state: str) -> DBAPIError:
    return DBAPIError("INSERT", {}, ServerError(state))


@pytest.mark.parametrize(
    ("state", "outage"),
    [
        ("25006", True),  # read only
        ("53100", True),  # disk full
        ("53300", True),  # too many connections
        ("57P01", True),  # being shut down
        ("23505", False),  # not unique
        ("22021", False),  # a text that it cannot hold
        ("42P01", False),  # no such table
    ],
)
def test_states_of_the_server(state: str, outage: bool) -> None:
    assert is_outage(failed(state)) is outage


def test_a_full_database_is_said() -> None:
    problem = as_problem(failed("53100"))
    assert (problem.status, problem.headers["Retry-After"]) == (503, "60")
    assert "no writes" in problem.detail


@pytest.fixture
def database(fresh_database: str) -> str:
    """Some change settings of it."""
    return fresh_database


def test_a_database_that_takes_no_writes_is_an_outage(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Azure's flexible server at 95 % of its disk, and a primary that was demoted."""
    monkeypatch.setattr("shared.api.http.app", lambda: app)
    assert json.loads(health.show(request("GET"), app).get_body())["database"]["writable"] is True
    name = app.database.engine.url.database
    with app.database.begin() as session:
        session.execute(sa.text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    app.database.close()  # new connections meet it
    answer = health.show(request("GET"), app)
    said = json.loads(answer.get_body())
    assert (answer.status_code, said["status"]) == (503, "unavailable")
    assert (said["database"]["reachable"], said["database"]["writable"]) == (True, False)

    def writing(_: func.HttpRequest, parts: App) -> func.HttpResponse:
        make(parts)
        raise AssertionError("it was written")

    refused = respond(request("POST"), writing)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "60"


def test_storage_that_takes_no_writes_is_said(app: App) -> None:
    """As where a role was taken away, or an account is full: reading goes on."""
    key = BlobServiceClient.from_connection_string(app.settings.storage_connection).credential
    signature = generate_account_sas(
        key.account_name,
        key.account_key,
        ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(read=True, list=True),
        dt.datetime.now(dt.UTC) + dt.timedelta(hours=1),
    )
    blobs = app.storage.url("", "").rstrip("/")
    address = f"BlobEndpoint={blobs};QueueEndpoint={blobs};SharedAccessSignature={signature}"
    reading = Storage(app.settings.model_copy(update={"storage_connection": address}))
    said = json.loads(health.show(request("GET"), app).get_body())
    assert (said["storage"]["reachable"], said["storage"]["writable"]) == (True, True)
    with closing(reading):
        answer = health.show(request("GET"), replace(app, storage=reading))
    said = json.loads(answer.get_body())
    assert (said["storage"]["reachable"], said["storage"]["writable"]) == (True, False)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_health_leaves_nothing(app: App) -> None:
    for _ in range(2):
        health.show(request("GET"), app)
    assert app.storage.blobs(TRIAL_CONTAINER) == []
    assert all(TRIAL_CONTAINER not in page for page in app.storage.containers())
    with app.database.begin() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0


def test_of_two_in_each_others_way_both_succeed(app: App) -> None:
    first, second = make(app), make(app)
    both = threading.Barrier(2)
    ended = {first: threading.Event(), second: threading.Event()}
    tries: list[uuid.UUID] = []

    def work(one: uuid.UUID, other: uuid.UUID) -> None:
        waiting = True

        def transaction() -> None:
            nonlocal waiting
            if not waiting:  # else it may have its row again first, and both wait once more
                assert ended[other].wait(20)
            tries.append(one)
            with app.database.begin() as session:
                removal.begin(session, one)
                if waiting:
                    waiting = False
                    both.wait(20)
                removal.begin(session, other)

        undisturbed(transaction)
        ended[one].set()

    threads = [
        threading.Thread(target=work, args=pair) for pair in ((first, second), (second, first))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(tries) == 3  # one of them twice
    with app.database.begin() as session:
        assert all(job.deleting for job in session.scalars(sa.select(Job)))
