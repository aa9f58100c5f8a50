"""What builds come to: the worst of their clips, each clip as it stands now."""

import pytest
import sqlalchemy as sa

from shared.analysis.report import Verdict
from shared.app import App
from shared.database.tables import ActionUnitReport, Job, State
from shared.reports import builds, clips, parameter_sets
from shared.reports.builds import Build
from shared.reports.clips import BuildKey, ClipOutcome
from tests.builds import clip, judge
from tests.statements import counted


def one(app: App, build: str) -> Build:
    with app.database.begin() as session:
        found = builds.one(session, BuildKey("Ada", build))
    assert found is not None
    return found


def test_one_failed_clip_fails_the_build(app: App) -> None:
    """The last upload does not win."""
    clip(app, "42", "take-1.mp4", A="fail")
    clip(app, "42", "take-2.mp4", A="pass")
    found = one(app, "42")
    assert found.verdict == "fail"
    assert found.counts == {"fail": 1, "pass": 1}
    with app.database.begin() as session:
        (listed,) = builds.newest(session, ["Ada"], 10)["Ada"]
    assert listed == found


def test_a_clip_sent_again_replaces_its_older_self(app: App) -> None:
    clip(app, "42", "take-1.mp4", A="fail")
    clip(app, "42", "take-2.mp4", A="pass")
    again, _ = clip(app, "42", "take-1.mp4", A="pass")
    assert one(app, "42").counts == {"pass": 2}
    with app.database.begin() as session:
        first, second = clips.page(session, [BuildKey("Ada", "42")], 10)
    assert (first.job, first.replaces, second.replaces) == (again, 1, 0)
    clip(app, "42", "take-1.mp4", State.FAILED, measured=False)
    assert one(app, "42").counts == {"not_measured": 1, "pass": 1}


def test_every_clip_counts_once_by_what_became_of_it(app: App) -> None:
    clip(app, "42", "judged by two.mp4", A="pass", B="inconclusive")
    clip(app, "42", "no set.mp4")
    clip(app, "42", "failed.mp4", State.FAILED, measured=False)
    clip(app, "42", "on its way.mp4", State.EXTRACTING, measured=False)
    clip(app, "42", "wanted a verdict.mp4", State.FAILED)
    found = one(app, "42")
    assert found.verdict == "inconclusive"
    assert found.counts == {
        "inconclusive": 1,
        "not_judged": 1,
        "not_measured": 2,
        "in_progress": 1,
    }
    assert [(item.parameter_set, item.counts) for item in found.sets] == [
        ("A", {"pass": 1}),
        ("B", {"inconclusive": 1}),
    ]
    assert found.outcome is ClipOutcome.NOT_MEASURED
    assert found.first < found.last


def test_of_a_set_the_newest_version_counts(app: App) -> None:
    _, number = clip(app, "42", "take-1.mp4", A="fail")
    assert number is not None
    with app.database.begin() as session:
        stored = parameter_sets.find(session, "A")
        assert stored is not None
        changed = stored.content.model_copy(update={"description": "stricter"})
        parameter_sets.add(session, changed, stored)
        judge(session, number, "a", Verdict.PASS)
    assert one(app, "42").counts == {"pass": 1}
    with app.database.begin() as session:
        (found,) = clips.page(session, [BuildKey("Ada", "42")], 10)
    assert [item.version for item in found.verdicts] == [2]


def test_measurements_of_other_programs_are_clips_of_their_own(app: App) -> None:
    with app.database.begin() as session:
        for _ in range(2):
            session.add(ActionUnitReport(url="u", avatar="Ada", name="42"))
    clip(app, "42", "take-1.mp4", A="pass")
    assert one(app, "42").counts == {"not_judged": 2, "pass": 1}
    with app.database.begin() as session:
        found = clips.page(session, [BuildKey("Ada", "42")], 10)
    assert [item.filename for item in found] == ["take-1.mp4", None, None]
    assert found[1].measurement_id < found[2].measurement_id  # type: ignore[operator]


