"""PostgreSQL's binary COPY format, whole columns at a time.

Every field here has a fixed size, so a block of rows is one numpy array of a packed, big-endian
record type: no loop over rows. Source of the format: PostgreSQL documentation, COPY, "Binary
Format"; of the array's: `array_send` in src/backend/utils/adt/arrayfuncs.c.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_TRAILER: Final = struct.pack(">h", -1)

_FLOAT4_OID: Final = 700


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
    element = np.dtype([("size", ">i4"), ("value", ">f4")])
    names = ("dimensions", "flags", "type", "length", "lower")
    record = np.dtype([*((name, ">i4") for name in names), ("items", element, (items,))])
    array = np.zeros(rows, record)
    array["dimensions"] = 1
    array["type"] = _FLOAT4_OID
    array["length"] = items
    array["lower"] = 1
    array["items"]["size"] = 4
    array["items"]["value"] = values
    return Column(array)


def encode(columns: Sequence[Column]) -> bytes:
    """Rows as the input of one COPY."""
    fields: list[tuple[Any, ...]] = [("fields", ">i2")]
    for place, column in enumerate(columns):
        fields += [(f"size{place}", ">i4"), (f"value{place}", column.values.dtype)]
    rows = np.zeros(len(columns[0].values), np.dtype(fields))
    rows["fields"] = len(columns)
    for place, column in enumerate(columns):
        rows[f"size{place}"] = column.values.dtype.itemsize
        rows[f"value{place}"] = column.values
    return b"".join((_HEADER, rows.tobytes(), _TRAILER))
