"""Holding measurements to sets: numbers, verdicts, and what may never happen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.analysis import report as model
from shared.analysis.catalogue import CATALOGUE
from shared.analysis.judging import judge
from shared.analysis.measuring import MeasuredRecording, measure
from shared.analysis.parameter_sets import Parameter, ParameterSet
from shared.analysis.rendering import RENDERINGS
from shared.analysis.report import Outcome, Report, Result, Verdict
from shared.measurements.model import MediaType, Validity
from shared.platform.errors import Code, Problem
from tests.analysis.synthetic import (
    RATES,
    SUBJECT,
    clip,
    clock,
    face,
    image,
    noise,
    recording,
)
from tests.calls import calls


def a_set(*parameters: dict[str, object], **more: object) -> ParameterSet:
    return ParameterSet.model_validate(
        {"name": "A set", "engine": "mediapipe", "parameters": parameters, **more}
    )


def judged(measured: MeasuredRecording, *parameters: dict[str, object], **more: object) -> Report:
    return judge(a_set(*parameters, **more), measured, SUBJECT)


def only(report: Report) -> Result:
    (result,) = report.faces[0].results
    return result


# one parameter


def test_within() -> None:
    report = judged(image({"AU12": 2.0}), {"measure": "AU12.level", "lower": 1, "upper": 3.5})
    result = only(report)
    assert (result.outcome, result.value, result.reason) == (Outcome.WITHIN, 2.0, None)
    assert result.margin == 1.0  # the nearer bound
    assert result.margin_bands == 0.4
    assert (report.verdict, report.score) == (Verdict.PASS, 1.0)


@pytest.mark.parametrize(
    ("value", "outcome", "margin"),
    [
        (0.3, "within", 0.0),  # on the bound, though 0.3 in 4 bytes is above it
        (2.7, "within", 0.0),
        (0.29, "not_within", -0.01),
        (2.71, "not_within", -0.01),
        (1.5, "within", 1.2),
    ],
)
def test_a_value_on_a_bound_is_within(value: float, outcome: str, margin: float) -> None:
    parameter = {"measure": "AU12.level", "lower": 0.3, "upper": 2.7}
    result = only(judged(image({"AU12": value}), parameter))
    assert (result.outcome, result.margin) == (outcome, margin)


def test_an_open_band_has_no_width() -> None:
    result = only(judged(image({"AU12": 2.0}), {"measure": "AU12.level", "upper": 1.5}))
    assert (result.margin, result.margin_bands) == (-0.5, None)
    assert result.reason == "2 is above 1.5."


def test_what_cannot_be_had_is_never_within() -> None:
    report = judged(image({}), {"measure": "jitter", "upper": 1.0})
    result = only(report)
    assert result.outcome is Outcome.NOT_MEASURED
    assert result.value is None
    assert "needs a video" in (result.reason or "")
    assert (report.verdict, report.score) == (Verdict.INCONCLUSIVE, None)
    assert report.counts == model.Counts(within=0, not_within=0, not_measured=1)


def test_low_validity_is_judged_only_when_allowed() -> None:
    series = face(clock(25, 4), {"AU01": 2.0})
    measured = measure(recording(series, validity={"AU01": "low", "AU05": "high"}))
    parameter = {"measure": "AU01.level", "lower": 1}
    refused = only(judged(measured, parameter))
    assert refused.outcome is Outcome.NOT_MEASURED
    assert refused.validity == "low"
    assert "allow_low_validity" in (refused.reason or "")
    allowed = only(judged(measured, parameter | {"allow_low_validity": True}))
    assert (allowed.outcome, allowed.value) == (Outcome.WITHIN, 2.0)
    together = only(judged(measured, {"measure": "brow_lid_share", "lower": 0}))
    assert together.outcome is Outcome.NOT_MEASURED  # rests on AU01, among others


def test_what_hardly_moved_is_judged_in_its_amount_not_in_its_shape() -> None:
    """AU12 rises by 0.9 for a second now and then: a range below 1, with an episode from 1 on."""
    validity: dict[str, Validity] = {"AU12": "high", "AU01": "high", "AU25": "high"}
    hardly = {"AU12": lambda t: 0.3 + 0.9 * ((t % 4) < 1), "AU25": lambda t: 2 * ((t % 1) < 0.5)}
    series = face(clock(25, 12), hardly, signals={"asymmetry_smile": 1.0})
    measured = measure(recording(series, validity=validity))
    assert {"AU12", "AU01"} <= measured.faces[0].track.hardly_moved
    for code in ("AU12.range", "AU12.level", "AU12.peak", "AU12.presence"):
        amount = only(judged(measured, {"measure": code, "upper": 5}))
        assert (amount.outcome, amount.validity) == (Outcome.WITHIN, "high")
    shape = {"measure": "smile_asymmetry", "upper": 5}
    refused = only(judged(measured, shape))
    assert (refused.outcome, refused.validity) == (Outcome.NOT_MEASURED, "low")
    assert "AU12 hardly moved" in (refused.reason or "")
    allowed = only(judged(measured, shape | {"allow_low_validity": True}))
    assert allowed.outcome is Outcome.WITHIN


@pytest.mark.parametrize("allowed", [False, True])
def test_what_is_outside_of_the_picture_is_never_judged(allowed: bool) -> None:
    validity: dict[str, Validity] = {"AU12": "unseen", "AU01": "high"}
    measured = measure(recording(face(clock(25, 4), {"AU01": 2.0}), validity=validity))
    parameter = {"measure": "AU12.level", "upper": 1, "allow_low_validity": allowed}
    result = only(judged(measured, parameter))
    assert (result.outcome, result.validity) == (Outcome.NOT_MEASURED, "unseen")
    assert "outside of the picture" in (result.reason or "")


# time


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_a_violation_is_found_where_it_is(fps: float, missing: float) -> None:
    """AU25 leaves its band from 1.0 s to 1.5 s; at 1.2 s it is furthest away."""
    leaves = lambda t: np.where(  # noqa: E731
        (t >= 1) & (t < 1.5), 3.0 + np.maximum(0, 1 - 10 * abs(t - 1.2)), 1.0
    )
    measured = clip(fps, 5, {"AU25": leaves}, missing=missing)
    result = only(judged(measured, {"measure": "AU25.level", "lower": 0.5, "upper": 2}))
    (violation,) = result.violations
    tolerance = (1 + 3 * bool(missing)) / fps + 1e-6
    assert violation.start == pytest.approx(1.0, abs=tolerance)
    assert violation.end == pytest.approx(1.5, abs=tolerance)
    assert violation.at == pytest.approx(1.2, abs=tolerance)
    assert 3 + 1 - 10 * tolerance <= violation.worst <= 4
    assert result.share_within == pytest.approx(0.9, abs=tolerance)
    assert result.outcome is Outcome.NOT_WITHIN
    assert "95 % is required" in (result.reason or "")


def test_the_required_share_is_the_sets() -> None:
    measured = clip(25, 10, {"AU25": lambda t: np.where(t < 0.52, 3.0, 1.0)})
    parameter = {"measure": "AU25.level", "upper": 2}
    assert only(judged(measured, parameter)).outcome is Outcome.NOT_WITHIN
    assert only(judged(measured, parameter, required_share=0.94)).outcome is Outcome.WITHIN
    assert only(judged(measured, parameter, required_share=0.948)).outcome is Outcome.WITHIN


def test_the_mean_must_be_within_as_well() -> None:
    measured = clip(25, 10, {"AU25": lambda t: np.where(t < 0.4, 5.0, 1.0)})
    result = only(judged(measured, {"measure": "AU25.level", "upper": 1.1}))
    assert result.share_within == pytest.approx(0.96)
    assert result.outcome is Outcome.NOT_WITHIN
    assert "is above" in (result.reason or "")


def test_a_gap_ends_a_violation() -> None:
    times = clock(25, 10)
    series = face(times[(times < 3) | (times >= 5)], {"AU25": 4.0})
    measured = measure(recording(series, duration=10.0))
    result = only(judged(measured, {"measure": "AU25.level", "upper": 2}))
    assert [(item.start, item.end) for item in result.violations] == [(0, 3), (5, 10)]


def test_of_very_many_violations_the_worst_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.analysis.judging.MAX_VIOLATIONS", 3)
    heights = np.array([2.5, 4.0, 3.0, 3.5, 2.6])
    leaves = lambda t: np.where(t % 2 < 1, heights[(t // 2).astype(int) % 5], 1.0)  # noqa: E731
    result = only(judged(clip(25, 10, {"AU25": leaves}), {"measure": "AU25.level", "upper": 2}))
    assert result.violation_count == 5
    assert [item.worst for item in result.violations] == [4.0, 3.0, 3.5]
    assert [item.start for item in result.violations] == [2, 4, 6]


def test_images_are_not_judged_over_time() -> None:
    result = only(judged(image({"AU25": 3.0}), {"measure": "AU25.level", "upper": 2}))
    assert (result.share_within, result.violations) == (None, ())


# verdicts


PASSES = {"measure": "AU12.level", "lower": 1}
FAILS = {"measure": "AU25.level", "lower": 1}
MISSING = {"measure": "eye_asymmetry", "upper": 1}


@pytest.mark.parametrize(
    ("parameters", "verdict", "score"),
    [
        ([PASSES], "pass", 1.0),
        ([PASSES, FAILS], "fail", 0.5),
        ([PASSES, FAILS, MISSING], "fail", 0.5),
        ([PASSES, MISSING], "inconclusive", 1.0),
        ([PASSES, MISSING | {"optional": True}], "pass", 1.0),
        ([FAILS | {"optional": True}], "fail", 0.0),  # optional is not "may fail"
        ([MISSING | {"optional": True}], "inconclusive", None),
    ],
)
def test_verdicts(parameters: list[dict[str, object]], verdict: str, score: float | None) -> None:
    report = judged(image({"AU12": 2.0}), *parameters)
    assert (report.verdict, report.score) == (verdict, score)


def test_the_verdict_is_the_worst_of_the_judged_faces() -> None:
    times = clock(25, 10)
    faces = (
        face(times, {"AU12": 2.0}, face_id=0),
        face(times, {"AU12": 0.5}, face_id=4),
        face(times[:25], {"AU12": 0.1}, face_id=5),  # seen for a tenth of the time
    )
    measured = measure(recording(*faces, media_type=MediaType.VM, duration=10.0))
    report = judged(measured, PASSES, MISSING | {"optional": True})
    assert [item.face for item in report.faces] == [0, 4, 5]
    assert [item.verdict for item in report.faces] == ["pass", "fail", None]
    assert (report.verdict, report.score) == ("fail", 0.5)
    listed = report.faces[2]
    assert not listed.judged
    assert listed.results == ()
    assert listed.reason == "It was seen for 10 % of the time; faces are judged from 20 % on."
    assert judged(measured, PASSES, min_face_share=0.1).faces[2].judged


def test_no_face_that_can_be_judged_is_inconclusive() -> None:
    series = face(clock(25, 1), {"AU12": 2.0})
    report = judged(measure(recording(series, duration=100.0)), PASSES)
    assert (report.verdict, report.score, report.faces[0].judged) == ("inconclusive", None, False)


def test_another_engines_set_is_refused_unless_allowed() -> None:
    measured = measure(recording(face(clock(25, 4), {"AU12": 2.0}), warnings=("Two faces.",)))
    theirs = a_set(PASSES, engine="openface")
    with pytest.raises(Problem) as refused:
        judge(theirs, measured, SUBJECT)
    assert refused.value.code is Code.ENGINE_MISMATCH
    assert refused.value.status == 422
    report = judge(theirs, measured, SUBJECT, version=3, allow_engine_mismatch=True)
    assert "come from openface" in report.notices[0]
    assert report.notices[1] == "Two faces."
    assert (report.verdict, report.parameter_set.version) == ("pass", 3)


@pytest.mark.parametrize("version", ["litert-2.3.0+2", "0.10.21+1"])
def test_another_versions_set_is_refused_unless_allowed(version: str) -> None:
    measured = measure(recording(face(clock(25, 4), {"AU12": 2.0}), version=version))
    mine, other = (1, 2) if version.endswith("+1") else (2, 1)
    for fitting in (a_set(PASSES, engine_version=mine), a_set(PASSES)):
        assert judge(fitting, measured, SUBJECT).notices == ()
    theirs = a_set(PASSES, engine_version=other)
    with pytest.raises(Problem) as refused:
        judge(theirs, measured, SUBJECT)
    assert refused.value.code is Code.ENGINE_MISMATCH
    assert f"Use a set for mediapipe (measurement version {mine})" in refused.value.detail
    report = judge(theirs, measured, SUBJECT, allow_engine_mismatch=True)
    assert f"come from mediapipe (measurement version {other})" in report.notices[0]
    assert (report.verdict, report.parameter_set.engine_version) == ("pass", other)


# properties


BOUND = st.none() | st.floats(0, 5, width=32)
SAMPLE = clip(25, 12, {"AU12": noise(1, 2, 1, 12), "AU25": noise(2, 1, 1, 12)})


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 5), st.floats(0, 5), st.floats(0, 2), st.floats(0, 2), st.floats(0, 1))
def test_widening_never_turns_within_into_not_within(
    first: float, second: float, down: float, up: float, required: float
) -> None:
    low, high = min(first, second), max(first, second)
    for measured in (SAMPLE, image({"AU12": 2.0})):
        narrow, wide = (
            only(judged(measured, {"measure": "AU12.level", **ends}, required_share=required))
            for ends in (
                {"lower": low, "upper": high},
                {"lower": max(low - down, 0), "upper": high + up},
            )
        )
        assert narrow.outcome is not Outcome.WITHIN or wide.outcome is Outcome.WITHIN
        assert (wide.share_within or 0) >= (narrow.share_within or 0)
        assert (wide.margin or 0) >= (narrow.margin or 0) - 1e-6


def test_analysing_twice_gives_the_same_bytes() -> None:
    parameters = [
        Parameter(measure="AU12.level", reference=2, deviation_percent=20),
        Parameter(measure="longest_still", upper=2),
    ]
    for rendering in RENDERINGS.values():
        first, second = (
            rendering.render(
                judge(
                    ParameterSet(name="A", engine="mediapipe", parameters=tuple(parameters)),
                    clip(25, 12, {"AU12": noise(1, 2, 1, 12)}),
                    SUBJECT,
                )
            )
            for _ in range(2)
        )
        assert first == second


def test_a_set_costs_little_beside_the_measuring() -> None:
    measured = clip(30, 60, {au: noise(3, 1.5, 1, 60) for au in ("AU12", "AU25", "AU45", "AU06")})
    parameters = [
        {"measure": code, "reference": 1.0, "deviation_percent": 50.0}
        for code in measured.faces[0].values
        if not CATALOGUE[code].relative
    ]
    scaled = [
        item | {"reference": 0.5} if not str(item["measure"]).endswith("level") else item
        for item in parameters
    ]
    with calls() as work:
        judged(measured, *scaled)
    assert work.count < 200 * len(scaled)
