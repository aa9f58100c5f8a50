"""Every measure on a signal whose answer is known, at usual frame rates and with missing frames."""

import numpy as np
import pytest

from shared.analysis.measuring import MeasuredRecording, measure
from shared.measurements.action_units import PRESENCES
from shared.measurements.model import MediaType, Validity
from tests.analysis.synthetic import (
    RATES,
    bumps,
    clip,
    clock,
    face,
    found,
    image,
    recording,
    trapezoid,
)
from tests.calls import calls

every_rate = pytest.mark.parametrize("fps", RATES)
with_gaps = pytest.mark.parametrize("missing", [0.0, 0.1])


def value(measured: MeasuredRecording, code: str) -> float:
    result = found(measured, code)
    assert result.value is not None, result.reason
    return result.value


def reason(measured: MeasuredRecording, code: str) -> str:
    result = found(measured, code)
    assert result.value is None
    assert result.reason is not None
    return result.reason


# one Action Unit


@every_rate
@with_gaps
def test_level_peak_range_and_presence(fps: float, missing: float) -> None:
    measured = clip(fps, 40, {"AU12": lambda t: np.where(t < 30, 1.0, 3.0)}, missing=missing)
    assert value(measured, "AU12.level") == pytest.approx(1.5, abs=0.05)
    assert value(measured, "AU12.peak") == 3
    assert value(measured, "AU12.range") == 2
    half = clip(fps, 40, {"AU12": lambda t: np.where(t < 30, 0.0, 3.0)}, missing=missing)
    assert value(half, "AU12.presence") == pytest.approx(0.25, abs=0.01)


def test_levels_and_percentiles_are_numpys() -> None:
    values = np.random.default_rng(2).uniform(0, 5, 500).astype(np.float32)
    measured = clip(25, 20, {"AU04": lambda _: values})
    assert value(measured, "AU04.level") == pytest.approx(values.mean(), abs=1e-6)
    assert value(measured, "AU04.peak") == pytest.approx(np.percentile(values, 95), abs=1e-6)
    ends = np.percentile(values.astype(float), [5, 95])
    assert value(measured, "AU04.range") == pytest.approx(ends[1] - ends[0], abs=1e-6)


def test_shares_of_time_do_not_depend_on_the_frame_rate() -> None:
    """Present in the first two of four seconds, which have twice the frames."""
    times = np.concatenate([np.arange(0, 2, 1 / 60), np.arange(2, 4, 1 / 30)])
    series = face(times, {"AU25": lambda t: np.where(t < 2, 2.0, 0.0)})
    measured = measure(recording(series, duration=4.0))
    assert value(measured, "AU25.presence") == pytest.approx(0.5, abs=0.01)


def test_images_have_levels_and_presences_only() -> None:
    measured = image({"AU12": 2.5, "AU28": 1.0})
    assert value(measured, "AU12.level") == 2.5
    assert value(measured, "AU28.presence") == 1
    assert value(measured, "AU45.presence") == 0
    for code in ("AU12.peak", "AU12.range", "blinks_per_minute", "jitter", "duchenne_share"):
        assert "needs a video" in reason(measured, code)


def test_too_few_frames() -> None:
    measured = clip(30, 0.3, {"AU12": 1.0})
    assert reason(measured, "AU12.level") == "It needs 10 confident frames; there are 9."


def test_what_the_engine_does_not_give() -> None:
    series = face(clock(25, 12))
    series.intensities["AU45"][:] = np.nan
    measured = measure(recording(series))
    assert reason(measured, "blinks_per_minute") == "The measurement has no AU45."
    assert reason(measured, "eye_asymmetry") == "The engine gives no eye_opening_right."


# blinks


@every_rate
@with_gaps
def test_seventeen_blinks_in_a_minute(fps: float, missing: float) -> None:
    starts = np.linspace(1.03, 57.3, 17)
    measured = clip(fps, 60, {"AU45": bumps(starts, 0.4, 4.0)}, missing=missing)
    assert value(measured, "blinks_per_minute") == pytest.approx(17, rel=0.005)
    assert value(measured, "blink_duration") == pytest.approx(0.2, abs=0.5 / fps)


@every_rate
def test_blinks_from_half_closed_eyes(fps: float) -> None:
    blinks = bumps(np.arange(1.0, 29, 3), 0.3, 3.0)
    measured = clip(fps, 30, {"AU45": lambda times: 1.5 + blinks(times)})
    assert value(measured, "blinks_per_minute") == pytest.approx(20, rel=0.001)


def test_rectangular_blinks_last_as_long_as_they_are_drawn() -> None:
    measured = clip(60, 30, {"AU45": lambda t: np.where(t % 3 < 0.25, 4.0, 0.0)})
    assert value(measured, "blink_duration") == pytest.approx(0.25, abs=1 / 60)


def test_noise_around_the_threshold_is_not_many_blinks() -> None:
    shaking = lambda t: np.where(t % 5 < 0.3, 1.0 + 0.3 * np.sin(90 * t), 0.0)  # noqa: E731
    measured = clip(60, 30, {"AU45": shaking})
    assert value(measured, "blinks_per_minute") <= 12


