"""Which clips of two builds are compared, and what is said of those that are not."""

import pytest
import sqlalchemy as sa

from shared.app import App
from shared.database.tables import ActionUnitReport, Extraction, Job, State
from shared.measurements.model import MediaType
from shared.platform.errors import Code, Problem
from shared.reports import build_comparison
from shared.reports.build_comparison import BuildComparison, compare_builds, compare_measurements
from tests import recorded
from tests.builds import clip

SHORT = "1 clip is too short to tell how sure a change is: 8 s are needed."


def measured(app: App, build: str, filename: str, seed: int = 1, avatar: str = "Ada") -> int:
    """A clip with its frames; its measurement's number."""
    job, _ = clip(app, build, filename, avatar=avatar, measured=False)
    with app.database.begin() as session:
        stored = recorded.measurement(session, avatar=avatar, name=build, seed=seed)
        session.execute(sa.update(Job).where(Job.id == job).values(report_id=stored.id))
        return stored.id


def compared(app: App, file: str | None = None) -> BuildComparison:
    with app.database.begin() as session:
        return compare_builds(session, app.storage, "Ada", ("41", "42"), file=file)


def test_what_has_no_partner_is_listed(app: App) -> None:
    first, second = measured(app, "41", "a.mp4"), measured(app, "42", "a.mp4", seed=2)
    measured(app, "41", "b.mp4")
    measured(app, "42", "c.mp4")
    clip(app, "42", "b.mp4", State.FAILED, measured=False)
    found = compared(app)
    (pair,) = found.pairs
    assert (pair.filename, pair.from_measurement, pair.to_measurement) == ("a.mp4", first, second)
    assert (found.only_from, found.only_to) == (("b.mp4",), ("b.mp4", "c.mp4"))
    assert found.notices == ("b.mp4 of the later build is not measured.", SHORT)
    assert {change.pairs for change in found.changes} == {1}


def test_a_clip_sent_again_is_compared_as_it_is_now(app: App) -> None:
    measured(app, "41", "a.mp4")
    measured(app, "42", "a.mp4")
    again = measured(app, "42", "a.mp4", seed=3)
    assert [pair.to_measurement for pair in compared(app).pairs] == [again]


def test_single_clips_make_a_pair_whatever_they_are_called(app: App) -> None:
    measured(app, "41", "take.mp4")
    measured(app, "42", "take-final.mp4")
    found = compared(app)
    assert found.notices == ("The files are not the same: take.mp4 and take-final.mp4.", SHORT)
    assert (len(found.pairs), found.only_from, found.only_to) == (1, (), ())


def test_a_pair_that_cannot_be_compared_hides_no_other(app: App) -> None:
    for file in ("a.mp4", "b.mp4"):
        measured(app, "41", file)
        measured(app, "42", file, seed=2)
    with app.database.begin() as session:
        newest = session.scalar(sa.select(sa.func.max(ActionUnitReport.id)))
        image = sa.update(ActionUnitReport).where(ActionUnitReport.id == newest)
        session.execute(image.values(type=MediaType.IP))
    found = compared(app)
    assert [pair.filename for pair in found.pairs] == ["a.mp4"]
    assert found.notices[0].startswith("b.mp4 was not compared: One build is an image")
    with pytest.raises(Problem) as refused:
        compared(app, file="b.mp4")
    assert refused.value.code is Code.TYPE_MISMATCH


def test_so_many_pairs_and_no_more(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_comparison, "MAX_PAIRS", 1)
    for file in ("a.mp4", "b.mp4"):
        measured(app, "41", file)
        measured(app, "42", file)
    found = compared(app)
    assert len(found.pairs) == 1
    assert found.notices == ("Of 2 pairs of clips the first 1 were compared.", SHORT)
    assert (found.only_from, found.only_to) == ((), ())


def test_measurements_are_of_the_avatar(app: App) -> None:
    own, other = measured(app, "41", "a.mp4"), measured(app, "1", "a.mp4", avatar="Zoe")
    with app.database.begin() as session, pytest.raises(Problem) as refused:
        compare_measurements(session, app.storage, "Ada", (own, other))
    assert refused.value.code is Code.UNKNOWN_REPORT


def test_a_row_of_another_program_without_frames_is_none(app: App) -> None:
    measured(app, "41", "a.mp4")
    with app.database.begin() as session:
        session.add(ActionUnitReport(url="u", avatar="Ada", name="42"))
    with pytest.raises(Problem) as refused:
        compared(app)
    assert refused.value.code is Code.UNKNOWN_BUILD
    with app.database.begin() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Extraction)) == 1
