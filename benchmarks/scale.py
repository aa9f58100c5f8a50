"""What speed and rows mean for a day of clips: docs/scale.md, from docs/performance.md.

Arithmetic, no measurement: what `bench video` and `bench rows` have written is read, and what
follows from it is written.

    python3 dev.py bench scale [--write]
"""

import argparse
import math
import re
from typing import Final

from benchmarks._document import block, write
from benchmarks.video import DOCUMENT as PERFORMANCE
from local.paths import ROOT

DOCUMENT: Final = ROOT / "docs" / "scale.md"

FRAMES: Final = 300  # of the example: 10 s at 30 frames a second
ENGINES: Final = 2  # of an instance
MEMORY: Final = 4  # [GB] of an instance
PEAK: Final = 3  # times the average
REST: Final = 8_000  # bytes in the database of a job: its row, trace, summaries, measures
KEPT: Final = 30  # days
DAY: Final = 86_400  # [s]
PRICE: Final = 0.000026  # US dollars per GB s; docs/scale.md says from where
DAYS: Final = (10, 1_000, 1_000_000)  # clips


def measured(name: str, pattern: str) -> int:
    """A number that the benchmark `name` has written into docs/performance.md."""
    found = re.search(pattern, block(PERFORMANCE, name))
    if found is None:
        raise SystemExit(f"{PERFORMANCE} does not have it: `dev.py bench {name} --write` first.")
    return int(found[1])


def table() -> str:
    rate = measured("video", r"\| one core \|.*\n.*\n\|[^|]*\|[^|]*\| (\d+) fps")
    row = measured("rows", r"its index \| (\d+) bytes")
    clip = FRAMES / rate  # [s] of one core
    stored = FRAMES * row + REST  # [bytes]
    average = [clips * clip / DAY / ENGINES for clips in DAYS]  # instances
    memory = [clips * clip / ENGINES * MEMORY for clips in DAYS]  # [GB s]
    rows = [
        ("engine time, one core", [_duration(clips * clip) for clips in DAYS]),
        ("instances with two engines, on average", [_instances(each) for each in average]),
        (
            f"the same for a peak of {PEAK} times the average",
            [f"{max(1, round(PEAK * each)):,}" for each in average],
        ),
        (
            f"memory-time of instances ({MEMORY} GB, two clips at once)",
            [f"{_round(each):,} GB s" for each in memory],
        ),
        ("its price [1], US dollars", [_price(each * PRICE) for each in memory]),
        ("rows per day", [f"{clips * FRAMES:,}" for clips in DAYS]),
        ("database per day", [_bytes(clips * stored) for clips in DAYS]),
        (
            f"database after {KEPT} days of `RETENTION_DAYS`",
            [_bytes(KEPT * clips * stored) for clips in DAYS],
        ),
        (
            "the same with `MAX_ROWS_IN_DATABASE=0`",
            [_bytes(KEPT * clips * REST) for clips in DAYS],
        ),
    ]
    return "\n".join(
        [
            f"At {rate} frames a second and core the example takes {clip:.1f} s of one core;",
            f"an instance with two engines does {ENGINES / clip:.1f} of it per second.",
            f"Its {FRAMES} rows of {row} bytes take {_bytes(FRAMES * row)} of the database.",
            "",
            f"| | {' | '.join(f'{clips:,} clips a day' for clips in DAYS)} |",
            "|---|---|---|---|",
            *(f"| {name} | {' | '.join(values)} |" for name, values in rows),
        ]
    )


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < DAY:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / DAY:.0f} days: {seconds / DAY:.0f} cores all day"


def _instances(average: float) -> str:
    return "none all day" if average < 0.005 else f"{average:.2g}"


def _price(dollars: float) -> str:
    if dollars < 0.01:
        return "below 0.01"
    return f"{dollars:.2f}" if dollars < 10 else f"{dollars:.0f}"


def _bytes(count: float) -> str:
    """To two digits, in the unit that fits."""
    units = ("kB", "MB", "GB", "TB")
    power = min(len(units), max(1, int(math.log10(count) // 3)))
    size = count / 1000**power
    return f"{size:.0f} {units[power - 1]}" if size >= 10 else f"{size:.1f} {units[power - 1]}"


def _round(value: float) -> int:
    """To two digits."""
    return int(float(f"{value:.1e}"))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="into docs/scale.md")
    arguments = parser.parse_args()
    print(table())
    if arguments.write:
        write(DOCUMENT, "scale", table())


if __name__ == "__main__":
    main()