def test_closed_eyes_are_no_blink() -> None:
    measured = clip(25, 30, {"AU45": lambda t: np.where((t > 10) & (t < 14), 4.0, 0.0)})
    assert value(measured, "blinks_per_minute") == 0
    assert reason(measured, "blink_duration") == "No blink was seen whole."


def test_the_rate_is_of_the_time_in_which_the_face_was_seen() -> None:
    times = clock(25, 60)
    times = times[(times < 20) | (times >= 40)]
    series = face(times, {"AU45": bumps(np.arange(2.0, 60, 5), 0.4, 4.0)})
    measured = measure(recording(series, duration=60.0))
    assert value(measured, "blinks_per_minute") == pytest.approx(8 / (40 / 60), rel=0.01)


def test_a_blink_of_which_the_beginning_was_not_seen_is_not_counted() -> None:
    measured = clip(25, 30, {"AU45": bumps(np.array([-0.2, 10.0]), 0.4, 4.0)})
    assert value(measured, "blinks_per_minute") == pytest.approx(2)


def test_a_rate_needs_ten_seconds() -> None:
    measured = clip(25, 9, {"AU45": bumps(np.array([2.0]), 0.4, 4.0)})
    assert "needs the face for 10 s" in reason(measured, "blinks_per_minute")


def test_probabilities_have_their_own_thresholds() -> None:
    series = face(clock(30, 30), {"AU45": bumps(np.arange(1.0, 29, 3), 0.3, 0.9)})
    measured = measure(recording(series, scale="probability"))
    assert value(measured, "blinks_per_minute") == pytest.approx(20, rel=0.001)


# smiles and brows


@every_rate
@with_gaps
def test_smile_onset_and_offset(fps: float, missing: float) -> None:
    measured = clip(fps, 10, {"AU12": trapezoid(2.0, 0.6, 2.0, 1.2, 3.0)}, missing=missing)
    assert value(measured, "smile_onset") == pytest.approx(0.6, abs=0.02)
    assert value(measured, "smile_offset") == pytest.approx(1.2, abs=0.02)


def test_a_smile_that_was_there_from_the_start_has_no_onset() -> None:
    measured = clip(25, 10, {"AU12": lambda t: np.where(t < 5, 3.0, 0.0)})
    assert reason(measured, "smile_onset") == "No smile was seen to begin."
    assert value(measured, "smile_offset") <= 0.05


def test_a_smile_on_its_way_when_the_face_came_into_view_has_no_onset() -> None:
    measured = clip(25, 10, {"AU12": trapezoid(-0.15, 0.6, 2.0, 1.2, 3.0)})
    assert reason(measured, "smile_onset") == "No smile was seen to begin."
    assert value(measured, "smile_offset") == pytest.approx(1.2, abs=0.02)


def test_each_smile_starts_where_the_one_before_ended() -> None:
    corners = [1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5], [0, 3, 3, 0.4, 0.4, 3, 3, 0]
    measured = clip(60, 6, {"AU12": lambda t: np.asarray(np.interp(t, *corners))})
    assert value(measured, "smile_onset") == pytest.approx(0.5, abs=0.02)


def test_a_twitch_is_no_smile() -> None:
    measured = clip(60, 10, {"AU12": bumps(np.array([3.0]), 0.2, 3.0)})
    assert reason(measured, "smile_onset") == "No smile was seen to begin."


@every_rate
@with_gaps
def test_duchenne_share(fps: float, missing: float) -> None:
    smiles = lambda t: np.where(t % 4 < 2, 3.0, 0.0)  # noqa: E731
    cheeks = lambda t: np.where((t % 4 < 1.5) & (t < 12), 2.0, 0.0)  # noqa: E731
    measured = clip(fps, 20, {"AU12": smiles, "AU06": cheeks}, missing=missing)
    assert value(measured, "duchenne_share") == pytest.approx(3 / 5)
    assert reason(clip(fps, 20, {}), "duchenne_share") == "No smile was seen."


@every_rate
def test_brow_lid_share(fps: float) -> None:
    brows = lambda t: np.where(t % 4 < 1, 2.0, 0.0)  # noqa: E731
    lids = lambda t: np.where((t % 4 < 1) & (t < 4), 2.0, 0.0)  # noqa: E731
    measured = clip(fps, 16, {"AU02": brows, "AU05": lids})
    assert value(measured, "brow_lid_share") == pytest.approx(1 / 4)


def test_asymmetries() -> None:
    series = face(
        clock(25, 10),
        {"AU12": lambda t: np.where(t < 5, 2.0, 0.0)},
        signals={
            "asymmetry_smile": lambda t: np.where(t < 5, -3.0, 9.0),
            "eye_opening_right": lambda t: np.where(t < 2, np.nan, 11.0),
            "eye_opening_left": 9.0,
        },
    )
    measured = measure(recording(series))
    assert value(measured, "smile_asymmetry") == pytest.approx(3)
    assert value(measured, "eye_asymmetry") == pytest.approx(0.2)


# movement of the whole face


