"""Rows arrive as they were, summaries are numpy's, signals stay with their frames."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from shared.app import App
from shared.engines.action_units import INTENSITIES, PRESENCES
from shared.engines.base import Facts
from shared.errors import MediaError
from shared.measurement_csv import Block, paired
from shared.measurements import copy_frames, insert_entries, moved
from shared.models import ActionUnitReport, DataEntry, FrameMeasurement

FACES = 2


def blocks(frames: int, size: int = 7) -> Iterator[Block]:
    """Two faces in every frame; the second is sure in every other one."""
    random = np.random.default_rng(1)
    rows = frames * FACES
    numbers = np.repeat(np.arange(1, frames + 1), FACES).astype(np.int32)
    faces = np.tile(np.arange(FACES), frames).astype(np.int32)
    success = (faces == 0) | (numbers % 2 == 0)
    intensities = np.round(random.uniform(0, 5, (rows, len(INTENSITIES))), 2)
    presences = random.integers(0, 1 << len(PRESENCES), rows).astype(np.int32)
    for start in range(0, rows, size):
        part = slice(start, start + size)
        count = len(numbers[part])
        yield Block(
            frames=numbers[part],
            faces=faces[part],
            timestamps=numbers[part] / 25,
            confidences=np.full(count, 0.98),
            successes=success[part],
            intensities=intensities[part],
            presences=presences[part],
            signals=np.empty((count, 0)),
        )


def report(app: App) -> int:
    with app.database.begin() as session:
        row = ActionUnitReport(url="u", avatar=str(uuid.uuid4()))
        session.add(row)
        session.flush()
        return row.id


def test_every_value_arrives(app: App) -> None:
    report_id = report(app)
    with app.database.begin() as session:
        copy_frames(session, report_id, paired(blocks(50), None))
    with app.database.begin() as session:
        found = session.scalars(
            sa.select(FrameMeasurement).order_by(FrameMeasurement.frame, FrameMeasurement.face)
        ).all()
        expected = [row for block in blocks(50) for row in block.rows()]
        assert len(found) == len(expected) == 100
        for row, wanted in zip(found, expected, strict=True):
            assert (row.frame, row.face, row.success) == (wanted.frame, wanted.face, wanted.success)
            assert (row.timestamp, row.presences) == (wanted.timestamp, wanted.presences)
            assert row.confidence == pytest.approx(wanted.confidence)
            assert row.intensities == pytest.approx(list(wanted.intensities))
            assert row.signals == []


def test_summaries_are_numpy_s_over_confident_frames(app: App) -> None:
    report_id = report(app)
    facts = Facts("mediapipe", "1", {}, validity={"1": {"AU12": "high"}})
    with app.database.begin() as session:
        summaries = copy_frames(session, report_id, paired(blocks(50), None))
        insert_entries(session, report_id, summaries, facts)
    rows = [row for block in blocks(50) for row in block.rows() if row.face == 1 and row.success]
    smiles = np.array([row.intensities[INTENSITIES.index("AU12")] for row in rows])
    bit = PRESENCES.index("AU12")
    with app.database.begin() as session:
        entry = session.get_one(DataEntry, (report_id, 1, "AU12"))
    assert (entry.frames, entry.confident_frames) == (50, 25)
    assert entry.mean == pytest.approx(smiles.mean(), abs=1e-4)
    assert entry.sd == pytest.approx(smiles.std(), abs=1e-4)
    assert entry.p95 == pytest.approx(np.percentile(smiles, 95), abs=1e-4)
    assert entry.presence_share == pytest.approx(np.mean([r.presences >> bit & 1 for r in rows]))
    assert entry.validity == "high"


def signals_csv(path: Path, rows: list[tuple[int, int, str]]) -> Path:
    lines = ["frame,face_id,lip_opening,pose_Rx", *(f"{f},{i},{v},0.5" for f, i, v in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_signals_stay_with_their_frames(app: App, tmp_path: Path) -> None:
    report_id = report(app)
    rows = [(f, i, "" if f == 3 else str(f / 10)) for f in range(1, 51) for i in range(FACES)]
    with app.database.begin() as session:
        copy_frames(session, report_id, paired(blocks(50), signals_csv(tmp_path / "s.csv", rows)))
    with app.database.begin() as session:
        for row in session.scalars(sa.select(FrameMeasurement)):
            expected = np.nan if row.frame == 3 else row.frame / 10
            assert row.signals == pytest.approx([expected, 0.5], nan_ok=True)


@pytest.mark.parametrize("frames", [49, 60])
def test_signals_of_another_measurement_are_refused(app: App, tmp_path: Path, frames: int) -> None:
    report_id = report(app)
    rows = [(f if frames == 49 else f + 10, i, "1") for f in range(1, frames + 1) for i in (0, 1)]
    path = signals_csv(tmp_path / "s.csv", rows)
    with pytest.raises(MediaError), app.database.begin() as session:
        copy_frames(session, report_id, paired(blocks(50), path))
    with app.database.begin() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(FrameMeasurement)) == 0


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        (True, {}),
        (False, {"p95": 1.1}),
        (True, {"p95": 1.1, "au": "AU45"}),  # a blink is shorter than a twentieth of the time
        (None, {"validity": None}),
        (None, {"confident_frames": 1}),
        (None, {"p05": None, "p95": None, "max": None}),  # AU28
    ],
)
def test_whether_an_action_unit_moved(expected: bool | None, changes: dict[str, object]) -> None:
    usual = {"au": "AU12", "validity": "high", "p05": 0.2, "p95": 1.3, "max": 3.0}
    entry = DataEntry(**usual | {"confident_frames": 100} | changes)
    assert moved(entry, "intensity") is expected
    assert moved(entry, "probability") is None
