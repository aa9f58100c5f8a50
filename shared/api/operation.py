"""An operation of the API as data: a row says what it takes, what it answers and what it refuses.

The rows of a noun stand below their handlers. `shared.api.operations` is the table of them all,
`shared.api.triggers` makes functions of the host of them, and `shared.api.openapi` the document.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import azure.functions as func
from pydantic import BaseModel

from shared.api.http import Handler
from shared.platform.errors import Code

Json = dict[str, Any]
Content = Sequence[type[BaseModel]] | Json
"""The models that a body may be, or a schema where it is no model's."""

Probe = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]
"""Answers without the app's parts, and also while every thread has a job."""

JSON: Final = "application/json"
TEXT: Final[Json] = {"type": "string"}
BINARY: Final[Json] = {"type": "string", "format": "binary"}
UUID: Final[Json] = {"type": "string", "format": "uuid"}


@dataclass(frozen=True, slots=True)
class Header:
    """A header of a request or an answer."""

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: TEXT)


@dataclass(frozen=True, slots=True)
class Link:
    """What can be done next: a parameter of those operations is in the answer's body."""

    operations: Sequence[str]
    parameter: str
    place: str  # a JSON pointer


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer. Its content types have the models that it may be, or a schema."""

    description: str
    content: Mapping[str, Content] = field(default_factory=dict)
    headers: Sequence[Header] = ()
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address, which is written as in the route, with the leading slash."""

    method: Literal["get", "post", "put", "delete"]
    path: str
    id: str  # the name of its function
    handler: Handler | Probe | None  # None: the route of another operation takes it
    tag: str
    summary: str
    answers: Mapping[int, Answer]
    refusals: Sequence[Code] = ()  # besides `openapi.EVERYWHERE`
    description: str = ""
    for_everybody: bool = False  # needs no key and no signing in
    query: type[BaseModel] | None = None
    query_optional: bool = False  # its fields may stand in the body instead
    headers: Sequence[Header] = ()
    body: Mapping[str, Content] = field(default_factory=dict)
    parameters: Mapping[str, Json] = field(default_factory=dict)
    """Schemas of the path's parameters; a text where none is given."""


def json_answer(
    model: type[BaseModel],
    description: str = "It is there.",
    *headers: Header,
    link: Link | None = None,
) -> Answer:
    return Answer(description, {JSON: [model]}, headers, link)


LOCATION: Final = Header("Location", "Where it is now.")

QUERY: Final = (Code.INVALID_FIELD, Code.UNKNOWN_FIELD)
BODY: Final = (Code.BAD_REQUEST, Code.FILE_TOO_LARGE, Code.UNSUPPORTED_MEDIA, *QUERY)
SETS: Final = (Code.UNKNOWN_PARAMETER_SET, Code.ENGINE_MISMATCH)
