"""Reading `signals.csv`: what an engine measured besides OpenFace's columns.

Its header is `frame, face_id` and the names of the signals; a signal that was not measured is an
empty field. We write it ourselves, one row for each row of `openface.csv`, so there is one dialect;
it is checked all the same, because a container is open to other programs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from shared.measurements.csv.blocks import Block, Matrix
from shared.measurements.csv.checks import Ranges
from shared.measurements.csv.dialects import MAX_FRAME, Column
from shared.measurements.csv.errors import Findings, refuse
from shared.measurements.csv.lines import line_blocks, read_header
from shared.measurements.csv.parsing import Parser
from shared.platform.errors import Code, MediaError

MAX_SIGNALS: Final = 256

_KEYS: Final = ("frame", "face_id")


@dataclass(frozen=True, slots=True)
class SignalBlock:
    """Some thousand rows of signals, in the file's order."""

    frames: NDArray[np.int32]
    faces: NDArray[np.int32]
    values: Matrix  # rows x signals; NaN where not measured

    def __len__(self) -> int:
        return len(self.frames)


def signal_blocks(path: Path) -> tuple[tuple[str, ...], Iterator[SignalBlock]]:
    """The names of the signals, and the rows. MediaError `invalid_csv` for what is not as above."""
    with path.open("rb") as stream:
        names = _names(read_header(stream))
    return names, _blocks(path, names)


def _names(header: bytes) -> tuple[str, ...]:
    names = tuple(name.strip() for name in header.decode("utf-8", "replace").split(","))
    if names[:2] != _KEYS:
        raise refuse("The header must begin with frame,face_id.", 1)
    if "" in names or len(set(names)) != len(names):
        raise refuse("The header must name every column, each differently.", 1)
    if len(names) - len(_KEYS) > MAX_SIGNALS:
        raise refuse(f"The header has more than {MAX_SIGNALS} signals.", 1)
    return names[len(_KEYS) :]


def _blocks(path: Path, names: tuple[str, ...]) -> Iterator[SignalBlock]:
    columns = [
        Column("frame", "frame", 0, 1, MAX_FRAME, whole=True),
        Column("face", "face_id", 1, 0, MAX_FRAME, whole=True),
        *(Column(name, name, place, optional=True) for place, name in enumerate(names, 2)),
    ]
    with path.open("rb") as stream:
        read_header(stream)
        yield from _checked(stream, columns)


def _checked(stream: BinaryIO, columns: list[Column]) -> Iterator[SignalBlock]:
    parser, ranges, findings = Parser(len(columns), columns, gaps=True), Ranges(columns), Findings()
    for first, lines in line_blocks(stream, first=2):
        matrix = parser.quickly(lines)
        if matrix is None:
            matrix, numbers = parser.one_by_one(lines, first, findings)
        else:
            numbers = list(range(first, first + len(lines)))
        if findings or ranges.good(matrix, numbers, findings) is not None:
            raise findings.error()
        yield SignalBlock(
            matrix[:, 0].astype(np.int32), matrix[:, 1].astype(np.int32), matrix[:, 2:]
        )


def paired(blocks: Iterable[Block], signals: Path | None) -> Iterator[tuple[Block, Matrix]]:
    """Every block of `openface.csv` with its rows of `signals.csv`; without columns for None.

    Raises MediaError where the two files speak of different rows.
    """
    portions = _Portions(signals)
    for block in blocks:
        yield block, portions.of(block)


class _Portions:
    """The values of `signals.csv`, in the portions in which the measurement's rows come."""

    def __init__(self, path: Path | None) -> None:
        self._blocks = None if path is None else signal_blocks(path)[1]
        self._keys = np.empty((0, 2), np.int32)
        self._values: Matrix | None = None

    def of(self, block: Block) -> Matrix:
        """One row of values for each row of `block`; no columns where there are no signals."""
        size = len(block)
        if self._blocks is None:
            return np.empty((size, 0))
        while self._values is None or len(self._values) < size:
            following = next(self._blocks, None)
            if following is None:
                raise MediaError(Code.INVALID_CSV, "signals.csv has fewer rows than openface.csv.")
            keys = np.column_stack([following.frames, following.faces])
            self._keys = np.concatenate([self._keys, keys])
            self._values = (
                following.values
                if self._values is None
                else np.concatenate([self._values, following.values])
            )
        if not np.array_equal(self._keys[:size], np.column_stack([block.frames, block.faces])):
            raise MediaError(
                Code.INVALID_CSV, "signals.csv speaks of other frames than openface.csv."
            )
        values, self._values = self._values[:size], self._values[size:]
        self._keys = self._keys[size:]
        return values
