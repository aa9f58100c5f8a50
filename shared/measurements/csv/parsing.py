"""Lines to numbers: a quick way for blocks without fault, a slow one that says what is wrong."""

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Final

import numpy as np

from shared.measurements.csv.blocks import Matrix
from shared.measurements.csv.dialects import Column
from shared.measurements.csv.errors import Findings, shown

_NUMERIC: Final = b"0123456789.,+-eE \r"
"""Bytes of plain numbers. float() takes more (`1_0`, `inf`), which must not pass."""

_NOT_A_NUMBER: Final = b"naN"  # `nan`, `NaN`: allowed where there may be gaps

_NUMBER: Final = re.compile(rb"[ \r]*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[ \r]*")
_QUOTED: Final = "The line holds a quotation mark. Write the file without quoted fields."
_FIELD: Final = re.compile(rb'("(?:[^"]|"")*"[ \r]*|[^",]*),')
"""A field with the comma behind it; one in quotes may hold commas."""

_NOT_FOUND: Final = re.compile(
    rb"[ \r]*([+-]?(nan(\(\w+\))?|1\.#(IND|QNAN)\d*))?[ \r]*", re.IGNORECASE
)
_NOTHING: Final = re.compile(rb"[ \r]*0(\.0*)?[ \r]*")
_MISSING: Final = re.compile(rb"[ \r]*([+-]?nan)?[ \r]*", re.IGNORECASE)


class Parser:
    """Turns lines of `width` fields into rows of `columns`, in their order.

    With `gaps` an empty field or `nan` is NaN ("not measured"); without, it is a fault.
    """

    def __init__(self, width: int, columns: Sequence[Column], *, gaps: bool) -> None:
        self._width = width
        self._columns = columns
        self._gaps = gaps
        indices = [column.index for column in columns]
        self._success = next((c.index for c in columns if c.key == "success"), None)
        self._whole = indices == list(range(width)) and not gaps
        self._pick: Callable[[list[bytes]], tuple[bytes, ...]] = itemgetter(*indices)
        self._left_over = _NUMERIC + (_NOT_A_NUMBER if self._gaps else b"")

    def quickly(self, lines: Sequence[bytes]) -> Matrix | None:
        """All lines at once; None where any of them is not as it must be."""
        commas = self._width - 1
        if any(line.count(b",") != commas for line in lines):
            return None
        text = b",".join(lines if self._whole else map(self._needed, lines))
        # A quote or NUL byte in a column that is not read would shift or end the fields after it.
        if text.translate(None, self._left_over) or (not self._whole and _suspicious(lines)):
            return None
        try:
            values = np.fromiter(map(float, text.split(b",")), np.float64)
        except ValueError:
            return None
        return values.reshape(len(lines), -1)

    def _needed(self, line: bytes) -> bytes:
        fields = self._pick(line.split(b","))
        if self._gaps:
            return b",".join(field.strip() or b"nan" for field in fields)
        return b",".join(fields)

    def one_by_one(
        self, lines: Sequence[bytes], first: int, findings: Findings
    ) -> tuple[Matrix, list[int]]:
        """The rows that can be read and their line numbers; the others go to `findings`.

        Stops where `findings` has enough.
        """
        rows: list[list[float]] = []
        numbers: list[int] = []
        for number, line in enumerate(lines, first):
            row = self._row(line)
            if isinstance(row, str):
                findings.add(number, row)
                if findings.enough:
                    break
            else:
                rows.append(row)
                numbers.append(number)
        return np.array(rows, np.float64).reshape(-1, len(self._columns)), numbers

    def _fields(self, line: bytes) -> list[bytes] | str:
        """The fields of a line, or what is wrong with it."""
        if not line.strip():
            return "The line is empty."
        if b"\0" in line:
            return "The line holds a NUL byte: the file is damaged, or UTF-16 instead of UTF-8."
        fields: list[bytes] = _FIELD.findall(line + b",") if b'"' in line else line.split(b",")
        if b",".join(fields) != line:
            return _QUOTED
        if len(fields) != self._width:
            return f"The line has {len(fields)} fields; the header has {self._width}."
        if b'"' in line and any(b'"' in fields[column.index] for column in self._columns):
            return _QUOTED
        return fields

    def _row(self, line: bytes) -> list[float] | str:
        """The numbers of a line, or what is wrong with it."""
        fields = self._fields(line)
        if isinstance(fields, str):
            return fields
        failed = self._success is not None and _NOTHING.fullmatch(fields[self._success])
        row: list[float] = []
        for column in self._columns:
            value = self._number(column, fields[column.index])
            if (
                value is None
                and failed
                and _measured(column)
                and _NOT_FOUND.fullmatch(fields[column.index])
            ):
                value = 0.0  # Windows' `-nan(ind)`: nothing was found, so it counts for nothing
            if value is None:
                text = shown(fields[column.index])
                return f"{column.name} is '{text}'; it must be {column.says}."
            row.append(value)
        return row

    def _number(self, column: Column, field: bytes) -> float | None:
        if _NUMBER.fullmatch(field):
            return float(field)
        if column.optional or (self._gaps and _MISSING.fullmatch(field)):
            return float("nan")
        return None


def _measured(column: Column) -> bool:
    """Whether it says what was found in the frame, rather than which frame it was."""
    return column.key not in ("frame", "face", "timestamp", "success")


def _suspicious(lines: Sequence[bytes]) -> bool:
    return any(b'"' in line or b"\0" in line for line in lines)
