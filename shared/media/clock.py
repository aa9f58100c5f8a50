"""Presentation times of decoded frames, in seconds from the first one, always increasing.

A frame without a time follows the one before it by the clip's mean period; one whose time is
repeated or goes back a little, by a millisecond. Where the clock starts again (recordings joined
by force), it goes on where it was.
"""

import math
from dataclasses import dataclass
from typing import Final, Self

from av.video.frame import VideoFrame
from av.video.stream import VideoStream

FALLBACK_FPS: Final = 25.0  # for frames without a time in a container without a rate
_TICK: Final = 0.001  # [s] between frames whose times do not increase; the CSV shows 3 decimals
_RESTART: Final = 1.0  # [s] back: a clock that starts again, not a disorder of frames


@dataclass(frozen=True, slots=True)
class Seconds:
    """The stream's unit of time. Divides last, so that 15.015 s is not 15.014999."""

    numerator: int
    denominator: int

    @classmethod
    def of(cls, stream: VideoStream) -> Self:
        base = stream.time_base
        return cls(base.numerator, base.denominator) if base else cls(1, 90_000)

    def __call__(self, ticks: int) -> float:
        return ticks * self.numerator / self.denominator

    def ticks(self, seconds: float) -> int:
        """Rounded up: the tick of a time that was itself made from ticks."""
        return math.ceil(seconds * self.denominator / self.numerator - 1e-6)


class Clock:
    """Makes times from presentation time stamps, in the order in which frames are decoded."""

    def __init__(self, origin: int | None, seconds: Seconds, fps: float | None) -> None:
        self._origin = origin or 0
        self._seconds = seconds
        self._period = 1 / (fps or FALLBACK_FPS)
        self._shift = 0.0  # [s] after a clock that started again
        self._last: float | None = None
        self.retimed = 0  # frames whose time had to be made up

    def time(self, pts: int | None) -> float:
        last = self._last
        time = None if pts is None else self._seconds(pts - self._origin) + self._shift
        if time is None:
            self.retimed += 1
            time = 0.0 if last is None else last + self._period
        elif last is not None and time <= last:
            self.retimed += 1
            if last - time >= _RESTART:
                self._shift += last + self._period - time
                time = last + self._period
            else:
                time = last + _TICK
        self._last = time
        return time


def presentation(frame: VideoFrame) -> int | None:
    """AVI gives decoding times alone, which without frame threads are in order of presentation."""
    return frame.dts if frame.pts is None else frame.pts
