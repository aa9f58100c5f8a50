"""The second stage: frames to rows beside a raw COPY, and its memory.

The raw COPY sends the very bytes that the pipeline makes of the file, made beforehand. Beside it,
in turn, the pipeline's COPY of rows that are parsed, and all that it does with the file: parsing
and checking too. The embedded PostgreSQL is started for this. Memory is the peak of a process that
stores and measures a clip of a minute, and of one that does so with an hour.

    python3 dev.py bench rows [--write]

What a row takes on the disk is measured with all of the engine's signals, all else without.
"""

import argparse
import io
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from benchmarks._document import machine, write
from local.paths import ROOT
from local.ports import ANY
from local.stack import Stack
from shared.database import copy
from shared.database.connection import Database
from shared.database.extractions import insert_entries, insert_extraction
from shared.database.frames import COPY, PIECE_BYTES, copy_frames, encoded
from shared.database.tables import ActionUnitReport, Extraction
from shared.engines.mediapipe.signals import NAMES
from shared.measurements import csv
from shared.measurements.action_units import CSV_COLUMNS, INTENSITIES, PRESENCES
from shared.measurements.model import Facts
from shared.platform.settings import STORAGE, read
from shared.platform.storage import Storage
from shared.reports import reports
from shared.reports.reports import Measurement

FPS: Final = 30
MINUTE: Final = 60 * FPS  # [frames]
HOUR: Final = 60 * MINUTE
ROUNDS: Final = 5
DOCUMENT: Final = ROOT / "docs" / "performance.md"
AZURITE: Final = "UseDevelopmentStorage=true"


_SIZE: Final = sql(
    "select pg_relation_size('frame_measurement'), pg_total_relation_size('frame_measurement')"
)
Pairs = Iterator[tuple[csv.Block, NDArray[np.float64]]]


def write_csv(path: Path, frames: int) -> Path:
    """A measurement whose values change from frame to frame."""
    with path.open("w") as file:
        file.write(",".join(CSV_COLUMNS) + "\n")
        for frame in range(1, frames + 1):
            values = [f"{(frame * (unit + 3) % 500) / 100:.2f}" for unit in range(len(INTENSITIES))]
            present = [f"{frame >> unit % 5 & 1}.00" for unit in range(len(PRESENCES))]
            row = [str(frame), "0", f"{frame / FPS:.3f}", "0.98", "1", *values, *present]
            file.write(",".join(row) + "\n")
    return path


def _report(session: Session) -> int:
    row = ActionUnitReport(url="bench", avatar="bench", type="VS")
    session.add(row)
    session.flush()
    return row.id


def _timed(database: Database, prepare: Callable[[Session, int], Callable[[], object]]) -> float:
    """Seconds that what `prepare` returns takes, in a transaction that is then undone."""
    with database.begin() as session:
        action = prepare(session, _report(session))
        started = time.perf_counter()
        action()
        seconds = time.perf_counter() - started
        session.rollback()
    return seconds


def _pairs(path: Path) -> Pairs:
    return csv.paired(csv.blocks(path), None)


def speed(database: Database, path: Path, frames: int) -> list[str]:
    """Rows of the table: shares of a raw COPY's speed."""

    def whole(session: Session, report_id: int) -> Callable[[], object]:
        return lambda: copy_frames(session, report_id, _pairs(path))

    def parsed(session: Session, report_id: int) -> Callable[[], object]:
        pairs = list(_pairs(path))
        return lambda: copy_frames(session, report_id, pairs)

    def raw(session: Session, report_id: int) -> Callable[[], object]:
        blocks = [encoded(report_id, *pair) for pair in _pairs(path)]
        ready = io.BytesIO(b"".join([copy.HEADER, *blocks, copy.TRAILER]))
        connection = session.connection().connection.dbapi_connection
        cursor = connection.cursor()  # type: ignore[union-attr]
        return lambda: cursor.copy_expert(COPY, ready, PIECE_BYTES)

    rounds = [[_timed(database, way) for way in (whole, parsed, raw)] for _ in range(ROUNDS)]
    file_share = statistics.median(raw / whole for whole, _, raw in rounds)
    copy_share = statistics.median(raw / parsed for _, parsed, raw in rounds)
    rate = frames / statistics.median(whole for whole, _, _ in rounds)
    return [
        (
            f"| COPY of its {frames:,} rows, beside a raw COPY of the same bytes | "
            f"**{copy_share:.0%}** of its speed |"
        ),
        f"| all of the way from `openface.csv`, beside that | **{file_share:.0%}** |",
        f"| rows a second so | {rate:,.0f} |",
        f"| a million rows so | {1e6 / rate:.0f} s |",
    ]


