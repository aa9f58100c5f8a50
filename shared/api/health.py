"""Whether the app runs (`live`), and whether a job could be done now (`show`).

`live` looks at nothing else: an app that is restarted because its database is away helps nobody.
`show` says of storage, database and engines whether they can be reached, how fast and which version
they are. It holds no secret and no address.
"""

import datetime as dt
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Final, Literal

import azure.functions as func
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.api.http import json_response
from shared.api.operation import Operation, json_answer
from shared.app import App
from shared.database import schema
from shared.database.tables import State
from shared.jobs import lifecycle
from shared.jobs.lifecycle import NewJob

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
            version = str(connection.scalar(text("SHOW server_version")))
        if not seen["problem"]:
            seen["unwritable"] = _unwritable(app)
        return version

    threads = ThreadPoolExecutor(2)
    try:
        waiting = [threads.submit(_ask, question) for question in (app.storage.version, database)]
        answers = []
        for future in waiting:
            try:
                answers.append(future.result(ANSWER_SECONDS))
            except FutureTimeoutError:
                answers.append(Dependency(reachable=False))
    finally:
        threads.shutdown(wait=False)
    versions = app.engines.versions()
    engines = [
        EngineHealth(
            name=name,
            default=name == app.settings.engine,
            available=not problems,
            version=versions[name] or None,
            problems=problems,
        )
        for name, problems in app.engines.engines().items()
    ]
    if answers[1].reachable and not seen.get("problem"):
        answers[1].writable = not seen.get("unwritable")
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


def _unwritable(app: App) -> str | None:
    """What the database says to the row that an upload begins with; it is taken back."""
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
    try:
        with app.database.begin() as session:
            lifecycle.create(session, row)
            session.rollback()
    except DBAPIError as error:
        return type(error).__name__
    return None


def _ask(question: Callable[[], str]) -> Dependency:
    started = time.monotonic()
    try:
        version = question()
    except Exception:  # whatever it is, the dependency cannot be used
        return Dependency(reachable=False)
    return Dependency(
        reachable=True,
        version=version,
        milliseconds=round((time.monotonic() - started) * 1000, 1),
    )


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
