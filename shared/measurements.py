"""A measurement's rows in the database: frames by COPY, and a summary per face and Action Unit.

Memory grows with a clip only by what the percentiles need: 18 small numbers per frame and face.
"""

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert
from sqlalchemy.orm import Session

from shared.engines.action_units import INTENSITIES, PRESENCES
from shared.engines.base import Facts
from shared.measurement_csv import Block
from shared.models import DataEntry, Extraction

PERCENTILES: Final = (5, 25, 50, 75, 95)

_COPY: Final = (
    "COPY frame_measurement (report_id, face, frame, timestamp, confidence, success, intensities, "
    "presences, signals) FROM STDIN"
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
        for face in np.unique(block.face):
            chosen = block.face == face
            confident = chosen & block.success
            kept = self._faces[int(face)]
            kept.frames += int(chosen.sum())
            kept.intensities.append(block.intensities[confident])
            kept.presences.append(block.presences[confident])

    @property
    def faces(self) -> list[int]:
        """Ids of the faces that were measured in at least one frame."""
        return sorted(
            face
            for face, kept in self._faces.items()
            if any(len(part) for part in kept.presences)
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
                    "presence_share": float(np.mean(presences >> bit & 1)),
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
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def copy_frames(session: Session, report_id: int, blocks: Iterable[Block]) -> Summaries:
    """Write the rows of all blocks by COPY and return their summaries."""
    summaries = Summaries()
    connection = session.connection().connection.dbapi_connection
    assert_connection = connection  # the psycopg2 connection of this transaction
    with assert_connection.cursor() as cursor:  # type: ignore[union-attr]
        for block in blocks:
            summaries.add(block)
            cursor.copy_expert(_COPY, io.StringIO(_copy_text(report_id, block)))
    return summaries


def _copy_text(report_id: int, block: Block) -> str:
    signals = block.signals if block.signals is not None else np.empty((len(block.frame), 0))
    rows = zip(
        block.face.tolist(),
        block.frame.tolist(),
        block.timestamp.tolist(),
        block.confidence.tolist(),
        block.success.tolist(),
        block.intensities.tolist(),
        block.presences.tolist(),
        signals.tolist(),
        strict=True,
    )
    return "".join(
        f"{report_id}\t{face}\t{frame}\t{time!r}\t{confidence:.4g}\t{'t' if success else 'f'}\t"
        f"{_array(intensities)}\t{presences}\t{_array(values)}\n"
        for face, frame, time, confidence, success, intensities, presences, values in rows
    )


def _array(values: list[float]) -> str:
    return "{" + ",".join([f"{value:.6g}" for value in values]) + "}"


def insert_extraction(session: Session, report_id: int, facts: Facts) -> None:
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
        )
    )


def insert_entries(session: Session, report_id: int, summaries: Summaries, facts: Facts) -> None:
    rows = list(summaries.entries(report_id, facts))
    if rows:
        session.execute(insert(DataEntry), rows)
