"""A benchmark's tables in a document: what stands between two marks is the script's."""

import os
from pathlib import Path

_LOAD = os.getloadavg()[0]  # before anything was measured
BUSY = 0.5  # of the cores, from which a machine was not quiet


def machine() -> str:
    """The processor, how many cores of it this program may use, and what else kept them busy."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    name = next((line.split(":")[1] for line in lines if line.startswith("model name")), "")
    cores = len(os.sched_getaffinity(0))
    busy = f", busy with other work (load {_LOAD:.0f})" if BUSY * cores < _LOAD else ""
    return f"{name.strip() or 'unknown processor'}, {cores} cores{busy}"


def _marks(name: str) -> tuple[str, str]:
    return (
        f"<!-- bench {name}: written by the script, do not edit -->",
        f"<!-- bench {name}: end -->",
    )


def block(document: Path, name: str) -> str:
    """The part of `document` between the marks of the benchmark `name`."""
    begin, end = _marks(name)
    return document.read_text(encoding="utf-8").split(begin)[1].split(end)[0].strip("\n")


def write(document: Path, name: str, text: str) -> None:
    """Replace that part."""
    begin, end = _marks(name)
    before, rest = document.read_text(encoding="utf-8").split(begin)
    _, after = rest.split(end)
    document.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
