"""The files of a measurement are in OpenFace's formats, and wrong rows never get into them."""

import hashlib
import json
import math
import resource
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.engines import output
from shared.engines.base import EngineResult
from shared.measurements import sound as sounds
from shared.measurements.action_units import CSV_COLUMNS, INTENSITIES, PRESENCES
from shared.measurements.files import SOUND
from shared.measurements.model import Facts, Row
from shared.measurements.sound import Heard
from shared.platform.blob_names import (
    EXTRACTION_BLOB,
    MEASUREMENT_BLOB,
    SIGNALS_BLOB,
    SOUND_BLOB,
)
from tests.speech import babble, heard

ROW = Row(1, 0, 0.0, 0.98, True, [0.0] * len(INTENSITIES), 0)


def facts(*signals: str) -> Facts:
    return Facts("good", "1.2", {"confidence_threshold": 0.7}, signals=signals)


def write(directory: Path, *rows: Row, of: Facts | None = None) -> Facts:
    return output.write(EngineResult(of or facts(), iter(rows)), directory)


def extraction(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / EXTRACTION_BLOB).read_bytes())
    return found


def test_the_table_is_openfaces(tmp_path: Path) -> None:
    intensities = [index / 7 for index in range(len(INTENSITIES))]
    last = 1 << (len(PRESENCES) - 1)
    write(
        tmp_path,
        replace(ROW, intensities=intensities, presences=1 | last),
        replace(ROW, frame=2, timestamp=1 / 24, confidence=0.0, success=False),
    )
    header, first, second = (tmp_path / MEASUREMENT_BLOB).read_text().splitlines()
    assert header.split(",") == list(CSV_COLUMNS)
    assert first == (
        "1,0,0.000,0.98,1,0.00,0.14,0.29,0.43,0.57,0.71,0.86,1.00,1.14,1.29,1.43,1.57,1.71,1.86,"
        "2.00,2.14,2.29,1.00," + "0.00," * 16 + "1.00"
    )
    assert second == "2,0,0.042,0.00,0," + ",".join(["0.00"] * 35)
    assert not (tmp_path / SIGNALS_BLOB).exists()


def test_signals_have_their_own_table(tmp_path: Path) -> None:
    named = facts("pose_Rx", "lip_opening")
    write(
        tmp_path,
        replace(ROW, signals=(-0.123456789, math.nan)),
        replace(ROW, face=1, signals=(0, 1e-9)),
        of=named,
    )
    assert (tmp_path / SIGNALS_BLOB).read_text() == (
        "frame,face_id,pose_Rx,lip_opening\n1,0,-0.123457,\n1,1,0,1e-09\n"
    )


def test_the_facts_are_what_the_engine_knew_at_the_end(tmp_path: Path) -> None:
    known = facts()

    def rows() -> Iterator[Row]:
        yield ROW
        known.frames, known.faces = 1, 1
        known.validity = {"0": {"AU12": "high"}}

    written = output.write(EngineResult(known, rows()), tmp_path)
    found = extraction(tmp_path)
    assert Facts.from_json(found) == written
    assert found["frames"] == 1
    digest = hashlib.sha256((tmp_path / MEASUREMENT_BLOB).read_bytes()).hexdigest()
    assert (found["rows"], found["csv_sha256"]) == (1, digest)


def test_no_rows_are_a_header(tmp_path: Path) -> None:
    write(tmp_path)
    assert extraction(tmp_path)["rows"] == 0
    assert (tmp_path / MEASUREMENT_BLOB).read_text().splitlines() == [",".join(CSV_COLUMNS)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (ROW, "comes after"),
        (replace(ROW, frame=0), "comes after"),
        (replace(ROW, frame=2, intensities=[0.0] * 16), "too few or too many values"),
        (replace(ROW, frame=2, signals=(1.0,)), "too few or too many values"),
        (replace(ROW, frame=2, intensities=[math.nan] * 17), "no number"),
        (replace(ROW, frame=2, timestamp=math.inf), "no number"),
    ],
)
def test_a_wrong_row_leaves_no_extraction(tmp_path: Path, row: Row, words: str) -> None:
    """Not even that of an earlier attempt, which would vouch for a half-written table."""
    write(tmp_path, ROW)
    with pytest.raises(ValueError, match=words):
        write(tmp_path, ROW, row)
    assert not (tmp_path / EXTRACTION_BLOB).exists()


def test_memory_does_not_grow_with_the_clip(tmp_path: Path) -> None:
    def rows(count: int) -> Iterator[Row]:
        return (replace(ROW, frame=frame) for frame in range(1, count + 1))

    output.write(EngineResult(facts(), rows(2_000)), tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    output.write(EngineResult(facts(), rows(40_000)), tmp_path)
    assert extraction(tmp_path)["rows"] == 40_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4_000  # [kB]


def test_sound_lies_beside_the_table_and_its_digest_among_the_settings(tmp_path: Path) -> None:
    said = heard(babble(2, seed=1).samples)
    result = EngineResult(facts(), iter([ROW]))
    known = output.write(result, tmp_path, Heard(said, unreadable=2))
    content = (tmp_path / SOUND_BLOB).read_bytes()
    assert content == sounds.to_bytes(said)
    assert extraction(tmp_path)["settings"][SOUND] == hashlib.sha256(content).hexdigest()
    (warning,) = known.warnings
    assert "at 2 places it could not be decoded" in warning


def test_silence_is_not_the_same_as_not_having_listened(tmp_path: Path) -> None:
    (tmp_path / SOUND_BLOB).write_bytes(b"of an earlier attempt")
    output.write(EngineResult(facts(), iter([ROW])), tmp_path, Heard(None))
    assert extraction(tmp_path)["settings"][SOUND] is None
    assert not (tmp_path / SOUND_BLOB).exists()
    write(tmp_path, ROW)
    assert SOUND not in extraction(tmp_path)["settings"]
