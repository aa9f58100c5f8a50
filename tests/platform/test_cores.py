"""The number of engines follows the quota of the container, not the cores of its machine."""

import os
from pathlib import Path

import pytest

from shared.platform.cores import cores


@pytest.fixture(autouse=True)
def machine_with_64_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)


def system(root: Path, cgroup: str, files: dict[str, str]) -> Path:
    """A file system with these control groups, seen from the process's own."""
    for name, text in {"proc/self/cgroup": cgroup, **files}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def test_the_scheduler_alone(tmp_path: Path) -> None:
    assert cores(tmp_path) == 64


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("200000 100000", 2), ("150000 100000", 2), ("50000 100000", 1), ("max 100000", 64), ("", 64)],
)
def test_version_2(tmp_path: Path, quota: str, expected: int) -> None:
    """As a container sees it: its own group is the root."""
    assert cores(system(tmp_path, "0::/\n", {"sys/fs/cgroup/cpu.max": f"{quota}\n"})) == expected


def test_the_least_of_the_groups_above_counts(tmp_path: Path) -> None:
    files = {
        "sys/fs/cgroup/pod/cpu.max": "400000 100000\n",
        "sys/fs/cgroup/pod/app/cpu.max": "max 100000\n",
        "sys/fs/cgroup/pod/app/child/cpu.max": "800000 100000\n",
    }
    assert cores(system(tmp_path, "0::/pod/app/child\n", files)) == 4


@pytest.mark.parametrize(("quota", "expected"), [("200000", 2), ("-1", 64)])
def test_version_1_with_the_hosts_path(tmp_path: Path, quota: str, expected: int) -> None:
    """Docker's: the path is that of the machine, what is mounted is the container's group."""
    cgroup = "5:memory:/docker/1234\n4:cpu,cpuacct:/docker/1234\n"
    files = {
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": f"{quota}\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    }
    assert cores(system(tmp_path, cgroup, files)) == expected


def test_a_quota_above_the_cores_adds_none(tmp_path: Path) -> None:
    files = {"sys/fs/cgroup/cpu.max": "12800000 100000"}
    assert cores(system(tmp_path, "0::/\n", files)) == 64
