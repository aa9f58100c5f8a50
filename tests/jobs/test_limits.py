"""Limits of uploads and of open jobs: exact, over all doors, and with nothing stored above them."""

import datetime as dt
import itertools
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest
import sqlalchemy as sa

from shared.api import jobs as job_routes
from shared.api import uploads as upload_routes
from shared.api.http import respond
from shared.app import App
from shared.database.tables import Job, State
from shared.pages import uploading
from shared.pipeline import events, uploads
from shared.pipeline.upload_fields import Fields, UploadUrlRequest
from shared.pipeline.uploads import Upload
from shared.platform.errors import Code, Problem
from tests import media_factory
from tests.client.running import Client
from tests.stack import NewStack

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media_factory.picture(tmp_path_factory.mktemp("limits") / "face.jpg")


def limited(app: App, **limits: Any) -> App:
    return replace(app, settings=app.settings.model_copy(update=limits))


@pytest.fixture
def submit(image: Path, tmp_path: Path) -> Callable[..., Job]:
    def submit(app: App, key: str | None = None) -> Job:
        path = tmp_path / f"upload-{next(NUMBERS)}"
        path.write_bytes(image.read_bytes())
        return uploads.accept(app, Upload(Fields(avatar="Ada"), "face.jpg", path, key))

    return submit


def promised(app: App) -> uuid.UUID:
    return uploads.promise(app, UploadUrlRequest(avatar="Ada", filename="a.jpg", size=9)).job_id


def count(app: App) -> int:
    with app.database.begin() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Job)) or 0


def change(app: App, **values: Any) -> None:
    with app.database.begin() as session:
        session.execute(sa.update(Job).values(**values))


def ago(seconds: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds)


def wait_of(problem: Problem) -> int:
    return int(problem.headers["Retry-After"])


def test_without_limits_there_are_none(app: App, submit: Callable[..., Job]) -> None:
    for _ in range(3):
        submit(app)
        promised(app)


def test_uploads_of_a_minute(app: App, submit: Callable[..., Job]) -> None:
    app = limited(app, max_uploads_per_minute=2)
    submit(app)
    promised(app)
    for door in (submit, promised):
        with pytest.raises(Problem, match=r"are taken \(2\)") as raised:
            door(app)
        assert raised.value.code is Code.TOO_MANY_UPLOADS
        assert 1 <= wait_of(raised.value) <= 60
    assert count(app) == 2
    change(app, created=ago(20))
    with pytest.raises(Problem) as raised:
        submit(app)
    assert 1 <= wait_of(raised.value) <= 41
    change(app, created=ago(61))
    submit(app)


def test_open_jobs(app: App, submit: Callable[..., Job]) -> None:
    app = limited(app, max_open_jobs=2)
    jobs = [submit(app), submit(app)]
    for door in (submit, promised):
        with pytest.raises(Problem, match=r"at a time \(2\)") as raised:
            door(app)
        assert raised.value.code is Code.TOO_MANY_OPEN_JOBS
        assert wait_of(raised.value) >= 1
    change(app, state=State.DONE)
    jobs.append(submit(app))
    assert count(app) == 3


def test_a_retry_opens_a_job_too(app: App, submit: Callable[..., Job]) -> None:
    app = limited(app, max_open_jobs=1)
    failed = submit(app)
    change(app, state=State.FAILED, error_code="internal_error", error_detail="")
    submit(app)
    request = func.HttpRequest("POST", "/", route_params={"id": str(failed.id)}, body=b"")
    with pytest.raises(Problem) as raised:
        job_routes.retry(request, app)
    assert raised.value.status == 429
    change(app, state=State.FAILED)
    assert job_routes.retry(request, app).status_code == 202


def test_what_is_known_is_never_refused(app: App, submit: Callable[..., Job]) -> None:
    """The same key and content is no upload, but the question what became of it."""
    first = submit(app, "key")
    full = limited(app, max_uploads_per_minute=1, max_open_jobs=1)
    assert submit(full, "key").id == first.id


def test_containers_of_other_programs_are_never_refused(app: App, image: Path) -> None:
    full = limited(app, max_uploads_per_minute=1, max_open_jobs=1)
    for number in range(2):
        container = f"dropped{number}x{uuid.uuid4().hex[:8]}"
        full.storage.create_container(container)
        full.storage.upload_file(container, "face.jpg", image, "image/jpeg")
        events.blob_uploaded(full, container, "face.jpg")
    assert count(app) == 2


def test_the_count_holds_when_many_come_at_once(app: App, submit: Callable[..., Job]) -> None:
    app = limited(app, max_open_jobs=3)
    refused: list[Code] = []

    def come() -> None:
        try:
            promised(app)
        except Problem as problem:
            refused.append(problem.code)

    threads = [threading.Thread(target=come) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(app) == 3
    assert refused == [Code.TOO_MANY_OPEN_JOBS] * 9


@pytest.fixture
def full(app: App, submit: Callable[..., Job], monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """An app that takes nothing more, as the handlers find it."""
    submit(app)
    full = limited(app, max_open_jobs=1)
    monkeypatch.setattr("shared.api.http.app", lambda: full)
    yield full
    assert count(app) == 1


@pytest.mark.parametrize("door", ["form", "raw", "address", "page"])
def test_every_door_says_when_to_come_again(full: App, image: Path, door: str) -> None:
    before = sum(map(len, full.storage.containers()))
    answer = _ask(door, image.read_bytes())
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    if door != "page":
        assert answer.mimetype == "application/problem+json"
        assert json.loads(answer.get_body())["code"] == "too_many_open_jobs"
    assert sum(map(len, full.storage.containers())) == before


def _ask(door: str, content: bytes) -> func.HttpResponse:
    def request(url: str, body: bytes, content_type: str) -> func.HttpRequest:
        headers = {"Content-Type": content_type, "Content-Length": str(len(body))}
        return func.HttpRequest("POST", f"http://localhost{url}", headers=headers, body=body)

    if door == "raw":
        url = "/api/upload?avatar=Ada&filename=face.jpg"
        return respond(request(url, content, "image/jpeg"), upload_routes.upload)
    if door == "address":
        body = json.dumps({"avatar": "Ada", "filename": "a.jpg", "size": 9}).encode()
        return respond(
            request("/api/upload-url", body, "application/json"), upload_routes.upload_url
        )
    form = (
        b'--x\r\nContent-Disposition: form-data; name="avatar"\r\n\r\nAda\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        + content
        + b"\r\n--x--\r\n"
    )
    posted = request("/api/upload", form, "multipart/form-data; boundary=x")
    if door == "page":
        return respond(posted, uploading.upload)
    return respond(posted, upload_routes.upload)


@pytest.mark.thorough
def test_the_client_waits_and_goes_on(new_stack: NewStack, image: Path, tmp_path: Path) -> None:
    """Two files, one job at a time: both are measured."""
    grey = media_factory.picture(tmp_path / "grey.jpg", mode="L")
    stack = new_stack(settings={"MAX_OPEN_JOBS": "1"})
    stack.start()
    run = Client(stack.http, tmp_path).run("submit", image, grey, "--avatar", "Queue")
    assert run.returncode == 0, run.stderr
    assert "takes no more for now (429); trying again in 10" in run.stderr
