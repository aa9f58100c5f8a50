"""Recordings drawn by hand: any Action Unit as a function of time, at any frame rate."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.analysis.measuring import Measured, MeasuredRecording, measure
from shared.analysis.report import Subject
from shared.analysis.series import Columns, FaceSeries, Floats, Floats32, Recording
from shared.measurements.action_units import INTENSITIES, PRESENCES
from shared.measurements.model import Facts, MediaType, Scale, Validity

Drawing = Callable[[Floats], NDArray[Any]]
Signal = Drawing | float

RATES = (24.0, 25.0, 30.0, 60.0)
SUBJECT = Subject(report=7, job="0b9f", avatar="Ada", name="build 1")


def face(
    times: Floats,
    aus: Mapping[str, Signal] | None = None,
    *,
    missing: float = 0.0,
    gone: bool = False,
    signals: Mapping[str, Signal] | None = None,
    face_id: int = 0,
    seed: int = 1,
) -> FaceSeries:
    """A face whose Action Units follow `aus`; present from intensity 1 on.

    A share of `missing` frames fails: `gone` leaves their rows out, else they have no success and
    values that must not be used.
    """
    intensities = np.zeros((len(times), len(INTENSITIES)), np.float32)
    presences = np.zeros(len(times), np.int32)
    for au, signal in (aus or {}).items():
        values = drawn(signal, times)
        if au in INTENSITIES:
            intensities[:, INTENSITIES.index(au)] = values
        presences |= (values >= 1).astype(np.int32) << PRESENCES.index(au)
    success = np.random.default_rng(seed).random(len(times)) >= missing
    success[[0, -1]] = True
    intensities[~success] = 5.0
    presences[~success] = -1 & (1 << len(PRESENCES)) - 1
    rows = success if gone else np.ones(len(times), np.bool_)
    more = {name: drawn(it, times).astype(np.float32) for name, it in (signals or {}).items()}
    return FaceSeries(
        face_id,
        times[rows],
        success[rows],
        by_unit(intensities[rows]),
        presences[rows],
        {name: values[rows] for name, values in more.items()},
    )


def by_unit(matrix: Floats32) -> Columns:
    """Intensities [n, 17] by Action Unit."""
    return dict(zip(INTENSITIES, matrix.T, strict=True))


def drawn(signal: Signal, times: Floats) -> Floats:
    if callable(signal):
        return np.asarray(signal(times), np.float64)
    return np.full(len(times), signal)


def clock(fps: float, seconds: float) -> Floats:
    return np.arange(round(seconds * fps)) / fps


def recording(
    *faces: FaceSeries,
    media_type: MediaType = MediaType.VS,
    engine: str = "mediapipe",
    version: str = "litert-2.3.0+2",
    validity: Mapping[str, Validity] | None = None,
    scale: Scale = "intensity",
    duration: float | None = None,
    fps: float | None = None,
    warnings: tuple[str, ...] = (),
) -> Recording:
    facts = Facts(
        engine,
        version,
        {},
        frames=max(len(item.timestamps) for item in faces),
        fps=fps,
        duration=duration,
        faces=len(faces),
        scale=scale,
        validity={str(item.face): dict(validity or {}) for item in faces},
        warnings=list(warnings),
    )
    return Recording(media_type, facts, list(faces))


def clip(
    fps: float, seconds: float, aus: Mapping[str, Signal], *, missing: float = 0.0
) -> MeasuredRecording:
    """A measured clip of one face."""
    return measure(recording(face(clock(fps, seconds), aus, missing=missing), duration=seconds))


def image(aus: Mapping[str, Signal], **more: object) -> MeasuredRecording:
    series = face(np.zeros(1), aus)
    return measure(recording(series, media_type=MediaType.IP, **more))  # type: ignore[arg-type]


def found(measured: MeasuredRecording, code: str) -> Measured:
    return measured.faces[0].values[code]


def bumps(starts: Floats, length: float, height: float) -> Drawing:
    """Straight up and down again (a triangle) at each start; its half-height width is length/2."""

    def signal(times: Floats) -> NDArray[Any]:
        away = np.abs(times[:, None] - (starts[None, :] + length / 2))
        heights: NDArray[Any] = np.maximum(0.0, 1 - away / (length / 2)).max(axis=1) * height
        return heights

    return signal


def trapezoid(start: float, up: float, top: float, down: float, height: float) -> Drawing:
    """From 0 to `height` in `up` seconds, there for `top`, back in `down`."""
    corners = np.cumsum([start, up, top, down])

    def signal(times: Floats) -> NDArray[Any]:
        return np.interp(times, corners, [0.0, height, height, 0.0])

    return signal


def noise(seed: int, middle: float, spread: float, seconds: float) -> Drawing:
    """Smooth random movement around `middle`, the same at every frame rate."""
    generator = np.random.default_rng(seed)
    points = np.arange(0, seconds + 1, 0.4)
    values = np.clip(generator.normal(middle, spread, len(points)), 0, 5)

    def signal(times: Floats) -> NDArray[Any]:
        return np.interp(times, points, values)

    return signal
