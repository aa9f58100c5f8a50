"""What a person sees while files are sent and jobs run, on standard error.

A live table on a terminal; plain lines anywhere else, and where NO_COLOR or TERM=dumb is set.
"""

import os
import time
from datetime import datetime
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from avatar_validation.results import ENDED
from avatar_validation.service import Json

QUIET = 10.0  # [s] between two plain lines about the same step of a job
MEGABYTE = 1_000_000


class Display(Protocol):
    """Told of everything that happens; a context that is left before results are printed."""

    def sending(self, label: str, sent: int, size: int) -> None: ...

    def job(self, label: str, job: Json) -> None: ...

    def note(self, text: str) -> None: ...

    def __enter__(self) -> "Display": ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def display(console: Console) -> Display:
    """The fitting one for this console."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return Live(console) if console.is_terminal and not plain else Lines(console)


class Live:
    """A line per file with a bar."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[status]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,  # the results take its place
            redirect_stdout=False,
        )
        self._tasks: dict[str, TaskID] = {}

    def sending(self, label: str, sent: int, size: int) -> None:
        status = f"sending {_megabytes(sent)} of {_megabytes(size)}"
        self._progress.update(self._task(label), completed=sent, total=size, status=status)

    def job(self, label: str, job: Json) -> None:
        progress = _progress(job)
        ended = job["state"] in ENDED
        total = 1 if ended else progress["frames_expected"] if progress else None
        done = 1 if ended else progress["frames_done"] if progress else 0
        status = job_words(job)
        self._progress.update(self._task(label), completed=done, total=total, status=status)

    def note(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False)

    def _task(self, label: str) -> TaskID:
        if label not in self._tasks:
            self._tasks[label] = self._progress.add_task(label, total=None, status="")
        return self._tasks[label]

    def __enter__(self) -> "Live":
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()


class Lines:
    """A line for each thing that has happened, and one now and then while nothing does."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: set[tuple[str, str]] = set()
        self._last: dict[str, float] = {}

    def sending(self, label: str, sent: int, size: int) -> None:
        if sent < size and self._is_due(label):
            self.note(f"{label}: sending {_megabytes(sent)} of {_megabytes(size)}")

    def job(self, label: str, job: Json) -> None:
        self._once(label, f"job {job['id']}")
        for step in job["steps"]:
            if step["state"] in ("succeeded", "failed", "skipped"):
                self._once(label, _step_words(step))
        if running(job) and self._is_due(label):
            self.note(f"{label}: {job_words(job)}")

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _once(self, label: str, text: str) -> None:
        if (label, text) not in self._shown:
            self._shown.add((label, text))
            self._last[label] = time.monotonic()
            self.note(f"{label}: {text}")

    def _is_due(self, label: str) -> bool:
        """True when nothing has been said of this file for a while."""
        now = time.monotonic()
        if now - self._last.setdefault(label, now) < QUIET:
            return False
        self._last[label] = now
        return True

    def __enter__(self) -> "Lines":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


def running(job: Json) -> Json | None:
    """The step that is being worked on."""
    steps: list[Json] = job["steps"]
    return next((step for step in steps if step["state"] == "running"), None)


def _progress(job: Json) -> Json | None:
    """That of the measuring, while it goes on."""
    step = running(job)
    found: Json | None = job["progress"]
    return found if step is not None and step["name"] == "extract" else None


def job_words(job: Json) -> str:
    step, progress = running(job), _progress(job)
    if step is None:
        return str(job["state"])
    if progress is None:
        return str(step["name"])
    done, expected = progress["frames_done"], progress["frames_expected"]
    parts = [f"{done} of {expected} frames" if expected else f"{done} frames"]
    if progress["frames_per_second"]:
        parts.append(f"{progress['frames_per_second']:.0f} per second")
    if progress["seconds_left"] is not None:
        parts.append(f"{progress['seconds_left']:.0f} s left")
    return f"{step['name']}: {', '.join(parts)}"


def _step_words(step: Json) -> str:
    attempt = f", attempt {step['attempts']}" if step["attempts"] > 1 else ""
    message = f": {step['message']}" if step["message"] else ""
    return f"{step['name']} {step['state']}{_seconds(step)}{attempt}{message}"


def _seconds(step: Json) -> str:
    if not step["started"] or not step["finished"]:
        return ""
    start, end = (
        datetime.fromisoformat(step[key].replace("Z", "+00:00")) for key in ("started", "finished")
    )
    return f" in {(end - start).total_seconds():.1f} s"


def _megabytes(count: int) -> str:
    return f"{count / MEGABYTE:.1f} MB"
