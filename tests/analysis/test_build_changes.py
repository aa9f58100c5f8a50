"""What has become of a build: clips are the units, and few clips claim little."""

import pytest

from shared.analysis.build_changes import BuildChange, build_changes
from shared.analysis.changes import Change, Difference
from shared.analysis.comparison import Comparison, FaceComparison, compare
from shared.analysis.default_sets import ALIVE
from tests.analysis.living import living
from tests.analysis.synthetic import SUBJECT


def face(difference: float, change: Change = Change.HIGHER, **more: object) -> Difference:
    """A level of 2 before, with an interval of half an intensity on either side."""
    values: dict[str, object] = {
        "measure": "AU12.level",
        "words": "lip corner puller",
        "unit": "intensity",
        "before": 2.0,
        "after": 2.0 + difference,
        "difference": difference,
        "difference_low": difference - 0.5,
        "difference_high": difference + 0.5,
        "lower": 1.0,
        "upper": 3.0,
        "worsening": 0.0,
        "change": change,
    }
    return Difference.model_validate(values | more)


def pair(*faces: Difference) -> Comparison:
    return Comparison(
        notices=(),
        before=SUBJECT,
        after=SUBJECT,
        parameter_set="A",
        seed=0,
        faces=tuple(
            FaceComparison(before=number, after=number, differences=(item,))
            for number, item in enumerate(faces)
        ),
    )


def only(*pairs: Comparison) -> BuildChange:
    (found,) = build_changes(pairs)
    return found


def test_one_pair_has_its_own_interval_and_word() -> None:
    found = only(pair(face(0.8)))
    assert (found.pairs, found.change) == (1, 0.8)
    assert found.low == pytest.approx(0.3)
    assert found.high == pytest.approx(1.3)
    assert (found.word, found.direction, found.still_within) == ("changed", "up", True)
    worse = only(pair(face(1.5, Change.WORSE)))
    assert (worse.word, worse.worse, worse.still_within) == ("worse", 1, False)


def test_the_interval_over_clips_is_students() -> None:
    """Mean 0.8, sd 0.2 of four: t(0.975, 3) is 3.1824."""
    found = only(*(pair(face(each)) for each in (0.6, 0.6, 1.0, 1.0)))
    half = 3.182446 * 0.2309401 / 2
    assert (found.change, found.pairs) == (0.8, 4)
    assert found.low == pytest.approx(0.8 - half)
    assert found.high == pytest.approx(0.8 + half)
    assert (found.word, found.direction) == ("changed", "up")


def test_clips_that_disagree_are_no_clear_change() -> None:
    found = only(*(pair(face(each)) for each in (1.5, -0.9, 1.2, -0.4)))
    assert (found.word, found.direction) == ("no_clear_change", None)
    assert found.low is not None
    assert found.low < 0


def test_two_clips_that_are_both_clear_are_a_change() -> None:
    """By t alone two clips would have to agree to the tenth."""
    down = [pair(face(each, Change.LOWER)) for each in (-0.5, -0.9)]
    found = only(*down)
    assert (found.word, found.direction) == ("changed", "down")
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high
    assert "single clips" in (found.reason or "")
    unclear = only(down[0], pair(face(-0.4, Change.NO_CLEAR_CHANGE)))
    assert unclear.word == "no_clear_change"


def test_what_is_below_the_noise_of_measuring_is_no_clear_change() -> None:
    found = only(*(pair(face(each)) for each in (0.10, 0.11, 0.10, 0.11)))
    assert (found.word, found.direction) == ("no_clear_change", None)
    assert "noise" in (found.reason or "")


def test_worse_is_told_by_what_the_set_asks() -> None:
    worse = [pair(face(1.2, Change.WORSE, worsening=each)) for each in (0.2, 0.25, 0.15)]
    assert only(*worse).word == "worse"
    better = [pair(face(-1.2, Change.BETTER, worsening=-each)) for each in (0.2, 0.25, 0.15)]
    assert only(*better).word == "better"
    mixed = only(worse[0], better[0], pair(face(0.0, Change.NO_CLEAR_CHANGE)))
    assert (mixed.word, mixed.worse, mixed.better) == ("no_clear_change", 1, 1)


def test_one_clip_beyond_its_band_makes_the_build_worse() -> None:
    """As it makes its verdict; what is closer to a natural set's expectation is told over all."""
    same = face(0.0, Change.NO_CLEAR_CHANGE)
    out = face(2.0, Change.WORSE, worsening=1.0)
    found = only(pair(same), pair(out), pair(same), pair(same))
    assert (found.word, found.worse, found.pairs) == ("worse", 1, 4)
    natural = {"lower": None, "upper": None, "expected": 2.0}
    pairs = [pair(item.model_copy(update=natural)) for item in (same, out, same, same)]
    assert only(*pairs).word == "no_clear_change"


def test_a_level_may_be_worse_by_its_time_alone() -> None:
    """Its mean stays; it is within for less time."""
    found = only(
        *(
            pair(face(0.01, Change.WORSE, worsening=each, share_before=1.0, share_after=1 - each))
            for each in (0.2, 0.25, 0.15)
        )
    )
    assert found.word == "worse"


def test_faces_of_one_clip_are_one_clip() -> None:
    found = only(pair(face(1.0), face(0.0)), pair(face(0.6), face(0.8)))
    assert (found.pairs, found.change) == (2, 0.6)


def test_what_was_not_compared_is_left_out() -> None:
    missing = face(0.0, Change.NOT_COMPARED).model_copy(update={"difference": None})
    assert build_changes([pair(missing)]) == ()
    assert only(pair(missing), pair(face(0.8))).pairs == 1


def test_a_frozen_build_has_changed_although_all_is_within() -> None:
    """Without a set for the person most of a hardly moving face may pass for a person's."""
    frozen = compare((SUBJECT, living(1, seconds=30)), (SUBJECT, living(2, seconds=30, much=0.05)))
    found = {item.measure: item for item in build_changes([frozen])}
    for code in ("head_turning", "brow_movement", "mouth_opening"):
        assert (found[code].word, found[code].direction) == ("changed", "down"), code
    held = compare(
        (SUBJECT, living(1, seconds=30)), (SUBJECT, living(2, seconds=30, much=0.05)), ALIVE
    )
    words = [item.word for item in build_changes([held])]
    assert words[0] == "worse"
    assert words == sorted(words, key=["worse", "better", "changed", "no_clear_change"].index)
