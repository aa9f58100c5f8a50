"""`dev.py migrate`: the schema of the database that DATABASE_URL names, else of the local one."""

import os
import subprocess
import sys
from argparse import Namespace

from local import runfile
from local.bootstrap.console import step
from local.paths import LOCAL, ROOT
from local.postgres import require_server
from local.stack import Stack


def run(options: Namespace) -> int:
    direction = "downgrade" if options.down else "upgrade"
    named = os.environ.get("DATABASE_URL")
    running = runfile.read()
    if named:
        require_server(named)
    if named or running:
        return _alembic(direction, options.revision, named or (running.database if running else ""))
    with Stack(LOCAL) as stack:
        with step(f"PostgreSQL on port {stack.ports.database}"):
            stack.start_database()
        return _alembic(direction, options.revision, stack.database)


def _alembic(direction: str, revision: str, database: str) -> int:
    command = [sys.executable, "-m", "alembic", direction, revision]
    environment = os.environ | {"DATABASE_URL": database}
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if code == 0:
        print(f"The database is at revision {revision}.")
    return code
