"""Two builds of an avatar side by side, or two of its measurements: parts of `/avatars/{name}`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import azure.functions as func
from markupsafe import Markup
from sqlalchemy.orm import Session

from shared.analysis import figures
from shared.analysis.build_changes import BuildChange, Word
from shared.analysis.catalogue import CATALOGUE
from shared.analysis.changes import Change, Difference
from shared.analysis.comparison import Comparison
from shared.analysis.report import Verdict, worst
from shared.app import App
from shared.jobs import lifecycle
from shared.media.formats import Kind
from shared.pages import addresses, charts
from shared.pages.avatar_query import ALL, AvatarQuery, set_of
from shared.pages.responses import page
from shared.reports import clips, reports, set_listing
from shared.reports.build_comparison import (
    BuildComparison,
    ClipPair,
    ComparisonOptions,
    compare_builds,
    compare_measurements,
)
from shared.reports.clips import BuildKey

FIRST: Final = 8  # changes that are not folded in
MOST_LISTED: Final = 600  # changes of single clips on a page

ORDER: Final = (
    *(Change.WORSE, Change.BETTER, Change.HIGHER, Change.LOWER),
    *(Change.NO_CLEAR_CHANGE, Change.NOT_COMPARED),
)
_UNCLEAR: Final = (Change.NO_CLEAR_CHANGE, Change.NOT_COMPARED)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Folded(Generic[T]):
    """The few that matter, and the rest."""

    first: Sequence[T]
    rest: Sequence[T]


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One measure of one face in both measurements."""

    item: Difference
    band: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One measure in both builds."""

    item: BuildChange
    band: str
    chart: Markup
    each: Sequence[tuple[ClipPair, Difference]]


@dataclass(frozen=True, slots=True)
class PairRow:
    pair: ClipPair
    before: Verdict | None
    after: Verdict | None
    tally: Sequence[tuple[Change, int]]


@dataclass(frozen=True, slots=True)
class Medium:
    """The media of one of two measurements."""

    words: str
    name: str
    job: UUID
    report: int
    kind: str


def compared_measurements(
    app: App, avatar: str, numbers: tuple[int, int], wanted: AvatarQuery
) -> func.HttpResponse:
    with app.database.begin() as session:
        held_to = _held_to(session, wanted, numbers[1])
        found = compare_measurements(
            session, app.storage, avatar, numbers, ComparisonOptions(held_to)
        )
        values = {
            **_common(session, avatar, wanted, held_to),
            "comparison": found,
            "named": [_named(session, subject.job, number) for subject, number in _sides(found)],
            "faces": [
                (face.before, face.after, _folded_differences(face.differences))
                for face in found.faces
            ],
            "tally": _tally(item for face in found.faces for item in face.differences),
            "media": _media(session, found),
            "swapped": addresses.avatar(
                avatar, set=wanted.set, from_measurement=numbers[1], to_measurement=numbers[0]
            ),
        }
    return page("compared_measurements.html", values)


def compared_builds(
    app: App, avatar: str, names: tuple[str, str], wanted: AvatarQuery
) -> func.HttpResponse:
    with app.database.begin() as session:
        later = clips.page(session, [BuildKey(avatar, names[1])], 1)
        held_to = _held_to(session, wanted, later[0].measurement_id if later else None)
        found = compare_builds(
            session, app.storage, avatar, names, ComparisonOptions(held_to), file=wanted.file
        )
        numbers = [n for pair in found.pairs for n in (pair.from_measurement, pair.to_measurement)]
        verdicts = {
            number: worst(item.verdict for item in clips.present(held))
            for number, held in reports.verdicts(session, numbers).items()
        }
        values = {
            **_common(session, avatar, wanted, held_to),
            "comparison": found,
            "changes": _folded_changes(found),
            "tally": _words(found.changes),
            "pairs": [_pair_row(pair, verdicts) for pair in found.pairs],
            "swapped": addresses.avatar(avatar, set=wanted.set, from_=names[1], to=names[0]),
        }
    return page("compared_builds.html", values)


def _common(
    session: Session, avatar: str, wanted: AvatarQuery, held_to: str | None
) -> dict[str, Any]:
    sets = set_listing.names(session)
    return {"avatar": avatar, "wanted": wanted, "chosen": held_to, "sets": sets, "all": ALL}


def _held_to(session: Session, wanted: AvatarQuery, number: int | None) -> str | None:
    """The name of the set that is asked for, or of the later side's report."""
    held = reports.verdicts(session, [number]).get(number or 0, ())
    stored = set_of(session, wanted.set, held[0].parameter_set if held else None)
    return stored.content.name if stored else None


