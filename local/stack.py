"""The stack: storage, database, Functions host and event relay of one folder.

    with Stack(folder, ports=ANY) as stack:
        stack.start()
        ...

Each part can be started, stopped and killed by itself, which is what the tests of outages do.
The folder holds `data/`, `logs/` and the lock that keeps a second stack off the same data; the
lock is held until the last process is gone, also when this program is killed.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from local import functions_host, lock, relay
from local.azurite import KEY, Azurite
from local.errors import StackError
from local.functions_host import HostKind
from local.paths import ROOT
from local.ports import Ports, wait_until
from local.postgres import Postgres, require_server
from local.process import Process

HOST_START_LIMIT = 120.0  # [s]; `func` fetches its extension bundle at its first start


class Stack:
    """See the module. `settings` are further environment variables of the app.

    `database_url` names a server to be used instead of the embedded one. `throw_away` is for data
    that nobody wants back: faster, and not safe in a power cut. `storage_key` is another than the
    public one; `database_password` is given although none is asked for.
    """

    def __init__(
        self,
        directory: Path,
        *,
        ports: Ports | None = None,
        host: HostKind = HostKind.AUTO,
        database_url: str | None = None,
        settings: Mapping[str, str] | None = None,
        throw_away: bool = False,
        storage_key: str = KEY,
        database_password: str = "",
    ) -> None:
        self.directory = directory
        self.logs = directory / "logs"
        self._data = directory / "data"
        self.host_kind, self.host_description = functions_host.choose(host)
        self._lock = lock.take(directory)
        self.ports = (ports or Ports()).available()
        self._settings = dict(settings or {})
        self._azurite = Azurite(
            self._data / "azurite",
            self.logs / "azurite.log",
            self.ports,
            key=storage_key,
            lock=self._lock,
        )
        self._postgres = (
            None
            if database_url
            else Postgres(
                self._data / "postgres",
                self.logs / "postgres.log",
                self.ports.database,
                throw_away=throw_away,
                password=database_password,
                lock=self._lock,
            )
        )
        self._database_url = database_url
        self._host: Process | None = None
        self._relay: Process | None = None

    # addresses

    @property
    def http(self) -> str:
        """Base address of the app, without a slash at its end."""
        return functions_host.base_url(self.ports.http)

    @property
    def storage(self) -> str:
        """Connection string of the storage account."""
        return self._azurite.connection_string

    @property
    def blob_endpoint(self) -> str:
        """Address of the blob service, without a slash at its end."""
        return self._azurite.blob_endpoint

    @property
    def has_own_database(self) -> bool:
        """False where `database_url` names a server."""
        return self._postgres is not None

    @property
    def database(self) -> str:
        """URL of the database, for SQLAlchemy and psycopg2 alike."""
        if self._postgres is not None:
            return self._postgres.url
        assert self._database_url is not None
        return self._database_url

    @property
    def host_pid(self) -> int:
        """Process id of the host, as long as it has been started."""
        if self._host is None or not self._host.started:
            raise StackError("The Functions host has not been started.")
        return self._host.pid

    def environment(self) -> dict[str, str]:
        """The environment of the app's processes: ours, with the stack's addresses in it."""
        programs = Path(sys.executable).parent
        return (
            dict(os.environ)
            | {
                # func takes its Python from these
                "VIRTUAL_ENV": sys.prefix,
                "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
                "FUNCTIONS_WORKER_RUNTIME": "python",
                "AzureWebJobsStorage": self.storage,
                "AZURE_STORAGE_CONNECTION_STRING": self.storage,
                "DATABASE_URL": self.database,
                "PYTHONUNBUFFERED": "1",
            }
            | self._settings
        )

    def with_settings(self, settings: Mapping[str, str]) -> None:
        """Further environment variables of the app, for its next start."""
        self._settings |= settings

    # the whole

    def start(self) -> None:
        """Everything, in order, until the app answers."""
        self.start_services()
        self.migrate()
        self.start_host()
        self.start_relay()

    def start_services(self) -> None:
        """Storage and database."""
        self.start_storage()
        self.start_database()

    def stop(self) -> None:
        """Stop every process. Safe to repeat; the data stays."""
        for process in (self._relay, self._host, self._azurite.process):
            if process is not None:
                process.stop()
        self.stop_database()
        if self._lock >= 0:
            lock.release(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def parts(self) -> list[tuple[Process, Callable[[], None]]]:
        """What has been started and not been stopped on purpose, and how to start it again."""
        every = [(self._azurite.process, self.start_storage)]
        if self._postgres is not None:
            every.append((self._postgres.process, self.start_database))
        if self._host is not None:
            every.append((self._host, self.start_host))
        if self._relay is not None:
            every.append((self._relay, self._relay.start))
        return [part for part in every if part[0].started]

    # the parts

    def start_storage(self) -> None:
        self._azurite.start()

    def stop_storage(self) -> None:
        self._azurite.process.stop()

    def start_database(self) -> None:
        if self._postgres is None:
            require_server(self.database)
        else:
            self._postgres.start()

    def stop_database(self) -> None:
        if self._postgres is not None:
            self._postgres.process.stop()

    def migrate(self, revision: str = "head") -> None:
        """Bring the database to a revision, `alembic upgrade`."""
        result = subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", revision],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            self.logs.mkdir(parents=True, exist_ok=True)
            log = self.logs / "migrations.log"
            log.write_text(result.stdout + result.stderr)
            reason = "\n".join(result.stderr.strip().splitlines()[-3:])
            raise StackError(f"The database could not be migrated ({log}):\n{reason}")

    def start_host(self) -> None:
        """Start the Functions host and wait until it answers."""
        host = self._host = Process(
            "The Functions host",
            functions_host.command(self.host_kind, self.ports.http),
            self.logs / "host.log",
            environment=self.environment(),
            grace=15.0,
            lock=self._lock,
        )
        host.start()
        try:
            wait_until(self._host_answers, lambda: host.running, HOST_START_LIMIT, host.name)
        except StackError as error:
            host.stop()
            raise StackError(f"{error} The end of {host.log}:\n{host.last_lines()}") from None

    def stop_host(self) -> None:
        if self._host is not None:
            self._host.stop()

    def kill_host(self) -> None:
        """SIGKILL for the host, as a crash would end it."""
        if self._host is not None:
            self._host.kill()

    def start_relay(self, webhook: str | None = None) -> None:
        """Start to tell a host of uploads: ours, or the one behind `webhook`."""
        self._relay = Process(
            "The event relay",
            [
                *(sys.executable, "-m", "local.relay"),
                *("--log", self._azurite.log),
                *("--state", self._data / "relay.json"),
                *("--webhook", webhook or relay.webhook_url(self.http)),
            ],
            self.logs / "relay.log",
            environment=self.environment(),
            grace=2.0,
            lock=self._lock,
        )
        self._relay.start()

    def stop_relay(self) -> None:
        if self._relay is not None:
            self._relay.stop()

    def _host_answers(self) -> bool:
        try:
            response = httpx.get(f"{self.http}/admin/host/ping", timeout=5, trust_env=False)
        except httpx.TransportError:
            return False
        return response.status_code < 500
