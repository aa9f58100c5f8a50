"""A face that moves as a person's, drawn by hand: the same motion at any frame rate and size."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from shared.analysis.measuring import MeasuredRecording, measure
from shared.analysis.series import FaceSeries, Floats
from tests.analysis.synthetic import Drawing, Signal, clock, face, recording

SECONDS = 14.0
EYES = 90.0  # [pixels]


def _sway(times: Floats, seed: int, middle: float, height: float, slowest: float = 0.3) -> Floats:
    """Waves of `slowest` to 4 Hz, all of chance, `height` their standard deviation together."""
    generator = np.random.default_rng(seed)
    hertz, phases = generator.uniform(slowest, 4.0, 12), generator.uniform(0, 2 * np.pi, 12)
    sizes = generator.uniform(0.5, 1.0, 12) / hertz
    waves = sizes[:, None] * np.sin(2 * np.pi * hertz[:, None] * times + phases[:, None])
    result: Floats = middle + height * waves.sum(axis=0) / np.sqrt((sizes**2).sum() / 2)
    return result


def sway(seed: int, middle: float, height: float) -> Drawing:
    return partial(_sway, seed=seed, middle=middle, height=height)


def _lids(times: Floats, seed: int) -> Floats:
    """Open at .07, closed for .15 s every 3 s."""
    away = np.abs((times + seed % 3) % 3.0 - 1.5) / 0.1
    result: Floats = 0.07 - 0.06 * np.clip(1.5 - away, 0, 1)
    return result


def signals(seed: int, much: float = 1.0, eyes: float = EYES) -> dict[str, Signal]:
    """A face's signals; `much` times as much movement as is usual."""
    place = partial(sway, middle=5.0, height=0.05 * much)
    brow = sway(seed + 5, 0.25, 0.01 * much)
    lid = partial(_lids, seed=seed)
    return {
        "pose_Rx": sway(seed, 0.1, 0.04 * much),
        "pose_Ry": sway(seed + 1, 0.0, 0.05 * much),
        "pose_Rz": sway(seed + 2, 0.0, 0.03 * much),
        "head_x": place(seed + 3),
        "head_y": place(seed + 4),
        "brow_height_right": brow,
        "brow_height_left": brow,
        "lid_opening_right": lid,
        "lid_opening_left": lid,
        "mouth_opening": partial(
            _sway, seed=seed + 6, middle=0.08, height=0.033 * much, slowest=2.0
        ),
        "mouth_width": sway(seed + 7, 0.55, 0.03 * much),
        "facial_movement": 0.018 * much,
        "fine_facial_movement": 0.0042 * much,
        "sharpness_face": 0.26,
        "sharpness_mouth": 0.25,
        "face_brightness": sway(seed + 8, 120.0, 1.5),
        "picture_change": 4.0,
        "picture_unsteadiness": 2.0,
        "quantiser": 23.0,
        "other_faces": 0.0,
        "eye_distance": eyes,
    }


def living(
    seed: int = 1,
    *,
    fps: float = 25.0,
    seconds: float = SECONDS,
    much: float = 1.0,
    eyes: float = EYES,
    other: Mapping[str, Signal] | None = None,
    seen: Drawing | None = None,
) -> MeasuredRecording:
    """A measured clip; `other` signals in place of the usual, `seen` above 0 where it is seen."""
    times = clock(fps, seconds)
    series = face(times, signals=signals(seed, much, eyes) | dict(other or {}))
    if seen is not None:
        series = FaceSeries(
            0,
            series.timestamps,
            np.asarray(seen(times)) > 0,
            series.intensities,
            series.presences,
            series.signals,
        )
    return measure(recording(series, duration=seconds, fps=fps))
