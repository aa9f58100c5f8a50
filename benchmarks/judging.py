"""What it costs to judge a long clip and to learn from many; writes docs/verdict.md.

    python benchmarks/judging.py CLIP [--write]

CLIP is measured by the product's own engine, once; its rows are then put one after the other until
they last 6 minutes and an hour, and judged by a set learned from the clip. Time is the median of
three; memory is what Python and numpy held at most while judging, beside the rows themselves.
"""

import argparse
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._document import machine, write  # noqa: E402
from benchmarks._measured import recording  # noqa: E402
from shared.analysis.judging import judge  # noqa: E402
from shared.analysis.learning import LearnOptions, learn  # noqa: E402
from shared.analysis.measuring import MeasuredRecording, measure  # noqa: E402
from shared.analysis.report import Subject  # noqa: E402
from shared.analysis.series import FaceSeries, Recording  # noqa: E402

DOCUMENT: Final = ROOT / "docs" / "verdict.md"
RECORDINGS: Final = 100
SUBJECT: Final = Subject(avatar="bench", name="bench")


def lasting(found: Recording, seconds: float) -> Recording:
    """The clip's rows one after the other until they last so long."""
    (face,) = found.faces
    fps = found.facts.fps or 25.0
    count = round(seconds * fps)
    rows = np.arange(count) % len(face.timestamps)
    facts = replace(found.facts, frames=count, duration=seconds)
    signals = {name: values[rows] for name, values in face.signals.items()}
    longer = FaceSeries(
        face.face,
        np.arange(count) / fps,
        face.success[rows],
        face.intensities[rows],
        face.presences[rows],
        signals,
    )
    return Recording(found.type, facts, [longer])


def timed(work: Callable[[], object]) -> float:
    """[s] median of three."""
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return median(spent)


def held(work: Callable[[], object]) -> float:
    """[MB] at most, beside what was there before."""
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--write", action="store_true", help=f"into {DOCUMENT.name}")
    options = parser.parse_args()
    found = recording(options.clip)
    clip = measure(found)
    body = LearnOptions.model_validate({"name": "bench", "coverage": 0.95})
    learned = learn(body, [clip]).parameter_set

    def many() -> list[MeasuredRecording]:
        return [clip] * RECORDINGS

    lines = ["| work | s | memory beside the rows [MB] |", "|---|---|---|"]
    for words, seconds in (("6 minutes judged", 360.0), ("an hour judged", 3600.0)):
        longer = lasting(found, seconds)

        def work(longer: Recording = longer) -> object:
            return judge(learned, measure(longer), SUBJECT)

        lines.append(f"| {words} | {timed(work):.1f} | {held(work):.0f} |")
    spent = timed(lambda: learn(body, many()))
    lines.append(f"| a set learned from {RECORDINGS} measured recordings | {spent:.1f} | |")
    text = "\n".join(lines) + f"\n\n{machine()}."
    print(text)
    if options.write:
        write(DOCUMENT, "judging", text)


if __name__ == "__main__":
    main()
