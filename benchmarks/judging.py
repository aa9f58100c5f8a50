"""What it costs to judge a long clip and to learn from many; writes docs/verdict.md.

    python benchmarks/judging.py CLIP [--write]

CLIP is measured by the product's own engine, once; its rows are then put one after the other until
they last 6 minutes and an hour, and judged by a set learned from the clip. Time is the processor's,
of one run; memory is by how much the process grew while judging, beside the rows themselves.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._document import machine, write  # noqa: E402
from benchmarks._measured import recording  # noqa: E402
from shared.analysis.judging import judge  # noqa: E402
from shared.analysis.learning import LearnOptions, footage, learn  # noqa: E402
from shared.analysis.measuring import measure  # noqa: E402
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
    intensities, signals = (
        {name: values[rows] for name, values in columns.items()}
        for columns in (face.intensities, face.signals)
    )
    longer = FaceSeries(
        face.face,
        np.arange(count) / fps,
        face.success[rows],
        intensities,
        face.presences[rows],
        signals,
    )
    return Recording(found.type, facts, [longer])


def cost(work: Callable[[], object]) -> tuple[float, float]:
    """Processor time [s], and by how much the most memory that was ever held grew [MB]."""
    start, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return time.process_time() - start, (most - before) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--write", action="store_true", help=f"into {DOCUMENT.name}")
    options = parser.parse_args()
    found = recording(options.clip)
    clip = measure(found)
    body = LearnOptions.model_validate({"name": "bench", "coverage": 0.95})
    own = footage(clip)
    learned = learn(body, [own]).parameter_set

    lines = ["| work | processor time [s] | memory beside the rows [MB] |", "|---|---|---|"]
    for words, seconds in (("6 minutes judged", 360.0), ("an hour judged", 3600.0)):
        longer = lasting(found, seconds)

        def work(longer: Recording = longer) -> object:
            return judge(learned, measure(longer), SUBJECT)

        spent, grown = cost(work)
        lines.append(f"| {words} | {spent:.1f} | {grown:.0f} |")
    spent, _ = cost(lambda: learn(body, [own] * RECORDINGS))
    lines.append(f"| a set learned from {RECORDINGS} measured recordings | {spent:.2f} | |")
    text = "\n".join(lines) + f"\n\n{machine()}."
    print(text)
    if options.write:
        write(DOCUMENT, "judging", text)


if __name__ == "__main__":
    main()
