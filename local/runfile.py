"""`.local/run.json`: where the service of this checkout is, while it runs.

    {"http": "http://127.0.0.1:7071", "storage": CONNECTION STRING, "database": URL,
     "pid": 4711, "host": "builtin", ...}

Written in one piece when everything answers, removed at the end. What a killed run left behind is
recognised by the stack's lock, which nobody holds any more.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from local.lock import is_held
from local.paths import LOCAL, RUN_FILE
from local.stack import Stack


@dataclass(frozen=True, slots=True)
class Run:
    """What runs. `host` is `none` where the Functions host is started by hand."""

    http: str
    storage: str
    database: str
    blob: str  # address of the blob service, to put CONTAINER/BLOB behind
    host: str
    pid: int  # of the dev.py that runs it
    logs: str


@contextmanager
def written(stack: Stack, *, host: str) -> Iterator[Run]:
    """The file is there while the block runs."""
    try:
        yield _write(stack, host)
    finally:
        remove()


def remove() -> None:
    RUN_FILE.unlink(missing_ok=True)


def read() -> Run | None:
    """What runs in this checkout now, or None."""
    try:
        run = Run(**json.loads(RUN_FILE.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return run if is_held(LOCAL) else None


def _write(stack: Stack, host: str) -> Run:
    run = Run(
        http=stack.http,
        storage=stack.storage,
        database=stack.database,
        blob=stack.blob_endpoint,
        host=host,
        pid=os.getpid(),
        logs=str(stack.logs),
    )
    unfinished = RUN_FILE.with_name(RUN_FILE.name + ".new")
    unfinished.write_text(json.dumps(asdict(run), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(RUN_FILE)
    return run
