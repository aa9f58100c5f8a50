"""Builds of avatars, judged by their clips; however many clips there are, so many queries.

A build's verdict is the worst of its clips' (`clips` says which those are). What could not be
measured, or is under way, is counted beside it. Functions take the session of a transaction.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pydantic import AwareDatetime
from sqlalchemy import Subquery, and_, case, func, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from shared.analysis.report import Verdict, worst
from shared.database.tables import ActionUnitReport, Job
from shared.reports import clips
from shared.reports.clips import MEASURED_AT, BuildKey, ClipOutcome

Place = tuple[AwareDatetime, str]
"""Of a build in the list of an avatar's: when it was last sent something, and its name."""

CONCERN: Final = {
    ClipOutcome.FAIL: 0,
    ClipOutcome.NOT_MEASURED: 0,
    ClipOutcome.INCONCLUSIVE: 1,
    ClipOutcome.PASS: 2,
}
"""How well a clip came off, 0 the worst; the others cannot be better or worse."""

MOST_NAMED: Final = 3  # clips that became worse and are named; the others are counted


@dataclass(frozen=True, slots=True)
class SetCounts:
    """How many clips of a build have which verdict by the newest version of one set."""

    parameter_set: str
    counts: dict[Verdict, int]

    @property
    def verdict(self) -> Verdict | None:
        return worst(self.counts)


@dataclass(frozen=True, slots=True)
class Build:
    key: BuildKey
    first: dt.datetime  # when its first media was sent
    last: dt.datetime
    counts: Mapping[ClipOutcome, int]  # of its clips
    sets: Sequence[SetCounts]  # in the order of their names

    @property
    def name(self) -> str:
        return self.key.build

    @property
    def clips(self) -> int:
        return sum(self.counts.values())

    @property
    def verdict(self) -> Verdict | None:
        return worst(each.verdict for each in self.counts if each.verdict)

    @property
    def outcome(self) -> ClipOutcome:
        """The worst of its clips', of those that have no verdict as well."""
        return min(self.counts, key=list(ClipOutcome).index)

    @property
    def place(self) -> Place:
        return self.last, self.name


class Worse(NamedTuple):
    """A clip that came off worse than in the build before."""

    filename: str
    before: ClipOutcome
    after: ClipOutcome


@dataclass(frozen=True, slots=True)
class Worsening:
    count: int
    named: Sequence[Worse]  # the first ones


def newest(session: Session, avatars: Sequence[str], most: int) -> dict[str, list[Build]]:
    """Of each of these avatars its `most` newest builds, newest first."""
    places = _places(avatars, most)
    found = session.execute(select(places).where(places.c.place <= most)).all()
    judged: dict[str, list[Build]] = defaultdict(list)
    for build in _judged(session, found):
        judged[build.key.avatar].append(build)
    return judged


def page(session: Session, avatar: str, before: Place | None, limit: int) -> list[Build]:
    """At most `limit` builds of an avatar, newest first, those before a place."""
    places = _places([avatar], None if before else limit)
    query = select(places).order_by(places.c.place).limit(limit)
    if before is not None:
        query = query.where(tuple_(places.c.last, places.c.name) < before)
    return _judged(session, session.execute(query).all())


def one(session: Session, key: BuildKey) -> Build | None:
    """A build by its name; None where nothing was ever sent for it."""
    clip = clips.newest([key])
    last = session.scalar(select(func.max(clip.c.created)))
    if last is None:
        return None
    return next(iter(_judged(session, [_Row(*key, last)])), None)


def worsened(
    session: Session, pairs: Collection[tuple[BuildKey, BuildKey]]
) -> dict[BuildKey, Worsening]:
    """What came off worse in the later build of each pair (earlier, later), by the later one."""
    if not pairs:
        return {}
    clip = clips.with_outcomes(clips.newest([key for pair in pairs for key in pair]))
    old, new = clip.alias("old"), clip.alias("new")
    worse = _concern(new.c.outcome) < _concern(old.c.outcome)
    whole = (new.c.avatar, new.c.name)
    found = (
        select(
            *whole,
            new.c.filename,
            old.c.outcome.label("before"),
            new.c.outcome.label("after"),
            func.count().over(partition_by=whole).label("worse"),
            func.row_number().over(partition_by=whole, order_by=new.c.text).label("place"),
        )
        .join(old, and_(old.c.avatar == new.c.avatar, old.c.text == new.c.text))
        .where(
            tuple_(old.c.avatar, old.c.name, new.c.name).in_(
                [(earlier.avatar, earlier.build, later.build) for earlier, later in pairs]
            ),
            ~new.c.unnamed,
            worse,
        )
        .subquery()
    )
    query = select(found).where(found.c.place <= MOST_NAMED).order_by(found.c.place)
    named: dict[BuildKey, list[Any]] = defaultdict(list)
    for row in session.execute(query):
        named[BuildKey(row.avatar, row.name)].append(row)
    return {
        key: Worsening(
            rows[0].worse,
            [Worse(row.filename, ClipOutcome(row.before), ClipOutcome(row.after)) for row in rows],
        )
        for key, rows in named.items()
    }


