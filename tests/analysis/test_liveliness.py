"""The natural measures: known amounts, whatever the frame rate and the size."""

import numpy as np
import pytest

from shared.analysis.measuring import MeasuredRecording
from shared.analysis.natural_measures import NATURAL
from shared.analysis.series import Floats
from shared.analysis.statistics import Windows
from tests.analysis.living import living
from tests.analysis.synthetic import Drawing, found

RATES = (24.0, 25.0, 30.0, 50.0, 60.0)


def wave(hertz: float, height: float, middle: float = 0.0) -> Drawing:
    def signal(times: Floats) -> Floats:
        result: Floats = middle + height * np.sin(2 * np.pi * hertz * times)
        return result

    return signal


@pytest.mark.parametrize("fps", RATES)
def test_known_amounts(fps: float) -> None:
    """1 Hz, .1 either way: amount .0707; fastest .628 a second; a Gaussian of 30 ms leaves .98."""
    measured = living(fps=fps, other={"mouth_opening": wave(1.0, 0.1), "pose_Ry": wave(1.0, 0.1)})
    left = np.exp(-0.5 * (2 * np.pi * 0.03) ** 2)
    assert found(measured, "mouth_opening").value == pytest.approx(0.0707 * left, rel=0.01)
    fast = np.sin(np.pi * 0.12) * 0.2 / 0.12 * left  # over 0.12 s
    assert found(measured, "mouth_opening_fast").value == pytest.approx(fast, rel=0.03)


@pytest.fixture(scope="module")
def same_motion() -> list[MeasuredRecording]:
    """At every rate, and of every size."""
    rates = [living(fps=fps) for fps in RATES]
    return rates + [living(eyes=eyes) for eyes in (61.0, 300.0, 900.0)]


@pytest.mark.parametrize("measure", NATURAL, ids=lambda measure: measure.code)
def test_neither_rate_nor_size_matters(
    measure: object, same_motion: list[MeasuredRecording]
) -> None:
    """The same motion reads the same within a tenth of what people differ by."""
    code = getattr(measure, "code", "")
    values = [found(recording, code).value for recording in same_motion]
    assert None not in values
    scaled = np.log([value or 1e-9 for value in values])
    assert np.ptp(scaled) < (0.12 if code in {"flicker", "head_shake"} else 0.05)


def test_blinks_are_counted() -> None:
    assert found(living(), "blinks").value == pytest.approx(20.0, rel=0.1)


def test_uneven_times_do_not_matter() -> None:
    even = found(living(fps=50.0), "head_turning").value
    holes = living(fps=50.0, seen=lambda times: (times * 50 % 7 > 2).astype(float))
    assert found(holes, "head_turning").value == pytest.approx(even, rel=0.02)


def test_shake_is_what_is_neither_rest_nor_movement() -> None:
    def shaken(times: Floats) -> Floats:
        result: Floats = np.where(np.arange(len(times)) % 2, 0.02, -0.02)
        return result

    calm, jitter = living(other={"head_x": 1.0, "head_y": 1.0}), living(other={"head_x": shaken})
    assert found(calm, "head_shake").value == pytest.approx(1e-6)
    assert (found(jitter, "head_shake").value or 0) > 0.01


def test_what_passes_the_face_is_no_flicker() -> None:
    light = wave(0.2, 1.0, 120.0)

    def passing(times: Floats) -> Floats:
        away = np.abs(times - 7.0)
        return np.where(away < 0.3, 100.0 + 80 * (np.round(times * 25) % 2), light(times))

    def flickering(times: Floats) -> Floats:
        return light(times) * np.where(np.arange(len(times)) % 2, 1.06, 0.94)

    calm, passed, fails = (
        found(living(other={"face_brightness": of}), "flicker").value or 0
        for of in (light, passing, flickering)
    )
    assert passed == pytest.approx(calm, rel=0.3)
    assert fails > 20 * calm


@pytest.mark.parametrize(
    ("clip", "says"),
    [
        (living(seconds=4.0), "0.5 s more of footage"),
        (living(eyes=40.0), "40 px: 1.5 times as large would do"),
        (living(fps=15.0), "needs 20 frames a second; there are 15.0"),
        (living(seen=lambda t: (t % 3 < 1.8).astype(float)), "with the face in view for 80%"),
    ],
)
def test_what_is_missing_is_said(clip: object, says: str) -> None:
    assert says in (found(clip, "mouth_opening").reason or "")  # type: ignore[arg-type]


def test_windows_are_kept() -> None:
    windows = found(living(seconds=14.0), "mouth_opening").windows
    assert isinstance(windows, Windows)
    assert windows.times == pytest.approx(1.5 + 1.5 * np.arange(8), abs=0.03)
    assert np.exp(np.log(windows.values).mean()) == pytest.approx(windows.value)
