"""Movement that comes again exactly: a loop, a clip played forwards and back.

Nobody repeats a second of head, lids, brows and mouth together: what comes back with a difference
below a quarter of its own movement was copied. A second that hardly moves is not looked for: it
resembles everything.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.analysis.even import RATE
from shared.analysis.series import Bools, Floats, Floats32

SECONDS: Final = 1.0  # of movement that is looked for
MAX_LAG: Final = 60.0  # [s] within which it is
DIFFERENCE: Final = 0.25  # of its own movement, as root mean squares
MIN_MOVEMENT: Final = 0.1  # root mean square over the signals, in usual units

_LENGTH: Final = round(SECONDS * RATE)
_EVERY: Final = 10  # samples between the seconds that are looked for
_BLOCK: Final = 500  # samples from which they are taken at once: 7 MB
_LAG: Final = round(MAX_LAG * RATE)

Pieces = NDArray[np.float32]


def repeated(movements: Sequence[Floats32]) -> Bools | None:
    """[m] whether a sample lies in a repeated second; None where there are not two whole ones.

    `movements` [m] of each signal, NaN where not known, in units that make them comparable.
    """
    known = np.logical_and.reduce([np.isfinite(signal) for signal in movements])
    if known.sum() < 2 * _LENGTH:
        return None
    result = np.zeros(len(known), np.bool_)
    for start in range(0, len(known) - 2 * _LENGTH + 1, _BLOCK):
        around = slice(start, start + _BLOCK + _LAG + _LENGTH)
        pieces = _pieces(np.column_stack([signal[around] for signal in movements]))
        sought = _sought(pieces)
        if not len(sought):
            continue
        for copy in (pieces, pieces[:, ::-1]):
            for place, twin in _pairs(pieces, copy, sought).tolist():
                for begin in (start + place, start + twin):
                    result[begin : begin + _LENGTH] = True
    return result


def _pieces(movements: Floats32) -> Pieces:
    """[k, 25, signals] the second from each sample on."""
    windows = np.lib.stride_tricks.sliding_window_view(movements, _LENGTH, axis=0)
    return np.ascontiguousarray(windows.transpose(0, 2, 1))


def _movement(pieces: Pieces) -> Floats:
    """[k] sum of squares around each piece's own mean; NaN where it is not known as a whole."""
    away = pieces - pieces.mean(axis=1, keepdims=True)
    sums: Floats = (away**2).sum(axis=(1, 2)).astype(np.float64)
    return sums


def _sought(pieces: Pieces) -> NDArray[np.intp]:
    """Those that are looked for: whole ones that move."""
    rows = np.arange(0, min(_BLOCK, len(pieces)), _EVERY)
    least = MIN_MOVEMENT**2 * _LENGTH * pieces.shape[2]
    moving: NDArray[np.intp] = rows[_movement(pieces[rows]) >= least]
    return moving


def _pairs(pieces: Pieces, copies: Pieces, sought: NDArray[np.intp]) -> NDArray[np.intp]:
    """[pairs, 2] which pieces come back, and where: a second later or more."""
    flat, others = pieces[sought].reshape(len(sought), -1), copies.reshape(len(copies), -1)
    limits = DIFFERENCE**2 * _movement(pieces[sought])
    whole = np.flatnonzero(np.isfinite(others).all(axis=1))
    others = others[whole]
    squares = (flat**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * flat @ others.T
    found = (squares < limits[:, None]) & (whole[None, :] >= sought[:, None] + _LENGTH)
    rows, columns = np.nonzero(found)
    return np.column_stack((sought[rows], whole[columns]))
