"""Natural sets from learning to the report."""

import numpy as np
import pytest
from pydantic import ValidationError

from shared.analysis.default_sets import ALIVE
from shared.analysis.gates import GATES
from shared.analysis.interchange import csv_values, from_json, to_csv, to_json
from shared.analysis.judging import judge
from shared.analysis.learning import LearnOptions, footage, learn
from shared.analysis.measuring import MeasuredRecording
from shared.analysis.natural_measures import NATURAL
from shared.analysis.natural_sets import (
    MAX_MEAN,
    MAX_NUMBER,
    MAX_SECONDS,
    MAX_WINDOWS,
    MIN_FALSE_ALARMS,
    Natural,
    OwnRecording,
    SeenValue,
)
from shared.analysis.parameter_sets import ParameterSet
from shared.analysis.rendering import RENDERINGS
from shared.analysis.report import Naturalness, Outcome, Report, Verdict
from shared.analysis.wording import TALKING
from tests.analysis.living import living
from tests.analysis.synthetic import SUBJECT


def learned(*recordings: MeasuredRecording, **options: object) -> ParameterSet:
    body = LearnOptions.model_validate({"name": "Like Ada", "coverage": 0.95} | options)
    return learn(body, map(footage, recordings)).parameter_set


def nature(report: Report) -> Naturalness:
    found = report.faces[0].naturalness
    assert found is not None
    return found


def test_the_person_passes() -> None:
    report = judge(learned(living(1, seconds=10)), living(2), SUBJECT)
    assert report.verdict is Verdict.PASS
    assert report.words == "no fault found, moves as this person does"
    assert nature(report).case == "own"
    assert (report.deviation or 9) < (report.deviation_limit or 0)
    assert (report.score or 0) > 0.5
    assert len(report.faces[0].results) == 19 + len(GATES)


def test_without_own_footage_nothing_more_is_said_than_no_fault() -> None:
    report = judge(ALIVE, living(), SUBJECT)
    assert report.verdict is Verdict.PASS
    assert report.words == "no fault found, within human range"


@pytest.mark.parametrize("mean", [-MAX_MEAN, MAX_MEAN])
def test_whatever_a_set_may_say_is_judged(mean: float) -> None:
    values = {entry.code: SeenValue(mean=mean, windows=MAX_WINDOWS) for entry in NATURAL}
    odd = OwnRecording(report=MAX_NUMBER, seconds=MAX_SECONDS, values=values)
    natural = Natural(recordings=(odd,) * 100, false_alarms=MIN_FALSE_ALARMS)
    report = judge(ALIVE.model_copy(update={"natural": natural}), living(), SUBJECT)
    assert report.verdict is Verdict.FAIL
    assert RENDERINGS["md"].render(report)


def test_a_stiff_copy_fails_in_words() -> None:
    report = judge(learned(living(1, seconds=10)), living(2, much=0.2), SUBJECT)
    assert report.verdict is Verdict.FAIL
    assert (nature(report).movement, nature(report).picture) == (Verdict.FAIL, Verdict.PASS)
    said = nature(report).sentences
    assert any(
        sentence.startswith("The upper face hardly moves: brow movement 0.00")
        and "(this person: 0.00" in sentence
        for sentence in said
    ), said
    assert said[-1].startswith("Taken together it moves unlike this person: deviation ")
    wrong = [r for r in report.faces[0].results if r.outcome is Outcome.NOT_WITHIN]
    assert [abs(r.z or 0) for r in wrong] == sorted((abs(r.z or 0) for r in wrong), reverse=True)
    assert wrong[0].violations
    assert all(r.windows for r in wrong)
    assert report.score is not None
    assert report.score < 0.1


def test_a_fail_without_a_fault_says_what_else_it_may_be() -> None:
    stiff = living(2, much=0.2)
    chance = "Of real recordings 5 % fail in this way by chance."
    assert nature(judge(learned(living(1, seconds=10)), stiff, SUBJECT)).caveats == (chance,)
    report = judge(ALIVE, stiff, SUBJECT)
    assert nature(report).caveats == (chance, TALKING)
    assert f"{chance} {TALKING}" in RENDERINGS["md"].render(report).decode()
    assert nature(judge(ALIVE, living(), SUBJECT)).caveats == ()


