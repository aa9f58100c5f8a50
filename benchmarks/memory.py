"""Memory does not grow with a clip: the service's peaks for a minute and for an hour.

A short clip is repeated without encoding, put into storage through an upload URL, and goes through
the whole service: probe, both stages, the report. Each length runs on a stack of its own. Counted
are the peaks, since they were started, of the Functions host, in which the triggers run, and of its
largest child, which is an engine.

    python3 dev.py bench memory [--minutes 60] [--write]

An hour takes some minutes on all cores, and half a gigabyte below the temporary folder.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks._document import machine, write
from benchmarks.video import DOCUMENT, clip_of, looped
from local.functions_host import HostKind
from local.ports import ANY
from local.stack import Stack

LIMIT: Final = 7200.0  # [s] for one job
KB: Final = 1024


@dataclass(frozen=True, slots=True)
class Peaks:
    """In MB, of one stack that has measured one clip."""

    frames: int
    host: int
    engine: int


def measured(clip: Path, folder: Path) -> Peaks:
    with Stack(folder, ports=ANY, host=HostKind.BUILTIN, throw_away=True) as stack:
        stack.start()
        with httpx.Client(base_url=stack.http, timeout=60, trust_env=False) as service:
            job = _done(service, _submit(service, clip))
        children = [peak_mb(pid) for pid in descendants(stack.host_pid)]
        return Peaks(job["media"]["frames"], peak_mb(stack.host_pid), max(children))


def _submit(service: httpx.Client, clip: Path) -> str:
    wanted = {"filename": clip.name, "size": clip.stat().st_size, "avatar": "bench", "type": "VS"}
    upload = service.post("/api/upload-url", json=wanted).raise_for_status().json()
    with clip.open("rb") as content:
        httpx.put(
            upload["upload_url"],
            content=content,
            headers=upload["headers"] | {"Content-Length": str(clip.stat().st_size)},
            timeout=600,
            trust_env=False,
        ).raise_for_status()
    return str(upload["id"])


def _done(service: httpx.Client, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        job: dict[str, Any] = service.get(f"/api/jobs/{job_id}").raise_for_status().json()
        if job["state"] == "failed":
            raise SystemExit(f"The job of the benchmark failed: {job['error']['detail']}")
        if job["state"] == "done":
            return job
        time.sleep(1)
    raise SystemExit("The job of the benchmark did not end.")


def descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield int(child)
            yield from descendants(int(child))


def peak_mb(pid: int) -> int:
    """The largest resident size of a process so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (peak,) = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return peak // KB


def table(minutes: list[int], peaks: list[Peaks]) -> list[str]:
    short = peaks[0]
    return [
        "| clip | frames | Functions host | more than for the first | engine | more |",
        "|---|---|---|---|---|---|",
        *(
            f"| {length} min | {each.frames:,} | {each.host} MB | **{each.host - short.host} MB** "
            f"| {each.engine} MB | **{each.engine - short.engine} MB** |"
            for length, each in zip(minutes, peaks, strict=True)
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=int, default=60, help="of the long clip (default: 60)")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    arguments = parser.parse_args()
    minutes = [1, arguments.minutes]
    peaks = []
    with tempfile.TemporaryDirectory(prefix="bench-memory-") as name:
        folder = Path(name)
        clip = clip_of(folder)
        for length in minutes:
            long = looped(clip, folder / f"{length}.mp4", 60 * length)
            peaks.append(measured(long, folder / f"stack-{length}"))
            long.unlink()
    text = "\n".join([f"On {machine()}.", "", *table(minutes, peaks)])
    print(text)
    if arguments.write:
        write(DOCUMENT, "memory", text)


if __name__ == "__main__":
    main()
