"""The command line: arguments in, exit code out. Nothing ends in a traceback."""

import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from rich.console import Console

from avatar_validation import __version__
from avatar_validation.arguments import positive
from avatar_validation.commands import (
    builds,
    compare,
    delete,
    judge,
    listing,
    measures,
    report,
    retry,
    sets,
    status,
    submit,
)
from avatar_validation.display import display
from avatar_validation.errors import ClientError
from avatar_validation.results import Exit
from avatar_validation.retrying import Patience
from avatar_validation.service import (
    DEFAULT_ADDRESS,
    KEY_VARIABLE,
    TOKEN_VARIABLE,
    URL_VARIABLE,
    Service,
)
from avatar_validation.tool import Tool, consoles, print_json

_COMMANDS = (
    *(submit, status, listing, retry, delete),
    *(builds, judge, compare, report, measures, sets),
)
INTERRUPTED = 128 + signal.SIGINT  # as shells have it

_DESCRIPTION = (
    "Submits builds of a talking avatar to the Avatar Validation Pipeline, and says whether they "
    "hold what is expected of them."
)
_CODES = (
    "Exit codes: 0 everything passed (or was measured, where no parameter set applies); 1 a "
    "verdict is fail; 2 the tool or the service failed, or a job did; 3 a verdict is inconclusive. "
    f"Environment: {URL_VARIABLE}, {KEY_VARIABLE}, {TOKEN_VARIABLE}, NO_COLOR."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    options = parser().parse_args(arguments)
    out, err = consoles()
    try:
        code = _run(options, out, err)
        sys.stdout.flush()  # here, where a broken pipe is still ours to handle
    except KeyboardInterrupt as stopped:
        err.print(str(stopped) or "Stopped.", soft_wrap=True)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.ERROR
    return code


def _run(options: Namespace, out: Console, err: Console) -> int:
    shown = display(err)
    address = options.url or os.environ.get(URL_VARIABLE) or DEFAULT_ADDRESS
    secrets = options.key or os.environ.get(KEY_VARIABLE), os.environ.get(TOKEN_VARIABLE)
    try:
        with Service(address, *secrets, Patience(options.patience, shown.note)) as service:
            code: Exit = options.run(options, Tool(service, out, shown))
            return code
    except ClientError as error:
        failure = error
    except UnicodeEncodeError:
        failure = ClientError("An argument is no text: it has bytes that are not UTF-8.")
    except BrokenPipeError:
        raise
    except Exception as error:  # the end of the process: never a traceback
        failure = ClientError(
            f"Something is not as the client expects it ({type(error).__name__}: {error}). Is the "
            "client as new as the service?"
        )
    if getattr(options, "json", False):
        problem = {"code": failure.code, "detail": str(failure)}
        print_json({"exit_code": Exit.ERROR.value, "error": problem})
    err.print(f"avatar-validation: {failure}", style="red", soft_wrap=True)
    return Exit.ERROR


def parser() -> ArgumentParser:
    """The whole command line."""
    top = ArgumentParser(prog="avatar-validation", description=_DESCRIPTION, epilog=_CODES)
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands, [_common()])
    return top


def _common() -> ArgumentParser:
    """What every command takes."""
    parser = ArgumentParser(add_help=False)
    group = parser.add_argument_group("the service")
    group.add_argument(
        "--url", help=f"its address (default: {URL_VARIABLE}, else {DEFAULT_ADDRESS})"
    )
    group.add_argument(
        "--key", help=f"its function key; better in {KEY_VARIABLE}, where no one sees it"
    )
    group.add_argument(
        "--patience",
        type=positive,
        default=60.0,
        metavar="SECONDS",
        help="how long to try again where the service is away (default: 60)",
    )
    return parser
