"""The raw measurement of a segment on disk: header, blocks of records in order of frames, trailer.

A frame without a face has one record with track `NO_FACE`. Files are written and read in blocks,
so that memory does not grow with the length of a clip, and under a temporary name until they are
whole.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from shared.engines.decoding import Damage
from shared.engines.mediapipe import alignment, measures
from shared.engines.mediapipe.tracking import Face

NO_FACE: Final = -1

HEADER: Final = np.dtype([("width", "<u4"), ("height", "<u4")])
RECORD: Final = np.dtype(
    [
        ("frame", "<u4"),  # from 0, within the segment
        ("time", "<f8"),  # [s]
        ("track", "<i4"),  # of `tracking.Face`, or NO_FACE
        ("score", "<f4"),  # of the mesh, 0..1
        ("detection", "<f4"),  # of the detector, 0..1
        ("sharpness", "<f4"),  # of `appearance.Appearance`, as are the next two
        ("brow_furrows", "<f4"),
        ("forehead_lines", "<f4"),
        ("box", "<f4", (4,)),  # left, top, width, height [pixels]
        ("eye_distance", "<f4"),  # between the outer corners, as if seen from the front [pixels]
        ("rotation", "<f4", (3,)),  # [rad]
        ("translation", "<f4", (3,)),  # [mm]
        ("measures", "<f4", (len(measures.NAMES),)),
    ]
)
_GIVEN: Final = np.dtype(RECORD.descr[: RECORD.descr.index(("box", "<f4", (4,))) + 1])
"""The fields that are known of each face at once; the others come from the aligned meshes."""

Records = NDArray[np.void]

_BLOCK_FACES: Final = 256  # aligned at once: enough for numpy to be fast, 1.5 MB of points


class Writer:
    """Takes frames in order; `close` completes the file. Left by an error, it leaves nothing."""

    def __init__(self, path: Path, width: int, height: int) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._file: io.BufferedWriter = self._partial.open("wb")
        self._width, self._height = width, height
        self.damage = Damage()
        self._points: list[NDArray[np.float32]] = []
        self._records: list[tuple[object, ...]] = []
        np.save(self._file, np.array([(width, height)], dtype=HEADER))

    def add(self, frame: int, time: float, faces: list[Face]) -> None:
        if len(self._records) >= _BLOCK_FACES:
            self._flush()
        for face in faces:
            box, seen = face.box, face.appearance
            self._records.append(
                (
                    frame,
                    time,
                    face.track,
                    face.mesh.score,
                    face.detection,
                    seen.sharpness,
                    seen.brow_furrows,
                    seen.forehead_lines,
                    (box.left, box.top, box.right - box.left, box.bottom - box.top),
                )
            )
            self._points.append(face.mesh.points)
        if not faces:
            self._records.append((frame, time, NO_FACE, *(0.0,) * 5, (0.0,) * 4))

    def _flush(self) -> None:
        records = np.zeros(len(self._records), dtype=RECORD)
        given = np.array(self._records, dtype=_GIVEN)
        for name in _GIVEN.names or ():
            records[name] = given[name]
        if self._points:
            aligned = alignment.align(np.stack(self._points))
            faces = records["track"] != NO_FACE
            records["eye_distance"][faces] = aligned.scale * alignment.EYE_DISTANCE
            records["rotation"][faces] = aligned.rotation
            records["translation"][faces] = alignment.translation(
                aligned, self._width, self._height
            )
            records["measures"][faces] = measures.measure(aligned)
        np.save(self._file, records)
        self._records.clear()
        self._points.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            if self._records:
                self._flush()
            trailer = json.dumps(asdict(self.damage)).encode()
            np.save(self._file, np.frombuffer(trailer, dtype=np.uint8))
        self._file.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink()


def read_header(path: Path) -> tuple[int, int]:
    """Width and height of the pictures."""
    with path.open("rb") as file:
        header = np.load(file)
    return int(header["width"][0]), int(header["height"][0])


def read_blocks(path: Path) -> Iterator[Records]:
    """The records of a file; all records of a frame are in one block."""
    with path.open("rb") as file:
        np.load(file)
        while True:
            block = np.load(file)
            if block.dtype != RECORD:
                return  # the trailer
            yield block


def read_trailer(path: Path) -> Damage:
    """What was wrong with the media in this segment."""
    with path.open("rb") as file:
        block = np.load(file)
        while block.dtype != np.uint8:
            block = np.load(file)
    return Damage(**json.loads(block.tobytes()))
