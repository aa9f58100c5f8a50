"""Rows come out as they are in the file, and every bad row is named by its line."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from shared.measurements.action_units import INTENSITIES, PRESENCES
from shared.measurements.csv import Dialect, blocks, dialect_of
from shared.measurements.model import Options, Row
from shared.platform.errors import Code, MediaError
from tests.measurements.csv import tables
from tests.measurements.csv.tables import FULL_VIDEO, IMAGE, UNITS, VIDEO

BOM = b"\xef\xbb\xbf"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "openface.csv"


def rows_of(file: Path, content: bytes, options: Options | None = None) -> list[Row]:
    file.write_bytes(content)
    return list(tables.rows(file, options))


def refusal(file: Path, content: bytes, options: Options | None = None) -> MediaError:
    with pytest.raises(MediaError) as caught:
        rows_of(file, content, options)
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        tables.openface(),
        tables.openface(header=",", rows=","),
        tables.openface(rows=","),
        tables.openface(end="\r\n"),
        tables.openface(end="\r\r\n"),
        BOM + tables.openface(header=",", rows=","),
        tables.openface() + b"\n\n  \r\n",
        tables.openface()[:-1],
        tables.openface([name for name in (*VIDEO, *UNITS) if name != "face_id"]),
        tables.openface([*reversed(UNITS), *VIDEO]),
        tables.openface(FULL_VIDEO),
    ],
    ids=["spaces", "none", "header only", "CRLF", "CRCRLF", "BOM", "blank end", "no line end",
         "no face_id", "other order", "full"],
)  # fmt: skip
def test_all_forms_of_a_clip_give_the_same_rows(file: Path, content: bytes) -> None:
    rows = rows_of(file, content)
    assert [(row.frame, row.face, row.timestamp) for row in rows] == [
        (1, 0, 0.0),
        (2, 0, 0.04),
        (3, 0, 0.08),
    ]
    assert rows[0].confidence == 0.98
    assert rows[0].success is True
    assert rows[1].intensities[INTENSITIES.index("AU12")] == 0.26
    assert [rows[0].presences >> PRESENCES.index(au) & 1 for au in ("AU01", "AU28")] == [0, 1]


def test_an_image_has_frame_1_and_time_0_and_success_by_confidence(file: Path) -> None:
    content = tables.openface(
        [*IMAGE, *UNITS],
        frames=1,
        faces=2,
        change=lambda name, frame, face: "0.017" if name == "confidence" and face else None,
    )
    rows = rows_of(file, content)
    assert [(row.frame, row.face, row.timestamp, row.success) for row in rows] == [
        (1, 0, 0.0, True),
        (1, 1, 0.0, False),
    ]
    assert any(rows[1].intensities), "values are kept where success is 0"


def test_the_threshold_takes_success_away_and_never_gives_it(file: Path) -> None:
    def change(name: str, frame: int, face: int) -> str | None:
        if name == "success":
            return "0" if frame == 3 else "1"
        return "0.5" if name == "confidence" and frame == 2 else None

    rows = rows_of(file, tables.openface(change=change), Options(confidence_threshold=0.6))
    assert [row.success for row in rows] == [True, False, False]


def test_pose_and_gaze_are_signals_and_what_is_no_number_is_nan(file: Path) -> None:
    content = tables.openface(
        FULL_VIDEO, change=lambda name, frame, face: "-nan(ind)" if name == "gaze_0_x" else None
    )
    file.write_bytes(content)
    dialect, rows = dialect_of(file), tables.rows(file)
    first = dict(zip(dialect.signals, next(rows).signals, strict=True))
    assert first["pose_Tz"] == 600.0
    assert np.isnan(first["gaze_0_x"])


@pytest.mark.parametrize("later", [False, True])
def test_pyfeat_counts_frames_from_0_and_says_no_face_in_two_ways(file: Path, later: bool) -> None:
    content = tables.pyfeat(frames=3, without_face=[1], later=later, index=True)
    rows = rows_of(file, content)
    assert [(row.frame, row.face, row.success) for row in rows] == [
        (1, 0, True),
        (2, 0, False),
        (3, 0, True),
    ]
    assert list(rows[1].intensities) == [0.0] * 17
    assert rows[2].intensities[INTENSITIES.index("AU45")] == 0.3
    assert rows[2].presences == 0


def test_pyfeat_numbers_faces_by_place_also_across_blocks(file: Path) -> None:
    rows = rows_of(file, tables.pyfeat(frames=500, faces=3))
    assert [(row.frame, row.face) for row in rows] == [
        (frame, face) for frame in range(1, 501) for face in range(3)
    ]


def test_pyfeat_probability_of_one_half_is_presence(file: Path) -> None:
    rows = rows_of(file, tables.pyfeat(frames=5))
    assert [row.presences for row in rows] == [0, 0, 0, 0, 2**18 - 1]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("AU06_r", "7.2", "AU06_r is 7.2; it must be a number from 0 to 5."),
        ("AU06_r", "-0.1", "it must be a number from 0 to 5"),
        ("AU06_r", "nan", "AU06_r is 'nan'; it must be a number"),
        ("AU06_r", "inf", "AU06_r is 'inf'; it must be a number"),
        ("AU06_r", "1e999", "AU06_r is inf; it must be a number"),
        ("AU06_r", "1_0", "AU06_r is '1_0'"),
        ("AU06_r", " ", "AU06_r is ''"),
        ("AU06_r", "١", "AU06_r is"),
        ("AU28_c", "0.5", "AU28_c is 0.5; it must be 0 or 1."),
        ("AU28_c", "2", "AU28_c is 2; it must be 0 or 1."),
        ("confidence", "1.01", "confidence is 1.01; it must be a number from 0 to 1."),
        ("success", "0.99", "success is 0.99; it must be 0 or 1."),
        ("frame", "2.5", "frame is 2.5; it must be a whole number, 1 or more."),
        ("frame", "1", "Frame 1 has face 0 twice."),
        ("frame", "0", "frame is 0; it must be a whole number, 1 or more."),
        ("frame", "9999999999", "frame is 1e+10"),
        ("face_id", "-1", "face_id is -1; it must be a whole number, 0 or more."),
        ("timestamp", "-1", "timestamp is -1"),
        ("timestamp", "1e300", "timestamp is 1e+300"),
        ("AU01_r", '"1.0"', "quotation mark"),
        ("AU01_r", "1\0", "NUL byte"),
        ("AU01_r", "1,1", "The line has 41 fields; the header has 40."),
        ("AU01_r", "1\n1", "fields; the header has 40."),
        ("AU01_r", "1;5", "AU01_r is '1;5'"),
    ],
)
def test_a_bad_value_is_named_by_line_and_column(
    file: Path, name: str, text: str, sentence: str
) -> None:
    content = tables.openface(
        frames=4,
        rows=",",
        change=lambda column, frame, face: text if (column, frame) == (name, 2) else None,
    )
    error = refusal(file, content)
    assert error.code is Code.INVALID_CSV
    assert error.errors[0].field == "line 3"
    assert sentence in error.errors[0].detail
    assert f"Line 3: {error.errors[0].detail}" in error.detail


def test_rows_out_of_order(file: Path) -> None:
    header, *lines = tables.openface(frames=5).splitlines(keepends=True)
    error = refusal(file, header + b"".join(lines[place] for place in (0, 3, 1, 2, 4)))
    assert [(each.field, each.detail) for each in error.errors] == [
        ("line 4", "Frame 2 comes after frame 4; sort the rows by frame.")
    ]
    faces = tables.openface(frames=1, faces=2).splitlines(keepends=True)
    error = refusal(file, faces[0] + faces[2] + faces[1])
    assert "Face 0 of frame 1 comes after face 1" in error.detail


def test_time_must_not_go_back(file: Path) -> None:
    content = tables.openface(
        change=lambda name, frame, face: "0.5" if (name, frame) == ("timestamp", 2) else None
    )
    assert refusal(file, content).errors[0].field == "line 4"


def test_pyfeat_with_some_action_units_missing_in_a_row(file: Path) -> None:
    content = tables.pyfeat().replace(b",0.2,0.2,Person_0", b",,0.2,Person_0")
    error = refusal(file, content)
    assert error.errors[0].field == "line 3"
    assert "AU43 is nan; it must be a number from 0 to 1." in error.detail


def test_the_first_twenty_bad_rows_are_named_over_blocks_of_a_long_file(file: Path) -> None:
    bad = [3, 1500, 1501, *range(3000, 9000, 100)]
    content = tables.openface(
        frames=9000,
        change=lambda name, frame, face: "9" if name == "AU12_r" and frame in bad else None,
    )
    error = refusal(file, content)
    assert [each.field for each in error.errors] == [f"line {frame + 1}" for frame in bad[:20]]
    assert error.detail.startswith("At least 20 rows cannot be used, so nothing of the file")
    assert "Line 4: AU12_r is 9;" in error.detail


def test_blank_lines_are_faults_only_where_rows_follow(file: Path) -> None:
    header, *lines = tables.openface().splitlines(keepends=True)
    error = refusal(file, header + lines[0] + b"\n\n" + lines[1] + b"\n")
    assert [each.field for each in error.errors] == ["line 3", "line 4"]
    assert "more than 1,000 empty lines" in refusal(file, header + b"\n" * 5000).detail


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (tables.openface().splitlines()[0], "a header but no rows"),
        (b"a,b\n1,2\n", "neither OpenFace's"),
        (tables.openface(header=";", rows=";"), "separated by commas"),
        (tables.openface().decode().encode("utf-16"), "Save the file as UTF-8"),
        (b'"frame","AU01_r"\n', "without quotation marks"),
        (b"x" * 200_000, "longer than 128 KB"),
        (tables.openface() + b"1" * 500_000, "Line 5: The line is longer than 128 KB"),
        (tables.openface(end="\r"), "not in a carriage return alone"),
    ],
)
def test_what_cannot_be_read_at_all(file: Path, content: bytes, sentence: str) -> None:
    error = refusal(file, content)
    assert error.code is Code.INVALID_CSV
    assert sentence in error.detail


def test_an_empty_file(file: Path) -> None:
    assert refusal(file, b"").code is Code.EMPTY_FILE


def test_frames_and_faces_are_bounded(file: Path) -> None:
    error = refusal(file, tables.openface(frames=11), Options(max_frames=10))
    assert error.code is Code.VIDEO_TOO_LONG
    error = refusal(file, tables.openface([*IMAGE, *UNITS], frames=1, faces=300))
    assert "Line 258: frame 1 has more than 256 rows" in error.detail


def test_memory_does_not_grow_with_the_file(file: Path) -> None:
    """Blocks are dropped as they come, so the peak is that of a few blocks."""
    header, *lines = tables.openface(frames=100).splitlines(keepends=True)

    def peak(rounds: int) -> int:
        with file.open("wb") as target:
            target.write(header)
            for number in range(rounds * 100):
                rest = lines[number % 100].split(b", ", 3)[3]
                target.write(b"%d, 0, %.3f, " % (number + 1, number / 25) + rest)
        tracemalloc.start()
        try:
            assert sum(len(block) for block in blocks(file)) == rounds * 100
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(60) < 1.1 * peak(30) < 20_000_000


def test_a_line_without_end_is_refused_before_it_is_read(file: Path) -> None:
    """A sparse file of 2 GB: NUL bytes, no line feed."""
    with file.open("wb") as target:
        target.write(tables.openface())
        target.truncate(2_000_000_000)
    with pytest.raises(MediaError, match="longer than 128 KB"):
        list(tables.rows(file))


def test_a_block_gives_one_face_as_face_0(file: Path) -> None:
    file.write_bytes(tables.openface(frames=4, faces=2))
    [block] = blocks(file)
    only = block.of_face(1)
    assert only.frames.tolist() == [1, 2, 3, 4]
    assert only.faces.tolist() == [0, 0, 0, 0]
    assert len(block.of_face(7)) == 0


def test_columns_that_are_not_needed_may_hold_anything(file: Path) -> None:
    names = [*VIDEO, "note", *UNITS]
    content = tables.openface(
        names, change=lambda name, frame, face: "n/a" if name == "note" else None
    )
    assert len(rows_of(file, content)) == 3
    quoted = content.replace(b"n/a", b'"n', 1)
    assert "quotation mark" in refusal(file, quoted).detail


def test_dialect_is_public_knowledge(file: Path) -> None:
    file.write_bytes(tables.openface())
    dialect = dialect_of(file)
    assert isinstance(dialect, Dialect)
    assert dialect.width == 40
