"""Parameter sets in the database: versions, and several people at them at the same moment."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.analysis.catalogue import CATALOGUE
from shared.analysis.default_sets import ALIVE as UNVERSIONED
from shared.analysis.parameter_sets import Parameter, ParameterSet
from shared.app import App
from shared.measurements import versions
from shared.measurements.model import MediaType
from shared.platform.errors import Code, Problem
from shared.reports import parameter_sets, reports
from shared.reports.parameter_sets import StoredSet
from tests import recorded

ALIVE = UNVERSIONED.model_copy(update={"engine_version": versions.MEDIAPIPE})

LIMIT = 60.0  # [s] for what takes milliseconds on an idle machine


def content(name: str = "A set", upper: float = 3.0, **changed: Any) -> ParameterSet:
    parameter = {"measure": "AU12.level", "lower": 0.5, "upper": upper}
    values = {"name": name, "engine": "openface", "parameters": [parameter]}
    return ParameterSet.model_validate(values | changed)


def add(app: App, wanted: ParameterSet, *default_for: MediaType) -> StoredSet:
    with app.database.begin() as session:
        parameter_sets.lock(session, wanted.name)
        stored = parameter_sets.add(session, wanted, parameter_sets.find(session, wanted.name))
        return parameter_sets.make_default(session, stored, default_for) if default_for else stored


def remove(app: App, name: str) -> StoredSet | None:
    with app.database.begin() as session:
        parameter_sets.lock(session, name)
        present = parameter_sets.find(session, name)
        assert present is not None
        return parameter_sets.remove(session, present)


def present(app: App, name: str = "A set") -> StoredSet | None:
    with app.database.begin() as session:
        return parameter_sets.find(session, name)


def hold(app: App, name: str = "A set", *, allow_engine_mismatch: bool = False) -> None:
    """A report that was held to the set."""
    with app.database.begin() as session:
        stored = recorded.measurement(session)
        found = reports.measured(session, app.storage, stored)
        chosen = parameter_sets.resolve(session, [name])
        reports.hold(
            session, app.storage, stored, found, chosen, allow_engine_mismatch=allow_engine_mismatch
        )


_ends = st.floats(0, 5, allow_nan=False)
_parameters = st.lists(
    st.builds(
        lambda code, ends, low, optional: Parameter(
            measure=code,
            lower=min(ends),
            upper=max(ends),
            allow_low_validity=low,
            optional=optional,
        ),
        st.sampled_from([code for code in CATALOGUE if code.endswith(".level")]),
        st.tuples(_ends, _ends),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=10,
    unique_by=lambda parameter: parameter.measure,
)


def test_a_set_is_for_the_engines_present_version_unless_it_says_so(app: App) -> None:
    lines = content("Mine").model_copy(update={"engine": "mediapipe"})
    assert add(app, lines).content.engine_version == versions.MEDIAPIPE
    assert add(app, lines).version == 1  # the same
    assert add(app, lines.model_copy(update={"engine_version": 1})).content.engine_version == 1
    assert add(app, content("Theirs")).content.engine_version is None


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(_parameters, st.floats(0, 1), st.text("aß\U0001f600 \n,\"'", max_size=20))
def test_what_is_stored_comes_back_exactly(
    app: App, parameters: list[Parameter], share: float, description: str
) -> None:
    wanted = ParameterSet(
        name="Exact",
        engine="mediapipe",
        engine_version=1,
        description=description,
        required_share=share,
        parameters=tuple(parameters),
    )
    add(app, wanted)
    found = present(app, "exact")
    assert found is not None
    assert found.content == wanted


def test_every_change_is_a_version_and_no_change_is_none(app: App) -> None:
    versions = [add(app, content(upper=upper)).version for upper in (3.0, 3.0, 4.0, 3.0)]
    assert versions == [1, 1, 2, 3]
    with app.database.begin() as session:
        first = parameter_sets.find(session, "a SET", 1)
        assert parameter_sets.find(session, "a SET", 4) is None
    assert first is not None
    assert first.content == content()


def test_of_many_who_make_the_same_set_at_once_each_makes_a_version(app: App) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = threads.map(lambda upper: add(app, content(upper=1 + upper / 10)), range(8))
        assert sorted(stored.version for stored in made) == list(range(1, 9))


def test_one_set_is_the_default_of_a_type(app: App) -> None:
    names = [f"Set {number}" for number in range(6)]
    for name in names:
        add(app, content(name))
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda name: add(app, content(name), *MediaType), names))
    with app.database.begin() as session:
        chosen = {
            media_type: parameter_sets.default(session, media_type) for media_type in MediaType
        }
    assert all(chosen.values())
    newer = add(app, content(chosen[MediaType.IP].content.name, upper=4))  # type: ignore[union-attr]
    with app.database.begin() as session:
        assert parameter_sets.default(session, MediaType.IP) == newer


def test_alive_is_the_default_of_videos_until_somebody_chooses_another(app: App) -> None:
    def default_for() -> tuple[str | None, str | None, tuple[MediaType, ...]]:
        with app.database.begin() as session:
            chosen = [
                parameter_sets.default(session, each) for each in (MediaType.VS, MediaType.IP)
            ]
        alive = present(app, "Alive")
        assert alive is not None
        assert alive.content == ALIVE
        names = [each.content.name if each else None for each in chosen]
        return names[0], names[1], alive.default_for

    both = (MediaType.VM, MediaType.VS)
    assert default_for() == ("Alive", None, both)
    add(app, content(), MediaType.VS)
    assert default_for() == ("A set", None, (MediaType.VM,))
    remove(app, "A set")
    assert default_for() == ("Alive", None, both)
    add(app, ALIVE, MediaType.VS, MediaType.IP)
    assert default_for() == ("Alive", "Alive", (MediaType.IP, MediaType.VS))
    with app.database.begin() as session:
        alive = parameter_sets.find(session, "Alive")
        assert alive is not None
        parameter_sets.make_default(session, alive, [])
    assert default_for() == (None, None, ())


def test_alive_keeps_its_place_in_a_new_version_and_stays_away_once_it_is_gone(app: App) -> None:
    changed = add(app, ALIVE.model_copy(update={"min_face_share": 0.1}))
    assert (changed.version, changed.default_for) == (2, (MediaType.VM, MediaType.VS))
    hold(app, "Alive", allow_engine_mismatch=True)
    archived = remove(app, "Alive")
    assert archived is not None
    assert archived.default_for == ()
    back = add(app, ALIVE)
    assert (back.version, back.default_for) == (3, ())
    with app.database.begin() as session:
        assert parameter_sets.default(session, MediaType.VS) is None


def test_the_etag_changes_with_whatever_changes(app: App) -> None:
    tags = [
        add(app, content()).etag,
        add(app, content(), MediaType.VS).etag,
        add(app, content(), MediaType.VM).etag,
        add(app, content(upper=4)).etag,
    ]
    hold(app)
    archived = remove(app, "A set")
    assert archived is not None
    tags.append(archived.etag)
    assert len(set(tags)) == len(tags)
    assert add(app, content(upper=4)).archived is None  # the same again: back, no new version


def test_unused_is_deleted_and_used_is_archived(app: App) -> None:
    add(app, content(), MediaType.VS)
    assert remove(app, "a set") is None
    assert present(app) is None
    add(app, content(), MediaType.VS)
    hold(app)
    add(app, content(upper=4))  # the report is of the version before
    archived = remove(app, "A SET")
    assert archived is not None
    assert archived.archived is not None
    assert archived.default_for == ()
    with app.database.begin() as session:
        fallback = parameter_sets.default(session, MediaType.VS)
        assert fallback is not None
        assert fallback.content == ALIVE
        with pytest.raises(Problem, match="archived") as refusal:
            parameter_sets.resolve(session, ["A set"])
        assert refusal.value.code is Code.UNKNOWN_PARAMETER_SET
        assert parameter_sets.resolve(session, ["A set", "a SET"], archived=True) == [archived]


def test_all_sets_that_are_missing_are_named(app: App) -> None:
    add(app, content())
    with app.database.begin() as session, pytest.raises(Problem, match=r"'x' and 'y'"):
        parameter_sets.resolve(session, ["x", "A set", "y"])


@pytest.mark.parametrize("first", ["judging", "deleting"])
def test_a_set_is_not_deleted_while_somebody_is_held_to_it(app: App, first: str) -> None:
    """Whoever is first, the other sees what he did: no report without its set, no error."""
    add(app, content())
    begun, go_on = threading.Event(), threading.Event()

    def judging() -> str:
        with app.database.begin() as session:
            stored = recorded.measurement(session)
            found = reports.measured(session, app.storage, stored)
            try:
                chosen = parameter_sets.resolve(session, ["A set"])
            except Problem as problem:
                return problem.code
            _wait(begun, go_on, first == "judging")
            reports.hold(session, app.storage, stored, found, chosen)
        return "held"

    def deleting() -> str:
        with app.database.begin() as session:
            parameter_sets.lock(session, "A set")
            there = parameter_sets.find(session, "A set")
            assert there is not None
            archived = parameter_sets.remove(session, there)
            _wait(begun, go_on, first == "deleting")
        return "deleted" if archived is None else "archived"

    work: dict[str, Callable[[], str]] = {"judging": judging, "deleting": deleting}
    with ThreadPoolExecutor(2) as threads:
        running = {first: threads.submit(work.pop(first))}
        assert begun.wait(LIMIT)
        ((other, action),) = work.items()
        running[other] = threads.submit(action)
        _until_somebody_waits(app)
        assert not running[other].done()
        go_on.set()
        found = {name: future.result(LIMIT) for name, future in running.items()}
    expected = {
        "judging": {"judging": "held", "deleting": "archived"},
        "deleting": {"judging": Code.UNKNOWN_PARAMETER_SET, "deleting": "deleted"},
    }
    assert found == expected[first]


def _until_somebody_waits(app: App) -> None:
    """For a lock that another transaction holds."""
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    ends = time.monotonic() + LIMIT
    while True:
        with app.database.begin() as session:
            if session.scalar(waiting):
                return
        assert time.monotonic() < ends
        time.sleep(0.01)


def _wait(begun: threading.Event, go_on: threading.Event, first: bool) -> None:
    if first:
        begun.set()
        assert go_on.wait(LIMIT)