@every_rate
@with_gaps
def test_longest_still(fps: float, missing: float) -> None:
    """Moves all the time but from 3.0 s to 8.5 s."""
    moves = lambda t: np.where((t < 3) | (t >= 8.5), 2 + 2 * np.sin(2 * np.pi * t), 2.0)  # noqa: E731
    measured = clip(fps, 20, {"AU25": moves, "AU12": 1.0}, missing=missing)
    result = found(measured, "longest_still")
    slow = np.arcsin(0.25) / np.pi  # at both ends the sine stays within the band for as long
    assert result.value == pytest.approx(5.5 + slow, abs=0.1 + 2 / fps)
    assert result.at == pytest.approx(3, abs=0.1 + 2 / fps)


def test_a_frozen_clip_is_still_from_end_to_end() -> None:
    measured = clip(30, 12, {"AU12": 2.0})
    assert value(measured, "longest_still") == pytest.approx(12)
    assert "hardly moves" in reason(measured, "jitter")


def test_stillness_matches_a_search_of_all_windows() -> None:
    steps = np.random.default_rng(4).normal(0, 0.12, (200, 2)).cumsum(axis=0) + 2.5
    values = np.clip(steps, 0, 5).astype(np.float32)
    measured = clip(25, 8, {"AU01": lambda _: values[:, 0], "AU26": lambda _: values[:, 1]})
    longest = max(
        stop - start
        for start in range(200)
        for stop in range(start + 1, 201)
        if np.ptp(values[start:stop], axis=0).max() <= 0.5 + 1e-6
    )
    assert value(measured, "longest_still") == pytest.approx(longest / 25)


@every_rate
@with_gaps
def test_jitter_is_the_share_of_fast_energy(fps: float, missing: float) -> None:
    shaking = lambda t: 2.5 + np.sin(2 * np.pi * t) + 0.5 * np.sin(16 * np.pi * t)  # noqa: E731
    measured = clip(fps, 20, {"AU25": shaking}, missing=missing)
    expected = 0.5**2 / (1 + 0.5**2)
    assert value(measured, "jitter") == pytest.approx(expected, abs=0.06 if missing else 0.002)


@pytest.mark.parametrize(("height", "moves"), [(0.08, True), (0.06, False)])
def test_what_moves_less_than_noise_has_no_jitter(height: float, moves: bool) -> None:
    """The floor is a root mean square of 0.05, that of a sine of height 0.071."""
    measured = clip(30, 20, {"AU12": lambda t: 2 + height * np.sin(2 * np.pi * t)})
    assert (found(measured, "jitter").value is not None) == moves


def test_a_shaking_mesh_shows() -> None:
    shaken = clip(30, 10, {"AU12": lambda t: 2 + 0.3 * np.cos(np.pi * np.round(t * 30))})
    assert value(shaken, "jitter") > 0.95
    assert value(clip(30, 10, {"AU12": lambda t: 2 + np.sin(t * 5)}), "jitter") < 0.01


def test_jitter_needs_twenty_frames_a_second() -> None:
    measured = clip(15, 10, {"AU12": lambda t: 2 + np.sin(t)})
    assert reason(measured, "jitter") == "It needs 20 frames a second; there are 15.0."


@every_rate
@with_gaps
def test_speed_of_the_fastest_change(fps: float, missing: float) -> None:
    """A ramp of 3 in half a second is 6 a second; the blink beside it is faster and left out."""
    measured = clip(
        fps,
        10,
        {"AU26": trapezoid(4.0, 0.5, 2, 1.0, 3.0), "AU45": bumps(np.array([1.0]), 0.2, 4.0)},
        missing=missing,
    )
    result = found(measured, "fastest_change")
    assert result.value == pytest.approx(6, abs=0.01)
    assert 4 - 1 / fps <= (result.at or 0) <= 4.4 + 1 / fps


def test_noise_of_low_validity_is_no_movement() -> None:
    values = np.random.default_rng(0).uniform(0, 5, 300)
    series = face(clock(30, 10), {"AU04": lambda _: values})
    still = measure(recording(series, validity={"AU04": "low"}))
    assert value(still, "longest_still") == pytest.approx(10)
    assert value(measure(recording(series)), "longest_still") < 1


def test_nothing_but_low_validity() -> None:
    series = face(clock(30, 10))
    units: dict[str, Validity] = dict.fromkeys(PRESENCES, "low")
    measured = measure(recording(series, validity=units))
    assert "low validity" in reason(measured, "longest_still")


def test_a_clip_without_times_has_no_durations() -> None:
    measured = measure(recording(face(np.zeros(100), {"AU12": 2.0})))
    assert value(measured, "AU12.level") == 2
    assert reason(measured, "longest_still") == "It needs timestamps; the measurement has none."


def test_an_hour_is_measured_without_a_call_per_frame() -> None:
    times = clock(30, 3600)
    series = face(times, {"AU45": lambda t: np.where(t % 4 < 0.2, 3.0, 0), "AU12": np.cos})
    with calls() as work:
        measured = measure(recording(series, media_type=MediaType.VM))
    assert work.count < len(times) / 4  # one for each hundred values of its Action Units
    assert value(measured, "blinks_per_minute") == pytest.approx(15, abs=0.1)
