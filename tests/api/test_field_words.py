"""Validation errors read as a person would say them."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from shared.api.field_words import wrong
from shared.database.tables import State


class Form(BaseModel, extra="forbid"):
    share: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    count: int = 0
    state: State = State.DONE
    way: Literal["up", "down"] = "up"
    name: Annotated[str, Field(max_length=3)] = ""
    sure: bool = True


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"share": 2}, "must be at most 0.5"),
        ({"share": -1}, "must be at least 0"),
        ({"share": "x"}, "must be a number"),
        ({"count": "1.5"}, "must be a whole number"),
        ({"way": "left"}, "must be up or down"),
        ({"name": "long"}, "may have at most 3 characters"),
        ({"sure": "perhaps"}, "must be true or false"),
        ({"other": 1}, "is not known here"),
    ],
)
def test_words(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as found:
        Form.model_validate(values)
    assert [wrong(item) for item in found.value.errors()] == [said]


def test_states_are_named() -> None:
    with pytest.raises(ValidationError) as found:
        Form.model_validate({"state": "asleep"})
    assert wrong(found.value.errors()[0]).endswith("analysing, done or failed")


def test_limits_in_percent() -> None:
    with pytest.raises(ValidationError) as found:
        Form.model_validate({"share": 2})
    assert wrong(found.value.errors()[0], 100) == "must be at most 50"
