"""How many cores this process may use: what it is bound to, and what its control groups grant.

A container's share of the processor is a quota of its control group (`docker run --cpus 2`,
Container Apps' `cpu`), which the scheduler's affinity knows nothing of: on a machine with 64 cores
a container with two of them sees 64. Both versions of control groups are read. The quota counts in
the group itself and in every group above it; a container sees its own as the root.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

_ROOT: Final = Path("/")


def cores(root: Path = _ROOT) -> int:
    """At least 1. A part of a core counts as one: two and a half are three."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    granted = min(_quotas(root), default=math.inf)
    return max(1, min(bound or 1, math.ceil(granted) if math.isfinite(granted) else bound or 1))


def _quotas(root: Path) -> Iterator[float]:
    """Every quota that holds for this process, in cores."""
    groups = root / "sys" / "fs" / "cgroup"
    for line in _text(root / "proc" / "self" / "cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:  # version 2
            for group in _upwards(groups, path):
                quota, _, period = _text(group / "cpu.max").strip().partition(" ")
                yield from _share(quota, period)
        elif "cpu" in controllers.split(","):
            for group in _upwards(groups / "cpu", path):
                quota = _text(group / "cpu.cfs_quota_us").strip()
                yield from _share(quota, _text(group / "cpu.cfs_period_us").strip())


def _upwards(mount: Path, path: str) -> Iterator[Path]:
    """The group and those above it. In a container the path may be the host's: then the root's."""
    inside = PurePosixPath(path.lstrip("/"))
    for part in (inside, *inside.parents):
        if ".." not in part.parts:
            yield mount / part


def _share(quota: str, period: str) -> Iterator[float]:
    """`max` and -1 are no quota."""
    if quota.isdigit() and period.isdigit() and int(period):
        yield int(quota) / int(period)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # not Linux, or not this version
        return ""
