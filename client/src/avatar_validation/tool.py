"""What every command has: the service, and where to say what to whom."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from avatar_validation.arguments import write
from avatar_validation.display import Display
from avatar_validation.service import Service

UNLIMITED = 10_000  # columns: what is piped to another program must not be cut or wrapped


def consoles() -> tuple[Console, Console]:
    """Results go to the first (standard output), everything else to the second."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal may not have all letters of a name
    return _console(stderr=False), _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = UNLIMITED
    return console


@dataclass(frozen=True)
class Tool:
    """`out` is for results only, so that it can be piped."""

    service: Service
    out: Console
    display: Display

    def json(self, value: Any) -> None:
        print_json(value)

    def line(self, text: str | Text) -> None:
        """One line, however long."""
        self.out.print(text, soft_wrap=True)

    def deliver(self, content: bytes, path: Path | None) -> None:
        """A document to a file, or byte for byte to standard output."""
        if path is not None:
            write(path, content)
            return
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()

    def table(self, columns: list[str], rows: list[list[str]]) -> None:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*row)
        self.out.print(table)


def print_json(value: Any) -> None:
    """ASCII only, so that no encoding of a pipe can spoil it."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
    sys.stdout.flush()
