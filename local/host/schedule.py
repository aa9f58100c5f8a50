"""When a timer runs: NCRONTAB with six fields (or five, without seconds), or a TimeSpan.

Fields are `second minute hour day month day-of-week`. As in NCRONTAB, and unlike in cron, a day
must fit both its fields. croniter also takes what NCRONTAB refuses, as `L` and ranges that wrap.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from croniter import CroniterBadDateError, croniter

from local.host import HostError
from local.host.settings import parse_timespan

SEARCH_YEARS: Final = 8  # 29 February comes at least every eight years


@dataclass(frozen=True, slots=True)
class Interval:
    """Runs a fixed time apart."""

    every: timedelta

    def next(self, after: datetime) -> datetime:
        return after + self.every


@dataclass(frozen=True, slots=True)
class Cron:
    """Runs at the moments that fit six fields."""

    fields: str

    def next(self, after: datetime) -> datetime:
        """The first moment later than `after`. Raises HostError where there is none."""
        moments = croniter(
            self.fields,
            after,
            second_at_beginning=True,
            day_or=False,
            max_years_between_matches=SEARCH_YEARS,
        )
        try:
            found: datetime = moments.get_next(datetime)
        except CroniterBadDateError as error:
            raise HostError(f"The schedule '{self.fields}' has no next date.") from error
        return found


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
        found = Cron(" ".join(fields))
        croniter.expand(found.fields, second_at_beginning=True)
    except ValueError as error:
        raise HostError(f"The schedule '{text}' cannot be read: {error}.") from error
    return found
