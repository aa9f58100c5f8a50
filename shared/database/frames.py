"""A measurement's rows in the database, written by COPY and read back by COPY.

Neither holds more of them than a block.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from psycopg2 import DatabaseError
from psycopg2.extensions import cursor
from sqlalchemy.orm import Session

from shared.database import copy
from shared.database.extractions import Summaries
from shared.measurements.action_units import INTENSITIES
from shared.measurements.csv import Block

PIECE_BYTES: Final = 64 * 1024  # that the database driver asks for at a time
COPY: Final = (
    "COPY frame_measurement (report_id, face, frame, timestamp, confidence, success, intensities, "
    "presences, signals) FROM STDIN (FORMAT binary)"
)

READ: Final[dict[str, np.dtype[Any]]] = {
    "face": copy.INTEGER,
    "timestamp": copy.DOUBLE,
    "success": copy.BOOLEAN,
    "presences": copy.INTEGER,
    "intensities": copy.real_array_type(len(INTENSITIES)),
}
"""The columns that are read back; confidences are in the table for others."""


def copy_frames(
    session: Session, report_id: int, pairs: Iterable[tuple[Block, NDArray[np.float64]]]
) -> Summaries:
    """Write all rows, each block with its signals, by COPY, and return their summaries.

    An error in reading them is raised as it is, and the transaction is of no use any more.
    """
    summaries = Summaries()

    def rows() -> Iterator[bytes]:
        for block, values in pairs:
            summaries.add(block)
            yield encoded(report_id, block, values)

    source = copy.Input(rows())
    connection = session.connection().connection  # psycopg2's, of this transaction
    with closing(cast("cursor", connection.cursor())) as copying:
        try:
            # its types ask for a `readline` as well, which COPY FROM does not use
            copying.copy_expert(COPY, cast("Any", source), PIECE_BYTES)
        except DatabaseError:
            if source.error is not None:
                raise source.error from None
            raise
    return summaries


def read_frames(
    session: Session,
    report_id: int,
    stored: Sequence[str],
    wanted: Sequence[str],
    take: Callable[[dict[str, NDArray[Any]]], None],
    *,
    face: int | None = None,
) -> None:
    """Give all rows of a report, or of one face, to `take`, ordered by face and time.

    Some thousand at a time, one array per column: of `READ` and of the `wanted` signals; `stored`
    are the names of all that it has. Raises ValueError where rows are not as they are written here.
    """
    places = [stored.index(name) + 1 for name in wanted]
    selected = [*READ, *(f"coalesce(signals[{place}], 'NaN')" for place in places)]
    rows = f"report_id = {report_id:d}" + ("" if face is None else f" AND face = {face:d}")
    query = (
        f"COPY (SELECT {', '.join(selected)} FROM frame_measurement "  # noqa: S608  # ours, no input
        f"WHERE {rows} ORDER BY face, frame) TO STDOUT (FORMAT binary)"
    )
    kinds = READ | dict.fromkeys(wanted, copy.REAL)

    def decoded(rows: NDArray[Any]) -> None:
        columns = {name: rows[name] for name in kinds}
        columns["intensities"] = columns["intensities"]["items"]["value"]
        take({name: it.astype(it.dtype.newbyteorder("=")) for name, it in columns.items()})

    connection = session.connection().connection  # psycopg2's, of this transaction
    decoder = copy.Decoder(kinds, decoded)
    with closing(cast("cursor", connection.cursor())) as reading:
        reading.copy_expert(query, decoder)
    decoder.close()


def encoded(report_id: int, block: Block, signals: NDArray[np.float64]) -> bytes:
    """A block in the order of `COPY`'s columns."""
    return copy.encode(
        [
            copy.bigint(np.full(len(block), report_id)),
            copy.integer(block.faces),
            copy.integer(block.frames),
            copy.double(block.timestamps),
            copy.real(block.confidences),
            copy.boolean(block.successes),
            copy.real_array(block.intensities),
            copy.integer(block.presences),
            copy.real_array(signals),
        ]
    )
