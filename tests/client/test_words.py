"""Numbers as they are shown."""

import pytest

from avatar_validation.words import band, measured, number, signed


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (1.234, "1.2"),
        (12.7, "13"),
        (124.4, "124"),
        (0.000123, "0.00012"),
        (-3.26, "-3.3"),
    ],
)
def test_two_significant_digits(value: float, shown: str) -> None:
    assert number(value) == shown


def test_a_value_is_never_shown_as_a_bound_that_it_is_not() -> None:
    assert number(0.897, 0.9) == "0.897"
    assert number(0.9, 0.9) == "0.9"
    assert number(12.7, None, 13) == "12.7"


def test_a_band_is_shown_as_it_was_given() -> None:
    assert band(10.5, 32.5) == "10.5 to 32.5"
    assert band(None, 0.0098317) == "at most 0.0098"
    assert band(None, None) == "anything"


def test_a_unit_is_written_as_on_the_pages() -> None:
    assert measured(0.98, "share") == "98 %"
    assert measured(22.4, "1/s") == "22 /s"
    assert measured(2.1, "deg") == "2.1 deg"
    assert measured(3, "") == "3"


def test_a_difference_has_a_sign() -> None:
    assert [signed(value) for value in (0.00234, -1.26, -0.0)] == ["+0.0023", "-1.3", "+0"]