def store(url: str, path: Path, frames: int) -> None:
    """Store and measure a clip as the second stage does; prints this process's peak memory [kB]."""
    database = Database(url)
    settings = read({"DATABASE_URL": url, STORAGE: AZURITE})
    storage = Storage(settings)  # not asked: the rows are in the table
    facts = Facts("mediapipe", "bench", {}, frames, FPS, frames / FPS, 640, 360, 1)
    with database.begin() as session:
        report_id = _report(session)
        summaries = copy_frames(session, report_id, _pairs(path))
        insert_extraction(session, report_id, facts)
        insert_entries(session, report_id, summaries, facts)
        measurement = Measurement(
            session.get_one(ActionUnitReport, report_id),
            session.get_one(Extraction, report_id),
            None,
        )
        reports.measured(session, storage, measurement)
        session.rollback()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _peak(url: str, path: Path, frames: int) -> float:
    """Peak memory of a process of its own that does `store` [MB]."""
    command = [sys.executable, "-m", "benchmarks.rows", "--store", url, str(path), str(frames)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / 1024


def size(database: Database, path: Path, frames: int) -> str:
    """A row of the table: what a frame's row takes in a fresh database, with all signals."""
    values = np.random.default_rng(1).normal(size=len(NAMES))
    pairs = ((block, np.tile(values, (len(block), 1))) for block, _ in _pairs(path))
    with database.begin() as session:
        copy_frames(session, _report(session), pairs)
    with database.begin() as session:
        table, whole = session.execute(_SIZE).one()
    return (
        f"| a row in the database, with {len(NAMES)} signals and its index | "
        f"{whole / frames:.0f} bytes ({table / frames:.0f} + {(whole - table) / frames:.0f}) |"
    )


def run(folder: Path) -> str:
    minute = write_csv(folder / "minute.csv", MINUTE)
    hour = write_csv(folder / "hour.csv", HOUR)
    with Stack(folder / "stack", ports=ANY, throw_away=True) as stack:
        stack.start_database()
        stack.migrate()
        database = Database(stack.database)
        of_row = size(database, hour, HOUR)
        rows = [*speed(database, hour, HOUR), of_row]
        short, long = (_peak(stack.database, *clip) for clip in ((minute, MINUTE), (hour, HOUR)))
    memory = f"{long:.0f} MB, {long - short:+.0f} MB beside a minute's"
    head = [
        f"On {machine()}; medians of {ROUNDS}.",
        "",
        "| of an hour of one face, without signals | |",
        "|---|---|",
    ]
    return "\n".join([*head, *rows, f"| memory of storing and measuring it | {memory} |"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--store", nargs=3, metavar=("URL", "CSV", "FRAMES"), help="for itself")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    arguments = parser.parse_args()
    if arguments.store:
        url, path, frames = arguments.store
        store(url, Path(path), int(frames))
        return
    with tempfile.TemporaryDirectory(prefix="avatar-bench-") as name:
        text = run(Path(name))
    print(text)
    if arguments.write:
        write(DOCUMENT, "rows", text)


if __name__ == "__main__":
    main()
