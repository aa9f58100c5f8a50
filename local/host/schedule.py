"""When a timer runs: NCRONTAB with six fields (or five, without seconds), or a TimeSpan.

Fields are `second minute hour day month day-of-week`, each `*`, `*/n`, `a`, `a-b`, `a-b/n` or a
list of those; months and days of the week also by the first three letters of their English names,
Sunday is 0 or 7. As in NCRONTAB, and unlike in cron, a day must fit both its fields.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from local.host import HostError
from local.host.settings import parse_timespan

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LIMITS: Final = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
SEARCH_DAYS: Final = 366 * 8  # 29 February comes at least every eight years

_ITEM: Final = re.compile(r"(?:(?P<all>\*)|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\d+))?")


@dataclass(frozen=True, slots=True)
class Interval:
    """Runs a fixed time apart."""

    every: timedelta

    def next(self, after: datetime) -> datetime:
        return after + self.every


@dataclass(frozen=True, slots=True)
class Cron:
    """The allowed values of each field, in ascending order."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]  # 0 is Sunday

    def next(self, after: datetime) -> datetime:
        """The first moment later than `after`. Raises HostError where there is none."""
        moment = after.replace(microsecond=0) + timedelta(seconds=1)
        for _ in range(SEARCH_DAYS):
            found = self._next_on_day(moment) if self._fits_day(moment) else None
            if found is not None:
                return found
            moment = moment.replace(hour=0, minute=0, second=0) + timedelta(days=1)
        raise HostError("A timer's schedule has no next date.")

    def _fits_day(self, moment: datetime) -> bool:
        return (
            moment.month in self.months
            and moment.day in self.days
            and moment.isoweekday() % 7 in self.weekdays
        )

    def _next_on_day(self, moment: datetime) -> datetime | None:
        earliest = (moment.hour, moment.minute, moment.second)
        for hour in self.hours:
            for minute in self.minutes:
                if (hour, minute) < earliest[:2]:
                    continue
                for second in self.seconds:
                    if (hour, minute, second) >= earliest:
                        return moment.replace(hour=hour, minute=minute, second=second)
        return None


Schedule = Cron | Interval


def parse_schedule(text: str) -> Schedule:
    """Raises HostError with the text for what is neither a TimeSpan nor NCRONTAB."""
    fields = text.split()
    try:
        if len(fields) == 1:
            every = parse_timespan(text)
            if not every:
                raise ValueError("a timer needs an interval above zero")
            return Interval(every)
        if len(fields) == 5:
            fields.insert(0, "0")
        if len(fields) != 6:
            raise ValueError("it has neither five nor six fields")
        values = [_field(item, index) for index, item in enumerate(fields)]
    except ValueError as error:
        raise HostError(f"The schedule '{text}' cannot be read: {error}.") from error
    return Cron(*values)


def _field(text: str, index: int) -> tuple[int, ...]:
    values: set[int] = set()
    lowest, highest = LIMITS[index]
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise ValueError(f"'{item}' is not a field")
        low = lowest if match["all"] else _number(match["low"], index)
        # `a/n` counts from a to the end, a lone `a` is itself
        high = low if not (match["all"] or match["step"]) else highest
        if match["high"]:
            high = _number(match["high"], index)
        step = int(match["step"] or 1)
        if not (lowest <= low <= high <= highest and step):
            raise ValueError(f"'{item}' is out of range")
        values.update(range(low, high + 1, step))
    return tuple(sorted({value % 7 for value in values} if index == 5 else values))


def _number(text: str, index: int) -> int:
    names = MONTHS if index == 4 else WEEKDAYS if index == 5 else ()
    name = text.lower()[:3]
    if name in names:
        return names.index(name) + (index == 4)
    return int(text)
