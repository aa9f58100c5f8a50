"""What is read back is what was written, whatever its size."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa
from numpy.typing import NDArray

from shared.analysis.default_sets import ALIVE
from shared.analysis.judging import judge
from shared.app import App
from shared.database.extractions import insert_extraction
from shared.database.frames import copy_frames
from shared.database.tables import ActionUnitReport, Extraction
from shared.measurements.csv import Block, paired
from shared.measurements.model import MediaType
from shared.reports import recordings, reports
from tests import recorded
from tests.analysis.living import signals
from tests.analysis.synthetic import drawn


def test_every_row_comes_back(app: App) -> None:
    frames, faces = 3000, 3  # several portions
    with app.database.begin() as session:
        stored = recorded.measurement(session, frames, faces=faces)
        found = stored.recording(session, app.storage)
    assert found.type is MediaType.VM
    assert found.facts == recorded.facts(frames, faces)
    expected = recorded.series(frames, faces)
    assert [series.face for series in found.faces] == [0, 1, 2]
    for series, other in zip(found.faces, expected, strict=True):
        for column in ("timestamps", "success", "presences"):
            assert np.array_equal(getattr(series, column), getattr(other, column)), column
        for au, intensities in other.intensities.items():
            assert np.array_equal(series.intensities[au], intensities), au


def test_only_the_signals_of_measures_are_read(
    app: App, tmp_path_factory: pytest.TempPathFactory
) -> None:
    wanted = recordings.SIGNALS[0]
    names = ["gaze_angle_y", wanted, "gaze_angle_x"]
    signals = tmp_path_factory.mktemp("signals") / "signals.csv"
    rows = [f"{frame},0,0.1,{frame / 4},0.3" for frame in range(1, 11)]
    signals.write_text("\n".join([f"frame,face_id,{','.join(names)}", *rows, ""]))
    facts = recorded.facts(10)
    facts.signals = tuple(names)
    with app.database.begin() as session:
        report = ActionUnitReport(url="u", avatar="a", type=MediaType.VS)
        session.add(report)
        session.flush()
        copy_frames(session, report.id, paired(recorded.blocks(recorded.waves(10)), signals))
        insert_extraction(session, report.id, facts)
        found = recordings.load(
            session, app.storage, report, session.get_one(Extraction, report.id), None
        )
    (series,) = found.faces
    assert list(series.signals) == [wanted]
    assert series.signals[wanted].tolist() == [frame / 4 for frame in range(1, 11)]


def test_a_measurement_without_rows_has_no_face(app: App) -> None:
    with app.database.begin() as session:
        stored = recorded.measurement(session, 1)
        session.execute(sa.text("DELETE FROM frame_measurement"))
        assert stored.recording(session, app.storage).faces == []


def test_rows_of_another_form_are_not_misread(app: App) -> None:
    with app.database.begin() as session:
        stored = recorded.measurement(session, 3)
        session.execute(
            sa.text("UPDATE frame_measurement SET intensities = '{1,2}' WHERE frame = 2")
        )
        with pytest.raises(ValueError, match="form"):
            stored.recording(session, app.storage)


@pytest.mark.thorough
def test_an_hour_is_judged_in_little_more_memory_than_ten_minutes(app: App) -> None:
    """Read, measured and judged: what grows are times, a column or two, and windows' values."""
    most = {seconds: _most(app, seconds) for seconds in (600, 3600)}
    assert most[3600] - most[600] < 3000 * 3000  # bytes, for each second of footage more


def _most(app: App, seconds: int) -> int:
    """Bytes held at once while a stored clip of a living face is read and judged."""
    frames = round(seconds * recorded.FPS)
    drawings = signals(1)
    facts = replace(recorded.facts(frames), engine="mediapipe", signals=tuple(drawings))

    def pairs() -> Iterator[tuple[Block, NDArray[np.float64]]]:
        for block in recorded.blocks(recorded.waves(frames)):
            yield block, np.column_stack([drawn(it, block.timestamps) for it in drawings.values()])

    with app.database.begin() as session:
        report = ActionUnitReport(url="u", avatar="a", type=MediaType.VS)
        session.add(report)
        session.flush()
        copy_frames(session, report.id, pairs())
        insert_extraction(session, report.id, facts)
        stored = reports.locate(session, report.id)
        tracemalloc.start()
        judged = judge(ALIVE, stored.load(session, app.storage), stored.subject)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert judged.faces[0].naturalness is not None
    return peak
