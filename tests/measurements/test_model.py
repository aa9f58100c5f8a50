"""What a measurement says of itself."""

import pytest

from shared.measurements.model import mean_rate


@pytest.mark.parametrize(
    ("steps", "seconds", "rate"),
    [
        (249, 9.96, 25.0),  # by itself 24.999999999999996
        (299, 299 * 1001 / 30000, 29.97003),
        (1, 86400.0, 1.157407e-05),  # a picture a day is a rate above 0
    ],
)
def test_a_rate_is_as_exact_as_times_are(steps: int, seconds: float, rate: float) -> None:
    assert mean_rate(steps, seconds) == rate
