"""Measuring a file with an engine: cut into segments, spread over the engines, joined.

Measured segments are kept in the container, so that a killed attempt costs what it was working on
and no more.
"""

import hashlib
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from shared.engines.base import Outline, Task
from shared.jobs.lifecycle import WorkDone
from shared.jobs.outputs import of
from shared.measurements.model import Facts, Segment
from shared.pipeline.attempt import Attempt
from shared.platform import blob_names, telemetry
from shared.platform.telemetry import SpanName, names

PLAN_TIMEOUT_SECONDS: Final = 120  # reading the key frames of a long clip
LEAST_FPS: Final = 0.1  # by which a place in the clip is told
JOIN_TIMEOUT_SECONDS: Final = 600  # the second pass over a clip at the length limit, and its sound


def measure(
    attempt: Attempt,
    engine: str,
    task: Task,
    results: Path,
    *,
    expected: int | None,
    fps: float | None = None,
    listen: bool = False,
) -> Facts:
    """Measure every segment that is not there yet, then join them into `results`.

    `expected` are the frames of the media, where the segments do not say, `fps` those of a second;
    `listen` to its sound.
    """
    with telemetry.span(SpanName.MEASURE, attributes={names.ENGINE: engine}) as span:
        segments = _plan(attempt, engine, task)
        planned = [segment.frames for segment in segments]
        if None not in planned:
            expected = sum(frames or 0 for frames in planned)
        meter = _Meter(attempt, expected, fps, len(segments))
        parts = _Parts(attempt, engine, task, segments)
        started = time.monotonic()
        measured = _measure_all(attempt, engine, task, segments, parts=parts, meter=meter)
        seconds = time.monotonic() - started
        facts = attempt.app.engines.join(
            engine,
            task,
            measured,
            results,
            listen=listen,
            deadline=JOIN_TIMEOUT_SECONDS,
            cancelled=attempt.heartbeat.lost,
            log=attempt.log,
        )
        span.set(names.SEGMENTS, len(segments))
        span.set(names.FACES, facts.faces)
        telemetry.measured(span, engine, facts.version, facts.frames - meter.skipped, seconds)
        return facts


def _plan(attempt: Attempt, engine: str, task: Task) -> list[Segment]:
    return attempt.app.engines.plan(
        engine,
        task,
        attempt.app.settings.processes,
        deadline=PLAN_TIMEOUT_SECONDS,
        cancelled=attempt.heartbeat.lost,
        log=attempt.log,
    )


def _measure_all(
    attempt: Attempt,
    engine: str,
    task: Task,
    segments: Sequence[Segment],
    *,
    parts: "_Parts",
    meter: "_Meter",
) -> list[tuple[Segment, Path]]:
    """As many at a time as there are engine processes; those that are there are not measured."""
    if parts.kept:
        attempt.note(
            f"{parts.kept} of {len(segments)} segments were measured by an earlier attempt"
        )

    def one(segment: Segment) -> tuple[Segment, Path]:
        path = parts.path(segment)
        if parts.fetch(segment):
            meter.skip(segment)
            return segment, path
        attempt.app.engines.measure(
            engine,
            task,
            segment,
            path,
            left=meter.left,
            deadline=attempt.app.settings.measure_timeout_seconds,
            progress=lambda frames: meter.report(segment, frames),
            seen=lambda outline: meter.see(segment, outline),
            cancelled=attempt.heartbeat.lost,
            log=attempt.log,
        )
        parts.keep(segment)
        return segment, path

    workers = min(attempt.app.settings.processes, len(segments))
    with ThreadPoolExecutor(workers, thread_name_prefix="segment") as threads:
        return list(threads.map(telemetry.carried(one), segments))


class _Meter:
    """Progress over all segments: frames done and expected, frames per second, time left."""

    def __init__(
        self, attempt: Attempt, expected: int | None, fps: float | None, segments: int
    ) -> None:
        self._attempt, self._expected = attempt, expected
        self._fps = fps if fps and fps >= LEAST_FPS else None
        self._done = [0] * segments
        self._outlines: list[Outline] = [[] for _ in range(segments)]
        self.skipped = 0  # frames that an earlier attempt measured
        self._started = time.monotonic()

    def report(self, segment: Segment, frames: int) -> None:
        self._done[segment.index] = frames
        measured = sum(self._done)
        rate = measured / max(time.monotonic() - self._started, 1e-3)
        left = None if self._expected is None else self.left
        self._attempt.heartbeat.progress(
            WorkDone(
                frames_done=measured + self.skipped,
                frames_expected=self._expected,
                frames_per_second=round(rate, 1),
                seconds_left=None if left is None or rate <= 0 else round(left / rate, 1),
                at=round(segment.start + frames / self._fps, 3) if self._fps else None,
                outline=self._outlines[segment.index],
            )
        )

    @property
    def left(self) -> int:
        """Frames to be measured yet; 0 where nobody knows how many there are."""
        return max((self._expected or 0) - sum(self._done) - self.skipped, 0)

    def see(self, segment: Segment, outline: Outline) -> None:
        """Where the faces are in the picture that `report` speaks of next."""
        self._outlines[segment.index] = outline

    def skip(self, segment: Segment) -> None:
        """The segment was measured by an earlier attempt."""
        self.skipped += segment.frames or 0


class _Parts:
    """Measured segments, kept in the container until the job is done.

    So a killed attempt costs one segment, and a clip longer than the function's time limit
    finishes in several attempts. Their prefix holds a digest of all that makes them what they
    are: other content, another engine version or another option measures anew. A single segment is
    not kept.
    """

    def __init__(
        self, attempt: Attempt, engine: str, task: Task, segments: Sequence[Segment]
    ) -> None:
        app = attempt.app
        self._attempt = attempt
        job = attempt.job()
        self._container = job.container
        self._worthwhile = len(segments) > 1
        identity: dict[str, Any] = {
            "content": job.etag,
            "engine": engine,
            "version": app.engines.versions()[engine],
            "type": task.type,
            "options": asdict(task.options),
            "segments": [asdict(segment) for segment in segments],
        }
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
        self._prefix = of(job).private(f"{blob_names.SEGMENT_PREFIX}{digest}/")
        self._there = (
            set(attempt.patiently(lambda: app.storage.blobs(self._container, self._prefix)))
            if self._worthwhile
            else set()
        )

    @property
    def kept(self) -> int:
        """Segments that need not be measured again."""
        return len(self._there)

    def path(self, segment: Segment) -> Path:
        return self._attempt.folder / f"segment-{segment.index:05d}"

    def fetch(self, segment: Segment) -> bool:
        """Bring what an earlier attempt measured; False where there is nothing."""
        blob = self._blob(segment)
        if blob not in self._there:
            return False
        account = self._attempt.app.storage
        return self._attempt.patiently(
            lambda: account.download_if_there(self._container, blob, self.path(segment))
        )

    def keep(self, segment: Segment) -> None:
        if not self._worthwhile:
            return
        account, blob = self._attempt.app.storage, self._blob(segment)
        self._attempt.patiently(
            lambda: account.upload_file(
                self._container, blob, self.path(segment), "application/octet-stream"
            )
        )

    def _blob(self, segment: Segment) -> str:
        return f"{self._prefix}{segment.index:05d}"
