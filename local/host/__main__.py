"""`python -m local.host`: load the app, serve it, end quietly.

Exit codes: 0 after SIGINT or SIGTERM, 1 when the app or its settings cannot be used, 2 for wrong
arguments.
"""

import argparse
import asyncio
import os
import sys
import traceback
from pathlib import Path

from local.host import HostError
from local.host.host import Host, Options
from local.host.logs import configure
from local.host.queues import LEASE_SECONDS
from local.host.settings import load_host_settings, load_local_settings

DEFAULT_PORT = 7071  # as func


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.host",
        description="Serve a Python function app on this machine without Azure Functions Core "
        "Tools: HTTP, Event Grid blob, queue and timer triggers.",
    )
    add = parser.add_argument
    add("--app", type=Path, default=Path(), metavar="DIR", help="the app's folder (default: here)")
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, help=f"port (default: LocalHttpPort, else {DEFAULT_PORT})")
    add(
        "--message-lease",
        type=float,
        metavar="SECONDS",
        default=os.environ.get("LOCAL_HOST_MESSAGE_LEASE", str(LEASE_SECONDS)),
        help="how long a message stays hidden when the host working on it dies; it is renewed at "
        "half time (default: LOCAL_HOST_MESSAGE_LEASE, else 600 as in the real host)",
    )
    add(
        "--drain",
        type=float,
        metavar="SECONDS",
        default=10.0,
        help="how long running functions may take to end when the host stops "
        "(default: %(default)s)",
    )
    return parser.parse_args(arguments)


def load(arguments: argparse.Namespace) -> Host:
    """Raises HostError, or what the app's own code raises."""
    app: Path = arguments.app.resolve()
    if not app.is_dir():
        raise HostError(f"There is no folder {app}.")
    os.chdir(app)  # as the real worker; the app may open its files by relative paths
    local = load_local_settings(app)
    settings = load_host_settings(app)
    configure(settings.log_levels)
    port = arguments.port or int(local.get("Host", {}).get("LocalHttpPort") or DEFAULT_PORT)
    return Host(
        settings, Options(app, arguments.host, port, arguments.message_lease, arguments.drain)
    )


def main() -> int:
    arguments = parse_arguments()
    try:
        host = load(arguments)
    except HostError as error:
        print(error, file=sys.stderr)
        return 1
    except Exception:  # the app's own code: a developer wants to see where
        traceback.print_exc()
        print(f"The app in {arguments.app.resolve()} cannot be loaded.", file=sys.stderr)
        return 1
    try:
        code = asyncio.run(host.run())
    except HostError as error:
        print(error, file=sys.stderr)
        return 1
    if host.invoker.busy:
        sys.stdout.flush()
        os._exit(code)  # a thread cannot be stopped, and Python would wait for it
    return code


if __name__ == "__main__":
    sys.exit(main())
