"""Clips that carry the same sound are found, whatever was cut off or coded; others are not."""

import re

import numpy as np
import pytest

from shared.analysis.same_sound import SharedSound, shared_sound
from shared.analysis.statistics import NotMeasured
from shared.measurements.sound import Sound
from tests.speech import RATE, Floats, babble, heard

SAID = babble(24, seed=1).samples


def found(first: Floats, second: Floats, starts: tuple[float, float] = (0.0, 0.0)) -> SharedSound:
    shared = shared_sound(heard(first, start=starts[0]), heard(second, start=starts[1]))
    assert isinstance(shared, SharedSound), shared
    return shared


def cut(start: float, stop: float) -> Floats:
    return SAID[round(start * RATE) : round(stop * RATE)]


def moved(samples: Floats, seconds: float) -> Floats:
    """Later, by any part of a sample."""
    spectrum = np.fft.rfft(samples)
    phases = np.exp(-2j * np.pi * np.fft.rfftfreq(len(samples), 1 / RATE) * seconds)
    return np.asarray(np.fft.irfft(spectrum * phases, len(samples)))


@pytest.mark.parametrize("lag", [0.0, 0.0005, -0.0123, 0.08, 0.3, 0.73331])
def test_a_lag_is_exact(lag: float) -> None:
    shared = found(SAID, moved(SAID, lag))
    assert shared.lag == pytest.approx(lag, abs=0.0002)
    assert np.abs(shared.lags - lag).max() < 0.001
    assert shared.correlation > 0.995


def test_starts_count() -> None:
    assert found(SAID, SAID, (0.2, -0.3)).lag == pytest.approx(-0.5, abs=0.0002)


PARTS = {
    "part of the other": ((0, 24), (7, 15), -7.0),
    "the other is a part": ((9, 18), (0, 24), 9.0),
    "end and beginning": ((0, 14), (9, 24), -9.0),
    "beginning and end": ((9, 24), (0, 14), 9.0),
    "begins later": ((2, 24), (0, 24), 2.0),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_found_in_the_whole(name: str) -> None:
    one, other, lag = PARTS[name]
    shared = found(cut(*one), cut(*other))
    assert shared.lag == pytest.approx(lag, abs=0.0002)
    common = min(one[1], other[1]) - max(one[0], other[0])
    assert common - 2 < shared.seconds <= common + 0.1
    start, stop = shared.span
    assert start >= max(0.0, -lag) - 0.01
    assert stop <= min(one[1] - one[0], other[1] - other[0] - lag) + 0.01


def test_it_is_the_same_both_ways() -> None:
    forth, back = found(cut(0, 20), cut(5, 24)), found(cut(5, 24), cut(0, 20))
    assert forth.lag == pytest.approx(-back.lag, abs=0.0002)


def test_loudness_and_a_hum_do_not_matter() -> None:
    hum = 0.1 * np.sin(2 * np.pi * 50 * np.arange(len(SAID)) / RATE)
    assert found(SAID, 0.01 * SAID + hum).correlation > 0.95


def test_noise_costs_correlation_and_no_accuracy() -> None:
    noise = 0.02 * np.random.default_rng(2).standard_normal(len(SAID))
    shared = found(SAID, SAID + noise)
    assert 0.9 < shared.correlation < 0.9999
    assert shared.lag == pytest.approx(0.0, abs=0.001)


def test_a_lag_that_drifts_is_followed() -> None:
    times = np.arange(len(SAID)) / RATE
    slow = np.interp(times / 1.0003, times, SAID)
    shared = found(SAID, slow)
    assert shared.lag_at(np.array([4.0, 20.0])) == pytest.approx([0.0012, 0.006], abs=0.0005)


def test_a_sentence_that_was_replaced_is_left_out() -> None:
    changed = SAID.copy()
    changed[8 * RATE : 14 * RATE] = babble(6, seed=9).samples
    shared = found(SAID, changed)
    assert shared.lag == pytest.approx(0.0, abs=0.0002)
    assert not shared.covered(np.arange(9.1, 12.9, 0.1)).any()
    assert shared.covered(np.arange(1.0, 7.0, 0.1)).all()
    assert 14 < shared.seconds < 20


def reason(first: Floats, second: Floats) -> str:
    shared = shared_sound(heard(first), heard(second))
    assert isinstance(shared, NotMeasured), shared
    return shared.reason


@pytest.mark.parametrize("seed", range(2, 12))
def test_other_speech_is_another_sound(seed: int) -> None:
    assert "do not carry the same sound" in reason(SAID, babble(24, seed=seed).samples)


def test_the_same_voice_saying_something_else_is_another_sound() -> None:
    assert "do not carry the same sound" in reason(cut(0, 11.5), cut(12, 24))


def noise(seed: int) -> Sound:
    """Up to half the rate of a waveform, unlike what listening makes of it."""
    samples = np.random.default_rng(seed).standard_normal(24_000).astype(np.float32)
    samples[9_000:20_000] = 0.0
    return Sound.of(0.0, np.zeros(750, np.float32), np.zeros(2400, np.float32), samples)


def test_digital_silence_fits_nothing() -> None:
    """What rings between two samples beside it was once taken for a match of 30."""
    shared = shared_sound(noise(1), noise(2))
    assert isinstance(shared, NotMeasured)
    best = re.search(r"correlate at (\S+) at best", shared.reason)
    assert best is not None
    assert float(best[1]) < 0.3
    broken = SAID.copy()
    broken[9 * RATE : 20 * RATE] = 0.0
    assert found(SAID, broken).lag == pytest.approx(0.0, abs=0.0002)


TONE = np.sin(2 * np.pi * 200 * np.arange(12 * RATE) / RATE)


@pytest.mark.parametrize("repeated", ["tone", "loop"])
def test_what_repeats_itself_has_no_lag(repeated: str) -> None:
    samples = {"tone": TONE, "loop": np.tile(cut(1, 3.5), 5)}[repeated]
    assert "repeats itself" in reason(samples, samples)


def test_silence_and_scraps_say_nothing() -> None:
    assert "silent" in reason(SAID, np.zeros(8 * RATE))
    assert "less than 3 s" in reason(SAID, cut(3, 5.5))


def test_the_same_twice_gives_the_same() -> None:
    one, other = found(cut(0, 20), cut(5, 24)), found(cut(0, 20), cut(5, 24))
    assert np.array_equal(one.lags, other.lags)
    assert one.correlation == other.correlation
