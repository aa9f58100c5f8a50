"""How a face moves and looks, window by window: the formulas of the natural measures.

Each is a function of a track and gives one value per window (`windows`): lengths are in outer-eye
distances and times in seconds, so that neither size nor frame rate matters.

    amount     square root of the summed variances of its signals
    speed      over 0.12 s, all directions together; "fast" is its 95th percentile, "usual" its
               median
    shake      root mean square of x(t) - (x(t - 40 ms) + x(t + 40 ms)) / 2
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from shared.analysis import windows
from shared.analysis.even import RATE
from shared.analysis.series import Floats, runs
from shared.analysis.statistics import NotMeasured, Scale, Windows
from shared.analysis.track import Track

MIN_EYES: Final = 60.0
"""[pixels] between the outer corners of the eyes; below 50 the mesh changes what it measures."""

MIN_FPS: Final = 20.0

MIN_LIGHT: Final = 40.0
"""[levels of 255] of the face; in darker pictures little is left but grain. Our real recordings
have 72 at least; with two fifths of the light (45) they are judged as before, with a fifth they
fail."""

SMOOTHING: Final = 0.03  # [s] standard deviation of the Gaussian
QUICK_SMOOTHING: Final = 0.015  # of lids, brightness and shake, which change faster

_SPEED_SAMPLES: Final = round(0.12 * RATE)
FAST: Final = 95.0  # percent
USUAL: Final = 50.0

BLINK_BELOW: Final = 0.6  # of the lids' median opening
MAX_BLINK: Final = 0.6  # [s]; longer is a closed eye

LEAST: Final = 1e-6
"""Values are at least this, in their unit: a picture that stands has a logarithm, too."""

Signals = Callable[[Track], list[Floats]]
"""The even signals of a measure, in its unit."""


def turning(track: Track) -> list[Floats]:
    """Pitch, yaw and roll [deg]."""
    names = ("pose_Rx", "pose_Ry", "pose_Rz")
    return [np.degrees(track.even.of(name, SMOOTHING)) for name in names]


def shift(track: Track, smoothing: float = SMOOTHING) -> list[Floats]:
    """Place of the head [eye distances]."""
    return [track.even.of(name, smoothing) for name in ("head_x", "head_y")]


def quick_shift(track: Track) -> list[Floats]:
    return shift(track, QUICK_SMOOTHING)


def brows(track: Track) -> list[Floats]:
    return [_mean(track, "brow_height_right", "brow_height_left", SMOOTHING)]


def lids(track: Track) -> list[Floats]:
    return [_mean(track, "lid_opening_right", "lid_opening_left", QUICK_SMOOTHING)]


def opening(track: Track) -> list[Floats]:
    return [track.even.of("mouth_opening", SMOOTHING)]


def width(track: Track) -> list[Floats]:
    return [track.even.of("mouth_width", SMOOTHING)]


def _mean(track: Track, right: str, left: str, smoothing: float) -> Floats:
    return (track.even.of(right, smoothing) + track.even.of(left, smoothing)) / 2


def amount(track: Track, of: Signals) -> Windows | NotMeasured:
    def computed(chosen: list[Floats]) -> Floats:
        variances: Floats = np.sqrt(sum(np.nanvar(signal, axis=1) for signal in chosen))
        return variances

    return _windowed(track, of(track), computed)


def speed(track: Track, of: Signals, percent: float) -> Windows | NotMeasured:
    step = _SPEED_SAMPLES
    squares = sum((signal[step:] - signal[:-step]) ** 2 for signal in of(track))
    fast = np.full(len(track.even), np.nan)
    fast[step // 2 : len(fast) - step + step // 2] = np.sqrt(squares) * RATE / step
    return _windowed(track, [fast], lambda chosen: np.nanpercentile(chosen[0], percent, axis=1))


def shake(track: Track, of: Signals) -> Windows | NotMeasured:
    unsteady = [_unsteadiness(signal) for signal in of(track)]

    def computed(chosen: list[Floats]) -> Floats:
        squares = sum(np.nanmean(signal**2, axis=1) for signal in chosen)
        result: Floats = np.sqrt(squares)
        return result

    return _windowed(track, unsteady, computed)


def flicker(track: Track) -> Windows | NotMeasured:
    """Of the face's brightness, as a share of it; what passes the face once is none."""
    brightness = track.even.of("face_brightness", QUICK_SMOOTHING)
    share = np.abs(_unsteadiness(brightness)) / np.maximum(brightness, 1.0)
    return _windowed(track, [share], lambda chosen: np.nanmedian(chosen[0], axis=1))


