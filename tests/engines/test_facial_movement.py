"""Facial movement from points: known amounts, any frame rate, any block size."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.engines.mediapipe.facial_movement import FacialMovement
from shared.engines.mediapipe.features import MOVING_POINTS, STEPS

RATES = (24.0, 25.0, 30.0, 50.0, 60.0)


def swaying(times: NDArray[np.float64], hertz: float, height: float) -> NDArray[np.int16]:
    """Every point's x sways by `height` eye distances either way; y stands."""
    points = np.zeros((len(times), len(MOVING_POINTS), 2))
    points[:, :, 0] = height * np.sin(2 * np.pi * hertz * times)[:, None]
    return (points * STEPS).round().astype(np.int16).reshape(len(times), -1)


def measured(times: NDArray[np.float64], points: NDArray[np.int16]) -> NDArray[np.float32]:
    movement = FacialMovement()
    movement.add(times, points, np.zeros(len(times), np.int64))
    return movement.result()


@pytest.mark.parametrize("fps", RATES)
def test_a_known_amount(fps: float) -> None:
    """2 Hz, .05 either way: sd .0354, less what the Gaussians take of it."""
    times = np.arange(round(9 * fps)) / fps
    found = measured(times, swaying(times, 2.0, 0.05)).astype(np.float64)
    middle = found[(times > 2) & (times < 7)]
    amount, fine = np.sqrt((middle**2).mean(axis=0))
    amount_left, fine_left = (np.exp(-0.5 * (2 * np.pi * 2 * w) ** 2) for w in (0.03, 0.015))
    sd = 0.05 / np.sqrt(2)
    assert amount == pytest.approx(sd * amount_left, rel=0.02)
    assert fine == pytest.approx(sd * fine_left * (1 - np.cos(2 * np.pi * 2 * 0.04)), rel=0.03)


def test_a_still_face_is_still() -> None:
    times = np.arange(100) / 25
    found = measured(times, swaying(times, 0.0, 0.05))
    assert found[5:-5].max() == 0


def test_blocks_change_nothing() -> None:
    times = np.arange(2000) / 30
    points = swaying(times, 1.3, 0.05)
    movement = FacialMovement()
    for start in range(0, 2000, 111):
        part = slice(start, start + 111)
        movement.add(times[part], points[part], np.zeros(len(times[part]), np.int64))
    assert movement.result() == pytest.approx(measured(times, points), nan_ok=True, abs=1e-7)


def test_nothing_is_known_across_a_cut_or_a_hole() -> None:
    """Both sides stand still, in different places."""
    times = np.arange(100) / 25
    points = np.zeros((100, 2 * len(MOVING_POINTS)), np.int16)
    points[50:] = STEPS // 2
    movement = FacialMovement()
    movement.add(times, points, np.repeat([0, 1], 50))
    assert np.nanmax(movement.result()) == 0
    later = np.where(times < 2, times, times + 0.5)
    assert np.nanmax(measured(later, points)) == 0
    assert np.nanmax(measured(times, points)) > 0.1


def test_too_short_a_piece_is_not_known() -> None:
    found = measured(np.array([0.0, 0.04]), np.zeros((2, 2 * len(MOVING_POINTS)), np.int16))
    assert np.isnan(found).all()
    assert FacialMovement().result().shape == (0, 2)
