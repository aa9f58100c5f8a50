"""What the address of an avatar's page may ask for, and the set that it is shown by."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from shared.api.paging import BigInt, Text
from shared.database.tables import NAME_LENGTH
from shared.reports import parameter_sets
from shared.reports.parameter_sets import StoredSet

ALL: Final = "/"
"""In place of a set's name, which cannot be this: every measure, without bands."""


class AvatarQuery(BaseModel):
    """The query of an avatar's page; with two builds or two measurements, of their comparison."""

    model_config = ConfigDict(extra="forbid")

    name: Text | None = None  # for the names that cannot stand in a path
    set: Annotated[Text, Field(max_length=NAME_LENGTH)] | None = None
    clip: Text | None = None  # the file name whose charts are shown
    cursor: Text | None = None  # older builds
    after: Text | None = None  # further clips
    from_: Annotated[Text, Field(max_length=NAME_LENGTH)] | None = Field(default=None, alias="from")
    to: Annotated[Text, Field(max_length=NAME_LENGTH)] | None = None
    from_measurement: BigInt | None = None
    to_measurement: BigInt | None = None
    file: Annotated[Text, Field(max_length=1000)] | None = None

    @property
    def builds(self) -> tuple[str, str] | None:
        """The earlier and the later one, where two are to be compared."""
        return None if self.from_ is None or self.to is None else (self.from_, self.to)

    @property
    def measurements(self) -> tuple[int, int] | None:
        first, second = self.from_measurement, self.to_measurement
        return None if first is None or second is None else (first, second)


def set_of(session: Session, wanted: str | None, latest: str | None) -> StoredSet | None:
    """The set that is asked for; without a word about one, `latest`. Raises Problem."""
    name = latest if wanted is None else wanted
    if name is None or name == ALL:
        return None
    return parameter_sets.resolve(session, [name], archived=True)[0]
