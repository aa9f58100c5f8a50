"""Streaming a file of any dialect through parsing and checks."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from shared.measurements.action_units import PRESENCES
from shared.measurements.csv.blocks import Block, Matrix, openface_block, pyfeat_block
from shared.measurements.csv.checks import Order, Ranges
from shared.measurements.csv.dialects import Dialect, detect
from shared.measurements.csv.errors import Findings, refuse
from shared.measurements.csv.lines import line_blocks, read_header, skip_separator
from shared.measurements.csv.parsing import Parser
from shared.measurements.model import Options

MAX_FACES_PER_FRAME: Final = 256
"""With `Options.max_frames` the bound on rows; a picture of a full hall stays below it."""

MAX_BLANK_LINES: Final = 1000  # empty lines allowed at the end of a file


def dialect_of(path: Path) -> Dialect:
    """The dialect of a file; MediaError `invalid_csv` or `empty_file` where it has none."""
    with path.open("rb") as stream:
        return _dialect(stream)[0]


def blocks(path: Path, options: Options | None = None) -> Iterator[Block]:
    """The rows of a file, as many at a time as 256 KB of text hold (never none).

    Raises MediaError: `invalid_csv` with up to 20 bad lines in `errors`, `video_too_long`,
    `empty_file`. Every block yielded before is sound in itself, but the file is not: undo it.
    """
    options = options or Options()
    with path.open("rb") as stream:
        dialect, header = _dialect(stream)
        yield from _Reading(dialect, options, header + 1).blocks(stream)


def _dialect(stream: BinaryIO) -> tuple[Dialect, int]:
    """And the number of the line in which the header stands."""
    number = skip_separator(stream)
    header = read_header(stream)
    dialect = detect(header)
    if dialect is not None:
        return dialect, number
    if b'"' in header:
        raise refuse("The header is quoted. Write the file without quotation marks.", 1)
    if b";" in header or b"\t" in header:
        raise refuse("Fields must be separated by commas, not by semicolons or tabs.", 1)
    raise refuse(
        "The header is neither OpenFace's (frame, timestamp, confidence, success, AU01_r, ...) nor "
        "py-feat's (frame, FaceScore, AU01, ...).",
        1,
    )


class _Reading:
    """One pass over one file."""

    def __init__(self, dialect: Dialect, options: Options, first: int) -> None:
        self._first = first  # number of the first row's line
        self._dialect = dialect
        self._threshold = options.confidence_threshold
        self._parser = Parser(dialect.width, dialect.columns, gaps=dialect.engine == "py-feat")
        self._ranges = Ranges(dialect.columns)
        self._order = Order(options, MAX_FACES_PER_FRAME)
        self._findings = Findings()
        self._blank = 0  # empty lines so far that nothing but the end may follow

    def blocks(self, stream: BinaryIO) -> Iterator[Block]:
        rows = 0
        for first, lines in line_blocks(stream, first=self._first):
            self._set_blank_lines_aside(first, lines)
            if lines:
                block = self._block(first, lines)
                if block is not None and not self._findings:
                    rows += len(block)
                    yield block
            if self._findings.enough:
                raise self._findings.error()
        if self._findings:
            raise self._findings.error()
        if not rows:
            raise refuse("The file has a header but no rows.")

    def _set_blank_lines_aside(self, first: int, lines: list[bytes]) -> None:
        """Cut blank lines off the end of `lines`: they are faults only when a row follows."""
        length = len(lines)
        while lines and not lines[-1].strip():
            lines.pop()
        if lines:
            for line in range(max(first - self._blank, self._first), first):
                self._findings.add(line, "The line is empty.")
            self._blank = 0
        self._blank += length - len(lines)
        if self._blank > MAX_BLANK_LINES:
            raise refuse(f"The file has more than {MAX_BLANK_LINES:,} empty lines in a row.")

    def _block(self, first: int, lines: list[bytes]) -> Block | None:
        """The block of these lines without the bad ones, which go to the findings."""
        numbers: Sequence[int] = range(first, first + len(lines))
        matrix = self._parser.quickly(lines)
        if matrix is None:
            matrix, numbers = self._parser.one_by_one(lines, first, self._findings)
            if not numbers:
                return None
        seen = self._faces_seen(matrix) if self._dialect.engine == "py-feat" else None
        good = self._ranges.good(matrix, numbers, self._findings)
        if good is not None:
            if not good.any():
                return None
            matrix = matrix[good]
            numbers = np.asarray(numbers)[good].tolist()
            seen = None if seen is None else seen[good]
        if seen is None:
            block = openface_block(matrix, self._dialect, self._threshold)
        else:
            block = self._pyfeat(matrix, seen)
        self._order.check(block, numbers, self._findings)
        return block

    def _faces_seen(self, matrix: Matrix) -> NDArray[np.bool_]:
        """Which rows have a face; the values of the others are set to 0, in place.

        py-feat writes a row for a frame without a face. Its first versions leave everything but
        the frame empty; later ones give a FaceScore of 0, an empty face box, and Action Units
        measured on a black picture, which mean nothing.
        """
        at = self._dialect.at
        units = np.isnan(matrix[:, at(*PRESENCES)]).all(axis=1)
        gone = units | np.isnan(matrix[:, at("confidence", "box")]).any(axis=1)
        frames = matrix[:, 0].copy()
        matrix[gone] = 0.0
        matrix[:, 0] = frames
        seen: NDArray[np.bool_] = np.logical_not(gone)
        return seen

    def _pyfeat(self, matrix: Matrix, seen: NDArray[np.bool_]) -> Block:
        full = np.zeros((len(matrix), 2 + len(PRESENCES)))
        full[:, :2] = matrix[:, self._dialect.at("frame", "confidence")]
        for place, au in enumerate(PRESENCES, 2):
            for source in self._dialect.at(au):
                full[:, place] = matrix[:, source]
        faces = self._order.places(full[:, 0].astype(np.int32) + 1)
        return pyfeat_block(full, faces, seen, self._threshold)
