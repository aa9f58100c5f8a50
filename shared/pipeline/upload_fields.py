"""What an upload may say about its media, for requests and for what metadata in storage says."""

import unicodedata
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from shared.database.tables import AVATAR_LENGTH, ENGINE_LENGTH, NAME_LENGTH
from shared.measurements.model import MediaType
from shared.platform.blob_names import composed
from shared.platform.errors import Code, Problem
from shared.platform.outbound_addresses import MAX_ADDRESS

MAX_FILENAME: Final = 1000  # characters; kept for people to recognise, never used as a path
MAX_KEY: Final = 200  # characters of an idempotency key
MAX_SETS: Final = 20  # parameter sets that one job may name


def _without_controls(text: str) -> str:
    if any(unicodedata.category(character) in _CONTROLS for character in text):
        raise ValueError("must have no control characters")
    return text


_CONTROLS: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, lone surrogates, line breaks


def _length(most: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most)


_COMPOSED: Final = BeforeValidator(
    lambda value: composed(value) if isinstance(value, str) else value
)

AvatarName = Annotated[str, _length(AVATAR_LENGTH), _COMPOSED, AfterValidator(_without_controls)]
BuildName = Annotated[str, _length(NAME_LENGTH), _COMPOSED, AfterValidator(_without_controls)]
SetName = Annotated[str, _length(NAME_LENGTH), AfterValidator(_without_controls)]
EngineName = Annotated[str, _length(ENGINE_LENGTH), AfterValidator(_without_controls)]
FileName = Annotated[str, _length(MAX_FILENAME), _COMPOSED, AfterValidator(_without_controls)]


class Fields(BaseModel):
    """What an upload says about its media."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    avatar: AvatarName
    name: BuildName = "default"
    type: MediaType | None = None
    parameter_set: Annotated[list[SetName], Field(max_length=MAX_SETS)] = []
    engine: EngineName | None = None
    webhook: Annotated[str, Field(max_length=MAX_ADDRESS)] | None = Field(
        default=None, description="Where the service tells of the job's end."
    )


class UploadUrlRequest(Fields):
    """The body of `POST /api/upload-url`."""

    filename: FileName
    size: Annotated[int, Field(gt=0)]  # [bytes]


def check_key(key: str | None) -> str | None:
    """A usable idempotency key, or Problem."""
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
        raise Problem(
            Code.INVALID_FIELD,
            f"Idempotency-Key must be 1 to {MAX_KEY} printable ASCII characters.",
        )
    return key


def shown(name: str, most: int = MAX_FILENAME) -> str:
    """A name as people see it: without what cannot be seen."""
    seen = [c for c in composed(name) if unicodedata.category(c) not in _CONTROLS]
    return "".join(seen).strip()[:most].strip()
