"""Two builds: what changed, how surely, and whether for the better."""

import numpy as np
import pytest

from shared.analysis.changes import Change, Difference
from shared.analysis.comparison import Comparison, compare
from shared.analysis.default_sets import ALIVE
from shared.analysis.learning import footage
from shared.analysis.measuring import MeasuredRecording, measure
from shared.analysis.natural_sets import Natural
from shared.analysis.parameter_sets import ParameterSet
from shared.analysis.population import population
from shared.measurements.model import MediaType
from shared.platform.errors import Code, Problem
from tests.analysis.living import living
from tests.analysis.synthetic import SUBJECT, Signal, clip, clock, face, image, noise, recording
from tests.calls import calls

LATER = SUBJECT.model_copy(update={"name": "build 2"})


def moving(middle: float, seed: int = 1, seconds: float = 60) -> MeasuredRecording:
    return clip(25, seconds, {"AU12": noise(seed, middle, 0.4, seconds)})


def a_set(measure_code: str = "AU12.level", **more: object) -> ParameterSet:
    parameter = {"measure": measure_code, "lower": 1.5, "upper": 2.5} | more
    return ParameterSet.model_validate(
        {"name": "A", "engine": "mediapipe", "parameters": [parameter], "required_share": 0.8}
    )


def compared(
    before: MeasuredRecording,
    after: MeasuredRecording,
    parameter_set: ParameterSet | None = None,
    **options: bool,
) -> Comparison:
    return compare((SUBJECT, before), (LATER, after), parameter_set, **options)


def only(result: Comparison) -> Difference:
    (difference,) = result.faces[0].differences
    return difference


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (2.0, 3.5, "worse"),
        (0.5, 2.0, "better"),
        (3.5, 3.0, "better"),  # still outside, but nearer
        (0.6, 3.9, "worse"),
        (1.9, 2.1, "no_clear_change"),  # below the noise of measuring
        (1.7, 2.3, "higher"),  # both within
        (2.3, 1.7, "lower"),
        (3.5, 3.5, "no_clear_change"),
    ],
)
def test_a_change_is_judged_by_the_band(before: float, after: float, change: str) -> None:
    difference = only(compared(moving(before), moving(after, seed=2), a_set()))
    assert difference.change == change
    assert difference.difference == pytest.approx(after - before, abs=0.25)
    assert difference.difference_low is not None
    assert difference.difference_high is not None
    assert difference.difference_low < after - before < difference.difference_high
    assert difference.difference_high - difference.difference_low < 0.5


def test_the_same_level_with_less_time_within_is_worse() -> None:
    steady, wild = clip(25, 60, {"AU12": 2.0}), clip(25, 60, {"AU12": noise(1, 2, 1.5, 60)})
    difference = only(compared(steady, wild, a_set(lower=1.0, upper=3.0)))
    assert difference.share_before == 1
    assert (difference.share_after or 1) < 0.8
    assert difference.change == "worse"
    assert only(compared(wild, steady, a_set(lower=1.0, upper=3.0))).change == "better"


def test_better_in_one_way_and_worse_in_another_is_neither() -> None:
    """The mean comes into the band, and hardly any frame stays in it: it is only lower."""
    before = clip(25, 60, {"AU12": lambda t: np.where(t % 2 < 0.2, 5.0, 1.4)})
    after = clip(25, 60, {"AU12": lambda t: np.where(t % 2 < 1, 0.9, 1.6)})
    assert only(compared(before, after, a_set(lower=1.0, upper=1.5))).change == "lower"


def test_without_a_set_there_is_no_better_or_worse() -> None:
    result = compared(moving(1.0), moving(3.0))
    differences = {item.measure: item for item in result.faces[0].differences}
    assert differences["AU12.level"].change == "higher"
    assert differences["AU04.level"].change == "no_clear_change"
    back = {item.measure: item for item in compared(moving(3), moving(1)).faces[0].differences}
    assert back["AU12.peak"].change == "lower"
    assert (differences["AU12.level"].lower, result.parameter_set) == (None, None)


def test_chance_is_no_clear_change() -> None:
    """Ten pairs of clips that differ by chance only: 95 % intervals may miss one, hardly three."""
    wrong = sum(
        item.change is not Change.NO_CLEAR_CHANGE
        for seed in range(10)
        for item in compared(moving(2, seed), moving(2, seed + 500)).faces[0].differences
        if item.measure == "AU12.level"
    )
    assert wrong <= 2


def test_comparing_twice_gives_the_same() -> None:
    assert compared(moving(1), moving(2)) == compared(moving(1), moving(2))


def test_images_have_no_interval() -> None:
    worse = only(compared(image({"AU12": 2.0}), image({"AU12": 3.0}), a_set()))
    assert (worse.difference, worse.difference_low, worse.change) == (1.0, None, "worse")
    assert "no interval" in (worse.reason or "")
    outside = only(compared(image({"AU12": 3.0}), image({"AU12": 4.0}), a_set()))
    assert outside.change == "higher"
    same = only(compared(image({"AU12": 3.0}), image({"AU12": 3.1}), a_set()))
    assert same.change == "no_clear_change"


def test_a_short_clip_is_said_to_be_one() -> None:
    said = ("The clip is too short to tell how sure a change is: 8 s are needed.",)
    assert compared(moving(2, seconds=7), moving(3, seconds=60)).notices == said
    assert compared(moving(2, seconds=8), moving(3, seconds=8)).notices == ()
    assert compared(image({}), image({})).notices == ()


