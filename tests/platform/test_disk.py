"""Room is asked for before anything is written, and what is missing is told apart."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from shared.platform import disk
from shared.platform.disk import RESERVE_BYTES, DiskFullError, DiskTooSmallError
from shared.platform.outages import as_problem, is_outage

MEGABYTE = 1024 * 1024


class Usage(NamedTuple):
    total: int
    used: int
    free: int


SetDisk = Callable[[int, int], None]


@pytest.fixture
def disk_has(monkeypatch: pytest.MonkeyPatch) -> SetDisk:
    """Its size and what is free of it, in megabytes beside the reserve."""

    def set_it(total: int, free: int) -> None:
        total, free = (RESERVE_BYTES + each * MEGABYTE for each in (total, free))
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(total, total - free, free))

    return set_it


def test_what_fits_is_taken(tmp_path: Path, disk_has: SetDisk) -> None:
    disk_has(10, 2)
    disk.take(tmp_path / "media", 2 * MEGABYTE)
    assert (tmp_path / "media").exists()


def test_no_room_now_is_an_outage(tmp_path: Path, disk_has: SetDisk) -> None:
    disk_has(10, 1)
    with pytest.raises(DiskFullError) as full:
        disk.take(tmp_path / "media", 2 * MEGABYTE)
    assert list(tmp_path.iterdir()) == []
    assert is_outage(full.value)
    problem = as_problem(full.value)
    assert (problem.status, problem.headers["Retry-After"]) == (503, "60")


def test_no_room_ever_is_none(tmp_path: Path, disk_has: SetDisk) -> None:
    disk_has(1, 1)
    with pytest.raises(DiskTooSmallError) as small:
        disk.take(tmp_path / "media", 2 * MEGABYTE)
    assert not is_outage(small.value)


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="This system sets no room aside.")
def test_who_asks_at_the_same_time_gets_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DiskFullError):
        disk.take(tmp_path / "media", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DiskFullError(), True),
        (OSError(errno.ENOSPC, "full"), True),
        (OSError(errno.EACCES, "no"), False),
        (ValueError(), False),
    ],
)
def test_the_systems_own_word_counts_too(error: Exception, expected: bool) -> None:
    assert disk.is_full(error) is expected
