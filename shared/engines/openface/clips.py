"""Frames of a clip: as OpenFace's table has them, and as the container does."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
import av.error

from shared.measurements.action_units import INTENSITIES
from shared.measurements.model import Facts, Row

LOST_END: Final = 0.5  # [s] of a clip that may be missing before it is said
_TAIL: Final = 65_536  # [bytes]; a row of OpenFace's widest table has about 6 KB


def last_frame(table: Path) -> int:
    """The frame of the last whole row of a table that is being written; 0 where there is none."""
    try:
        with table.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL))
            lines = file.read().split(b"\n")
    except FileNotFoundError:
        return 0
    number = lines[-2].split(b",", 1)[0].strip() if len(lines) > 1 else b""
    return int(number) if number.isdigit() else 0


def has_rows(table: Path) -> bool:
    with table.open("rb") as file:
        file.readline()
        return bool(file.readline().strip())


def frames_in(path: Path) -> int:
    """Frames that the file holds, by demultiplexing alone; 0 where that is not possible."""
    try:
        with av.open(f"file:{path}", options={"protocol_whitelist": "file"}) as container:
            packets = container.demux(container.streams.video[0])
            return sum(1 for packet in packets if packet.size and not packet.is_discard)
    except (av.error.FFmpegError, IndexError):
        return 0


def with_empty_frames(rows: Iterator[Row], facts: Facts) -> Iterator[Row]:
    """Rows for the frames in which FaceLandmarkVidMulti saw no face, which it leaves out.

    `facts` says how many frames there are, their rate, and how many signals a row has.
    """
    step = 1 / facts.fps if facts.fps else 0.0
    signals = (math.nan,) * len(facts.signals)
    before, time = 0, -step
    for row in rows:
        for frame in range(before + 1, row.frame):
            time = min(time + step, row.timestamp)  # OpenFace rounds its times
            yield _empty(frame, time, signals)
        before, time = row.frame, row.timestamp
        yield row
    for frame in range(before + 1, facts.frames + 1):
        time += step
        yield _empty(frame, time, signals)


def _empty(frame: int, time: float, signals: tuple[float, ...]) -> Row:
    nothing = (0.0,) * len(INTENSITIES)
    return Row(frame, 0, time, 0.0, False, nothing, 0, signals)
