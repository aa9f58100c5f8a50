"""Reading CSV files of measurements: OpenFace's dialects, py-feat's, and our own `signals.csv`.

    detect(header)          which dialect a header line is; None when it is none
    looks_like(head)        whether the first bytes of a file may be such a file
    dialect_of(path)        the dialect of a file
    blocks(path, options)   its rows as numpy arrays, a few thousand at a time
    signal_blocks(path)     the rows of a `signals.csv` as numpy arrays
    paired(blocks, path)    the rows of both files together

Files are streamed: memory stays the same however long they are. A file is taken whole or not at
all: the first bad row stops the rows from coming, and at most `MAX_ERRORS` rows further on
MediaError `invalid_csv` is raised, naming each bad row by its line number. Whoever uses the rows
while they come must therefore be able to take back what it did (one transaction, one new file).
"""

from shared.measurements.csv.blocks import Block
from shared.measurements.csv.dialects import MAX_FRAME, Dialect, detect, looks_like
from shared.measurements.csv.errors import MAX_ERRORS
from shared.measurements.csv.reading import MAX_FACES_PER_FRAME, blocks, dialect_of
from shared.measurements.csv.signals import SignalBlock, paired, signal_blocks

__all__ = [
    "MAX_ERRORS",
    "MAX_FACES_PER_FRAME",
    "MAX_FRAME",
    "Block",
    "Dialect",
    "SignalBlock",
    "blocks",
    "detect",
    "dialect_of",
    "looks_like",
    "paired",
    "signal_blocks",
]
