"""A measurement as a whole in the database: its row, its facts, a summary per face and Action Unit.

Memory grows with a clip only by what the percentiles need: 18 small numbers per frame and face.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from shared.database.tables import ActionUnitReport, DataEntry, Extraction
from shared.measurements.action_units import INTENSITIES, PRESENCES, has_moved
from shared.measurements.csv import Block
from shared.measurements.model import Facts, MediaType

PERCENTILES: Final = (5, 25, 50, 75, 95)
MIN_FRAMES: Final = 10  # of a clip that says something of movement
DECIMALS: Final = 4  # of a summary; the frames have two


def insert_report(
    session: Session, *, avatar: str, name: str, url: str, media_type: MediaType
) -> int:
    """A row that other programs read as well; its id is the measurement's number."""
    values = {"avatar": avatar, "name": name, "url": url, "type": media_type}
    made = insert(ActionUnitReport).values(values).returning(ActionUnitReport.id)
    return session.execute(made).scalar_one()


def delete_reports(session: Session, report_ids: Iterable[int]) -> None:
    """Measurements, and all that is stored of them; quiet about those that are gone."""
    session.execute(delete(ActionUnitReport).where(ActionUnitReport.id.in_(list(report_ids))))


def insert_extraction(
    session: Session, report_id: int, facts: Facts, *, rows_in_blobs: bool = False
) -> None:
    """Each fact is a column."""
    values = facts.to_json() | {"report_id": report_id, "rows_in_blobs": rows_in_blobs}
    session.execute(insert(Extraction).values(values))


def facts_of(extraction: Extraction) -> Facts:
    """The reverse of `insert_extraction`."""
    return Facts.from_json({item.name: getattr(extraction, item.name) for item in fields(Facts)})


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


def summarise(pairs: Iterable[tuple[Block, NDArray[np.float64]]]) -> Summaries:
    """The summaries of rows that stay in files."""
    summaries = Summaries()
    for block, _ in pairs:
        summaries.add(block)
    return summaries


def insert_entries(session: Session, report_id: int, summaries: Summaries, facts: Facts) -> None:
    rows = list(summaries.entries(report_id, facts))
    if rows:
        session.execute(insert(DataEntry), rows)


def read(session: Session, report_id: int) -> tuple[Extraction, Sequence[DataEntry]] | None:
    """The facts, and the summaries in the order of (face, au); None where nothing was measured."""
    extraction = session.get(Extraction, report_id)
    if extraction is None:
        return None
    query = select(DataEntry).where(DataEntry.report_id == report_id)
    return extraction, session.scalars(query.order_by(DataEntry.face, DataEntry.au)).all()


def moved(entry: DataEntry, scale: str) -> bool | None:
    """Whether an Action Unit moved in a clip, as far as its engine states validity; else None."""
    if entry.validity is None or scale != "intensity" or entry.confident_frames < MIN_FRAMES:
        return None
    if entry.p05 is None or entry.p95 is None or entry.max is None:
        return None
    return has_moved(entry.au, entry.p05, entry.p95, entry.max)
