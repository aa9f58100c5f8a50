"""`signals.csv`: names from the header, NaN for what was not measured."""

from pathlib import Path

import numpy as np
import pytest

from shared.measurements.csv import signal_blocks
from shared.platform.errors import Code, MediaError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "signals.csv"


def test_values_and_gaps(file: Path) -> None:
    file.write_text("frame,face_id,lip_opening,pose_Rx\n1,0,0.5,\n1,1,,-0.25\n2,0,nan,1e-3\n")
    names, found = signal_blocks(file)
    [block] = found
    assert names == ("lip_opening", "pose_Rx")
    assert block.frames.tolist() == [1, 1, 2]
    assert block.faces.tolist() == [0, 1, 0]
    expected = np.array([[0.5, np.nan], [np.nan, -0.25], [np.nan, 0.001]])
    np.testing.assert_array_equal(block.values, expected)


def test_long_files_come_in_blocks(file: Path) -> None:
    rows = "".join(f"{frame},0,{frame / 7:.6g}\n" for frame in range(1, 50_001))
    file.write_text("frame,face_id,lip_opening\n" + rows)
    _, found = signal_blocks(file)
    sizes = [len(block) for block in found]
    assert sum(sizes) == 50_000
    assert len(sizes) > 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("face_id,frame,a\n", "must begin with frame,face_id"),
        ("frame,face_id,a,a\n", "each differently"),
        ("frame,face_id," + ",".join(f"s{n}" for n in range(300)), "more than 256 signals"),
        ("frame,face_id,a\n1,0\n", "Line 2: The line has 2 fields; the header has 3."),
        ("frame,face_id,a\n0,0,1\n", "frame is 0"),
        ("frame,face_id,a\n1,0,1\n\n2,0,1\n", "Line 3: The line is empty."),
    ],
)
def test_what_is_refused(file: Path, content: str, sentence: str) -> None:
    file.write_text(content)
    with pytest.raises(MediaError, match=sentence) as caught:
        list(signal_blocks(file)[1])
    assert caught.value.code is Code.INVALID_CSV
