"""A benchmark's tables in a document: what stands between two marks is the script's."""

import os
from pathlib import Path


def machine() -> str:
    """The processor and how many cores of it this program may use."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    name = next((line.split(":")[1] for line in lines if line.startswith("model name")), "")
    return f"{name.strip() or 'unknown processor'}, {len(os.sched_getaffinity(0))} cores"


def write(document: Path, name: str, text: str) -> None:
    """Replace the part of `document` between the marks of the benchmark `name`."""
    begin = f"<!-- bench {name}: written by the script, do not edit -->"
    end = f"<!-- bench {name}: end -->"
    before, rest = document.read_text(encoding="utf-8").split(begin)
    _, after = rest.split(end)
    document.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
