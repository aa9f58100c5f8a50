"""A clip's sound among its measures, in a comparison, and as a parameter of a set."""

from dataclasses import replace

import numpy as np
import pytest

from shared.analysis.comparison import compare
from shared.analysis.judging import judge
from shared.analysis.learning import LearnOptions, footage, learn
from shared.analysis.lip_sync_comparison import LipSync, with_lip_sync
from shared.analysis.measuring import MeasuredRecording, measure
from shared.analysis.parameter_sets import Parameter, ParameterSet
from shared.analysis.report import Outcome, Result
from shared.analysis.sound_measures import LIP_SYNC, SOUND
from shared.analysis.statistics import NotMeasured
from shared.measurements.sound import Sound
from tests.analysis.synthetic import SUBJECT, clock, face, image, recording
from tests.analysis.test_sound_measures import sound
from tests.speech import babble, heard

VOICE = babble(24, seed=1)
HEARD = heard(VOICE.samples)
SPOKEN = [(1.0, 6.0), (9.0, 14.0), (16.0, 20.0)]


def talking(
    said: Sound | None, *, late: float = 0.0, reason: str = "The clip has no sound."
) -> MeasuredRecording:
    times = clock(25, 24)
    series = face(times, {"AU25": 1.0})
    opening = VOICE.opening(times - late).astype(np.float32)
    series = replace(series, signals={"mouth_opening": opening})
    clip = recording(series, duration=24.0, fps=25.0)
    return measure(replace(clip, sound=said, no_sound=reason))


def told(before: MeasuredRecording, after: MeasuredRecording) -> LipSync:
    found = compare((SUBJECT, before), (SUBJECT, after)).lip_sync
    assert found is not None
    return found


def test_what_sounds_is_measured() -> None:
    values = talking(sound(24, SPOKEN)).faces[0].values
    assert values["speech_share"].value == pytest.approx(14 / 24, abs=0.01)
    for code in ("mouth_in_speech", "mouth_in_silence", "mouth_silence_ratio"):
        assert values[code].value is not None, values[code].reason
    assert "names it in `against`" in (values[LIP_SYNC].reason or "")


def test_without_sound_the_reason_is_said() -> None:
    values = talking(None, reason="It is gone.").faces[0].values
    assert {values[entry.code].reason for entry in SOUND if not entry.relative} == {"It is gone."}


def test_measures_of_sound_have_intervals() -> None:
    clips = talking(sound(24, SPOKEN)), talking(sound(24, SPOKEN[:2]))
    (both,) = compare((SUBJECT, clips[0]), (SUBJECT, clips[1])).faces
    found = {item.measure: item for item in both.differences}
    assert found["speech_share"].change == "lower" or found["speech_share"].difference_low
    assert found["mouth_silence_ratio"].difference_low is not None


@pytest.mark.parametrize("late", [0.08, -0.3])
def test_a_comparison_tells_the_change(late: float) -> None:
    found = told(talking(HEARD), talking(HEARD, late=late))
    assert found.change == pytest.approx(late * 1000, abs=15)
    assert found.change_low is not None
    assert found.change_high is not None
    assert found.change_low <= late * 1000 + 5
    assert found.change_high >= late * 1000 - 5
    assert found.drift == pytest.approx(0.0, abs=2.0)
    assert found.sound_lag == pytest.approx(0.0, abs=1.0)
    assert found.reason is None


def test_a_comparison_says_why_there_is_none() -> None:
    assert told(talking(HEARD), talking(None)).reason == "Of the later clip: The clip has no sound."
    other = talking(heard(babble(24, seed=6).samples))
    assert "do not carry the same sound" in (told(talking(HEARD), other).reason or "")
    pictures = image({"AU12": 1.0}), image({"AU12": 2.0})
    assert compare((SUBJECT, pictures[0]), (SUBJECT, pictures[1])).lip_sync is None


def result(measured: MeasuredRecording) -> Result:
    parameter = Parameter(measure=LIP_SYNC, lower=-45, upper=45, against=17)
    held_to = ParameterSet(name="In sync", engine="mediapipe", parameters=(parameter,))
    (found,) = judge(held_to, measured, SUBJECT).faces[0].results
    return found


def test_a_set_judges_the_change() -> None:
    first = talking(HEARD).faces[0].track
    assert result(with_lip_sync(talking(HEARD, late=0.02), first)).outcome is Outcome.WITHIN
    late = result(with_lip_sync(talking(HEARD, late=0.08), first))
    assert late.outcome is Outcome.NOT_WITHIN
    assert late.value == pytest.approx(80, abs=15)


@pytest.mark.parametrize("other", [None, NotMeasured("Measurement 17 is gone.")])
def test_another_recording_that_is_gone_is_said(other: NotMeasured | None) -> None:
    found = result(with_lip_sync(talking(HEARD), other))
    assert found.outcome is Outcome.NOT_MEASURED
    assert found.reason == (other.reason if other else "The earlier clip has no face.")


def test_against_belongs_to_the_change_of_lip_sync() -> None:
    with pytest.raises(ValueError, match="lip_sync_change needs against"):
        Parameter(measure=LIP_SYNC, upper=45)
    with pytest.raises(ValueError, match="is not told against another recording"):
        Parameter(measure="AU12.level", upper=2, against=17)


def test_what_sounds_is_learned_where_it_is_asked_for() -> None:
    clips = [footage(talking(sound(24, SPOKEN)))]
    plain = learn(LearnOptions(name="A", deviation_percent=20), clips).parameter_set
    assert not {item.measure for item in plain.parameters} & {entry.code for entry in SOUND}
    asked = learn(LearnOptions(name="A", deviation_percent=20, measures=("speech_share",)), clips)
    (parameter,) = asked.parameter_set.parameters
    assert parameter.reference == pytest.approx(14 / 24, abs=0.01)
