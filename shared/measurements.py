"""A measurement's rows in the database: frames by COPY, and a summary per face and Action Unit.

Memory grows with a clip only by what the percentiles need: 18 small numbers per frame and face.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from psycopg2 import DatabaseError
from psycopg2.extensions import cursor
from sqlalchemy import insert
from sqlalchemy.orm import Session

from shared import binary_copy
from shared.engines.action_units import INTENSITIES, PRESENCES, has_moved
from shared.engines.base import Facts
from shared.measurement_csv import Block
from shared.models import DataEntry, Extraction

PERCENTILES: Final = (5, 25, 50, 75, 95)
MIN_FRAMES: Final = 10  # of a clip that says something of movement
DECIMALS: Final = 4  # of a summary; the frames have two

PIECE_BYTES: Final = 64 * 1024  # that the database driver asks for at a time
COPY: Final = (
    "COPY frame_measurement (report_id, face, frame, timestamp, confidence, success, intensities, "
    "presences, signals) FROM STDIN (FORMAT binary)"
)


@dataclass(slots=True)
class _Face:
    """What is kept of one face until all its frames have been seen."""

    frames: int
    intensities: list[NDArray[np.float32]]  # confident frames only, [n, 17] each
    presences: list[NDArray[np.int32]]


class Summaries:
    """Accumulates blocks of rows into one summary per face and Action Unit."""

    def __init__(self) -> None:
        self._faces: dict[int, _Face] = defaultdict(lambda: _Face(0, [], []))

    def add(self, block: Block) -> None:
        for face in np.unique(block.faces):
            chosen = block.faces == face
            confident = chosen & block.successes
            kept = self._faces[int(face)]
            kept.frames += int(chosen.sum())
            kept.intensities.append(block.intensities[confident].astype(np.float32))
            kept.presences.append(block.presences[confident])

    @property
    def faces(self) -> list[int]:
        """Ids of the faces that were measured in at least one frame."""
        return sorted(
            face for face, kept in self._faces.items() if any(len(part) for part in kept.presences)
        )

    def entries(self, report_id: int, facts: Facts) -> Iterator[dict[str, Any]]:
        """Rows of `data_entry`. A face that was never measured has none."""
        for face in self.faces:
            kept = self._faces[face]
            intensities = np.concatenate(kept.intensities).astype(np.float64)
            presences = np.concatenate(kept.presences)
            validity = facts.validity.get(str(face), {})
            for bit, au in enumerate(PRESENCES):
                yield {
                    "report_id": report_id,
                    "face": face,
                    "au": au,
                    "frames": kept.frames,
                    "confident_frames": len(presences),
                    "presence_share": round(float(np.mean(presences >> bit & 1)), DECIMALS),
                    "validity": validity.get(au),
                    **_statistics(intensities, au),
                }


def _statistics(intensities: NDArray[np.float64], au: str) -> dict[str, float | None]:
    names = ("mean", "sd", "min", "max", *(f"p{percent:02d}" for percent in PERCENTILES))
    if au not in INTENSITIES:
        return dict.fromkeys(names)
    column = intensities[:, INTENSITIES.index(au)]
    values = (
        column.mean(),
        column.std(),
        column.min(),
        column.max(),
        *np.percentile(column, PERCENTILES),
    )
    return {name: round(float(v), DECIMALS) for name, v in zip(names, values, strict=True)}


def copy_frames(
    session: Session, report_id: int, pairs: Iterable[tuple[Block, NDArray[np.float64]]]
) -> Summaries:
    """Write all rows, each block with its signals, by COPY, and return their summaries.

    An error in reading them is raised as it is, and the transaction is of no use any more.
    """
    summaries = Summaries()

    def rows() -> Iterator[bytes]:
        for block, values in pairs:
            summaries.add(block)
            yield encoded(report_id, block, values)

    source = binary_copy.Input(rows())
    connection = session.connection().connection  # psycopg2's, of this transaction
    with closing(cast("cursor", connection.cursor())) as copying:
        try:
            # its types ask for a `readline` as well, which COPY FROM does not use
            copying.copy_expert(COPY, cast("Any", source), PIECE_BYTES)
        except DatabaseError:
            if source.error is not None:
                raise source.error from None
            raise
    return summaries


def summarise(pairs: Iterable[tuple[Block, NDArray[np.float64]]]) -> Summaries:
    """As `copy_frames`, but no row is written."""
    summaries = Summaries()
    for block, _ in pairs:
        summaries.add(block)
    return summaries


def encoded(report_id: int, block: Block, signals: NDArray[np.float64]) -> bytes:
    """A block in the order of `COPY`'s columns."""
    return binary_copy.encode(
        [
            binary_copy.bigint(np.full(len(block), report_id)),
            binary_copy.integer(block.faces),
            binary_copy.integer(block.frames),
            binary_copy.double(block.timestamps),
            binary_copy.real(block.confidences),
            binary_copy.boolean(block.successes),
            binary_copy.real_array(block.intensities),
            binary_copy.integer(block.presences),
            binary_copy.real_array(signals),
        ]
    )


def insert_extraction(
    session: Session, report_id: int, facts: Facts, *, rows_in_blobs: bool = False
) -> None:
    session.execute(
        insert(Extraction).values(
            report_id=report_id,
            engine=facts.engine,
            version=facts.version,
            settings=facts.settings,
            scale=facts.scale,
            frames=facts.frames,
            fps=facts.fps,
            duration=facts.duration,
            width=facts.width,
            height=facts.height,
            faces=facts.faces,
            signals=list(facts.signals),
            validity=facts.validity,
            aggregates=facts.aggregates,
            warnings=facts.warnings,
            rows_in_blobs=rows_in_blobs,
        )
    )


def moved(entry: DataEntry, scale: str) -> bool | None:
    """Whether an Action Unit moved in a clip, as far as its engine states validity; else None."""
    if entry.validity is None or scale != "intensity" or entry.confident_frames < MIN_FRAMES:
        return None
    if entry.p05 is None or entry.p95 is None or entry.max is None:
        return None
    return has_moved(entry.au, entry.p05, entry.p95, entry.max)


def insert_entries(session: Session, report_id: int, summaries: Summaries, facts: Facts) -> None:
    rows = list(summaries.entries(report_id, facts))
    if rows:
        session.execute(insert(DataEntry), rows)
