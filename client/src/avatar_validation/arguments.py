"""What the commands' arguments have in common."""

import math
from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from pathlib import Path
from typing import TypeAlias

from avatar_validation.errors import ClientError

Commands: TypeAlias = "_SubParsersAction[ArgumentParser]"

TYPES = ("IP", "IW", "VS", "VM")


def positive(text: str) -> float:
    """A number above 0, or an error that says so."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def count(text: str) -> int:
    """A whole number above 0, or an error that says so."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def version_number(text: str) -> int:
    """A version of a parameter set."""
    try:
        return count(text)
    except ArgumentTypeError:
        raise ArgumentTypeError(f"{text!r} is not a version: they are counted from 1") from None


def add_command(
    commands: Commands, name: str, common: list[ArgumentParser], summary: str, more: str = ""
) -> ArgumentParser:
    description = f"{summary[0].upper()}{summary[1:]}. {more}".strip()
    return commands.add_parser(name, parents=common, help=summary, description=description)


def add_ids(parser: ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help="a job's id")


def add_limit(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--limit", type=count, default=20, metavar="N", help="at most so many (default: 20)"
    )


def add_json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")


def add_timeout(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--timeout",
        type=positive,
        default=3600.0,
        metavar="SECONDS",
        help="how long to wait for the verdicts (default: 3600)",
    )


def add_files(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--junit", type=Path, metavar="FILE", help="write the reports as JUnit XML, for a CI server"
    )
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write them as Markdown, for a pull request"
    )


def add_output(parser: ArgumentParser) -> None:
    """For a command with `--format`."""
    parser.add_argument(
        "--output",
        "-o",
        type=Path,
        metavar="FILE",
        help="write it there instead of to standard output",
    )


def check_input(path: Path) -> None:
    """Raises ClientError where it is not a file."""
    if path.is_dir():
        raise ClientError(f"{path} is a folder. Name a file in it.")
    if not path.is_file():
        raise ClientError(f"There is no file {path}.")


def check_output(path: Path | None) -> None:
    """Raises ClientError where it cannot become a file: before anything was done, not after."""
    if path is None:
        return
    if path.is_dir():
        raise ClientError(f"{path} is a folder. Name a file to write to.")
    if not path.absolute().parent.is_dir():
        raise ClientError(f"There is no folder {path.absolute().parent} to write {path.name} to.")


def check_document(options: Namespace) -> None:
    """`check_output` for what `add_output` says. Raises ClientError."""
    check_output(options.output)
    if options.output and not options.format:
        raise ClientError("--output needs --format, for a table is for people.")


def check_files(options: Namespace) -> None:
    """`check_output` for what `add_files` says. Raises ClientError."""
    for path in (options.junit, options.markdown):
        check_output(path)


def check_outputs(options: Namespace) -> None:
    """`check_files`, and that there will be something to write. Raises ClientError."""
    check_files(options)
    if (options.junit or options.markdown) and not options.wait:
        raise ClientError("--no-wait leaves nothing to write to --junit or --markdown.")


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ClientError(f"{path} cannot be read: {error.strerror or error}.") from None


def write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ClientError(f"{path} cannot be written: {error.strerror or error}.") from None
