"""What rows of a list have in common, as conditions."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute


def equal(*wanted: tuple[InstrumentedAttribute[Any], object]) -> Iterator[ColumnElement[bool]]:
    """That columns have these values; None: anything."""
    return (column == value for column, value in wanted if value is not None)
