"""How loud each column of pixels is, and where somebody speaks."""

import numpy as np
import pytest

from shared.analysis.sound_timeline import sound_timeline
from shared.measurements.sound import Sound
from tests.analysis.test_sound_measures import sound


def drawn(*, start: float = 0.0) -> Sound:
    """8 s; a peak of .5 at 2 s of the sound itself, speech from 3 to 5."""
    spoken = sound(8, [(3, 5)], start=start)
    peaks = np.zeros(800, np.float32)
    peaks[200] = 0.5
    waveform = np.zeros(8000, np.float32)
    return Sound.of(start, spoken.speech, peaks, waveform)


def test_no_peak_is_lost() -> None:
    for columns in (1, 7, 320, 5000):
        found = sound_timeline(drawn(), 0.0, 8.0, columns)
        assert found.peaks.shape == (columns,)
        assert found.peaks.max() == pytest.approx(0.5, abs=0.01)
        assert np.argmax(found.peaks) == pytest.approx(columns / 4, abs=columns / 100 + 1)


def test_time_is_the_pictures() -> None:
    found = sound_timeline(drawn(start=1.0), 0.0, 16.0, 16)
    assert np.flatnonzero(found.peaks).tolist() == [3]
    (span,) = found.speech
    assert (span.start, span.stop) == pytest.approx((4.0, 6.0), abs=0.03)


def test_only_what_is_shown() -> None:
    found = sound_timeline(drawn(start=-1.0), 2.5, 3.5, 10)
    assert not found.peaks.any()
    (span,) = found.speech
    assert (span.start, span.stop) == (2.5, 3.5)
    assert sound_timeline(drawn(), 20.0, 21.0, 4).speech == ()
    assert not sound_timeline(drawn(), 20.0, 21.0, 4).peaks.any()
