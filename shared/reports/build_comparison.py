"""Builds of an avatar side by side, clip by clip; or two of its measurements.

Clips are paired by their file names; what has no partner is listed. Two builds of one clip each
make a pair whatever the files are called, and a notice says so; another counts the pairs that are
too short for intervals. A pair that cannot be compared (an image and a video, different engines,
frames that are gone) is named in a notice; where that is so of every pair, its Problem is raised.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import Field
from sqlalchemy.orm import Session

from shared.analysis.build_changes import BuildChange, build_changes
from shared.analysis.comparison import SHORT_CLIP, TOO_SHORT, Comparison, compare
from shared.analysis.parameter_sets import ParameterSet
from shared.analysis.report import Model
from shared.platform.errors import Code, Problem
from shared.platform.storage import Storage
from shared.platform.words import counted
from shared.reports import clips, parameter_sets, reports
from shared.reports.clips import BuildKey, Clip

MAX_CLIPS: Final = 1000  # of a build that are looked at
MAX_PAIRS: Final = 40  # that are compared: half a second each, of clips of ten seconds


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    parameter_set: str | None = None  # whose bands tell better from worse
    seed: int = 0
    allow_engine_mismatch: bool = False


class ClipPair(Model):
    """A clip in both builds."""

    filename: str | None = Field(description="As in the later build.")
    from_measurement: int
    to_measurement: int
    comparison: Comparison


class BuildComparison(Model):
    avatar: str
    from_: str = Field(serialization_alias="from", description="The earlier build.")
    to: str = Field(description="The later build.")
    parameter_set: str | None
    pairs: tuple[ClipPair, ...] = Field(description="In the order of their file names.")
    only_from: tuple[str, ...] = Field(description="Clips of the earlier build without a partner.")
    only_to: tuple[str, ...]
    changes: tuple[BuildChange, ...] = Field(
        description="Per measure over all pairs; those that matter most first."
    )
    notices: tuple[str, ...]


def compare_measurements(
    session: Session,
    storage: Storage,
    avatar: str,
    numbers: tuple[int, int],
    options: ComparisonOptions = ComparisonOptions(),  # it is frozen
) -> Comparison:
    """`numbers` are those of the earlier and the later measurement.

    Raises Problem where the avatar has no such measurement, there is no such set, or the two cannot
    be compared.
    """
    for number in numbers:
        if reports.locate(session, number).report.avatar != avatar:
            raise Problem(
                Code.UNKNOWN_REPORT, f"The avatar {avatar!r} has no measurement {number}."
            )
    return _compare(session, storage, numbers, _held_to(session, options), options)


def compare_builds(
    session: Session,
    storage: Storage,
    avatar: str,
    builds: tuple[str, str],
    options: ComparisonOptions = ComparisonOptions(),
    *,
    file: str | None = None,
) -> BuildComparison:
    """`builds` are the earlier and the later one; with `file`, their clips of this name.

    Raises Problem where a build has no measurement, there is no such set, or no pair can be
    compared.
    """
    old, new = (_clips(session, BuildKey(avatar, build), file) for build in builds)
    held_to = _held_to(session, options)
    chosen = _pairs(old, new)
    notices = [*_of_files(chosen), *_unmeasured("earlier", old), *_unmeasured("later", new)]
    if len(chosen) > MAX_PAIRS:
        notices.append(f"Of {len(chosen)} pairs of clips the first {MAX_PAIRS} were compared.")
    pairs, problems = [], []
    for before, after in chosen[:MAX_PAIRS]:
        numbers = before.measurement_id or 0, after.measurement_id or 0
        try:
            found = _compare(session, storage, numbers, held_to, options)
        except Problem as problem:
            problems.append(problem)
            notices.append(f"{_words(after)} was not compared: {problem.detail}")
            continue
        pairs.append(
            ClipPair(
                filename=after.filename,
                from_measurement=numbers[0],
                to_measurement=numbers[1],
                comparison=found,
            )
        )
    if problems and not pairs:
        raise problems[0]
    paired = [{_words(clip) for clip in side} for side in zip(*chosen, strict=True)] or [set()] * 2
    only = [
        tuple(_words(clip) for clip in side if _words(clip) not in known)
        for side, known in zip((old, new), paired, strict=True)
    ]
    return BuildComparison(
        avatar=avatar,
        from_=builds[0],
        to=builds[1],
        parameter_set=held_to.name if held_to else None,
        pairs=tuple(pairs),
        only_from=only[0],
        only_to=only[1],
        changes=build_changes(pair.comparison for pair in pairs),
        notices=(*notices, *_too_short(pairs), *_common(pairs)),
    )


def _common(pairs: Sequence[ClipPair]) -> list[str]:
    """What has to be noted of every pair."""
    if not pairs:
        return []
    first, *others = (pair.comparison.notices for pair in pairs)
    return [
        notice
        for notice in first
        if notice != SHORT_CLIP and all(notice in other for other in others)
    ]


def _too_short(pairs: Sequence[ClipPair]) -> list[str]:
    count = sum(SHORT_CLIP in pair.comparison.notices for pair in pairs)
    verb = "is" if count == 1 else "are"
    return [f"{counted(count, 'clip')} {verb} {TOO_SHORT}."] if count else []


def _held_to(session: Session, options: ComparisonOptions) -> ParameterSet | None:
    if options.parameter_set is None:
        return None
    return parameter_sets.resolve(session, [options.parameter_set], archived=True)[0].content


def _compare(
    session: Session,
    storage: Storage,
    numbers: tuple[int, int],
    held_to: ParameterSet | None,
    options: ComparisonOptions,
) -> Comparison:
    before, after = (reports.locate(session, number) for number in numbers)
    return compare(
        (before.subject, before.load(session, storage, sound=True)),
        (after.subject, after.load(session, storage, sound=True)),
        held_to,
        seed=options.seed,
        allow_engine_mismatch=options.allow_engine_mismatch,
    )


def _clips(session: Session, key: BuildKey, file: str | None) -> list[Clip]:
    found = clips.page(session, [key], MAX_CLIPS, only=file)
    if not any(_measured(clip) for clip in found):
        of = "" if file is None else f" of a file {file!r}"
        raise Problem(
            Code.UNKNOWN_BUILD,
            f"The avatar {key.avatar!r} has no measurement{of} of build {key.build!r}.",
        )
    return found


def _measured(clip: Clip) -> bool:
    return clip.measurement_id is not None and clip.engine is not None


def _pairs(old: Sequence[Clip], new: Sequence[Clip]) -> list[tuple[Clip, Clip]]:
    by_name = {clip.filename: clip for clip in old if clip.filename and _measured(clip)}
    found = [
        (by_name[clip.filename], clip)
        for clip in new
        if clip.filename in by_name and _measured(clip)
    ]
    if not found and len(old) == len(new) == 1:
        return [(old[0], new[0])]
    return found


def _of_files(pairs: Sequence[tuple[Clip, Clip]]) -> list[str]:
    return [
        f"The files are not the same: {_words(before)} and {_words(after)}."
        for before, after in pairs
        if before.filename != after.filename
    ]


def _unmeasured(which: str, found: Sequence[Clip]) -> list[str]:
    return [
        f"{_words(clip)} of the {which} build is not measured."
        for clip in found
        if not _measured(clip)
    ]


def _words(clip: Clip) -> str:
    return clip.filename or f"Measurement {clip.measurement_id}"
