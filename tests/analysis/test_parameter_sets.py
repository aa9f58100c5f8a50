"""Bounds, names and refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.analysis.parameter_sets import MAX_NAME, Parameter, ParameterSet, name_key

LEVEL = {"measure": "AU12.level", "lower": 0.5}


def a_set(**changes: object) -> ParameterSet:
    return ParameterSet.model_validate(
        {"name": "A set", "engine": "mediapipe", "parameters": [LEVEL], **changes}
    )


@pytest.mark.parametrize(
    ("reference", "percent", "absolute", "bounds"),
    [
        (2.0, 25.0, None, (1.5, 2.5)),
        (0.0, 25.0, 0.3, (0.0, 0.3)),  # clipped to the scale
        (0.0, None, 0.3, (0.0, 0.3)),
        (4.0, 50.0, None, (2.0, 5.0)),  # clipped to the scale
        (2.0, 10.0, 0.5, (1.5, 2.5)),  # the wider counts
        (2.0, 50.0, 0.5, (1.0, 3.0)),
        (2.0, 0.0, None, (2.0, 2.0)),
        (0.1, 10.0, None, (0.09, 0.11)),  # not 0.09000000000000001
    ],
)
def test_bounds_from_a_reference(
    reference: float, percent: float | None, absolute: float | None, bounds: tuple[float, float]
) -> None:
    parameter = Parameter(
        measure="AU12.level",
        reference=reference,
        deviation_percent=percent,
        deviation_absolute=absolute,
    )
    assert parameter.bounds == bounds


def test_explicit_bounds_may_be_open() -> None:
    assert Parameter(measure="jitter", upper=0.2).bounds == (None, 0.2)
    assert Parameter(measure="jitter", lower=0.1).bounds == (0.1, None)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"measure": "AU99.level"}, "no such measure"),
        ({"measure": "au12.LEVEL"}, "no such measure"),
        ({"lower": 3.0, "upper": 2.0}, "lower (3) is above upper (2)"),
        ({"lower": float("nan")}, "finite"),
        ({"lower": float("inf")}, "finite"),
        ({"lower": 1e300}, "less than or equal to 1000000000"),
        ({"lower": 5.5}, "above the scale of AU12.level, 0..5"),
        ({"lower": None, "upper": -1.0}, "below the scale"),
        ({"lower": None}, "give a reference with a deviation"),
        ({"reference": 1.0, "deviation_percent": 5.0}, "not both"),
        ({"lower": None, "reference": 1.0}, "needs deviation_percent or deviation_absolute"),
        ({"lower": None, "reference": 6.0, "deviation_percent": 5.0}, "above the scale"),
        ({"deviation_percent": 5.0}, "a deviation needs a reference"),
        (
            {"lower": None, "reference": 1.0, "deviation_percent": -5.0},
            "greater than or equal to 0",
        ),
        ({"lower": "wide"}, "valid number"),
        ({"bounds": 3}, "Extra inputs are not permitted"),
    ],
)
def test_parameters_that_are_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Parameter.model_validate(LEVEL | changes)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"parameters": []}, "parameters", "needs at least one"),
        ({"parameters": [LEVEL] * 10_000}, "parameters", "at most 200 items"),
        ({"parameters": [LEVEL, LEVEL | {"lower": 1.0}]}, "parameters", "stands there twice"),
        ({"name": "   "}, "name", "can be seen"),
        ({"name": "\u200b\u200d"}, "name", "can be seen"),
        ({"name": "x" * 101}, "name", "at most 100"),
        ({"name": "a\nb"}, "name", "line breaks"),
        ({"name": "a\0b"}, "name", "control characters"),
        ({"name": "a/b"}, "name", "/"),
        ({"name": ".."}, "name", "/"),
        ({"name": 5}, "name", "string"),
        ({"engine": " "}, "engine", "named by a word"),
        ({"required_share": 1.01}, "required_share", "less than or equal to 1"),
        ({"description": "\x07"}, "description", "control characters"),
        ({"description": "x" * 4001}, "description", "at most 4000"),
        ({"version": 3}, "version", "Extra inputs"),
    ],
)
def test_sets_that_are_refused(changes: dict[str, object], field: str, says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_set(**changes)
    (error,) = refused.value.errors()
    assert error["loc"] == (field,)
    assert says in error["msg"]


@pytest.mark.parametrize(
    "name",
    ["Neutral portrait", "Grüße 🙂", "نسخة أولى", "日本語", "x" * 100, "e\u0301" * 100, "50 %?"],
)
def test_names_of_any_letters(name: str) -> None:
    kept = a_set(name=f"  {name} ").name
    assert kept == kept.strip()
    assert len(kept) <= MAX_NAME
    assert a_set(name=kept).name == kept


@given(st.text(max_size=120))
def test_a_name_that_is_taken_stays_as_it_is(name: str) -> None:
    try:
        kept = a_set(name=name).name
    except ValidationError:
        return
    assert a_set(name=kept).name == kept


def test_names_that_differ_in_case_only_are_one() -> None:
    assert name_key("Straße É") == name_key("STRASSE e\u0301") != name_key("Strase É")
