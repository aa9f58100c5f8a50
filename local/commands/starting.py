"""Starting the stack of this checkout with a line per part."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from local import runfile
from local.bootstrap.console import say, step
from local.errors import StackError
from local.functions_host import HostKind
from local.paths import LOCAL
from local.ports import Ports
from local.stack import Stack


@contextmanager
def start_services(host: HostKind = HostKind.AUTO) -> Iterator[Stack]:
    """Storage, database and its schema; all of it is stopped at the end."""
    running = runfile.read()
    if running is not None:
        raise StackError(
            f"It runs already in this checkout (process {running.pid}): {running.http}. "
            "`python3 dev.py down` stops it."
        )
    runfile.remove()  # left behind by a killed run
    with Stack(LOCAL, host=host, database_url=os.environ.get("DATABASE_URL")) as stack:
        usual = Ports()
        if stack.ports != usual:
            say("Some of the usual ports are in use; others are taken instead.")
        with step(f"Azurite on ports {stack.ports.blob} and {stack.ports.queue}"):
            stack.start_storage()
        own = f"PostgreSQL on port {stack.ports.database}"
        with step(own if stack.has_own_database else "PostgreSQL of DATABASE_URL"):
            stack.start_database()
        with step("database migrations"):
            stack.migrate()
        yield stack


def start_host(stack: Stack) -> None:
    """The Functions host and the relay that tells it of uploads."""
    with step(f"Functions host on port {stack.ports.http}"):
        stack.start_host()
    stack.start_relay()
