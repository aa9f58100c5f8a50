"""Speech, silence and the mouth in both, from sounds drawn by hand."""

import numpy as np
import pytest

from shared.analysis.bootstrap import DRAWS
from shared.analysis.mouth import Mouth
from shared.analysis.sound import (
    SoundSpan,
    silent_spans,
    sound_measures,
    speech_share,
    speech_spans,
)
from shared.analysis.statistics import Mean, NotMeasured, Ratio
from shared.measurements.sound import SPEECH_SECONDS, Sound

Spoken = list[tuple[float, float]]


def sound(seconds: float, spoken: Spoken, *, start: float = 0.0, level: float = 0.9) -> Sound:
    """Speech at these times of the sound itself [s]."""
    units = round(seconds / 0.16)
    middles = (np.arange(units * 5) + 0.5) * SPEECH_SECONDS
    speech = np.full(units * 5, 0.05, np.float32)
    for begins, ends in spoken:
        speech[(middles > begins) & (middles < ends)] = level
    silent = np.zeros(units * 160, np.float32)
    return Sound.of(start, speech, silent[: units * 16], silent)


def mouth(seconds: float, spoken: Spoken, *, fps: float = 25.0, rest: float = 0.0) -> Mouth:
    """Opens and closes 4 times a second in speech, by `rest` of that in silence."""
    times = np.arange(0, seconds, 1 / fps)
    height = np.full(len(times), rest)
    for begins, ends in spoken:
        height[(times >= begins) & (times < ends)] = 1.0
    return Mouth(times, 0.1 + 0.05 * height * np.sin(2 * np.pi * 4 * times))


def value(measure: Mean | Ratio | NotMeasured) -> float:
    assert not isinstance(measure, NotMeasured), measure
    return measure.value


SPOKEN: Spoken = [(1.0, 4.0), (6.0, 9.0)]


def test_spans_are_those_that_were_spoken() -> None:
    found = speech_spans(sound(12, SPOKEN, start=0.5))
    ends = [end for span in found for end in (span.start, span.stop)]
    assert ends == pytest.approx([1.5, 4.5, 6.5, 9.5], abs=0.02)


def test_a_breath_does_not_end_speech_and_a_click_is_none() -> None:
    assert len(speech_spans(sound(8, [(1, 3), (3.08, 5)]))) == 1
    assert speech_spans(sound(8, [(1, 1.2)])) == ()


def test_speech_goes_on_while_it_is_likely_and_begins_where_it_is_very_likely() -> None:
    drawn = sound(8, [(1, 3)])
    codes = drawn.speech_codes.copy()
    codes[(codes == 13) & (np.arange(len(codes)) < 156)] = round(0.4 * 255)
    held = Sound(0.0, codes, drawn.peak_codes, drawn.waveform_codes)
    (span,) = speech_spans(held)
    assert span.start == pytest.approx(1.0, abs=0.02)
    assert span.stop == pytest.approx(5.0, abs=0.02)


def test_silence_keeps_away_from_speech() -> None:
    spans = silent_spans((SoundSpan(1.0, 4.0), SoundSpan(4.5, 9.0)), 12.0)
    assert spans == (SoundSpan(0.0, 0.8), SoundSpan(9.2, 12.0))
    assert silent_spans((), 3.0) == (SoundSpan(0.0, 3.0),)


def test_the_share_is_of_the_pictures_time() -> None:
    said = (SoundSpan(-2.0, 1.0), SoundSpan(5.0, 6.0), SoundSpan(9.5, 14.0))
    assert value(speech_share(said, 10.0)) == pytest.approx(0.25)
    assert value(speech_share((), 10.0)) == 0.0
    assert isinstance(speech_share(said, 0.0), NotMeasured)


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0, 50.0, 60.0])
def test_a_mouth_that_rests_in_silence(fps: float) -> None:
    found = sound_measures(sound(12, SPOKEN), 12.0, mouth(12, SPOKEN, fps=fps, rest=0.1))
    assert value(found.speech_share) == pytest.approx(0.5, abs=0.01)
    # 4 Hz, smoothed by 0.03 s and differenced over 0.12 s: .40, less what 24 frames a second lose
    assert value(found.mouth_in_speech) == pytest.approx(0.38, rel=0.08)
    assert value(found.mouth_in_silence) == pytest.approx(0.038, rel=0.08)
    assert value(found.mouth_silence_ratio) == pytest.approx(0.1, rel=0.05)


def test_a_mouth_that_talks_on() -> None:
    found = sound_measures(sound(12, SPOKEN), 12.0, mouth(12, [(0, 12)]))
    assert value(found.mouth_silence_ratio) == pytest.approx(1.0, rel=0.05)


def test_a_second_of_each_is_needed() -> None:
    found = sound_measures(sound(6, [(0.3, 5.7)]), 6.0, mouth(6, [(0.3, 5.7)]))
    assert isinstance(found.mouth_in_speech, Mean)
    for measure in (found.mouth_in_silence, found.mouth_silence_ratio):
        assert isinstance(measure, NotMeasured)
        assert "0.0 s of silence; 1 s are needed" in measure.reason
    silent = sound_measures(sound(6, []), 6.0, mouth(6, []))
    assert value(silent.speech_share) == 0.0
    assert isinstance(silent.mouth_in_speech, NotMeasured)
    assert isinstance(silent.mouth_in_silence, Mean)


def test_time_in_which_the_mouth_is_not_seen_does_not_count() -> None:
    whole = mouth(12, SPOKEN)
    seen = (whole.times < 9.1) & (whole.times > 1.0)
    found = sound_measures(sound(12, SPOKEN), 12.0, Mouth(whole.times[seen], whole.opening[seen]))
    assert isinstance(found.mouth_in_silence, Mean)
    assert found.mouth_in_silence.times.max() < 6.0


def test_what_is_missing_is_said() -> None:
    no_sound = sound_measures(None, 5.0, mouth(5, []))
    assert no_sound.speech_share == NotMeasured("The clip has no sound.")
    no_mouth = sound_measures(sound(12, SPOKEN), 12.0, None)
    assert value(no_mouth.speech_share) == pytest.approx(0.5, abs=0.01)
    assert isinstance(no_mouth.mouth_silence_ratio, NotMeasured)
    still = sound_measures(sound(12, SPOKEN), 12.0, mouth(12, []))
    assert still.mouth_silence_ratio == NotMeasured("The mouth does not move in speech.")


def test_a_ratio_is_drawn_again_from_both_of_its_means() -> None:
    found = sound_measures(sound(12, SPOKEN), 12.0, mouth(12, SPOKEN, rest=0.1))
    ratio = found.mouth_silence_ratio
    assert isinstance(ratio, Ratio)
    counts = np.random.default_rng(1).multinomial(12, np.full(12, 1 / 12), DRAWS)
    drawn = ratio.resampled(counts, lambda times: np.floor(times).astype(np.intp))
    assert drawn[0] == pytest.approx(
        ratio.above.resampled(counts, lambda times: np.floor(times).astype(np.intp))[0]
        / ratio.below.resampled(counts, lambda times: np.floor(times).astype(np.intp))[0]
    )
    assert np.nanmedian(drawn) == pytest.approx(ratio.value, rel=0.1)