def test_a_measurement_belongs_to_the_build_that_its_row_names(app: App) -> None:
    """Another program may rename it."""
    clip(app, "42", "take-1.mp4", A="pass")
    with app.database.begin() as session:
        session.execute(sa.update(ActionUnitReport).values(name="43"))
        assert builds.one(session, BuildKey("Ada", "42")) is None
    assert one(app, "43").counts == {"pass": 1}


def test_what_is_being_deleted_is_gone(app: App) -> None:
    clip(app, "42", "take-1.mp4", A="pass")
    clip(app, "42", "take-2.mp4", State.FAILED, measured=False)
    with app.database.begin() as session:
        session.execute(sa.update(Job).values(deleting=True))
        assert builds.newest(session, ["Ada"], 10) == {}
        assert builds.one(session, BuildKey("Ada", "42")) is None
        assert clips.page(session, [BuildKey("Ada", "42")], 10) == []


def test_builds_come_newest_first_and_go_on_where_they_stopped(app: App) -> None:
    for name in ("1", "2", "3"):
        clip(app, name, "take-1.mp4")
    clip(app, "4", "take-1.mp4", State.CREATED, measured=False)
    clip(app, "1", "take-2.mp4", State.FAILED, measured=False)
    with app.database.begin() as session:
        assert [item.name for item in builds.page(session, "Ada", None, 9)] == list("1432")
        seen, before = [], None
        while part := builds.page(session, "Ada", before, 2):
            seen += [item.name for item in part]
            before = part[-1].place
        assert seen == list("1432")
        assert [item.name for item in builds.newest(session, ["Ada"], 2)["Ada"]] == list("14")


def test_clips_of_several_builds_are_in_rows_of_file_names(app: App) -> None:
    for build in ("1", "2"):
        for file in ("b.mp4", "a.mp4", "c.mp4"):
            clip(app, build, file)
    keys = [BuildKey("Ada", build) for build in ("1", "2")]
    with app.database.begin() as session:
        first = clips.page(session, keys, 2)
        assert sorted((item.filename, item.build.build) for item in first) == [
            *(("a.mp4", "1"), ("a.mp4", "2"), ("b.mp4", "1"), ("b.mp4", "2")),
        ]
        rest = clips.page(session, keys, 2, after=first[-1].place)
        assert {item.filename for item in rest} == {"c.mp4"}
        assert {item.filename for item in clips.page(session, keys, 9, only="b.mp4")} == {"b.mp4"}


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ({"A": "pass"}, {"A": "fail"}, ("pass", "fail")),
        ({"A": "pass"}, {"A": "inconclusive"}, ("pass", "inconclusive")),
        ({"A": "pass"}, {"state": State.FAILED, "measured": False}, ("pass", "not_measured")),
        ({"A": "fail"}, {"A": "pass"}, None),
        ({"A": "fail"}, {"A": "fail"}, None),
        ({}, {"A": "fail"}, None),
        ({"A": "pass"}, {"state": State.EXTRACTING, "measured": False}, None),
    ],
)
def test_what_became_worse_is_found_by_file_name(
    app: App, before: dict[str, str], after: dict[str, str], named: tuple[str, str] | None
) -> None:
    clip(app, "41", "take-1.mp4", **before)  # type: ignore[arg-type]
    clip(app, "41", "take-2.mp4", A="pass")
    clip(app, "42", "take-1.mp4", **after)  # type: ignore[arg-type]
    clip(app, "42", "take-3.mp4", A="fail")
    pair = (BuildKey("Ada", "41"), BuildKey("Ada", "42"))
    with app.database.begin() as session:
        found = builds.worsened(session, [pair])
    if named is None:
        assert found == {}
        return
    assert found[pair[1]].count == 1
    assert tuple(found[pair[1]].named[0]) == ("take-1.mp4", *named)


def test_more_builds_and_clips_are_no_more_queries(app: App) -> None:
    def asked() -> int:
        with counted(app) as queries, app.database.begin() as session:
            builds.newest(session, ["Ada", "Zoe"], 10)
            builds.page(session, "Ada", None, 10)
        return len(queries)

    clip(app, "1", "take-1.mp4", A="pass")
    before = asked()
    for number in range(8):
        clip(app, str(number // 2), f"take-{number}.mp4", A="pass", B="fail")
    assert asked() == before
