"""Fixtures with real services: each test run has its own Azurite and PostgreSQL.

services        (session)  storage and a database server; the host does not run
database        (function) address of a migrated database on that server, without anybody's rows
fresh_database  (function) the same, for tests that change its schema: of nobody else's, and new
empty_database  (function) a new one without any table
stack           (session)  the whole app on services of its own, with host and relay
service         (session)  a client of `stack`, over HTTP
make_stack      (session)  makes further stacks, each stopped at the end of its `with`
new_stack       (function) the same, stopped after the test: for tests that kill parts

The processes end with the test run, also when it is killed. The data is below
`.local/test-runs`; what a killed run left there is removed by the next one.
"""

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import alembic.config
import pytest

from local.functions_host import HostKind
from local.lock import is_held, release, take
from local.paths import LOCAL, ROOT
from local.ports import ANY
from local.postgres import create_database, drop_database
from local.stack import Stack
from tests import emptied, leaks
from tests.end_to_end.service import Service

_RUNS = LOCAL / "test-runs"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Services:
    """Where the services of this test run are."""

    storage: str  # connection string
    server: str  # address of a database that is there only to make others from


class MakeStack(Protocol):
    """Makes a stack that is stopped at the end of the block; nothing of it is started yet."""

    def __call__(
        self, settings: Mapping[str, str] | None = None
    ) -> AbstractContextManager[Stack]: ...


class NewStack(Protocol):
    """Makes a stack that is stopped after the test; nothing of it is started yet."""

    def __call__(self, *, settings: Mapping[str, str] | None = None) -> Stack: ...


@pytest.fixture(scope="session")
def run_folder() -> Iterator[Path]:
    """The folder of this test run; removed at its end."""
    _RUNS.mkdir(parents=True, exist_ok=True)
    for folder in _RUNS.iterdir():  # a young one may be about to take its lock
        if time.time() - folder.stat().st_mtime > 60 and not is_held(folder):
            shutil.rmtree(folder, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=_RUNS))
    lock = take(folder)
    yield folder
    release(lock)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def services(run_folder: Path) -> Iterator[Services]:
    with _stack(run_folder / "services") as stack:
        stack.start_services()
        yield Services(stack.storage, stack.database)


@pytest.fixture(scope="session")
def template(services: Services) -> str:
    """The name of a migrated database; a copy of it is quicker than the migrations."""
    address = create_database(services.server, "template_app")
    migrate(address)
    return "template_app"


@pytest.fixture(scope="session")
def reused_database(services: Services, template: str) -> str:
    address = create_database(services.server, "reused", template)
    emptied.keep(address)
    return address


@pytest.fixture
def database(reused_database: str) -> Iterator[str]:
    yield reused_database
    emptied.empty(reused_database)


@pytest.fixture
def fresh_database(services: Services, template: str) -> Iterator[str]:
    yield from _database(services, template)


@pytest.fixture
def empty_database(services: Services) -> Iterator[str]:
    yield from _database(services, None)


@pytest.fixture(scope="session")
def stack(run_folder: Path) -> Iterator[Stack]:
    with _stack(run_folder / "stack") as stack:
        stack.start()
        yield stack


@pytest.fixture(scope="session")
def service(stack: Stack) -> Iterator[Service]:
    client = Service(stack)
    yield client
    client.close()


@pytest.fixture(scope="session")
def make_stack(run_folder: Path) -> MakeStack:
    @contextmanager
    def make(settings: Mapping[str, str] | None = None) -> Iterator[Stack]:
        folder = run_folder / f"stack-{next(_numbers)}"
        try:
            with _stack(folder, settings) as stack:
                yield stack
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return make


@pytest.fixture
def new_stack(make_stack: MakeStack) -> Iterator[NewStack]:
    with ExitStack() as made:

        def make(*, settings: Mapping[str, str] | None = None) -> Stack:
            return made.enter_context(make_stack(settings))

        yield make


def migrate(database: str, *command: str) -> None:
    """Run Alembic on a database: `upgrade head` where nothing else is said.

    In this process: to start one and import everything takes longer than the migrations.
    """
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", database)
        alembic.config.main(["-c", str(ROOT / "alembic.ini"), *(command or ("upgrade", "head"))])


class _TestedStack(Stack):
    def migrate(self, revision: str = "head") -> None:
        migrate(self.database, "upgrade", revision)


@contextmanager
def _stack(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """A stack with secrets of its own, which must not be in its logs afterwards."""
    with _TestedStack(
        folder,
        ports=ANY,
        host=HostKind.BUILTIN,
        settings=settings,
        throw_away=True,
        storage_key=leaks.STORAGE_KEY,
        database_password=leaks.DATABASE_PASSWORD,
    ) as stack:
        yield stack
    leaks.check_logs(stack.logs)


def _database(services: Services, template: str | None) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    yield create_database(services.server, name, template)
    drop_database(services.server, name)