def test_a_fault_fails_a_short_clip_too() -> None:
    frozen = living(2, seconds=4, other={"picture_change": 0.0})
    report = judge(ALIVE, frozen, SUBJECT)
    assert report.verdict is Verdict.FAIL
    assert nature(report).caveats == ()
    assert nature(report).sentences[0].startswith("The picture stands still: longest still picture")
    assert nature(report).movement is Verdict.INCONCLUSIVE


def test_absence_is_judged_however_short_the_time_seen() -> None:
    report = judge(ALIVE, living(2, seen=lambda t: (t < 1).astype(float)), SUBJECT)
    assert report.verdict is Verdict.FAIL
    (fault,) = [r for r in report.faces[0].results if r.outcome is Outcome.NOT_WITHIN]
    assert fault.measure == "face_visible"
    assert (fault.violations[0].start, fault.violations[0].end) == (1.0, 14.0)


def test_too_short_a_clip_says_what_is_missing() -> None:
    report = judge(ALIVE, living(seconds=4), SUBJECT)
    assert report.verdict is Verdict.INCONCLUSIVE
    reasons = {r.reason for r in report.faces[0].results if r.outcome is Outcome.NOT_MEASURED}
    assert any("0.5 s more of footage" in (reason or "") for reason in reasons)


def test_another_session_asks_for_less() -> None:
    same, other = (
        learned(living(1, seconds=10), same_setup=same_setup) for same_setup in (True, False)
    )
    strange = living(2, other={"sharpness_face": 0.35, "sharpness_mouth": 0.34})
    assert nature(judge(same, strange, SUBJECT)).picture is Verdict.FAIL
    assert nature(judge(other, strange, SUBJECT)).picture is Verdict.PASS


def test_measures_left_out_are_not_judged() -> None:
    options = {"measures": ["head_turning", "blinks", "mouth_opening", "flicker", "brow_speed"]}
    report = judge(learned(living(1), **options), living(2, much=0.2), SUBJECT)
    judged = {r.measure for r in report.faces[0].results if r.z is not None}
    assert judged == set(options["measures"])


def test_parameters_are_judged_besides() -> None:
    both = learned(living(1)).model_copy(
        update={
            "parameters": ParameterSet.model_validate(
                {
                    "name": "A",
                    "engine": "mediapipe",
                    "parameters": [{"measure": "AU12.level", "lower": 2}],
                }
            ).parameters
        }
    )
    report = judge(both, living(2), SUBJECT)
    assert report.verdict is Verdict.FAIL
    assert nature(report).movement is Verdict.PASS


@pytest.mark.parametrize("form", RENDERINGS)
def test_every_form_can_show_it(form: str) -> None:
    report = judge(ALIVE, living(2, much=0.1), SUBJECT)
    assert b"The upper face" in RENDERINGS[form].render(report)


def test_a_set_survives_its_files() -> None:
    made = learned(living(1))
    assert from_json(to_json(made)) == made
    assert ParameterSet.model_validate(csv_values(to_csv(made))) == made


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"mode": "natural"}, "{} will do"),
        (
            {"natural": {}, "parameters": [{"measure": "AU12.level", "lower": 2}]},
            "belongs to a set of mode natural",
        ),
        ({}, "needs at least one"),
        ({"mode": "natural", "natural": {"population": "nobody"}}, "there are: talking-1"),
        ({"mode": "natural", "natural": {"left_out": ["AU12.level"]}}, "no such natural measure"),
        ({"mode": "natural", "natural": {"false_alarms": 0}}, "greater than or equal"),
    ],
)
def test_sets_that_are_refused(body: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ParameterSet.model_validate({"name": "A", "engine": "mediapipe"} | body)
    assert says in str(refused.value)


def test_every_window_is_in_the_report() -> None:
    """A window's values are all that grows with the clip."""
    report = judge(ALIVE, living(2, seconds=120), SUBJECT)
    windows = {len(r.windows) for r in report.faces[0].results if r.z is not None}
    assert windows == {79}
    assert np.isfinite(report.deviation or np.nan)
