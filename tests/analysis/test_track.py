"""How long each frame stands, where a face was not seen, and what is left out."""

import numpy as np
import pytest

from shared.analysis.series import Floats
from shared.analysis.track import Track, track
from tests.analysis.synthetic import clock, face, recording


def track_of(times: Floats, **more: float) -> Track:
    measured = recording(face(times), **more)  # type: ignore[arg-type]
    return track(measured, measured.faces[0])


def test_a_steady_clip_is_one_stretch() -> None:
    found = track_of(clock(25, 4), duration=4.0)
    assert found.stretches == (slice(0, 100),)
    assert found.covers == pytest.approx(0.04)
    assert found.seconds == pytest.approx(4)
    assert found.seen_share == pytest.approx(1)
    assert found.fps == pytest.approx(25)


def test_a_variable_frame_rate_is_taken_as_it_is() -> None:
    times = np.concatenate([np.arange(0, 1, 1 / 60), np.arange(1, 3, 1 / 15)])
    found = track_of(times, duration=3.0)
    assert len(found.stretches) == 1
    assert found.seconds == pytest.approx(3, abs=0.06)


def test_short_holes_are_bridged_and_long_ones_are_not() -> None:
    times = clock(25, 10)
    bridged = times[(times < 2) | (times > 2.15)]
    assert len(track_of(bridged, duration=10.0).stretches) == 1
    split = track_of(times[(times < 2) | (times > 5)], duration=10.0)
    assert [(part.start, part.stop) for part in split.stretches] == [(0, 50), (50, 174)]
    assert split.seconds == pytest.approx(6.96)
    assert split.seen_share == pytest.approx(0.696)


def test_a_slow_clip_has_no_holes() -> None:
    assert len(track_of(clock(4, 10)).stretches) == 1


def test_times_may_be_missing() -> None:
    unknown = track_of(np.zeros(30))
    assert (unknown.interval, unknown.seconds, unknown.seen_share) == (0, 0, 1)
    assert len(unknown.stretches) == 1
    rated = track_of(np.zeros(30), fps=30.0)
    assert rated.times[-1] == pytest.approx(29 / 30)
    assert rated.seconds == pytest.approx(1)


def test_frames_without_success_count_for_nothing() -> None:
    series = face(clock(25, 4), {"AU12": 2.0}, missing=0.5)
    found = track(recording(series, duration=4.0), series)
    assert len(found) == series.success.sum() < 70
    assert found.intensity("AU12") == pytest.approx(2)


def test_an_action_unit_that_is_nowhere_is_not_there() -> None:
    series = face(clock(25, 1), {"AU12": 2.0})
    series.intensities["AU45"][:] = np.nan
    series.intensities["AU12"][3] = np.nan
    found = track(recording(series), series)
    assert not found.has("AU45")
    assert found.has("AU12")
    assert len(found) == 24  # the frame that lacks one which others have is left out


def test_what_the_source_lacks_is_not_there() -> None:
    series = face(clock(25, 1))
    measured = recording(series)
    measured.facts.settings["absent"] = ["AU45"]
    assert not track(measured, series).has("AU45")
    assert "AU45" not in track(measured, series).moving_aus
