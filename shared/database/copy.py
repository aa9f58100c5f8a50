"""PostgreSQL's binary COPY format, whole columns at a time: written by `encode`, read by `Decoder`.

Every field here has a fixed size, so a block of rows is one numpy array of a packed, big-endian
record type: no loop over rows. Source of the format: PostgreSQL documentation, COPY, "Binary
Format"; of the array's: `array_send` in src/backend/utils/adt/arrayfuncs.c.
"""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
TRAILER: Final = struct.pack(">h", -1)

_FLOAT4_OID: Final = 700

BUFFER_BYTES: Final = 1024 * 1024  # of rows that are read before they are handed on together

INTEGER: Final = np.dtype(">i4")
DOUBLE: Final = np.dtype(">f8")
REAL: Final = np.dtype(">f4")
BOOLEAN: Final = np.dtype("u1")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of one block: big-endian values, one item per row."""

    values: NDArray[Any]


def bigint(values: NDArray[Any]) -> Column:
    return Column(values.astype(">i8"))


def integer(values: NDArray[Any]) -> Column:
    return Column(values.astype(">i4"))


def double(values: NDArray[Any]) -> Column:
    return Column(values.astype(">f8"))


def real(values: NDArray[Any]) -> Column:
    return Column(values.astype(">f4"))


def boolean(values: NDArray[Any]) -> Column:
    return Column(values.astype("u1"))


def real_array(values: NDArray[Any]) -> Column:
    """`real[]`, from [rows, items]: dimensions, flags, type, length, lower bound, items."""
    rows, items = values.shape
    if items == 0:  # an empty array has no dimension
        empty = np.zeros(rows, [("dimensions", ">i4"), ("flags", ">i4"), ("type", ">i4")])
        empty["type"] = _FLOAT4_OID
        return Column(empty)
    array = np.zeros(rows, real_array_type(items))
    array["dimensions"] = 1
    array["type"] = _FLOAT4_OID
    array["length"] = items
    array["lower"] = 1
    array["items"]["size"] = 4
    array["items"]["value"] = values
    return Column(array)


def real_array_type(items: int) -> np.dtype[Any]:
    """A `real[]` of so many items, at least one; the items are in `["items"]["value"]`."""
    element = np.dtype([("size", ">i4"), ("value", ">f4")])
    names = ("dimensions", "flags", "type", "length", "lower")
    return np.dtype([*((name, ">i4") for name in names), ("items", element, (items,))])


def encode(columns: Sequence[Column]) -> bytes:
    """A block of rows; the input of a COPY is HEADER, blocks, TRAILER."""
    fields: list[tuple[Any, ...]] = [("fields", ">i2")]
    for place, column in enumerate(columns):
        fields += [(f"size{place}", ">i4"), (f"value{place}", column.values.dtype)]
    rows = np.zeros(len(columns[0].values), np.dtype(fields))
    rows["fields"] = len(columns)
    for place, column in enumerate(columns):
        rows[f"size{place}"] = column.values.dtype.itemsize
        rows[f"value{place}"] = column.values
    return rows.tobytes()


class Input:
    """The file that `COPY ... FROM STDIN (FORMAT binary)` reads from: blocks made while it reads.

    An error in making them ends the COPY with one of the database's; the cause is then in `error`.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._parts = chain((HEADER,), blocks, (TRAILER,))
        self._rest = memoryview(b"")
        self.error: Exception | None = None

    def read(self, size: int = 65536, /) -> bytes:
        try:
            while not self._rest:
                self._rest = memoryview(next(self._parts))
        except StopIteration:
            return b""
        except Exception as error:
            self.error = error
            raise
        taken, self._rest = self._rest[:size], self._rest[size:]
        return bytes(taken)


class Decoder:
    """The file that `COPY ... TO STDOUT (FORMAT binary)` writes to.

    `columns` are names and types of the fields, in order; `take` is given the rows, some thousand
    at a time. Raises ValueError where a row is of another form: a NULL in it, or a longer array.
    """

    def __init__(
        self, columns: Mapping[str, np.dtype[Any]], take: Callable[[NDArray[Any]], None]
    ) -> None:
        fields: list[tuple[str, Any]] = [("fields", ">i2")]
        for name, kind in columns.items():
            fields += [(f"size of {name}", ">i4"), (name, kind)]
        self._columns, self._take = columns, take
        self._row = np.dtype(fields)
        self._buffer = bytearray()
        self._begun = False

    def write(self, data: bytes) -> int:
        self._buffer += data
        if len(self._buffer) >= BUFFER_BYTES:
            self._hand_on()
        return len(data)

    def close(self) -> None:
        """Hand on the last rows; to be called when the COPY is over."""
        self._hand_on()
        if self._buffer != TRAILER:
            raise ValueError("a row is not of the form that was agreed on")

    def _hand_on(self) -> None:
        if not self._begun:
            if not self._buffer.startswith(HEADER):
                raise ValueError("this is no binary COPY")
            del self._buffer[: len(HEADER)]
            self._begun = True
        count = len(self._buffer) // self._row.itemsize
        size = count * self._row.itemsize
        rows = np.frombuffer(bytes(self._buffer[:size]), self._row)
        del self._buffer[:size]
        sizes = {name: kind.itemsize for name, kind in self._columns.items()}
        alike = (rows["fields"] == len(sizes)).all() and all(
            (rows[f"size of {name}"] == size).all() for name, size in sizes.items()
        )
        if not alike:
            raise ValueError("a row is not of the form that was agreed on")
        if count:
            self._take(rows)
