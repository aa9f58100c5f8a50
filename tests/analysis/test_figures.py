"""Numbers of natural reports: two digits, or as many as tell a value from its bound."""

import pytest

from shared.analysis.figures import amount, band, distance, figure, ranked
from shared.pages.charts import DRAWN, Scale, Series, windows


def test_two_digits_whatever_the_size() -> None:
    found = [figure(v) for v in (None, 0, 0.0038123, 0.31, 1.0, 9.96, 12.3, 134.4, -0.5, 0.000031)]
    assert found == ["–", "0", "0.0038", "0.31", "1", "10", "12", "134", "\u22120.5", "0.000031"]


@pytest.mark.parametrize(
    ("value", "unit", "bounds", "shown"),
    [
        (0.897, "share", (0.9, None), "89.7 %"),
        (0.9, "share", (0.9, None), "90 %"),
        (0.9996, "share", (0.9, None), "99.96 %"),
        (1.0, "share", (0.9, None), "100 %"),
        (0.01412, "eye distances", (0.01406, 0.06), "0.01412"),
        (0.02, "eye distances", (0.01, 0.06), "0.02"),
    ],
)
def test_a_value_never_reads_as_a_bound_that_it_is_not(
    value: float, unit: str, bounds: tuple[float | None, float | None], shown: str
) -> None:
    assert amount(value, unit, bounds) == shown


def test_bands_and_distances() -> None:
    assert band(0.9, None, "share") == "at least 90 %"
    assert band(None, 0.5, "s") == "at most 0.5"
    assert band(0.0104, 0.0382, "eye distances") == "0.01 to 0.038"
    assert [distance(z, 3.3) for z in (0.081, -3.28, -12.2)] == ["+0.1", "\u22123.28", "\u221212"]
    assert [distance(z, 3.3) for z in (0.04, -0.04)] == ["0", "0"]


def test_a_place_among_real_recordings() -> None:
    assert ranked(0.971) == "deviates more than 97 of 100 real recordings"
    assert ranked(0.2) == "deviates less than 80 of 100 real recordings"
    assert ranked(1.0) == "deviates more than 99 of 100 real recordings"


def test_an_hour_of_windows_is_a_small_chart() -> None:
    many = 2400
    series = Series(
        times=[1.5 * n for n in range(many)],
        values=[n % 7 / 7 for n in range(many)],
        out=[n % 2 == 0 for n in range(many)],
        duration=1.5 * many,
    )
    chart = str(windows(Scale(0.0, 1.0), series, 0.5, (0.2, 0.8), "much"))
    assert len(chart) < 6000
    assert chart.count("h0") == DRAWN
