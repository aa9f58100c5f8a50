"""Two builds of an avatar side by side, each in one measurement; notices say which of several."""

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from shared.analysis.comparison import Comparison, compare
from shared.platform.storage import Storage
from shared.reports import avatars, parameter_sets, reports
from shared.reports.avatars import Candidate


def compare_builds(
    session: Session,
    storage: Storage,
    avatar: str,
    builds: tuple[str, str],
    *,
    file: str | None = None,
    parameter_set: str | None = None,
    seed: int = 0,
    allow_engine_mismatch: bool = False,
) -> Comparison:
    """`builds` are the earlier and the later one; with `file`, in media of this name.

    The bands of `parameter_set` tell better from worse. Raises Problem where a build has no
    measurement, there is no such set, or the two cannot be compared.
    """
    earlier, later = (avatars.candidates(session, avatar, build, file) for build in builds)
    old, new = avatars.pair(earlier, later)
    before, after = (reports.locate(session, item.measurement_id) for item in (old, new))
    held_to = (
        parameter_sets.resolve(session, [parameter_set], archived=True)[0].content
        if parameter_set is not None
        else None
    )
    found = compare(
        (before.subject, before.load(session, storage, sound=True)),
        (after.subject, after.load(session, storage, sound=True)),
        held_to,
        seed=seed,
        allow_engine_mismatch=allow_engine_mismatch,
    )
    notices = [*found.notices, *_choice(builds[0], earlier, old), *_choice(builds[1], later, new)]
    if old.filename != new.filename:
        notices.append(f"The files are not the same: {old.filename} and {new.filename}.")
    return found.model_copy(update={"notices": tuple(notices)})


def _choice(build: str, all_of: Sequence[Candidate], chosen: Candidate) -> Iterator[str]:
    if len(all_of) > 1:
        file = f" ({chosen.filename})" if chosen.filename else ""
        yield (
            f"Build {build!r} has {len(all_of)} measurements; number {chosen.measurement_id}{file} "
            "was compared. `file` chooses others."
        )
