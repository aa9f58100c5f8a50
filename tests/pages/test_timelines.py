"""Timelines lose no peak, and their paths can be read back."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.analysis.report import Violation
from shared.analysis.series import FaceSeries, Floats, Recording
from shared.analysis.sound import SoundSpan
from shared.analysis.sound_timeline import SoundTimeline
from shared.analysis.track import Track, track
from shared.measurements.action_units import INTENSITIES
from shared.measurements.model import Facts, MediaType
from shared.pages.timelines import (
    COLUMNS,
    X_UNITS,
    Y_UNITS,
    Window,
    path,
    shading,
    thinned,
    waveform,
)
from tests.analysis.synthetic import by_unit

FPS = 30.0


def clip(values: Floats, seen: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None) -> Track:
    """A face whose first Action Unit does this, frame by frame."""
    intensities = np.zeros((len(values), len(INTENSITIES)), np.float32)
    intensities[:, 0] = values
    series = FaceSeries(
        0,
        timestamps=np.arange(len(values)) / FPS,
        success=np.ones(len(values), bool) if seen is None else seen,
        intensities=by_unit(intensities),
        presences=np.zeros(len(values), np.int32),
    )
    facts = Facts("openface", "", {}, frames=len(values), fps=FPS, duration=len(values) / FPS)
    return track(Recording(MediaType.VS, facts, [series]), series)


def drawn(data: str, top: float) -> list[list[tuple[int, float]]]:
    """The lines of a path: (x, value) of its points, as the page's script reads them."""
    lines = []
    for part in data.split("M")[1:]:
        begin, steps = (re.findall(r"-?\d+", text) for text in part.split("l"))
        x, y = map(int, begin)
        points = [(x, top - y / Y_UNITS)]
        for dx, dy in zip(steps[::2], steps[1::2], strict=True):
            x, y = x + int(dx), y + int(dy)
            points.append((x, top - y / Y_UNITS))
        lines.append(points)
    return lines


def whole(face: Track) -> Window:
    return Window(0.0, face.duration)


def test_a_short_clip_is_drawn_frame_by_frame() -> None:
    values = np.round(np.linspace(0, 5, 90), 2)
    face = clip(values)
    lines = thinned(face, face.intensity(INTENSITIES[0])[:, None], whole(face))
    assert not lines.columns
    (points,) = drawn(path(lines, 0, 5.0), 5.0)
    assert [value for _, value in points] == pytest.approx(values)
    assert [x for x, _ in points] == [round(i / 90 * X_UNITS) for i in range(90)]


@given(st.data())
def test_no_peak_of_a_long_clip_is_lost(data: st.DataObject) -> None:
    frames = data.draw(st.integers(2 * COLUMNS + 1, 18_000))
    values = np.full(frames, 1.0)
    spikes = data.draw(st.lists(st.integers(0, frames - 1), min_size=1, max_size=5, unique=True))
    for number, place in enumerate(spikes):
        values[place] = 0.0 if number % 2 else 5.0
    face = clip(values)
    lines = thinned(face, face.intensity(INTENSITIES[0])[:, None], whole(face))
    assert lines.columns
    assert len(lines.x) <= 2 * (COLUMNS + 1)
    (points,) = drawn(path(lines, 0, 5.0), 5.0)
    for place in spikes:
        x = place / FPS / face.duration * X_UNITS
        near = [value for at, value in points if abs(at - x) <= 1.5 * X_UNITS / COLUMNS]
        assert values[place] in near


def test_where_the_face_was_not_seen_the_line_is_broken() -> None:
    for frames in (300, 6000):
        seen = np.ones(frames, bool)
        seen[frames // 3 : frames // 2] = False
        face = clip(np.ones(frames), seen)
        lines = thinned(face, face.intensity(INTENSITIES[0])[:, None], whole(face))
        found = drawn(path(lines, 0, 5.0), 5.0)
        assert len(found) == 2
        assert found[0][-1][0] == pytest.approx(X_UNITS / 3, abs=15)
        assert found[1][0][0] == pytest.approx(X_UNITS / 2, abs=15)


def test_a_window_shows_more_of_less() -> None:
    values = np.ones(18_000)
    values[9_000] = 4.0
    face = clip(values)
    window = Window(299.0, 301.0)
    lines = thinned(face, face.intensity(INTENSITIES[0])[:, None], window)
    assert not lines.columns
    (points,) = drawn(path(lines, 0, 5.0), 5.0)
    assert max(points, key=lambda point: point[1]) == (1000, 4.0)
    assert 60 <= len(points) <= 64


def test_violations_are_shaded_where_they_are() -> None:
    found = [
        Violation(start=1.0, end=1.5, worst=4.0, at=1.2),
        Violation(start=1.5, end=2.0, worst=4.0, at=1.7),  # touches the one before
        Violation(start=8.0, end=8.001, worst=4.0, at=8.0),  # too short to be seen
        Violation(start=20.0, end=30.0, worst=4.0, at=20.0),  # not in the window
    ]
    assert shading(found, Window(0, 10), 500) == "M200 0h200v500h-200zM1600 0h5v500h-5z"


def test_a_window_cuts_what_reaches_beyond_it() -> None:
    found = [Violation(start=1.0, end=9.0, worst=4.0, at=1.2)]
    assert shading(found, Window(2, 6), 100) == "M0 0h2000v100h-2000z"


def test_sound_is_drawn_where_it_is_and_speech_behind_it() -> None:
    peaks = np.zeros(COLUMNS)
    peaks[COLUMNS // 2] = 0.25
    drawing = waveform(
        SoundTimeline(peaks, (SoundSpan(1.0, 2.0),)), Window(0.0, 4.0), "Loud <once>"
    )
    speech, loudness = re.findall(r' d="([^"]*)"', drawing)
    assert speech == f"M{X_UNITS // 4} 0h{X_UNITS // 4}v200h-{X_UNITS // 4}z"
    assert re.fullmatch(rf"M{X_UNITS // 2} 50h6v100h-6z", loudness)
    assert 'aria-label="Loud &lt;once&gt;"' in drawing
