"""The same motion, whatever the frames' times."""

import numpy as np
import pytest

from shared.even_clock import TICK, interpolated, smoothed, ticks


def test_ticks_are_whole_multiples() -> None:
    assert ticks(0.57, 0.6).tolist() == [57, 58, 59, 60]
    assert ticks(0.011, 0.019).tolist() == []


def test_a_straight_line_stays_one() -> None:
    times = np.array([0.0, 0.04, 0.05, 0.2])
    at = np.arange(0, 0.2, 0.01)
    assert interpolated(times, 3 * times, at) == pytest.approx(3 * at)


def test_one_frame_stands_for_all() -> None:
    assert interpolated(np.zeros(1), np.array([[2.0, 3.0]]), np.zeros(3)).tolist() == [[2, 3]] * 3


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0, 50.0, 60.0])
@pytest.mark.parametrize("hertz", [1.0, 3.0, 5.0])
def test_a_wave_keeps_its_height(fps: float, hertz: float) -> None:
    """Within 6 % of what a Gaussian of 30 ms leaves of it, up to 5 Hz at any frame rate."""
    times = np.arange(round(10 * fps)) / fps
    numbers = ticks(times[0], times[-1])
    even = interpolated(times, np.sin(2 * np.pi * hertz * times), numbers * TICK)
    found = smoothed(even, 0.03)[100:-100].std() * np.sqrt(2)
    left = np.exp(-0.5 * (2 * np.pi * hertz * 0.03) ** 2)
    assert found == pytest.approx(left, rel=0.06)


def test_the_ends_are_weighed_by_what_is_there() -> None:
    assert smoothed(np.full((5, 2), 4.0), 0.03) == pytest.approx(np.full((5, 2), 4.0))
