"""A worker whose engines do what real ones must not: crash, hang, hoard memory, print, lie.

Each engine but `good` and `decode` misbehaves in `measure`; the rest is sound. Run as the pool's
`command`.
"""

import ctypes
import json
import logging
import math
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from shared.engines import worker
from shared.engines.base import EngineResult, Progress, Task
from shared.measurements.action_units import INTENSITIES
from shared.measurements.model import Facts, MediaType, Row, Segment
from shared.media.clip import key_frames, open_clip
from shared.media.pictures import load_image
from shared.platform.errors import Code, MediaError

Behaviour = Callable[[Task, Path, Progress], None]
FRAMES = 50
REPORTS = 100_000  # of `eager`


class OddEngine:
    """Sound but for what `behaviour` does; its version tells what its process knows."""

    def __init__(self, name: str, behaviour: Behaviour) -> None:
        self.name = name
        self._behaviour = behaviour

    def version(self) -> str:
        return json.dumps({"pid": os.getpid(), "environment": dict(os.environ)})

    def problems(self) -> list[str]:
        return ["It is odd."]

    def types(self) -> list[MediaType]:
        return [MediaType.IP]

    def plan(self, task: Task, parts: int) -> list[Segment]:
        stops = [*(float(part + 1) for part in range(parts - 1)), None]
        return [Segment(index, float(index), stop, FRAMES) for index, stop in enumerate(stops)]

    def measure(self, task: Task, segment: Segment, output: Path, progress: Progress) -> None:
        output.write_text(str(os.getpid()))
        self._behaviour(task, output, progress)

    def join(self, task: Task, segments: Sequence[tuple[Segment, Path]]) -> EngineResult:
        facts = Facts(self.name, "1", {"pid": os.getpid()}, signals=("pose_Rx",), faces=1)

        def rows() -> Iterator[Row]:
            for frame in range(1, FRAMES * len(segments) + 1):
                values = [frame / 1000] * len(INTENSITIES)
                signal = math.nan if frame == 1 else 0.25
                yield Row(frame, 0, frame / 25, 0.98, True, values, 0b101, (signal,))
            facts.frames = FRAMES * len(segments)  # known only now

        return EngineResult(facts, rows())


def good(task: Task, output: Path, progress: Progress) -> None:
    progress(FRAMES)


def slow(task: Task, output: Path, progress: Progress) -> None:
    for frame in range(10_000):
        progress(frame)
        time.sleep(0.05)


def eager(task: Task, output: Path, progress: Progress) -> None:
    """Reports far more often than anybody wants to know."""
    for frame in range(REPORTS):
        progress(frame)


def hang(task: Task, output: Path, progress: Progress) -> None:
    """With a program of its own, as an engine of binaries has."""
    program = subprocess.Popen(["sleep", "600"])
    output.write_text(str(program.pid))
    program.wait()


def leave(task: Task, output: Path, progress: Progress) -> None:
    os._exit(3)


def crash(task: Task, output: Path, progress: Progress) -> None:
    ctypes.string_at(0)


def crash_once(task: Task, output: Path, progress: Progress) -> None:
    before = output.with_suffix(".crashed")
    if not before.exists():
        before.touch()
        crash(task, output, progress)


def hoard(task: Task, output: Path, progress: Progress) -> None:
    hoarded = []
    while True:
        hoarded.append(bytes(8 * 1024 * 1024))


def native_hoard(task: Task, output: Path, progress: Progress) -> None:
    """How a C++ library ends that gets no memory."""
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.abort()


def raise_error(task: Task, output: Path, progress: Progress) -> None:
    raise RuntimeError("secret of the implementation")


def refuse(task: Task, output: Path, progress: Progress) -> None:
    raise MediaError(Code.NO_FACE_FOUND, "No face was found. Send another clip.")


def chatter(task: Task, output: Path, progress: Progress) -> None:
    os.write(1, b"printed by a library\n")
    os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
    logging.getLogger("odd").info("a step of the engine")
    os.write(2, b"x" * 100_000 + b"\n")
    os.write(2, b"again and again\n" * 1000)


def decode(task: Task, output: Path, progress: Progress) -> None:
    """Nothing odd in itself: reads the media as every engine does."""
    if task.type.is_image:
        load_image(task.media, task.options)
        return
    with open_clip(task.media, task.options) as clip:
        times = [frame.timestamp for frame in clip.frames(Segment(0))]
    if times[0] != 0 or any(one >= other for one, other in pairwise(times)):
        raise ValueError("the times do not increase from 0")
    keys = key_frames(task.media, task.options)
    with open_clip(task.media, task.options) as clip:
        if any(frame.timestamp < keys[-1] for frame in clip.frames(Segment(1, keys[-1]))):
            raise ValueError("a frame lies before its segment")


BEHAVIOURS: dict[str, Behaviour] = {
    behaviour.__name__: behaviour
    for behaviour in (
        *(good, slow, eager, hang, leave, crash, crash_once, hoard, native_hoard, raise_error),
        *(refuse, chatter, decode),
    )
}


def absent() -> OddEngine:
    raise ImportError("there is no such library")


def main() -> None:
    def factory(name: str) -> Callable[[], OddEngine]:
        return lambda: OddEngine(name, BEHAVIOURS[name])

    worker.main({"absent": absent, **{name: factory(name) for name in BEHAVIOURS}})


if __name__ == "__main__":
    main()
