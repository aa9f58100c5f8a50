"""Times that always increase, whatever the container says."""

import pytest

from shared.media.clock import Clock, Seconds

MILLISECONDS = Seconds(1, 1000)


@pytest.mark.parametrize(
    ("stamps", "times", "retimed"),
    [
        ([0, 40, 80], [0, 0.04, 0.08], 0),
        ([500, 540, 900], [0, 0.04, 0.4], 0),  # from the first frame; any spacing
        ([0, None, 80], [0, 0.04, 0.08], 1),
        ([0, 40, 40, 40, 160], [0, 0.04, 0.041, 0.042, 0.16], 2),
        ([0, 40, 20, 80], [0, 0.04, 0.041, 0.08], 1),
        ([5000, 5040, 6040, 0, 40, 80], [0, 0.04, 1.04, 1.08, 1.12, 1.16], 1),  # starts again
        ([None, None, None], [0, 0.04, 0.08], 3),
    ],
)
def test_times(stamps: list[int | None], times: list[float], retimed: int) -> None:
    clock = Clock(stamps[0], MILLISECONDS, fps=25)
    assert [clock.time(stamp) for stamp in stamps] == pytest.approx(times)
    assert clock.retimed == retimed


def test_a_time_finds_its_tick_again() -> None:
    seconds = Seconds(1001, 30_000)
    assert all(seconds.ticks(seconds(tick)) == tick for tick in range(100_000))
