"""What a person sees of a job in the demo: its steps as they end, and its measurements as a table.

rich knows what the stream can show; where its encoding has no blocks, bars are made of letters.
"""

import time
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from avatar_validation.display import QUIET, job_words, running
from avatar_validation.service import Json
from shared.measurements.action_units import INTENSITY_MAX

BAR_WIDTH = 20  # characters for the highest value
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Steps:
    """A display for the client's `follow`: a line for each step, one that moves for the present."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._moving = console.status("")
        self._shown: set[tuple[str, int]] = set()
        self._last = time.monotonic()

    def sending(self, label: str, sent: int, size: int) -> None: ...

    def job(self, label: str, job: Json) -> None:  # noqa: ARG002  # there is but one
        for step in job["steps"]:
            key = (step["name"], step["attempts"])
            if step["state"] in ("succeeded", "failed") and key not in self._shown:
                self._shown.add(key)
                show(self._console, _ended(self._console, step))
        if running(job):
            self._moving.update(job_words(job))
            if not self._console.is_terminal and time.monotonic() - self._last > QUIET:
                self._last = time.monotonic()
                self.note(f"  … {job_words(job)}")

    def note(self, text: str) -> None:
        show(self._console, text)

    def __enter__(self) -> Self:
        self._moving.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._moving.stop()


def show(console: Console, line: str | Text = "") -> None:
    """One line, however long."""
    console.print(line, soft_wrap=True)


def mark(console: Console, *, succeeded: bool) -> Text:
    if not _has_blocks(console):
        return Text("ok" if succeeded else "FAILED")
    return Text("✓", "green") if succeeded else Text("✗", "red")


def _ended(console: Console, step: Json) -> Text:
    again = f" (attempt {step['attempts']})" if step["attempts"] > 1 else ""
    words = f" {step['name']:<8} {_seconds(step):>8}  {step['message']}{again}"
    return Text.assemble("  ", mark(console, succeeded=step["state"] == "succeeded"), words)


def measurements(result: Json, console: Console) -> Iterator[str | Text]:
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
            style = "dim" if unit["validity"] == "low" else ""
            yield Text(_unit(unit, top, moving, console), style)
    for warning in result["warnings"]:
        yield f"  Note: {warning}"


def _unit(unit: Json, top: float, moving: bool, console: Console) -> str:
    intensity = unit["intensity"]
    if intensity is None:
        value, peak = " " * (BAR_WIDTH + 6), " " * 4
    else:
        value = f"{intensity['mean']:5.2f} {_bar(intensity['mean'] / top, console)}"
        peak = f"{intensity['p95']:4.2f}"
    share = unit["presence_share"]
    present = f"{share:.0%}" if moving else "yes" if share >= 0.5 else "no"
    middle = f"  {peak}  " if moving else "  "
    line = f"  {unit['au']:<5} {unit['words']:<21} {value}{middle}{present:<8} "
    return line + (unit["validity"] or "unknown")


def _bar(share: float, console: Console) -> str:
    """`share` of the full width, 0..1."""
    length = min(max(share, 0.0), 1.0) * BAR_WIDTH
    if not _has_blocks(console):
        return ("#" * round(length)).ljust(BAR_WIDTH, ".")
    full, rest = divmod(round(length * 8), 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(BAR_WIDTH)


def _has_blocks(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")


def _frames(face: Json) -> str:
    if face["frames"] == 1:
        return "1 picture"
    return f"{face['frames']} frames, {face['confident_frames']} of them measured with confidence"


def _seconds(step: Json) -> str:
    if not step["started"] or not step["finished"]:
        return ""
    start, end = (datetime.fromisoformat(step[key]) for key in ("started", "finished"))
    return f"{(end - start).total_seconds():.2f} s"
