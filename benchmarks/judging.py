"""What it costs to judge a long clip and to learn from many; writes docs/verdict.md.

    python benchmarks/judging.py CLIP [--write]

CLIP is measured by the product's own engine, once. Its rows are put into a database one after the
other until they last ten minutes and an hour; the embedded PostgreSQL is started for this. Then a
process of its own does what a later analysis does: it reads them, takes every measure, judges by a
set learned from the clip, and writes the report as JSON. Time is the processor's, of one run;
memory is by how much that process's largest resident size grew meanwhile, rows and all.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._document import machine, write  # noqa: E402
from benchmarks._measured import recording  # noqa: E402
from benchmarks.memory import peak_mb  # noqa: E402
from local.ports import ANY  # noqa: E402
from local.stack import Stack  # noqa: E402
from shared.analysis.judging import judge  # noqa: E402
from shared.analysis.learning import Footage, Learned, LearnOptions, footage, learn  # noqa: E402
from shared.analysis.measuring import measure  # noqa: E402
from shared.analysis.rendering import as_json  # noqa: E402
from shared.analysis.series import FaceSeries, Recording  # noqa: E402
from shared.database.connection import Database  # noqa: E402
from shared.database.extractions import insert_extraction  # noqa: E402
from shared.database.frames import copy_frames  # noqa: E402
from shared.database.tables import ActionUnitReport  # noqa: E402
from shared.measurements.csv import Block  # noqa: E402
from shared.platform.settings import STORAGE, read  # noqa: E402
from shared.platform.storage import Storage  # noqa: E402
from shared.reports import reports  # noqa: E402

DOCUMENT: Final = ROOT / "docs" / "verdict.md"
RECORDINGS: Final = 100
BLOCK: Final = 5000  # rows
SHORT: Final = 600  # [s]
LONG: Final = 3600  # [s]
AZURITE: Final = "UseDevelopmentStorage=true"


def learned(own: Footage, times: int = 1) -> Learned:
    body = LearnOptions.model_validate({"name": "bench", "coverage": 0.95})
    return learn(body, [own] * times)


def store(database: Database, found: Recording, seconds: int) -> int:
    """The clip's rows one after the other until they last so long; the measurement's number."""
    (face,) = found.faces
    fps = found.facts.fps or 25.0
    count = round(seconds * fps)
    names = tuple(face.signals)
    facts = replace(found.facts, frames=count, duration=float(seconds), signals=names)
    with database.begin() as session:
        report = ActionUnitReport(url="bench", avatar="bench", type=found.type)
        session.add(report)
        session.flush()
        copy_frames(session, report.id, _pairs(face, count, fps))
        insert_extraction(session, report.id, facts)
        return report.id


def _pairs(face: FaceSeries, count: int, fps: float) -> Iterator[tuple[Block, NDArray[np.float64]]]:
    for start in range(0, count, BLOCK):
        frames = np.arange(start, min(start + BLOCK, count), dtype=np.int32)
        rows = frames % len(face.timestamps)
        intensities, signals = (
            np.column_stack([values[rows] for values in columns.values()]).astype(np.float64)
            for columns in (face.intensities, face.signals)
        )
        yield (
            Block(
                frames=frames + 1,
                faces=np.zeros(len(frames), np.int32),
                timestamps=frames / fps,
                confidences=np.ones(len(frames)),
                successes=face.success[rows],
                intensities=intensities,
                presences=face.presences[rows],
                signals=np.empty((len(frames), 0)),
            ),
            signals,
        )


def judged(clip: Path, url: str, number: int) -> None:
    """Judge a stored measurement; prints processor time [s] and memory [MB]."""
    chosen = learned(footage(measure(recording(clip)))).parameter_set
    storage = Storage(read({"DATABASE_URL": url, STORAGE: AZURITE}))  # not asked
    with Database(url).begin() as session:
        stored = reports.locate(session, number)
        start, before = time.process_time(), peak_mb(os.getpid())
        as_json(judge(chosen, stored.load(session, storage), stored.subject))
        print(time.process_time() - start, peak_mb(os.getpid()) - before)


def _cost(clip: Path, url: str, number: int) -> tuple[float, int]:
    """Of `judged`, in a process of its own."""
    command = [sys.executable, __file__, str(clip), "--judge", url, str(number)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(said[-2]), int(said[-1])


def run(clip: Path) -> str:
    found = recording(clip)
    with (
        tempfile.TemporaryDirectory(prefix="bench-judging-") as folder,
        Stack(Path(folder) / "stack", ports=ANY, throw_away=True) as stack,
    ):
        stack.start_database()
        stack.migrate()
        database = Database(stack.database)
        short, hour = (
            _cost(clip, stack.database, store(database, found, seconds))
            for seconds in (SHORT, LONG)
        )
    own = footage(measure(found))
    start = time.process_time()
    learned(own, RECORDINGS)
    spent = time.process_time() - start
    rows = [
        "| work | processor time [s] | memory [MB] |",
        "|---|---|---|",
        f"| ten minutes judged | {short[0]:.1f} | {short[1]} |",
        f"| an hour judged | {hour[0]:.1f} | {hour[1]} |",
        f"| a set learned from {RECORDINGS} measured recordings | {spent:.2f} | |",
    ]
    return "\n".join([*rows, "", f"At {found.facts.fps:g} frames a second, on {machine()}."])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--judge", nargs=2, metavar=("URL", "NUMBER"), help="for itself")
    parser.add_argument("--write", action="store_true", help=f"into {DOCUMENT.name}")
    options = parser.parse_args()
    if options.judge:
        url, number = options.judge
        judged(options.clip, url, int(number))
        return
    text = run(options.clip)
    print(text)
    if options.write:
        write(DOCUMENT, "judging", text)


if __name__ == "__main__":
    main()
