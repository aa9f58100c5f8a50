"""A mouth's signal on a grid: holes are known, and filters do not see what is not there."""

import numpy as np
import pytest

from shared.analysis.mouth import RATE, Mouth, even
from shared.analysis.series import Floats


def mouth(times: Floats) -> Mouth:
    return Mouth(times, 0.1 + 0.05 * np.sin(2 * np.pi * 2 * times))


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0, 60.0])
def test_the_grid_carries_the_same_at_any_frame_rate(fps: float) -> None:
    signal = even(mouth(np.arange(0, 5, 1 / fps)))
    assert signal is not None
    assert signal.seen.all()
    assert np.diff(signal.times) == pytest.approx(1 / RATE)
    expected = 0.1 + 0.05 * np.sin(2 * np.pi * 2 * signal.times)
    assert np.abs(signal.values - expected).max() < 0.004


def test_short_holes_are_bridged_and_long_ones_known() -> None:
    times = np.arange(0, 6, 0.04)
    opening = mouth(times).opening
    opening[(times > 2) & (times < 2.15)] = np.nan
    gone = (times > 3) & (times < 4)
    signal = even(Mouth(times[~gone], opening[~gone]))
    assert signal is not None
    hole = (signal.times > 3.01) & (signal.times < 3.99)
    assert not signal.seen[hole].any()
    assert signal.seen[(signal.times < 2.99) | (signal.times > 4.05)].all()


def test_a_filter_does_not_see_into_a_hole() -> None:
    times = np.concatenate([np.arange(0, 2, 0.04), np.arange(4, 6, 0.04)])
    signal = even(Mouth(times, np.where(times < 3, 0.1, 0.3)))
    assert signal is not None
    smooth = signal.smoothed(0.2)
    assert smooth.values[signal.seen & (signal.times < 3)] == pytest.approx(0.1, abs=0.001)
    assert smooth.values[signal.seen & (signal.times > 3)] == pytest.approx(0.3, abs=0.001)


@pytest.mark.parametrize(
    ("times", "opening"),
    [([0.0, 0.04], [0.1, np.nan]), ([], []), ([0.0, 1e6], [0.1, 0.1])],
    ids=["one frame", "none", "a clock that lies"],
)
def test_what_is_no_signal_is_none(times: list[float], opening: list[float]) -> None:
    assert even(Mouth(np.array(times), np.array(opening))) is None


@pytest.mark.parametrize(
    ("times", "opening"),
    [([0.0, 0.0], [0.1, 0.1]), ([0.0, np.nan], [0.1, 0.1]), ([0.0, 0.04], [0.1])],
)
def test_arrays_that_do_not_belong_together_are_refused(
    times: list[float], opening: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"mouth|openings"):
        Mouth(np.array(times), np.array(opening))