def pictures(session: Session, builds: Collection[BuildKey]) -> dict[BuildKey, uuid.UUID]:
    """Of each build the job of its first clip, of which there may be a picture."""
    if not builds:
        return {}
    clip = clips.newest(builds)
    query = (
        select(clip.c.avatar, clip.c.name, clip.c.job)
        .ext(distinct_on(clip.c.avatar, clip.c.name))
        .where(clip.c.job.is_not(None))
        .order_by(clip.c.avatar, clip.c.name, clip.c.measurement_id.is_(None), clip.c.text)
    )
    return {BuildKey(avatar, name): job for avatar, name, job in session.execute(query)}


class _Row(NamedTuple):
    avatar: str
    name: str
    last: dt.datetime


def _places(avatars: Sequence[str], most: int | None) -> Subquery:
    """Every build of these avatars, `place` 1 the newest.

    Measurements get their numbers in the order of time, so of the measured builds only the `most`
    with the highest are looked at closer.
    """
    number = func.max(ActionUnitReport.id)
    within = func.row_number().over(partition_by=ActionUnitReport.avatar, order_by=number.desc())
    numbers = (
        select(number.label("number"), within.label("place"))
        .where(ActionUnitReport.avatar.in_(avatars))
        .group_by(ActionUnitReport.avatar, ActionUnitReport.name)
        .subquery()
    )
    measured = (
        select(ActionUnitReport.avatar, ActionUnitReport.name, MEASURED_AT.label("sent"))
        .join(numbers, numbers.c.number == ActionUnitReport.id)
        .outerjoin(Job, Job.report_id == ActionUnitReport.id)
    )
    if most is not None:
        measured = measured.where(numbers.c.place <= most)
    waiting = select(Job.avatar, Job.name, Job.created).where(
        Job.avatar.in_(avatars), Job.report_id.is_(None), ~Job.deleting
    )
    both = union_all(measured, waiting).subquery()
    last = func.max(both.c.sent)
    place = func.row_number().over(
        partition_by=both.c.avatar, order_by=(last.desc(), both.c.name.desc())
    )
    return (
        select(both.c.avatar, both.c.name, last.label("last"), place.label("place"))
        .group_by(both.c.avatar, both.c.name)
        .order_by(both.c.avatar, place)
        .subquery()
    )


def _judged(session: Session, rows: Sequence[Any]) -> list[Build]:
    """Builds in the order of the rows; without those that have nothing left but what is deleted."""
    keys = [BuildKey(row.avatar, row.name) for row in rows]
    if not keys:
        return []
    counts, first = _counts(session, keys)
    sets = _sets(session, keys)
    return [
        Build(key, first[key], row.last, counts[key], sets[key])
        for key, row in zip(keys, rows, strict=True)
        if key in counts
    ]


def _counts(
    session: Session, keys: Sequence[BuildKey]
) -> tuple[dict[BuildKey, dict[ClipOutcome, int]], dict[BuildKey, dt.datetime]]:
    clip = clips.with_outcomes(clips.newest(keys))
    own = (clip.c.avatar, clip.c.name, clip.c.outcome)
    query = select(*own, func.count().label("clips"), func.min(clip.c.first).label("first"))
    counts: dict[BuildKey, dict[ClipOutcome, int]] = defaultdict(dict)
    first = {}
    for row in session.execute(query.group_by(*own)):
        key = BuildKey(row.avatar, row.name)
        counts[key][ClipOutcome(row.outcome)] = row.clips
        first[key] = row.first
    return counts, first


def _sets(session: Session, keys: Sequence[BuildKey]) -> dict[BuildKey, list[SetCounts]]:
    held = clips.held(clips.newest(keys))
    own = (held.c.avatar, held.c.name, held.c.name_key, held.c.verdict)
    query = select(*own, func.max(held.c.set_name).label("set_name"), func.count().label("clips"))
    found: dict[tuple[BuildKey, str], SetCounts] = {}
    sets: dict[BuildKey, list[SetCounts]] = defaultdict(list)
    for row in session.execute(query.group_by(*own).order_by(held.c.name_key)):
        key = BuildKey(row.avatar, row.name)
        counts = found.get((key, row.name_key))
        if counts is None:
            counts = found[key, row.name_key] = SetCounts(row.set_name, {})
            sets[key].append(counts)
        counts.counts[Verdict(row.verdict)] = row.clips
    return sets


def _concern(outcome: Any) -> Any:
    """0 is the worst; null where there is nothing to compare."""
    return case(*((outcome == each.value, rank) for each, rank in CONCERN.items()))


def is_worse(before: ClipOutcome, after: ClipOutcome) -> bool:
    """Whether a clip came off worse; not where one of the two is under way, or was not judged."""
    known = before in CONCERN and after in CONCERN
    return known and CONCERN[after] < CONCERN[before]
