"""Whatever the bytes are: rows within their ranges and in order, or a MediaError. Nothing else."""

import contextlib
import io
import math
import random
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.measurements.csv import lines, looks_like, signal_blocks
from shared.measurements.model import Row
from shared.platform.errors import MediaError
from tests.measurements.csv import tables

pytestmark = pytest.mark.thorough

VALID = [
    tables.openface(),
    tables.openface(tables.FULL_IMAGE, frames=1, faces=3),
    tables.openface([*tables.VIDEO, *tables.POSE, *tables.UNITS], end="\r\n"),
    tables.pyfeat(without_face=[1]),
]
PIECES = [b",", b"\n", b"\r", b"\0", b'"', b"nan", b"inf", b"-", b"1e9", b"\xff", b" ", b"0", b"_"]


def check(content: bytes, folder: Path) -> None:
    file = folder / "fuzzed.csv"
    file.write_bytes(content)
    looks_like(content[:4096])
    found = outcome(file)
    if isinstance(found, MediaError):
        assert found.detail.isprintable()
        assert len(found.errors) <= 20
    else:
        assert_sound(found)
    with contextlib.suppress(MediaError):
        list(signal_blocks(file)[1])


def outcome(file: Path) -> list[Row] | MediaError:
    try:
        return list(tables.rows(file))
    except MediaError as error:
        return error


def assert_sound(rows: list[Row]) -> None:
    assert rows
    keys = [(row.frame, row.face) for row in rows]
    assert keys == sorted(set(keys))
    for row in rows:
        assert row.frame >= 1
        assert row.face >= 0
        assert math.isfinite(row.timestamp)
        assert 0 <= row.confidence <= 1
        assert len(row.intensities) == 17
        assert all(0 <= value <= 5 for value in row.intensities)
        assert 0 <= row.presences < 2**18


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(autouse=True)
def small_portions() -> Iterator[None]:
    """So that the edges between portions are met as well."""
    with mock.patch.object(lines, "READ_BYTES", 97):
        yield


@given(st.binary(max_size=2000))
@settings(max_examples=500, deadline=None)
def test_any_bytes(folder: Path, content: bytes) -> None:
    check(content, folder)


@given(st.sampled_from(VALID), st.binary(max_size=500))
@settings(max_examples=500, deadline=None)
def test_any_bytes_after_a_good_header(folder: Path, valid: bytes, rest: bytes) -> None:
    check(valid.splitlines(keepends=True)[0] + rest, folder)


@given(
    st.sampled_from(VALID),
    st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from(PIECES), st.integers(0, 3)),
        min_size=1,
        max_size=5,
    ),
)
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_changed_files(folder: Path, valid: bytes, changes: list[tuple[float, bytes, int]]) -> None:
    """Pieces put in, over what was there or beside it."""
    content = valid
    for place, piece, removed in changes:
        at = int(place * len(content))
        content = content[:at] + piece + content[at + removed :]
    check(content, folder)


def test_cut_files(folder: Path) -> None:
    chance = random.Random(1)
    for _ in range(300):
        valid = chance.choice(VALID)
        check(valid[: chance.randrange(len(valid))], folder)


def test_portions_make_no_difference() -> None:
    text = b"".join(b"line %d\n" % number for number in range(100)) + b"end"
    for size in (1, 7, 64, 10_000):
        with mock.patch.object(lines, "READ_BYTES", size):
            found = list(lines.line_blocks(io.BytesIO(text), first=5))
        numbers = [first + place for first, block in found for place in range(len(block))]
        assert [line for _, block in found for line in block] == text.split(b"\n")
        assert numbers == list(range(5, 106))