def test_the_most_extreme_moment_has_no_interval() -> None:
    frozen = clip(25, 30, {"AU12": 2.0})
    difference = only(compared(moving(2), frozen, a_set("longest_still", lower=None, upper=4.0)))
    assert (difference.difference_low, difference.change) == (None, "worse")


def of(result: Comparison) -> dict[str, Difference]:
    return {item.measure: item for item in result.faces[0].differences}


def test_a_natural_difference_is_in_what_one_person_varies_by() -> None:
    """With its interval, on the measure's own scale; with any set, and without one."""
    usual, stiff = living(1, seconds=30), living(1, seconds=30, much=0.5)
    within = population().habits["brow_movement"].within
    found = of(compared(usual, stiff))["brow_movement"]
    assert found.change == "lower"
    assert found.difference_sd == pytest.approx(np.log(0.5) / within, rel=0.05)
    assert found.difference_sd is not None
    assert found.difference_sd_low is not None
    assert found.difference_sd_high is not None
    assert found.difference_sd_low < found.difference_sd < found.difference_sd_high < 0
    assert found.expected is None
    assert of(compared(usual, stiff))["AU12.level"].difference_sd is None
    parameter = a_set("brow_movement", lower=0.0, upper=None)
    assert only(compared(usual, stiff, parameter)).difference_sd == found.difference_sd


def test_better_is_closer_to_what_a_natural_set_expects() -> None:
    own = tuple(footage(living(1, seconds=30)).recordings)
    natural = ALIVE.model_copy(update={"natural": Natural(recordings=own, left_out=("blinks",))})
    stiff, usual = living(2, seconds=30, much=0.3), living(3, seconds=30)
    better, worse = of(compared(stiff, usual, natural)), of(compared(usual, stiff, natural))
    for code in ("brow_movement", "mouth_opening", "head_turning"):
        assert (better[code].change, worse[code].change) == ("better", "worse")
        assert better[code].expected == worse[code].expected
        assert better[code].expected == pytest.approx(better[code].after, rel=0.3)
    assert "blinks" not in better
    assert better["face_visible"].lower == 0.9
    assert better["face_visible"].change == "no_clear_change"
    same = of(compared(usual, usual, natural))
    assert {item.change for item in same.values()} <= {"no_clear_change", "not_compared"}
    assert same["brow_movement"].difference_sd == 0


def test_a_broken_limit_is_worse() -> None:
    frozen = living(1, seconds=30, other={"picture_change": lambda t: np.where(t < 9, 0.0, 4.0)})
    found = of(compared(living(1, seconds=30), frozen, ALIVE))["longest_still_picture"]
    assert (found.change, found.upper) == ("worse", 0.5)
    short = of(compared(living(1, seconds=6), living(2, seconds=6, much=0.1), ALIVE))
    assert short["brow_movement"].difference_sd is not None
    assert short["brow_movement"].difference_sd_low is None
    assert short["brow_movement"].change == "lower"  # no worse: nothing tells how sure that is
    assert "no interval" in (short["brow_movement"].reason or "")


def test_what_was_not_measured_is_not_compared() -> None:
    parameter_set = a_set("duchenne_share", lower=0.5, upper=None)
    smiles: dict[str, Signal] = {"AU12": lambda t: np.where(t % 4 < 2, 3.0, 0.0), "AU06": 2.0}
    difference = only(compared(clip(25, 20, smiles), clip(25, 20, {}), parameter_set))
    assert (difference.before, difference.after) == (1.0, None)
    assert difference.change == "not_compared"
    assert difference.reason == "In the later build: No smile was seen."


def test_faces_are_paired_in_order() -> None:
    times = clock(25, 12)
    two = (face(times, {"AU12": 1.0}, face_id=3), face(times, {"AU12": 2.0}, face_id=8))
    before = measure(recording(*two, media_type=MediaType.VM, duration=12.0))
    result = compared(before, moving(2, seconds=12), a_set())
    assert [(pair.before, pair.after) for pair in result.faces] == [(3, 0)]
    assert result.notices == ("Face 8 of the earlier build has no counterpart.",)


def test_engines_are_not_mixed_silently() -> None:
    theirs = measure(recording(face(clock(25, 12), {"AU12": 2.0}), engine="openface"))
    with pytest.raises(Problem) as refused:
        compared(moving(2, seconds=12), theirs)
    assert refused.value.code is Code.ENGINE_MISMATCH
    allowed = compared(moving(2, seconds=12), theirs, a_set(), allow_engine_mismatch=True)
    assert len(allowed.notices) == 2
    with pytest.raises(Problem) as refused:
        compared(moving(2, seconds=12), image({}))
    assert refused.value.code is Code.TYPE_MISMATCH


def test_versions_are_not_mixed_silently() -> None:
    old = measure(recording(face(clock(25, 12), {"AU12": 2.0}), version="0.10.21+1"))
    with pytest.raises(Problem) as refused:
        compared(old, moving(2, seconds=12))
    assert refused.value.code is Code.ENGINE_MISMATCH
    allowed = compared(old, moving(2, seconds=12), allow_engine_mismatch=True)
    assert "by mediapipe (measurement version 1), the later" in allowed.notices[0]
    assert compared(old, old).notices == ()


def test_two_hours_are_compared_without_a_call_per_frame() -> None:
    clips = []
    for seed in (1, 2):
        series = face(
            clock(30, 3600), {"AU12": noise(seed, 2, 1, 3600), "AU45": noise(9, 1, 1, 3600)}
        )
        clips.append(measure(recording(series)))
    with calls() as work:
        result = compared(clips[0], clips[1])
    assert work.count < 2 * 3600 * 30
    assert len(result.faces[0].differences) > 70