def _sides(found: Comparison) -> Sequence[tuple[Any, int]]:
    return [(side, side.report or 0) for side in (found.before, found.after)]


def _named(session: Session, job: str | None, number: int) -> str:
    """The file of a measurement."""
    known = lifecycle.visible(session, UUID(job)) if job else None
    return known.filename if known else f"Measurement {number}"


def _media(session: Session, comparison: Comparison) -> list[Medium]:
    """The media of both, where both have some that can be shown beside each other."""
    found = []
    for words, (subject, number) in zip(("Earlier", "Later"), _sides(comparison), strict=True):
        job = lifecycle.visible(session, UUID(subject.job)) if subject.job else None
        kind = job.media.kind if job and job.media else None
        if job is None or kind not in (Kind.IMAGE, Kind.VIDEO):
            return []
        found.append(Medium(words, job.filename, job.id, number, kind))
    return found


def _folded_differences(differences: Sequence[Difference]) -> Folded[DifferenceRow]:
    """Worse ones first; what has not clearly changed is folded in."""
    rows = [_row(item) for item in sorted(differences, key=_rank)]
    clear = [row for row in rows if row.item.change not in _UNCLEAR]
    first = clear[: max(FIRST, sum(row.item.change in ORDER[:2] for row in clear))]
    return Folded(first, [row for row in rows if row not in first])


def _folded_changes(found: BuildComparison) -> Folded[ChangeRow]:
    listed = len(found.pairs) * len(found.changes) <= MOST_LISTED
    clear = [item for item in found.changes if _matters(item)]
    first = clear[: max(FIRST, sum(item.word in (Word.WORSE, Word.BETTER) for item in clear))]
    rest = [item for item in found.changes if item not in first]
    return Folded(
        [_change_row(item, found.pairs) for item in first],
        [_change_row(item, found.pairs if listed else ()) for item in rest],
    )


def _matters(item: BuildChange) -> bool:
    return item.word is not Word.NO_CLEAR_CHANGE or item.worse > 0


def _tally(items: Iterable[Difference]) -> list[tuple[Change, int]]:
    """How many measures changed in which way; the worse ones first."""
    found = Counter(item.change for item in items)
    return sorted(found.items(), key=lambda each: ORDER.index(each[0]))


def _words(changes: Sequence[BuildChange]) -> list[tuple[Word, int]]:
    found = Counter(item.word for item in changes)
    return [(word, found[word]) for word in Word if word in found]


def _rank(item: Difference) -> tuple[int, float]:
    """By kind, then by size in what means something."""
    order = ORDER.index(item.change)
    if item.change is Change.LOWER:
        order -= 1  # neither up nor down comes first
    tolerance = CATALOGUE[item.measure].tolerance or 1.0
    return order, -abs(item.difference or 0.0) / tolerance


def _row(item: Difference) -> DifferenceRow:
    return DifferenceRow(
        item=item,
        band=figures.band(item.lower, item.upper, item.unit),
        chart=_chart(item, item.change),
    )


def _change_row(item: BuildChange, pairs: Sequence[ClipPair]) -> ChangeRow:
    each = [
        (pair, difference)
        for pair in pairs
        for face in pair.comparison.faces
        for difference in face.differences
        if difference.measure == item.measure and difference.difference is not None
    ]
    return ChangeRow(
        item=item,
        band=figures.band(item.lower, item.upper, item.unit),
        chart=_chart(item, item.word),
        each=each,
    )


def _chart(item: Difference | BuildChange, kind: str) -> Markup:
    band = None if item.lower is None and item.upper is None else (item.lower, item.upper)
    entry = CATALOGUE[item.measure]
    values = [item.before, item.after, item.lower, item.upper]
    scale = charts.scale_for(values, entry.lower, most=entry.upper)
    before, after = (figures.amount(value, item.unit) for value in (item.before, item.after))
    label = f"from {before} to {after}"
    return charts.change(scale, item.before, item.after, band, label, kind=kind)


def _pair_row(pair: ClipPair, verdicts: dict[int, Verdict | None]) -> PairRow:
    return PairRow(
        pair,
        verdicts.get(pair.from_measurement),
        verdicts.get(pair.to_measurement),
        [
            (change, count)
            for change, count in _tally(
                item for face in pair.comparison.faces for item in face.differences
            )
            if change not in _UNCLEAR
        ],
    )
