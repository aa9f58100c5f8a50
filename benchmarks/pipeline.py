"""What the pipeline adds to the measuring: from POST to `done`, beside the engine alone.

Both run in this one call, in turn, on the same media: quote the ratios, the absolute times are
those of the machine and the moment. Media are generated; a stack of its own is started and thrown
away.

    python3 dev.py bench pipeline [--jobs 20] [--seconds 20] [--json] [--write]

`--write` puts the tables into docs/performance.md, and those figures of the same run that the
README quotes into it.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol

import httpx

from benchmarks._document import machine, write
from local.functions_host import HostKind
from local.paths import ROOT
from local.ports import ANY
from local.stack import Stack
from shared.engines.base import Task
from shared.engines.pool import EnginePool
from shared.measurements.model import MediaType
from tests import media_factory
from tests.media_factory import Clip

ENGINE: Final = "mediapipe"
POLL: Final = 0.02  # [s] between two looks at one job; half of it is added on average
LIMIT: Final = 600.0  # [s] for one job
README: Final = ROOT / "README.md"
PERFORMANCE: Final = ROOT / "docs" / "performance.md"


class Alone:
    """The engine pool, without anything around it."""

    def __init__(self, folder: Path) -> None:
        self.processes = len(os.sched_getaffinity(0))
        self._pool = EnginePool(self.processes)
        self._folder = folder

    def measure(self, path: Path, kind: MediaType, times: int = 1) -> None:
        """Measure a file several times, as many at a time as there are processes."""
        with ThreadPoolExecutor(self.processes) as threads:
            list(threads.map(lambda _: self._measure(path, kind), range(times)))

    def _measure(self, path: Path, kind: MediaType) -> None:
        with tempfile.TemporaryDirectory(dir=self._folder) as name:
            folder, task = Path(name), Task(path, kind)
            segments = self._pool.plan(ENGINE, task, self.processes, deadline=LIMIT)
            parts = [(segment, folder / str(segment.index)) for segment in segments]
            for segment, part in parts:
                self._pool.measure(ENGINE, task, segment, part, deadline=LIMIT)
            self._pool.join(ENGINE, task, parts, folder, deadline=LIMIT)

    def close(self) -> None:
        self._pool.close()


class Whole:
    """The service on a running stack."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=60, trust_env=False)

    def measure(self, path: Path, kind: MediaType, times: int = 1) -> None:
        """POST a file several times at once and wait until all jobs are done."""
        with ThreadPoolExecutor(times) as threads:
            open_jobs = set(threads.map(lambda _: self._submit(path, kind), range(times)))
        deadline = time.monotonic() + LIMIT
        while open_jobs:
            if time.monotonic() > deadline:
                raise SystemExit("A job of the benchmark did not end.")
            # a look costs what the service then cannot measure: one for all of them, not too often
            time.sleep(POLL * times)
            page = self._http.get("/api/jobs", params={"limit": times}).raise_for_status().json()
            for job in page["items"]:
                if job["state"] == "failed":
                    raise SystemExit(f"A job of the benchmark failed: {job['error']['detail']}")
                if job["state"] == "done":
                    open_jobs.discard(job["id"])

    def _submit(self, path: Path, kind: MediaType) -> str:
        with path.open("rb") as file:
            response = self._http.post(
                "/api/upload", files={"file": file}, data={"avatar": "bench", "type": kind}
            )
        return str(response.raise_for_status().json()["id"])

    def close(self) -> None:
        self._http.close()


class Measure(Protocol):
    def __call__(self, path: Path, kind: MediaType, times: int = 1) -> None: ...


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def single(
    alone: Measure, whole: Measure, path: Path, kind: MediaType, runs: int
) -> dict[str, Any]:
    """One file at a time, the two in turn: medians, and the median of the pairs' ratios."""
    pairs = [
        (_seconds(lambda: alone(path, kind)), _seconds(lambda: whole(path, kind)))
        for _ in range(runs)
    ]
    return {
        "runs": runs,
        "engine_seconds": statistics.median(engine for engine, _ in pairs),
        "whole_seconds": statistics.median(job for _, job in pairs),
        "added_seconds": statistics.median(job - engine for engine, job in pairs),
        "ratio": statistics.median(job / engine for engine, job in pairs),
    }


