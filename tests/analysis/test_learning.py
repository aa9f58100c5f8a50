"""Sets learned from recordings hold what they were learned from, and say what they rest on."""

import numpy as np
import pytest
from pydantic import ValidationError

from shared.analysis.learning import Learned, LearnOptions, footage, learn
from shared.analysis.measuring import MeasuredRecording, measure
from shared.analysis.parameter_sets import Bounds
from shared.measurements.model import MediaType
from shared.platform.errors import Code, Problem
from tests.analysis.synthetic import (
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
    return learn(
        LearnOptions.model_validate({"name": "Learned"} | options), map(footage, recordings)
    )


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


def test_it_says_what_it_rests_on() -> None:
    few = learned(person(1, 12), person(2, 12), deviation_percent=10)
    assert (few.reports, few.faces, few.frames) == (2, 2, 720)
    assert few.seconds == pytest.approx(24)
    assert [warning.split(";")[0] for warning in few.warnings] == [
        "The set rests on 2 faces",
        "The set rests on 24.0 s of footage",
    ]
    assert few.parameter_set.description == (
        "Learned from 2 measurements, 720 confident frames; within 10 % of what was seen."
    )
    assert few.parameter_set.required_share == 0
    enough = learned(
        *(person(seed, 12) for seed in range(5)), deviation_percent=10, required_share=0.8
    )
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
            learned(person(1, 12), other, deviation_percent=9)
        assert refused.value.code is Code.ENGINE_MISMATCH
    with pytest.raises(Problem) as refused:
        learned(person(1, 12), image({}), deviation_percent=9)
    assert refused.value.code is Code.TYPE_MISMATCH


def test_expressions_are_not_learned_by_coverage() -> None:
    with pytest.raises(Problem, match="Add it by hand") as refused:
        learned(person(1, 12), coverage=0.9, measures=["AU12.level"])
    assert refused.value.code is Code.NOTHING_TO_LEARN
    with pytest.raises(Problem, match="The engine gives no"):
        learned(person(1, 12), coverage=0.9)


def test_nothing_to_learn_from() -> None:
    hardly = measure(recording(face(clock(25, 1)), duration=60.0))
    with pytest.raises(Problem) as refused:
        learned(hardly, coverage=0.9)
    assert refused.value.code is Code.NOTHING_TO_LEARN
    with pytest.raises(Problem, match="needs a video") as refused:
        learned(image({}), deviation_percent=9, measures=["jitter"])
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
    first, second = (learned(person(3), person(4), deviation_percent=9) for _ in range(2))
    assert first == second
    assert found(person(3), "AU12.level").value == found(person(3), "AU12.level").value
