"""The files of a finished measurement, written while its rows are read: memory stays flat.

    openface.csv     exactly `action_units.CSV_COLUMNS`, in OpenFace's number formats, no spaces
    signals.csv      frame, face_id, then the engine's signals; empty where not measured.
                     Not written by an engine that has none
    sound.bin        a clip's sound (`measurements.sound`); not written where it has none
    extraction.json  the facts, the number of rows and the digests of openface.csv and sound.bin.
                     Written last: where it stands, the others are whole

An engine that gives rows out of order, of the wrong length or without a value has an error in it,
which is found here and not in the database.
"""

import hashlib
import json
import math
from collections.abc import Iterator
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final

from shared.engines.base import EngineResult
from shared.measurements import sound as sounds
from shared.measurements.action_units import CSV_COLUMNS, FRAME_COLUMNS, INTENSITIES, PRESENCES
from shared.measurements.files import SOUND
from shared.measurements.model import Facts, Row
from shared.measurements.sound import Heard
from shared.platform.blob_names import (
    EXTRACTION_BLOB,
    MEASUREMENT_BLOB,
    SIGNALS_BLOB,
    SOUND_BLOB,
)

_BATCH: Final = 1000  # rows written at once
_ROW_FORMAT: Final = "%d,%d,%.3f,%.2f,%d," + ",".join(["%.2f"] * len(INTENSITIES)) + ",%s\n"


def write(result: EngineResult, directory: Path, heard: Heard | None = None) -> Facts:
    """Write the files into an existing directory, replacing those of an earlier attempt.

    `heard` is what listening to the clip gave; None where nobody listened.

    Returns the facts, which the engine may complete while the rows are read.
    """
    extraction_path = directory / EXTRACTION_BLOB
    extraction_path.unlink(missing_ok=True)
    facts = result.facts
    count = 0
    with ExitStack() as files:
        table = files.enter_context((directory / MEASUREMENT_BLOB).open("w+b"))
        table.write((",".join(CSV_COLUMNS) + "\n").encode())
        signals: BinaryIO | None = None
        signals_format = "%d,%d" + ",%.6g" * len(facts.signals) + "\n"
        if facts.signals:
            signals = files.enter_context((directory / SIGNALS_BLOB).open("wb"))
            signals.write((",".join((*FRAME_COLUMNS[:2], *facts.signals)) + "\n").encode())
        for batch in _batches(_checked(result.rows, len(facts.signals))):
            count += len(batch)
            table.write("".join(map(_row_text, batch)).encode())
            if signals is not None:
                signals.write("".join(_signals_text(signals_format, row) for row in batch).encode())
        table.seek(0)
        digest = hashlib.file_digest(table, "sha256").hexdigest()
    (directory / SOUND_BLOB).unlink(missing_ok=True)
    if heard is not None:
        facts.settings[SOUND] = _written(heard, directory)
        facts.warnings += heard.warnings()
    data = {**facts.to_json(), "rows": count, "csv_sha256": digest}
    temporary = extraction_path.with_suffix(".part")
    temporary.write_text(json.dumps(data, indent=1, allow_nan=False), encoding="utf-8")
    temporary.replace(extraction_path)
    return facts


def _written(heard: Heard, directory: Path) -> str | None:
    return None if heard.sound is None else sounds.write(heard.sound, directory / SOUND_BLOB)


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


def _checked(rows: Iterator[Row], signals: int) -> Iterator[Row]:
    before = (0, 0)
    for row in rows:
        place = (row.frame, row.face)
        if place <= before:
            raise ValueError(f"the row of frame, face {place} comes after that of {before}")
        if len(row.intensities) != len(INTENSITIES) or len(row.signals) != signals:
            raise ValueError(f"the row of frame, face {place} has too few or too many values")
        if not all(map(math.isfinite, (row.timestamp, row.confidence, *row.intensities))):
            raise ValueError(f"the row of frame, face {place} has a value that is no number")
        before = place
        yield row


def _row_text(row: Row) -> str:
    return _ROW_FORMAT % (
        row.frame,
        row.face,
        row.timestamp,
        row.confidence,
        row.success,
        *row.intensities,
        _presences_text(row.presences),
    )


@lru_cache(maxsize=4096)  # a clip has far fewer combinations than frames
def _presences_text(mask: int) -> str:
    return ",".join("1.00" if mask >> bit & 1 else "0.00" for bit in range(len(PRESENCES)))


def _signals_text(numbers: str, row: Row) -> str:
    return (numbers % (row.frame, row.face, *row.signals)).replace("nan", "")