def strength(track: Track, signal: str) -> Windows | NotMeasured:
    """Root mean square of a signal that is one already."""
    return _windowed(track, [track.even.of(signal)], _root_mean_square)


def mean(track: Track, signal: str) -> Windows | NotMeasured:
    found = [track.even.of(signal)]
    return _windowed(track, found, lambda chosen: np.nanmean(chosen[0], axis=1))


def blinks(track: Track) -> Windows | NotMeasured:
    """Blinks a minute: lids below `BLINK_BELOW` of their median for less than `MAX_BLINK`."""
    (opened,) = lids(track)
    seen = np.isfinite(opened)
    if not seen.any():
        return NotMeasured("The eyes were never seen.")
    below = np.where(seen, opened, np.inf) < BLINK_BELOW * float(np.median(opened[seen]))
    begins = np.where(seen, 0.0, np.nan)
    for start, stop in runs(below):
        if stop - start < MAX_BLINK * RATE:
            begins[(start + stop) // 2] = 1.0
    per_minute = 60.0 / windows.SECONDS

    def counted(chosen: list[Floats]) -> Floats:
        counts: Floats = np.nansum(chosen[0], axis=1) * per_minute
        return counts

    return _windowed(track, [begins], counted, scale="sqrt", least=0.0)


def _unsteadiness(signal: Floats) -> Floats:
    """x(t) - (x(t - 40 ms) + x(t + 40 ms)) / 2, NaN at both ends."""
    result = np.full(len(signal), np.nan)
    result[1:-1] = signal[1:-1] - (signal[:-2] + signal[2:]) / 2
    return result


def _root_mean_square(chosen: list[Floats]) -> Floats:
    result: Floats = np.sqrt(np.nanmean(chosen[0] ** 2, axis=1))
    return result


def _windowed(
    track: Track,
    signals: list[Floats],
    compute: Callable[[list[Floats]], Floats],
    *,
    scale: Scale = "ln",
    least: float = LEAST,
) -> Windows | NotMeasured:
    """One value for each window in which all `signals` are known for long enough."""
    reason = _obstacle(track)
    if reason is not None:
        return NotMeasured(reason)
    used, values = [np.empty(0, np.bool_)], [np.empty(0)]
    for places in windows.samples(track.even):
        chosen = [signal[places] for signal in signals]
        whole = np.logical_and.reduce([windows.known(signal) for signal in chosen])
        used.append(whole)
        if whole.any():
            values.append(compute([signal[whole] for signal in chosen]))
    found = np.maximum(np.concatenate(values), least)
    if len(found) < windows.MIN_WINDOWS:
        return NotMeasured(_too_short(track, len(found)))
    return Windows(found, windows.middles(track.even)[np.concatenate(used)], scale)


def _obstacle(track: Track) -> str | None:
    """Why nothing can be told of how this face moves, and what would be needed; or None."""
    if track.fps < MIN_FPS - 0.5:  # 19.98 is 20
        return f"It needs {MIN_FPS:g} frames a second; there are {track.fps:.1f}."
    eyes = track.eye_distance
    if eyes < MIN_EYES:
        return (
            f"It needs the face at {MIN_EYES:g} px between the outer corners of the eyes; it is at "
            f"{eyes:.0f} px: {MIN_EYES / eyes:.1f} times as large would do."
        )
    light = track.brightness
    if light < MIN_LIGHT:
        return (
            f"It needs a face of {MIN_LIGHT:g} of 255 levels of brightness; it has {light:.0f}: "
            "more light would do."
        )
    return None


def _too_short(track: Track, found: int) -> str:
    missing = windows.MIN_SECONDS - track.seconds
    if missing > 0:
        return (
            f"It needs {max(missing, 0.1):.1f} s more of footage with the face at "
            f"{MIN_EYES:g} px between the eyes."
        )
    return (
        f"It needs {windows.MIN_WINDOWS} windows of {windows.SECONDS:g} s, each with the face in "
        f"view for {windows.MIN_KNOWN:.0%}; {found} {'is' if found == 1 else 'are'} there."
    )
