"""How much a build's lips have moved against its sound, told from another build of its script."""

from functools import partial

import numpy as np
import pytest

from shared.analysis.lip_sync import LipSyncChange, lip_sync_change
from shared.analysis.mouth import Mouth
from shared.analysis.same_sound import shared_sound
from shared.analysis.statistics import NotMeasured
from shared.measurements.sound import Sound
from tests.speech import RATE, Voice, babble, heard

VOICE = babble(24, seed=1)
TOLERANCE = 0.015  # [s]; 0.04 is asked for

Build = tuple[Sound, Mouth]

rarely = partial(pytest.param, marks=pytest.mark.thorough)  # tells what its neighbours tell


def build(
    *,
    fps: float = 25.0,
    sound_delay: float = 0.0,
    mouth_delay: float = 0.0,
    speed: float = 1.0,
    noise: float = 0.0,
    voice: Voice = VOICE,
    seconds: float = 24.0,
    seed: int = 1,
) -> Build:
    """A clip of the script; the picture runs `speed` times as long as the sound."""
    times = np.arange(0, seconds, 1 / fps)
    opening = voice.opening((times - mouth_delay) / speed)
    opening += noise * np.random.default_rng(seed).standard_normal(len(times))
    samples = voice.samples[: round(seconds * RATE)]
    return heard(samples, start=sound_delay), Mouth(times, opening)


def change(first: Build, second: Build) -> LipSyncChange:
    found = lip_sync_change(first, second)
    assert isinstance(found, LipSyncChange), found
    return found


@pytest.mark.parametrize("fps", [rarely(24.0), 25.0, rarely(30.0), 60.0])
@pytest.mark.parametrize("shift", [0.0, 0.08, rarely(0.3), rarely(-0.08), -0.3])
def test_sound_that_was_shifted_is_found(shift: float, fps: float) -> None:
    found = change(build(noise=0.01), build(fps=fps, sound_delay=shift, noise=0.01, seed=2))
    assert found.sound_lag == pytest.approx(shift, abs=0.001)
    assert found.mouth_lag == pytest.approx(0.0, abs=TOLERANCE)
    assert found.change == pytest.approx(-shift, abs=TOLERANCE)
    assert found.change_ends is not None
    assert found.change_ends[0] <= found.change <= found.change_ends[1]
    assert found.change_ends[1] - found.change_ends[0] < 0.08
    assert found.drift == pytest.approx(0.0, abs=0.002)


def test_a_mouth_that_comes_later_is_a_change_above_zero() -> None:
    found = change(build(), build(mouth_delay=0.12))
    assert found.sound_lag == pytest.approx(0.0, abs=0.001)
    assert found.change == pytest.approx(0.12, abs=TOLERANCE)


def test_a_clip_that_begins_later_has_not_changed() -> None:
    sound, mouth = build()
    late = heard(VOICE.samples[4 * RATE :]), Mouth(mouth.times[100:] - 4, mouth.opening[100:])
    found = change((sound, mouth), late)
    assert found.sound_lag == pytest.approx(-4.0, abs=0.001)
    assert found.mouth_lag == pytest.approx(-4.0, abs=TOLERANCE)
    assert found.change == pytest.approx(0.0, abs=TOLERANCE)


@pytest.mark.parametrize("speed", [rarely(0.99), 0.998, rarely(1.002), 1.01])
def test_a_picture_at_another_speed_drifts(speed: float) -> None:
    found = change(build(noise=0.005), build(speed=speed, noise=0.005, seed=2))
    assert found.drift == pytest.approx(speed - 1, abs=0.0015)
    assert found.drift_ends is not None
    assert found.drift_ends[0] <= found.drift <= found.drift_ends[1]
    assert found.change == pytest.approx(12 * (speed - 1), abs=0.03)


def test_the_interval_grows_with_noise_and_holds_the_truth() -> None:
    widths = []
    for noise in (0.005, 0.04):
        found = change(build(noise=noise), build(mouth_delay=0.1, noise=noise, seed=2))
        assert found.change_ends is not None
        assert found.change_ends[0] - 0.005 <= 0.1 <= found.change_ends[1] + 0.005
        widths.append(found.change_ends[1] - found.change_ends[0])
    assert widths[1] > widths[0]


def test_holes_in_what_was_seen_do_no_harm() -> None:
    sound, mouth = build(mouth_delay=0.1)
    seen = (mouth.times < 6) | (mouth.times > 9)
    found = change(build(), (sound, Mouth(mouth.times[seen], mouth.opening[seen])))
    assert found.change == pytest.approx(0.1, abs=TOLERANCE)
    assert found.seconds < 21.5


def reason(first: Build, second: Build) -> str:
    found = lip_sync_change(first, second)
    assert isinstance(found, NotMeasured), found
    return found.reason


def test_mouths_that_do_not_fit_tell_no_lag() -> None:
    other = Mouth(build()[1].times, babble(24, seed=5).opening(build()[1].times))
    assert "The mouths correlate at" in reason(build(), (build()[0], other))
    still = Mouth(build()[1].times, np.full(600, 0.1))
    assert "The mouths correlate at 0.00" in reason(build(), (build()[0], still))


def test_another_script_tells_no_lag() -> None:
    other = build(voice=babble(24, seed=6))
    assert "do not carry the same sound" in reason(build(), other)


def test_short_clips_must_fit_better() -> None:
    short = build(seconds=7.0)
    assert change(build(), short).change == pytest.approx(0.0, abs=TOLERANCE)
    noisy = build(seconds=7.0, noise=0.06)
    assert "from 0.8 on" in reason(build(), noisy)
    assert "are needed" in reason(build(), build(seconds=4.5))


def test_below_eight_seconds_there_is_no_interval() -> None:
    found = change(build(), build(seconds=7.0))
    assert found.change_ends is None
    assert found.drift_ends is None


def test_more_than_can_be_searched_is_said() -> None:
    far = reason(build(), build(mouth_delay=0.72))
    assert "moved apart by 0.7 s or more" in far


def test_an_unseen_mouth_tells_no_lag() -> None:
    unseen = Mouth(np.arange(600) / 25, np.full(600, np.nan))
    assert reason(build(), (build()[0], unseen)) == "At least one of the mouths was not seen."


def test_the_same_twice_gives_the_same() -> None:
    pair = build(noise=0.01), build(noise=0.01, seed=2)
    assert lip_sync_change(*pair, seed=4) == lip_sync_change(*pair, seed=4)


def test_sound_and_mouth_keep_their_own_lags() -> None:
    first, second = build(), build(sound_delay=0.3)
    shared = shared_sound(first[0], second[0])
    found = change(first, second)
    assert not isinstance(shared, NotMeasured)
    assert found.mouth_lag - found.sound_lag == pytest.approx(found.change)
    assert found.sound_lag == shared.lag
