"""How fast the embedded engine is beside its own networks alone.

    python benchmarks/video.py [--clip FILE] [--rounds 5] [--write]

Everything is compared with a bare loop on the same media in the same run, in turns, because the
speed of a machine changes by the minute: quote the ratios. `--write` puts the tables into
`docs/performance.md`. Without `../shared/media` the clips are generated.

- One core: decoding and measuring a clip, and joining, against `benchmarks/_bare.py`: decode, cut
  out, mesh, blendshapes, for one face. In CPU seconds, so that other programs do not count.
- All cores: a long clip, cut over the pool's processes, against the same loop on one core. In
  seconds on the wall, the best of the rounds.
- Whole job: the same clip POSTed to the service, until it is done, against the same loop.
- Images: a warm engine against decoding and the same networks. The engine lays the mesh twice, the
  second time where the first lies; against each network once too, which is less exact.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._bare import Bare  # noqa: E402
from benchmarks._document import machine, write  # noqa: E402
from benchmarks.pipeline import Whole  # noqa: E402
from local.ports import ANY  # noqa: E402
from local.stack import Stack  # noqa: E402
from shared.engines.base import Task  # noqa: E402
from shared.engines.mediapipe.engine import MediapipeEngine  # noqa: E402
from shared.engines.pool import EnginePool  # noqa: E402
from shared.measurements.model import MediaType, Segment  # noqa: E402
from tests import media_factory  # noqa: E402

MEDIA: Final = ROOT.parent / "shared" / "media"
DOCUMENT: Final = ROOT / "docs" / "performance.md"

LONG_SECONDS: Final = 60
DEADLINE: Final = 1200.0  # [s]


def clip_of(folder: Path) -> Path:
    path = MEDIA / "WolfgangLanger_Pexels.mp4"
    if path.is_file():
        return path
    return media_factory.Clip(seconds=20, size=(640, 360)).write(folder / "clip.mp4")


def picture_of(folder: Path) -> Path:
    path = MEDIA / "single_face.jpg"
    return path if path.is_file() else media_factory.picture(folder / "picture.jpg")


def looped(source: Path, path: Path, seconds: float) -> Path:
    """The clip's pictures again and again, copied without encoding."""
    with av.open(str(source)) as container, av.open(str(path), "w") as out:
        stream = container.streams.video[0]
        copy = out.add_stream_from_template(stream)
        packets = [packet for packet in container.demux(stream) if packet.size]
        last = packets[-1]
        length = stream.duration or (last.pts or 0) + (last.duration or 0)
        turns = int(np.ceil(seconds / float(length * (stream.time_base or 1))))
        for turn in range(turns):
            with av.open(str(source)) as again:
                for packet in again.demux(again.streams.video[0]):
                    if packet.size:
                        packet.pts = (packet.pts or 0) + turn * length
                        packet.dts = (packet.dts or 0) + turn * length
                        packet.stream = copy
                        out.mux(packet)
    return path


def engine_pass(engine: MediapipeEngine, media: Path, kind: MediaType, folder: Path) -> int:
    """Measure in one segment and join; the number of rows."""
    task, segment = Task(media, kind), Segment(0)
    engine.measure(task, segment, folder / "0.raw", _ignore)
    return sum(1 for _ in engine.join(task, [(segment, folder / "0.raw")]).rows)


def _ignore(frames: int) -> None:
    del frames


def per_second(work: Callable[[], int], clock: Callable[[], float]) -> float:
    start = clock()
    count = work()
    return count / (clock() - start)


def in_turns(
    ours: Callable[[], int], theirs: Callable[[], int], rounds: int
) -> tuple[float, float, float]:
    """Median ratio, and both median speeds [per CPU second], after a first turn to warm up."""
    clock = time.process_time
    pairs = [(per_second(ours, clock), per_second(theirs, clock)) for _ in range(rounds + 1)][1:]
    return (
        statistics.median(a / b for a, b in pairs),
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
    )


def one_core(clip: Path, folder: Path, rounds: int) -> list[str]:
    engine, bare = MediapipeEngine(), Bare()
    ratio, ours, theirs = in_turns(
        lambda: engine_pass(engine, clip, MediaType.VS, folder), lambda: bare.clip(clip), rounds
    )
    return [
        "| one core | engine / bare loop | engine | bare loop |",
        "|---|---|---|---|",
        f"| {_describe(clip)} | **{ratio:.2f}** | {ours:.0f} fps | {theirs:.0f} fps |",
    ]


