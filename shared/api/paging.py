"""Lists in parts: `limit` items, and the address of the following ones.

A cursor is the place of the last item in the list's order, so that nothing is skipped or seen twice
when items come or go meanwhile.
"""

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar
from urllib.parse import urlencode

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from shared.platform.errors import Code, Problem

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
YEARS: Final = range(1970, 9000)  # of a cursor's times
MAX_CURSOR: Final = 2000  # characters; the longest holds a name of a set

T = TypeVar("T")
Item = TypeVar("Item", bound=BaseModel)
Position = TypeVar("Position")


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must have no NUL characters")
    return text


Text = Annotated[str, AfterValidator(_storable), Field(max_length=MAX_CURSOR)]
"""Text that a query may hold; PostgreSQL cannot even compare with a NUL."""

BigInt = Annotated[int, Field(ge=1, le=2**63 - 1)]
"""An id, as far as the column can hold it."""


class PageQuery(BaseModel):
    """What the query of every list may hold."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Text | None = Field(default=None, description="As in `next` of the part before.")


class Page(BaseModel, Generic[Item]):
    """A part of a list; `next` is the address of the following part."""

    items: list[Item]
    next: str | None


def position(query: PageQuery, kind: TypeAdapter[Position]) -> Position | None:
    """Where the part before ended; None for the first part. Raises Problem."""
    if query.cursor is None:
        return None
    try:
        padding = "=" * (-len(query.cursor) % 4)
        found = kind.validate_json(base64.urlsafe_b64decode(query.cursor + padding))
        _check_times(found)
        return found
    except (ValidationError, ValueError, binascii.Error):
        raise Problem(
            Code.INVALID_FIELD, "The cursor is not one of ours. Follow `next` as it was given."
        ) from None


def _check_times(found: object) -> None:
    """A time at the end of the calendar is none of ours, and in UTC may be beyond it."""
    for item in found if isinstance(found, Iterable) else ():
        if isinstance(item, dt.datetime) and item.year not in YEARS:
            raise ValueError("not a time of ours")


def part(
    found: Sequence[T], query: PageQuery, path: str, place: Callable[[T], Sequence[Any]]
) -> tuple[Sequence[T], str | None]:
    """The items of a part, and the address of the next. `found` is one more than the limit."""
    if len(found) <= query.limit:
        return found, None
    items = found[: query.limit]
    end = {"cursor": cursor(place(items[-1]))}
    given = query.model_dump(mode="json", exclude_none=True, by_alias=True) | end
    return items, f"{path}?{urlencode(given)}"


def cursor(place: Sequence[Any]) -> str:
    """What `position` reads."""
    return base64.urlsafe_b64encode(to_json(place)).decode().rstrip("=")
