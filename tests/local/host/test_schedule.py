"""When timers run."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.host import HostError
from local.host.schedule import Interval, parse_schedule

NOW = datetime(2026, 11, 23, 10, 20, 30, 400_000, UTC)  # a Monday


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("0 * * * * *", "2026-11-23 10:21:00"),
        ("0 17 * * * *", "2026-11-23 11:17:00"),
        ("* * * * *", "2026-11-23 10:21:00"),
        ("*/7 * * * * *", "2026-11-23 10:20:35"),
        ("30 20 10 * * *", "2026-11-24 10:20:30"),
        ("0 0 9-17/4 * * *", "2026-11-23 13:00:00"),
        ("0 30 9 * * MON-FRI", "2026-11-24 09:30:00"),
        ("0 0 0 * * 0", "2026-11-29 00:00:00"),
        ("0 0 0 * * 7", "2026-11-29 00:00:00"),
        ("0 0 0 1 Jan,jul *", "2027-01-01 00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29 00:00:00"),
        ("0 0 0 13 * 5", "2027-08-13 00:00:00"),  # Friday the 13th: both fields must fit
        ("0 5/20 * * * *", "2026-11-23 10:25:00"),
    ],
)
def test_next(schedule: str, expected: str) -> None:
    assert parse_schedule(schedule).next(NOW) == datetime.fromisoformat(expected + "+00:00")


def test_a_timespan_is_an_interval() -> None:
    assert parse_schedule("1.02:00:30") == Interval(timedelta(days=1, hours=2, seconds=30))


@pytest.mark.parametrize(
    "schedule",
    ["", "* * *", "60 * * * * *", "0 0 0 0 * *", "*/0 * * * * *", "x * * * * *",
     "00:00:00"],
)  # fmt: skip
def test_what_cannot_be_read_is_named(schedule: str) -> None:
    with pytest.raises(HostError, match=r"The schedule '.*' cannot be read"):
        parse_schedule(schedule)


def test_a_date_that_never_comes() -> None:
    with pytest.raises(HostError, match="no next date"):
        parse_schedule("0 0 0 30 2 *").next(NOW)


@given(
    st.integers(0, 59), st.integers(0, 59), st.integers(0, 23),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
)  # fmt: skip
def test_a_daily_time_comes_within_a_day(
    second: int, minute: int, hour: int, moment: datetime
) -> None:
    schedule = parse_schedule(f"{second} {minute} {hour} * * *")
    following = schedule.next(moment)
    assert timedelta(0) < following - moment <= timedelta(days=1)
    assert (following.hour, following.minute, following.second) == (hour, minute, second)
