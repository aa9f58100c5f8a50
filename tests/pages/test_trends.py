"""Charts over builds: a line is of one clip, and of one way of measuring."""

from collections.abc import Sequence

from shared.analysis.catalogue import CATALOGUE
from shared.analysis.parameter_sets import Bounds
from shared.analysis.report import Outcome
from shared.pages import trends
from shared.pages.trends import MeasureTrends, Trends
from shared.reports.avatars import MeasureSeries
from shared.reports.builds import Build
from shared.reports.clips import BuildKey, Clip, ClipOutcome, ClipPlace
from tests.builds import START

NEW, OLD = "litert-2.3.0+2", "0.10.21+1"


def build(name: str) -> Build:
    return Build(BuildKey("Ada", name), START, START, {ClipOutcome.PASS: 1}, [])


def a_clip(of: str, filename: str, number: int, version: str = NEW, kind: str = "VS") -> Clip:
    return Clip(
        build=BuildKey("Ada", of),
        place=ClipPlace(unnamed=False, text=filename),
        filename=filename,
        type=kind,
        job=None,
        measurement_id=number,
        state=None,
        error=None,
        created=START,
        replaces=0,
        outcome=ClipOutcome.PASS,
        engine="mediapipe",
        engine_version=version,
        verdicts=(),
    )


def series(
    values: Sequence[float | None], outcomes: Sequence[Outcome | None] = (), code: str = "jitter"
) -> MeasureSeries:
    bounds = Bounds(0.0, 0.5) if outcomes else None
    return MeasureSeries(CATALOGUE[code], bounds, list(values), list(outcomes))


def of(clips: Sequence[Clip], *found: MeasureSeries, only: str | None = None) -> Trends:
    return trends.of([build("42"), build("41"), build("40")], clips, found, only=only)


def first(found: Trends) -> MeasureTrends:
    return found.first[0]


def test_each_clip_has_a_chart_in_the_order_of_builds() -> None:
    clips = [
        a_clip("42", "a.png", 5, kind="IP"),
        a_clip("40", "a.png", 1, kind="IP"),
        a_clip("42", "b.mp4", 6),
        a_clip("40", "b.mp4", 2),
        a_clip("41", "b.mp4", 4),
    ]
    values = [0.5, 0.1, 0.6, 0.2, 0.4]
    found = of(clips, series(values))
    charts = {item.clip: item for item in first(found).clips}
    assert list(charts) == ["a.png", "b.mp4"]
    assert charts["a.png"].values == [0.1, None, 0.5]
    assert charts["b.mp4"].values == [0.2, 0.4, 0.6]
    assert charts["b.mp4"].reports == "2,4,6"
    assert charts["a.png"].reports == "1,,5"
    assert [point.partition(",")[0] for point in found.points] == ["40", "41", "42"]
    (only,) = first(of(clips, series(values), only="a.png")).clips
    assert only.clip == "a.png"


def test_what_once_was_out_comes_first_whatever_files_are_called() -> None:
    clips = [
        a_clip("42", "not_within.mp4", 2),
        a_clip("41", "not_within.mp4", 1),
    ]
    within, out = Outcome.WITHIN, Outcome.NOT_WITHIN
    found = of(
        clips, series([0.1, 0.2], [within, within]), series([0.1, 0.9], [within, out], "blinks")
    )
    assert [item.concern for item in found.first] == [(0, -1), (0, 0)]
    assert first(found).measure.code == "blinks"


def test_a_line_ends_where_another_version_measures() -> None:
    clips = [a_clip("42", "a.mp4", 3), a_clip("41", "a.mp4", 2), a_clip("40", "a.mp4", 1, OLD)]
    found = of(clips, series([0.3, 0.2, 0.1]))
    (chart,) = first(found).clips
    assert chart.chart.count('class="break"') == 1
    (said,) = found.breaks
    assert "From 41 on measured by mediapipe (measurement version 2)" in said
    same = of([*clips[:2], a_clip("40", "a.mp4", 1)], series([0.3, 0.2, 0.1]))
    assert (same.breaks, 'class="break"' in first(same).clips[0].chart) == ([], False)


def test_what_is_out_comes_first() -> None:
    clips = [a_clip("42", "a.mp4", 2), a_clip("41", "a.mp4", 1)]
    out, within = Outcome.NOT_WITHIN, Outcome.WITHIN
    found = of(
        clips,
        series([0.1, 0.1], [within, within], "jitter"),
        series([0.1, 0.9], [within, out], "longest_still"),
        series([0.9, 0.1], [out, within], "fastest_change"),
    )
    order = [item.measure.code for item in found.first]
    assert order == ["fastest_change", "longest_still", "jitter"]
    assert found.first[0].clips[0].outcome is out


def test_so_many_charts_and_no_more() -> None:
    clips = [a_clip("42", f"{number:03}.mp4", number) for number in range(1, trends.MOST + 11)]
    values = [0.1] * len(clips)
    found = of(clips, series(values), series(values, code="longest_still"))
    assert sum(len(item.clips) for item in found.first) == trends.MOST
    assert found.left_out == len(clips) - trends.MOST // 2
