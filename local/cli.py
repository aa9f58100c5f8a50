"""The command line of `dev.py`. Runs on any Python 3.9, before anything is installed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from local.paths import ROOT

_HOSTS = ("auto", "builtin", "func")

if TYPE_CHECKING:
    _Parsers = argparse._SubParsersAction[argparse.ArgumentParser]


def parse(arguments: list[str]) -> argparse.Namespace:
    """Exits with a message where the arguments are wrong. `command` says what is asked for."""
    if arguments[:1] == ["test"] and not {"-h", "--help"} & set(arguments[1:2]):
        rest = [each for each in arguments[1:] if each != "--all"]
        return argparse.Namespace(command="test", all="--all" in arguments, arguments=rest)
    return _parser().parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description="The whole pipeline on this machine: no account, no Docker. What is missing "
        "is installed into .local at the first call.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in (_demo, _up, _down, _services, _test, _check, _migrate, _lock, _bench, _clean):
        add(commands)
    return parser


def benchmarks() -> list[str]:
    """Names of what `bench` runs."""
    return sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py"))


def _add(commands: _Parsers, name: str, summary: str, more: str = "") -> argparse.ArgumentParser:
    return commands.add_parser(name, help=summary, description=f"{summary}. {more}".strip())


def _demo(commands: _Parsers) -> None:
    parser = _add(
        commands,
        "demo",
        "measure a face: POST files to the running app and show the Action Units",
        "Uses the service that `up` runs here, or starts one for the time. Exits 1 when a job "
        "fails.",
    )
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="images or clips; without any: the bundled samples, a clip and a portrait",
    )
    parser.add_argument("--avatar", default="demo", help="the avatar's name (default: demo)")
    parser.add_argument("--type", choices=("IP", "IW", "VS", "VM"), help="default: by the content")
    parser.add_argument("--engine", help="which engine measures (default: the app's setting)")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    parser.add_argument(
        "--keep", action="store_true", help="leave the service running (`down` stops it)"
    )
    _host(parser)


def _up(commands: _Parsers) -> None:
    parser = _add(
        commands,
        "up",
        "run the service until Ctrl-C",
        "Storage, database, Functions host and event relay. The addresses are printed and written "
        "to .local/run.json; the data is kept.",
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--verbose", action="store_true", help="show the host's log")
    shown.add_argument("--quiet", action="store_true", help="show no job either")
    _host(parser)


def _down(commands: _Parsers) -> None:
    _add(commands, "down", "stop what runs here in the background or another terminal")


def _services(commands: _Parsers) -> None:
    parser = _add(
        commands,
        "services",
        "run all but the host, for `func start` in another terminal",
        "Writes local.settings.json where there is none.",
    )
    parser.add_argument(
        "--host-port",
        type=int,
        default=7071,
        metavar="PORT",
        help="where the host will listen, for the event relay (default: 7071)",
    )


def _test(commands: _Parsers) -> None:
    parser = _add(
        commands,
        "test",
        "run the test suite on real services",
        "Arguments are passed on to pytest: `dev.py test -x tests/local`. Without any, what takes "
        "long is left out: outages, kills, fuzzing, whole checkouts.",
    )
    parser.add_argument("--all", action="store_true", help="everything, as CI does")
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="of pytest")


def _check(commands: _Parsers) -> None:
    _add(commands, "check", "check format, lint, types, migrations, lock files and advisories")


def _migrate(commands: _Parsers) -> None:
    parser = _add(
        commands,
        "migrate",
        "bring the database to the newest schema",
        "The one named by DATABASE_URL, else the local one (which is started for it).",
    )
    parser.add_argument("revision", nargs="?", default="head", help="default: head")
    parser.add_argument("--down", action="store_true", help="downgrade to the revision")


def _lock(commands: _Parsers) -> None:
    parser = _add(commands, "lock", "write requirements*.txt anew from pyproject.toml")
    parser.add_argument("--upgrade", action="store_true", help="take newer versions")


def _bench(commands: _Parsers) -> None:
    parser = _add(commands, "bench", "run a benchmark of the folder benchmarks/")
    names = ", ".join(benchmarks())
    parser.add_argument("name", nargs="?", default="pipeline", help=f"{names}; default: pipeline")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on to it")


def _clean(commands: _Parsers) -> None:
    parser = _add(
        commands,
        "clean",
        "remove caches and logs",
        "Asks nothing, and refuses while the stack runs.",
    )
    parser.add_argument("--data", action="store_true", help="storage and database too")
    parser.add_argument("--all", action="store_true", help="everything in .local")


def _host(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host",
        choices=_HOSTS,
        default="auto",
        help="Azure Functions Core Tools (func) or the built-in host; auto: func where installed",
    )
