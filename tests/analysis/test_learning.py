"""Sets learned from recordings hold what they were learned from, and say what they rest on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.analysis.bootstrap import Resampling
from shared.analysis.judging import judge
from shared.analysis.learning import Learned, LearnOptions, learn
from shared.analysis.measuring import MeasuredRecording, measure
from shared.analysis.parameter_sets import Bounds
from shared.analysis.report import Outcome, Verdict
from shared.measurements.model import MediaType
from shared.platform.errors import Code, Problem
from tests.analysis.synthetic import (
    SUBJECT,
    bumps,
    clip,
    clock,
    face,
    found,
    image,
    noise,
    recording,
)


def person(seed: int, seconds: float = 40, middle: float = 2.0) -> MeasuredRecording:
    """Someone who moves, smiles and blinks."""
    return clip(
        30,
        seconds,
        {
            "AU12": noise(seed, middle, 0.8, seconds),
            "AU25": noise(seed + 100, 1, 0.6, seconds),
            "AU45": bumps(np.arange(1.0, seconds - 1, 3.5), 0.3, 4.0),
        },
    )


def learned(*recordings: MeasuredRecording, **options: object) -> Learned:
    return learn(LearnOptions.model_validate({"name": "Learned"} | options), recordings)


def bounds(result: Learned, measure_code: str) -> Bounds:
    parameter = result.parameter_set.parameter(measure_code)
    assert parameter is not None
    return parameter.bounds


def test_a_deviation_is_around_the_measured_value() -> None:
    measured = clip(30, 12, {"AU12": lambda t: np.where(t < 6, 1.0, 3.0)})
    result = learned(measured, deviation_percent=25)
    parameter = result.parameter_set.parameter("AU12.level")
    assert parameter is not None
    assert (parameter.reference, parameter.deviation_percent) == (2.0, 25.0)
    assert parameter.bounds == (1.5, 2.5)
    assert bounds(result, "AU04.level") == (0, 0.3)  # 0 give or take the measure's tolerance
    assert result.parameter_set.required_share == 0  # a mean says nothing of the frames


def test_coverage_of_one_clip_is_that_of_its_frames() -> None:
    values = np.round(np.random.default_rng(0).uniform(1, 3, 1200), 2)
    measured = clip(30, 40, {"AU12": lambda _: values})
    lower, upper = bounds(learned(measured, coverage=0.9), "AU12.level")
    assert lower is not None
    assert upper is not None
    assert [lower, upper] == pytest.approx([1.1, 2.9], abs=0.03)
    assert np.mean((values >= lower) & (values <= upper)) >= 0.9


@settings(max_examples=10, deadline=None)
@given(st.floats(0.5, 0.999), st.integers(0, 50), st.integers(1, 3))
def test_a_set_holds_what_it_was_learned_from(coverage: float, seed: int, count: int) -> None:
    footage = [person(seed + place, middle=2 + place / 3) for place in range(count)]
    for way in ({"coverage": coverage}, {"deviation_percent": 20.0}):
        result = learned(*footage, **way)
        outcomes = [
            (item.measure, item.outcome)
            for item in judge(result.parameter_set, footage[0], SUBJECT).faces[0].results
        ]
        if count == 1:
            assert {outcome for _, outcome in outcomes} == {Outcome.WITHIN}
        elif "coverage" in way:
            assert dict(outcomes)["blinks_per_minute"] is Outcome.WITHIN


def test_a_frozen_face_does_not_pass_for_a_person() -> None:
    result = learned(*(person(seed) for seed in range(3)), coverage=0.95)
    frozen = clip(30, 40, {"AU12": 2.0, "AU25": 1.0})
    report = judge(result.parameter_set, frozen, SUBJECT)
    wrong = {item.measure for item in report.faces[0].results if item.outcome is Outcome.NOT_WITHIN}
    assert report.verdict is Verdict.FAIL
    assert {"blinks_per_minute", "longest_still"} <= wrong


def test_spread_between_recordings_widens_a_band() -> None:
    alike = learned(*(person(seed) for seed in range(4)), coverage=0.9)
    apart = learned(*(person(seed, middle=1 + 0.6 * seed) for seed in range(4)), coverage=0.9)
    narrow, wide = (bounds(item, "AU12.level") for item in (alike, apart))
    assert (wide.upper or 0) - (wide.lower or 0) > (narrow.upper or 0) - (narrow.lower or 0) + 0.5


def test_frames_and_recordings_spread_as_squares() -> None:
    """Frames of +-0.5 around means of 2.0 to 2.6: 0.45 and 2.353 sd sqrt(1 + 1/4)."""
    means = [2.0, 2.2, 2.4, 2.6]
    spread = np.linspace(-0.5, 0.5, 1200)
    footage = [clip(30, 40, {"AU12": lambda _, mean=mean: mean + spread}) for mean in means]  # type: ignore[misc]
    lower, upper = bounds(learned(*footage, coverage=0.9), "AU12.level")
    half = np.hypot(0.45, 2.353 * np.std(means, ddof=1) * np.sqrt(1.25))
    assert lower == pytest.approx(2.3 - half, abs=0.01)
    assert upper == pytest.approx(2.3 + half, abs=0.01)


def test_no_band_is_narrower_than_the_tolerance() -> None:
    frozen = [clip(30, 40, {"AU12": 2.0}) for _ in range(2)]
    for count in (1, 2):
        result = learned(*frozen[:count], coverage=0.9)
        assert bounds(result, "AU12.level") == (1.7, 2.3)


def test_one_value_a_recording_gives_a_prediction_interval() -> None:
    levels = [1.0, 1.4, 1.8, 2.2, 2.6]
    footage = [image({"AU12": level}) for level in levels]
    lower, upper = bounds(learned(*footage, coverage=0.9), "AU12.level")
    half = 2.132 * np.std(levels, ddof=1) * np.sqrt(1.2)  # t of 4 degrees of freedom
    assert lower == pytest.approx(1.8 - half, abs=1e-3)
    assert upper == pytest.approx(1.8 + half, abs=1e-3)


def test_one_clip_tells_its_own_uncertainty() -> None:
    steady = bounds(learned(person(1, 300), coverage=0.95), "blinks_per_minute")
    short = bounds(learned(person(1, 20), coverage=0.95), "blinks_per_minute")
    assert steady.lower is not None
    assert steady.upper is not None
    assert steady.lower < 60 / 3.5 < steady.upper
    assert (short.upper or 0) - (short.lower or 0) > steady.upper - steady.lower


def test_the_uncertainty_of_one_clip_counts_twice() -> None:
    measured = person(1, 30)
    statistic = measured.faces[0].statistic("AU12.peak")
    assert statistic is not None
    drawn = Resampling(measured.faces[0].track, 0).draws(statistic)
    assert drawn is not None
    half = 2.576 * np.sqrt(2) * drawn.std()
    assert half > 0.3, "or it would be the tolerance that is tested"
    result = learned(measured, coverage=0.99, measures=["AU12.peak"])
    assert bounds(result, "AU12.peak").lower == pytest.approx(statistic.value - half, abs=0.001)


def test_what_one_clip_does_not_tell_is_left_out() -> None:
    result = learned(person(1), coverage=0.95)
    left_out = {item.measure: item.reason for item in result.left_out}
    assert "one recording only" in left_out["longest_still"]
    assert left_out["eye_asymmetry"] == "The engine gives no eye_opening_right."
    assert "longest_still" not in {
        item.measure for item in learned(person(1), person(2), coverage=0.95).left_out
    }


def test_it_says_what_it_rests_on() -> None:
    few = learned(person(1, 12), person(2, 12), coverage=0.95)
    assert (few.reports, few.faces, few.frames) == (2, 2, 720)
    assert few.seconds == pytest.approx(24)
    assert [warning.split(";")[0] for warning in few.warnings] == [
        "The set rests on 2 faces",
        "The set rests on 24.0 s of footage",
    ]
    assert few.parameter_set.description == (
        "Learned from 2 reports, 720 confident frames; bands hold 0.95 of what was seen."
    )
    assert few.parameter_set.required_share == 0.9
    enough = learned(*(person(seed, 12) for seed in range(5)), coverage=0.95, required_share=0.8)
    assert enough.warnings == ()
    assert enough.parameter_set.required_share == 0.8


def test_low_validity_is_learned_by_name_only() -> None:
    series = face(clock(30, 12), {"AU01": noise(1, 2, 1, 12), "AU12": 1.0})
    measured = measure(recording(series, validity={"AU01": "low", "AU12": "high"}))
    default = learned(measured, deviation_percent=10)
    assert default.parameter_set.parameter("AU01.level") is None
    assert "low validity" in {item.measure: item.reason for item in default.left_out}["AU01.level"]
    asked = learned(measured, deviation_percent=10, measures=["AU01.level"])
    (parameter,) = asked.parameter_set.parameters
    assert parameter.allow_low_validity


def test_what_only_some_recordings_have_is_optional() -> None:
    smiles = clip(30, 12, {"AU12": lambda t: np.where(t % 4 < 1, 3.0, 0.0)})
    result = learned(smiles, clip(30, 12, {}), deviation_percent=10)
    optional = {item.measure for item in result.parameter_set.parameters if item.optional}
    assert {"smile_onset", "duchenne_share"} <= optional
    assert "AU12.level" not in optional


def test_every_face_counts_and_those_hardly_seen_do_not() -> None:
    times = clock(25, 20)
    faces = (
        face(times, {"AU12": 1.0}),
        face(times, {"AU12": 3.0}, face_id=1),
        face(times[:20], {"AU12": 5.0}, face_id=2),
    )
    measured = measure(recording(*faces, media_type=MediaType.VM, duration=20.0))
    result = learned(measured, deviation_percent=10, measures=["AU12.level"])
    assert (result.reports, result.faces) == (1, 2)
    assert result.parameter_set.parameters[0].reference == 2


def test_recordings_that_are_not_alike() -> None:
    older = measure(recording(face(clock(25, 12)), version="0.10.21+1"))
    theirs = measure(recording(face(clock(25, 12)), engine="openface"))
    for other in (older, theirs):
        with pytest.raises(Problem) as refused:
            learned(person(1, 12), other, coverage=0.9)
        assert refused.value.code is Code.ENGINE_MISMATCH
    assert learned(person(1, 12), coverage=0.9).parameter_set.engine_version == 2
    with pytest.raises(Problem) as refused:
        learned(person(1, 12), image({}), coverage=0.9)
    assert refused.value.code is Code.TYPE_MISMATCH


def test_nothing_to_learn_from() -> None:
    hardly = measure(recording(face(clock(25, 1)), duration=60.0))
    with pytest.raises(Problem) as refused:
        learned(hardly, coverage=0.9)
    assert refused.value.code is Code.NOTHING_TO_LEARN
    with pytest.raises(Problem, match="needs a video") as refused:
        learned(image({}), coverage=0.9, measures=["jitter"])
    assert refused.value.code is Code.NOTHING_TO_LEARN


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "either deviation_percent or coverage"),
        ({"coverage": 0.9, "deviation_percent": 5}, "either deviation_percent or coverage"),
        ({"coverage": 1.0}, "less than or equal to 0.999"),
        ({"coverage": float("nan")}, "finite"),
        ({"coverage": 0.9, "measures": []}, "at least 1"),
        ({"coverage": 0.9, "measures": ["jitter", "jitter"]}, "twice"),
        ({"coverage": 0.9, "measures": ["smirk"]}, "no such measure"),
        ({"coverage": 0.9, "name": " "}, "can be seen"),
    ],
)
def test_options_that_are_refused(options: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        LearnOptions.model_validate({"name": "A"} | options)
    assert says in str(refused.value)


def test_learning_twice_gives_the_same() -> None:
    first, second = (learned(person(3), person(4), coverage=0.9) for _ in range(2))
    assert first == second
    assert found(person(3), "AU12.level").value == found(person(3), "AU12.level").value
