"""CSVs as Excel, pandas and OpenFace on Windows write them."""

from pathlib import Path

import numpy as np
import pytest

from shared.measurements.csv import blocks, dialect_of, looks_like
from shared.media.formats import CSV, sniff_file
from shared.platform.errors import MediaError
from tests.measurements.csv import tables


@pytest.fixture
def lines() -> list[str]:
    return tables.openface(frames=6).decode().splitlines()


def write(path: Path, lines: list[str], end: str = "\n") -> Path:
    path.write_bytes((end.join(lines) + end).encode())
    return path


def rows(path: Path) -> int:
    return sum(len(block) for block in blocks(path))


@pytest.mark.parametrize("first", ["sep=,", "\ufeffsep=,", "SEP=,", '"sep=,"'])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_excels_first_line(tmp_path: Path, lines: list[str], first: str, end: str) -> None:
    path = write(tmp_path / "excel.csv", [first, *lines], end)
    assert rows(path) == 6
    if first == "sep=,":
        assert sniff_file(path) is CSV


def test_lines_are_counted_from_the_files_first(tmp_path: Path, lines: list[str]) -> None:
    lines[3] = "x" + lines[3]
    with pytest.raises(MediaError) as refused:
        rows(write(tmp_path / "bad.csv", ["sep=,", *lines]))
    assert refused.value.errors[0].field == "line 5"


def _without_success(lines: list[str], row: int, word: str, success: str) -> list[str]:
    names = [name.strip() for name in lines[0].split(",")]
    cells = lines[row].split(",")
    for place, name in enumerate(names):
        if name.startswith("AU"):
            cells[place] = word
    cells[names.index("success")] = success
    cells[names.index("confidence")] = "0"
    return [*lines[:row], ",".join(cells), *lines[row + 1 :]]


@pytest.mark.parametrize("word", ["-nan(ind)", "nan", "-1.#IND", " -nan"])
def test_a_row_without_success_counts_for_nothing(
    tmp_path: Path, lines: list[str], word: str
) -> None:
    path = write(tmp_path / "windows.csv", _without_success(lines, 2, word, "0"))
    [block] = blocks(path)
    assert len(block) == 6
    assert not block.successes[1]
    assert np.isfinite(block.intensities).all()
    with pytest.raises(MediaError):
        rows(write(tmp_path / "bad.csv", _without_success(lines, 2, word, "1")))


def test_pandas_index_and_quoted_paths(tmp_path: Path, lines: list[str]) -> None:
    """`to_csv()` writes an index first; a path with a comma is quoted, and skipped unread."""
    made = [f",{lines[0]},input"]
    made += [f'{n},{line},"C:\\clips, new\\a ""b"".mp4"' for n, line in enumerate(lines[1:])]
    path = write(tmp_path / "pandas.csv", made)
    assert looks_like(path.read_bytes()[:2000])
    assert dialect_of(path).engine == "openface"
    assert rows(path) == 6
    for broken in ('"open', 'a"b', '"a" b'):
        made[2] = f"1,{lines[2]},{broken}"
        with pytest.raises(MediaError, match="quotation mark"):
            rows(write(tmp_path / "bad.csv", made))
