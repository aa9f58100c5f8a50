"""Rows become arrays, face by face."""

from pathlib import Path

import numpy as np
import pytest

from shared.analysis.series import FaceSeries, collect, collect_blocks
from shared.engines.action_units import CSV_COLUMNS, INTENSITIES
from shared.engines.base import Options, Row
from shared.measurement_csv import blocks
from tests.analysis.synthetic import clock, face


def row(frame: int, face_id: int, *signals: float) -> Row:
    values = [frame / 10] * len(INTENSITIES)
    return Row(frame, face_id, frame / 25, 0.9, frame != 2, values, 5, signals)


def test_rows_are_grouped_by_face() -> None:
    faces = collect([row(1, 3, 0.5), row(1, 0, 0.1), row(2, 3, float("nan"))], ["gap"])
    assert [item.face for item in faces] == [0, 3]
    second = faces[1]
    assert second.timestamps.tolist() == [0.04, 0.08]
    assert second.success.tolist() == [True, False]
    assert second.intensities.shape == (2, 17)
    assert second.intensities[1, 16] == pytest.approx(0.2)
    assert second.presences.tolist() == [5, 5]
    assert second.signals["gap"][0] == 0.5
    assert np.isnan(second.signals["gap"][1])


def test_blocks_of_a_csv_give_the_same_as_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "openface.csv"
    lines = [",".join(CSV_COLUMNS)]
    for frame in range(1, 9):
        for face_id in (0, 2)[: 1 + frame % 2]:
            values = [f"{frame / 10:.2f}"] * 17 + ["1"] * 18
            lines.append(",".join([f"{frame},{face_id},{frame / 25},0.9,1", *values]))
    path.write_text("\n".join(lines) + "\n")
    by_block = collect_blocks(blocks(path, Options()))
    rows = [row for block in blocks(path, Options()) for row in block.rows()]
    by_row = collect(rows)
    assert [len(item.timestamps) for item in by_block] == [8, 4]
    for one, other in zip(by_block, by_row, strict=True):
        assert np.array_equal(one.timestamps, other.timestamps)
        assert np.array_equal(one.intensities, other.intensities)
        assert one.presences.tolist() == other.presences.tolist()


def test_long_clips_come_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.analysis.series.BATCH", 3)
    (series,) = collect((row(frame, 0, frame) for frame in range(1, 11)), ["gap"])
    assert series.signals["gap"].tolist() == list(range(1, 11))
    assert series.timestamps == pytest.approx(np.arange(1, 11) / 25)


def test_signals_that_nobody_needs_are_not_kept() -> None:
    (series,) = collect([row(1, 0, 0.5, 0.7, 0.9)], ["a", "b", "c"], keep={"b"})
    assert {name: values.tolist() for name, values in series.signals.items()} == {
        "b": [pytest.approx(0.7)]
    }


def test_a_row_with_other_signals_is_refused() -> None:
    with pytest.raises(ValueError, match="1 signals, not 0"):
        collect([row(1, 0, 0.5)])


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    good = face(clock(25, 1))
    with pytest.raises(ValueError, match="success"):
        FaceSeries(0, good.timestamps, good.success[:3], good.intensities, good.presences)
    with pytest.raises(ValueError, match="intensities"):
        FaceSeries(0, good.timestamps, good.success, good.intensities[:, :5], good.presences)


def test_time_does_not_go_back() -> None:
    good = face(clock(25, 1))
    with pytest.raises(ValueError, match="go back"):
        FaceSeries(0, good.timestamps[::-1], good.success, good.intensities, good.presences)
