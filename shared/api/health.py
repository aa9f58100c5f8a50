"""Whether the app runs (`live`), and whether a job could be done now (`show`).

`live` looks at nothing else: an app that is restarted because its database is away helps nobody.
`show` says of storage, database and engines whether they can be reached, how fast and which version
they are. It holds no secret and no address.
"""

import datetime as dt
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Final, Literal

import azure.functions as func
from pydantic import BaseModel, Field

from shared.api.http import json_response
from shared.api.operation import Operation, json_answer
from shared.app import App
from shared.database import schema
from shared.database.connection import server_version
from shared.database.tables import State
from shared.jobs import lifecycle
from shared.jobs.lifecycle import NewJob
from shared.measurements.model import MediaType

_logger = logging.getLogger("avatar.health")

ANSWER_SECONDS: Final = 8.0  # a dependency that takes longer is away


class Dependency(BaseModel):
    reachable: bool
    writable: bool | None = Field(default=None, description="Whether it takes what uploads write.")
    version: str | None = None
    milliseconds: float | None = None


class EngineHealth(BaseModel):
    name: str
    default: bool
    available: bool
    version: str | None
    types: list[MediaType] = Field(description="What can be measured with it here.")
    problems: list[str]


class Live(BaseModel):
    status: Literal["ok"] = "ok"


class Health(BaseModel):
    status: Literal["ok", "unavailable"]
    storage: Dependency
    database: Dependency
    schema_revision: str | None
    schema_problem: str | None
    engines: list[EngineHealth]
    setbacks: int = Field(
        description="Jobs and containers that this process could not deal with and tries again."
    )


async def live(_: func.HttpRequest) -> func.HttpResponse:
    """200 as long as this process answers at all, also while every thread has a job."""
    return json_response(Live())


def show(_: func.HttpRequest, app: App) -> func.HttpResponse:
    """200 where a job could be done now, else 503 with which part is missing."""
    seen: dict[str, str | None] = {}

    def database() -> str:
        with app.database.engine.connect() as connection:
            seen["revision"] = schema.revision(connection)
            seen["problem"] = schema.objection(connection)
            return server_version(connection)

    def write_row() -> bool | None:
        return None if seen["problem"] else _takes(lambda: _try_row(app))

    questions = (
        lambda: _ask(app.storage.version, lambda: _takes(app.storage.try_write)),
        lambda: _ask(database, write_row),
    )
    threads = ThreadPoolExecutor(len(questions))
    try:
        waiting = [threads.submit(question) for question in questions]
        answers = [_answer(future) for future in waiting]
    finally:
        threads.shutdown(wait=False)
    engines = _engines(app)
    usable = (
        all(answer.reachable and answer.writable is not False for answer in answers)
        and not seen.get("problem")
        and any(engine.default and engine.available for engine in engines)
    )
    body = Health(
        status="ok" if usable else "unavailable",
        storage=answers[0],
        database=answers[1],
        schema_revision=seen.get("revision"),
        schema_problem=seen.get("problem"),
        engines=engines,
        setbacks=len(app.setbacks),
    )
    headers = {} if usable else {"Retry-After": "5"}
    return json_response(body, 200 if usable else 503, headers)


def _engines(app: App) -> list[EngineHealth]:
    return [
        EngineHealth(
            name=name,
            default=name == app.settings.engine,
            available=not status.problems,
            version=status.version or None,
            types=[] if status.problems else status.types,
            problems=status.problems,
        )
        for name, status in app.engines.statuses().items()
    ]


def _try_row(app: App) -> None:
    """The row that an upload begins with; it is taken back."""
    number = uuid.uuid4()
    row = NewJob(
        id=number,
        container=str(number),
        state=State.CREATED,
        avatar="health",
        name="health",
        filename="health",
        blob="health",
        upload_until=dt.datetime.now(dt.UTC),
    )
    with app.database.begin() as session:
        lifecycle.create(session, row)
        session.rollback()


def _takes(write: Callable[[], None]) -> bool:
    try:
        write()
    except Exception as error:  # whatever it is, nothing can be uploaded
        _logger.warning("health: no write, %s", type(error).__name__)
        return False
    return True


def _ask(question: Callable[[], str], write: Callable[[], bool | None]) -> Dependency:
    started = time.monotonic()
    try:
        version = question()
    except Exception as error:  # whatever it is, the dependency cannot be used
        _logger.warning("health: no answer, %s", type(error).__name__)
        return Dependency(reachable=False)
    return Dependency(
        reachable=True,
        writable=write(),
        version=version,
        milliseconds=round((time.monotonic() - started) * 1000, 1),
    )


def _answer(future: Future[Dependency]) -> Dependency:
    try:
        return future.result(ANSWER_SECONDS)
    except FutureTimeoutError:
        return Dependency(reachable=False)


OPERATIONS: Final = (
    Operation(
        "get",
        "/api/health",
        "health",
        show,
        "service",
        "Whether the service can work, and with what",
        {
            200: json_answer(Health, "A job could be done now."),
            503: json_answer(Health, "It could not; the body says why."),
        },
        for_everybody=True,
    ),
    Operation(
        "get",
        "/api/health/live",
        "live",
        live,
        "service",
        "Whether the service runs; looks at nothing that it needs",
        {200: json_answer(Live, "It runs.")},
        for_everybody=True,
    ),
)
