"""What a person sees of a job: its steps as they happen, and its measurements as a table.

Works on any stream: colours and a moving line on a terminal only, block characters only where the
encoding has them.
"""

import os
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TextIO

from shared.measurements.action_units import INTENSITY_MAX

Json = dict[str, Any]

BAR_WIDTH = 20  # characters for the highest value
QUIET = 10.0  # [s] between two lines about a running step where nothing can be overwritten
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Screen:
    """A stream with what it is able to show."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._colours = self.is_terminal and "NO_COLOR" not in os.environ
        self._unicode = (stream.encoding or "").lower().replace("-", "") == "utf8"
        self._moving = False

    def line(self, text: str = "") -> None:
        self._clear()
        encoding = self._stream.encoding or "ascii"
        print(text.encode(encoding, "replace").decode(encoding), file=self._stream, flush=True)

    def moving(self, text: str) -> None:
        """A line that the next one takes the place of. On a terminal only."""
        self._clear()
        print(text, end="", file=self._stream, flush=True)
        self._moving = True

    def dim(self, text: str) -> str:
        return f"\x1b[2m{text}\x1b[0m" if self._colours else text

    def mark(self, succeeded: bool) -> str:
        if not self._unicode:
            return "ok" if succeeded else "FAILED"
        if not self._colours:
            return "✓" if succeeded else "✗"
        return "\x1b[32m✓\x1b[0m" if succeeded else "\x1b[31m✗\x1b[0m"

    def bar(self, share: float) -> str:
        """`share` of the full width, 0..1."""
        length = min(max(share, 0.0), 1.0) * BAR_WIDTH
        if not self._unicode:
            return ("#" * round(length)).ljust(BAR_WIDTH, ".")
        eighths = round(length * 8)
        full, rest = divmod(eighths, 8)
        return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(BAR_WIDTH)

    def _clear(self) -> None:
        if self._moving:
            print("\r\x1b[K", end="", file=self._stream)
            self._moving = False


class StepLines:
    """Shows the steps of one job; given the job each time it has changed."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._shown: set[tuple[str, int]] = set()
        self._last = time.monotonic()

    def __call__(self, job: Json) -> None:
        for step in job["steps"]:
            key = (step["name"], step["attempts"])
            if step["state"] in ("succeeded", "failed") and key not in self._shown:
                self._shown.add(key)
                self._screen.line(self._finished(step))
        running = [step for step in job["steps"] if step["state"] == "running"]
        if running:
            self._running(running[-1], job.get("progress"))

    def _finished(self, step: Json) -> str:
        mark = self._screen.mark(step["state"] == "succeeded")
        again = f" (attempt {step['attempts']})" if step["attempts"] > 1 else ""
        return f"  {mark} {step['name']:<8} {_seconds(step):>8}  {step['message']}{again}"

    def _running(self, step: Json, progress: Json | None) -> None:
        text = f"  … {step['name']:<8} {_progress(progress)}"
        if self._screen.is_terminal:
            self._screen.moving(text)
        elif progress and time.monotonic() - self._last > QUIET:
            self._last = time.monotonic()
            self._screen.line(text)


def measurements(result: Json, screen: Screen) -> Iterator[str]:
    """The lines of a table per face."""
    top = 1.0 if result["scale"] == "probability" else INTENSITY_MAX
    moving = result["frames"] > 1
    for face in result["faces"]:
        yield ""
        yield f"  Face {face['face']}: {_frames(face)}"
        amount = "mean" if moving else "intensity"
        head = f"  {'AU':<5} {'movement':<21} {f'{amount} 0..{top:.0f}':<{BAR_WIDTH + 6}}"
        yield head + ("  p95   present  validity" if moving else "  present  validity")
        for unit in face["action_units"]:
            line = _unit(unit, top, moving, screen)
            yield screen.dim(line) if unit["validity"] == "low" else line
    for warning in result["warnings"]:
        yield f"  Note: {warning}"


def _unit(unit: Json, top: float, moving: bool, screen: Screen) -> str:
    intensity = unit["intensity"]
    if intensity is None:
        value, peak = " " * (BAR_WIDTH + 6), " " * 4
    else:
        value = f"{intensity['mean']:5.2f} {screen.bar(intensity['mean'] / top)}"
        peak = f"{intensity['p95']:4.2f}"
    share = unit["presence_share"]
    present = f"{share:.0%}" if moving else "yes" if share >= 0.5 else "no"
    middle = f"  {peak}  " if moving else "  "
    line = f"  {unit['au']:<5} {unit['words']:<21} {value}{middle}{present:<8} "
    return line + (unit["validity"] or "unknown")


def _frames(face: Json) -> str:
    if face["frames"] == 1:
        return "1 picture"
    return f"{face['frames']} frames, {face['confident_frames']} of them measured with confidence"


def _progress(progress: Json | None) -> str:
    if not progress:
        return ""
    done, expected = progress["frames_done"], progress["frames_expected"]
    parts = [f"{done} of {expected} frames" if expected else f"{done} frames"]
    if expected:
        parts.insert(0, f"{done / expected:4.0%}")
    if progress["frames_per_second"]:
        parts.append(f"{progress['frames_per_second']:.0f} per second")
    if progress["seconds_left"] is not None:
        parts.append(f"{progress['seconds_left']:.0f} s left")
    return ", ".join(parts)


def _seconds(step: Json) -> str:
    if not step["started"] or not step["finished"]:
        return ""
    start, end = (datetime.fromisoformat(step[key]) for key in ("started", "finished"))
    return f"{(end - start).total_seconds():.2f} s"