def all_cores(clip: Path, folder: Path, rounds: int) -> list[str]:
    cores = len(os.sched_getaffinity(0))
    long = looped(clip, folder / "long.mp4", LONG_SECONDS)
    pool, bare = EnginePool(cores), Bare()

    def spread() -> int:
        task = Task(long, MediaType.VS)
        segments = pool.plan("mediapipe", task, cores, deadline=DEADLINE)
        parts = [(segment, folder / f"{segment.index}.part") for segment in segments]
        with ThreadPoolExecutor(cores) as threads:
            list(
                threads.map(
                    lambda part: pool.measure("mediapipe", task, *part, deadline=DEADLINE), parts
                )
            )
        return pool.join("mediapipe", task, parts, folder, deadline=DEADLINE).frames

    spread()  # warms the processes up
    # The best of the rounds: time on the wall is lost to other programs, and never won
    pairs = [
        (
            per_second(spread, time.perf_counter),
            per_second(lambda: bare.clip(long), time.perf_counter),
        )
        for _ in range(rounds)
    ]
    ours, theirs = (max(each) for each in zip(*pairs, strict=True))
    ratio = ours / theirs
    pool.close()
    return [
        f"| {cores} cores | engines / bare loop on one core | engines | bare loop |",
        "|---|---|---|---|",
        f"| {_describe(long)} | **{ratio:.2f}** | {ours:.0f} fps | {theirs:.0f} fps |",
    ]


def whole_job(clip: Path, folder: Path, rounds: int) -> list[str]:
    """From POST to `done`, on a stack of its own."""
    long, bare = looped(clip, folder / "job.mp4", LONG_SECONDS), Bare()
    with Stack(folder / "stack", ports=ANY, throw_away=True) as stack:
        stack.start()
        service = Whole(stack.http)
        frames = bare.clip(long)

        def job() -> int:
            service.measure(long, MediaType.VS)
            return frames

        job()  # warms the processes up
        clock = time.perf_counter
        pairs = [
            (per_second(job, clock), per_second(lambda: bare.clip(long), clock))
            for _ in range(rounds)
        ]
        service.close()
    ours, theirs = (max(each) for each in zip(*pairs, strict=True))
    cores = len(os.sched_getaffinity(0))
    return [
        f"| whole job, {cores} cores | job / bare loop on one core | job | bare loop |",
        "|---|---|---|---|",
        f"| {_describe(long)} | **{ours / theirs:.2f}** | {ours:.0f} fps | {theirs:.0f} fps |",
    ]


def images(picture: Path, folder: Path, rounds: int) -> list[str]:
    engine, bare = MediapipeEngine(), Bare()
    times = 20

    def ours() -> int:
        return sum(engine_pass(engine, picture, MediaType.IP, folder) for _ in range(times))

    def theirs(looks: int) -> int:
        for _ in range(times):
            bare.image(picture, looks)
        return times

    lines = [
        "| images, one core | engine / bare loop | engine | bare loop |",
        "|---|---|---|---|",
    ]
    for name, looks in (("the same networks", 2), ("each network once", 1)):
        ratio, fast, base = in_turns(ours, partial(theirs, looks), rounds)
        lines.append(f"| {name} | **{ratio:.2f}** | {fast:.0f} / s | {base:.0f} / s |")
    return lines


def _describe(clip: Path) -> str:
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        seconds = float((stream.duration or 0) * (stream.time_base or 0))
        return f"{stream.width} x {stream.height}, {seconds:.0f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clip", type=Path, help="default: from ../shared/media, else generated")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)  # of both here, as in the pool's processes
    with tempfile.TemporaryDirectory(prefix="bench-video-") as name:
        folder = Path(name)
        clip = arguments.clip or clip_of(folder)
        tables = [
            one_core(clip, folder, arguments.rounds),
            all_cores(clip, folder, arguments.rounds),
            whole_job(clip, folder, arguments.rounds),
            images(picture_of(folder), folder, arguments.rounds),
        ]
    text = "\n\n".join([f"On {machine()}.", *("\n".join(table) for table in tables)])
    print(text)
    if arguments.write:
        write(DOCUMENT, "video", text)


if __name__ == "__main__":
    main()