def many(
    alone: Measure, whole: Measure, path: Path, kind: MediaType, *, jobs: int, rounds: int
) -> dict[str, Any]:
    """All at once: jobs per minute, and the share of the engine pool's own throughput."""

    def rate(measure: Measure) -> float:
        return 60 * jobs / _seconds(lambda: measure(path, kind, jobs))

    pairs = [(rate(alone), rate(whole)) for _ in range(rounds)]
    return {
        "jobs": jobs,
        "rounds": rounds,
        "engine_per_minute": statistics.median(engine for engine, _ in pairs),
        "whole_per_minute": statistics.median(job for _, job in pairs),
        "share": statistics.median(job / engine for engine, job in pairs),
    }


def run(folder: Path, jobs: int, seconds: float) -> dict[str, Any]:
    image = media_factory.picture(folder / "image.jpg")
    clip = Clip(seconds=seconds, size=(640, 360)).write(folder / "clip.mp4")
    alone = Alone(folder)
    with Stack(folder / "stack", ports=ANY, host=HostKind.AUTO, throw_away=True) as stack:
        stack.start()
        whole = Whole(stack.http)
        for kind, path in ((MediaType.IP, image), (MediaType.VS, clip)):  # all processes warm
            many(alone.measure, whole.measure, path, kind, jobs=alone.processes, rounds=1)
        results = {
            "cores": alone.processes,
            "host": stack.host_description,
            "clip_seconds": seconds,
            "image": single(alone.measure, whole.measure, image, MediaType.IP, 15),
            "clip": single(alone.measure, whole.measure, clip, MediaType.VS, 3),
            "images_at_once": many(
                alone.measure, whole.measure, image, MediaType.IP, jobs=jobs, rounds=3
            ),
            "clips_at_once": many(
                alone.measure, whole.measure, clip, MediaType.VS, jobs=jobs, rounds=1
            ),
        }
        whole.close()
    alone.close()
    return results


def table(results: dict[str, Any]) -> str:
    """The results as Markdown, ratios first."""
    clip = f"clip of {results['clip_seconds']:g} s, 640 x 360"
    lines = [
        f"On {machine()}; {results['host']}.",
        "",
        "| one at a time | added | whole / engine alone | engine alone | from POST to done |",
        "|---|---|---|---|---|",
    ]
    for name, key in (("image, 512 x 512", "image"), (clip, "clip")):
        found = results[key]
        lines.append(
            f"| {name} | {found['added_seconds']:.2f} s | {found['ratio']:.2f} | "
            f"{found['engine_seconds']:.2f} s | {found['whole_seconds']:.2f} s |"
        )
    lines += [
        "",
        "| at once | share of the engine pool's throughput | jobs a minute | engine pool alone |",
        "|---|---|---|---|",
    ]
    for name, key in (("images", "images_at_once"), (f"of the {clip}", "clips_at_once")):
        found = results[key]
        lines.append(
            f"| {found['jobs']} {name} | {found['share']:.0%} | {found['whole_per_minute']:.0f} | "
            f"{found['engine_per_minute']:.0f} |"
        )
    return "\n".join(lines)


def summary(results: dict[str, Any]) -> str:
    """What the README says of it: figures that the tables have, too."""
    image, clip = results["image"], results["clip"]
    images, clips = results["images_at_once"], results["clips_at_once"]
    seconds = f"{results['clip_seconds']:g} s"
    return "\n".join(
        [
            "| | |",
            "|---|---|",
            f"| added to one image, from POST to `done` | {image['added_seconds']:.2f} s |",
            f"| what the engine alone takes for it | {image['engine_seconds']:.2f} s |",
            (
                f"| one clip of {seconds}, from POST to `done`, beside one engine alone | "
                f"{clip['ratio']:.2f} of its time: all cores measure it |"
            ),
            (
                f"| {clips['jobs']} clips of {seconds} at once: share of the engine pool's own "
                f"throughput | {clips['share']:.0%} |"
            ),
            (
                f"| {images['jobs']} images at once: share of the engine pool's own throughput | "
                f"{images['share']:.0%} ({images['whole_per_minute']:.0f} a minute) |"
            ),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--jobs", type=int, default=20, help="how many at once (default 20)")
    parser.add_argument("--seconds", type=float, default=20, help="length of the clip (default 20)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md and README")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="avatar-bench-") as name:
        results = run(Path(name), arguments.jobs, arguments.seconds)
    print(json.dumps(results, indent=2) if arguments.json else table(results))
    if arguments.write:
        write(PERFORMANCE, "pipeline", table(results))
        write(README, "pipeline", summary(results))


if __name__ == "__main__":
    main()
