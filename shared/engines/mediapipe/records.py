"""The raw measurement of a segment on disk: records in order of frames, then a summary.

A frame without a face has one record with track `NO_FACE`. Files are written and read in blocks,
so that memory does not grow with the length of a clip, and under a temporary name until they are
whole.
"""

import json
import math
import os
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe import alignment, blendshapes, edges, features, measures, scenes
from shared.engines.mediapipe.appearance import appearance
from shared.engines.mediapipe.blendshapes import Blendshapes
from shared.engines.mediapipe.tracking import Face, Sight, Tracker
from shared.media.clip import Damage

NO_FACE: Final = -1

RECORD: Final = np.dtype(
    [
        ("frame", "<u4"),  # from 0, within the segment
        ("time", "<f8"),  # [s]
        ("cut", "?"),  # another shot than the frame before
        ("quantiser", "<f4"),  # as `shared.media.quantiser` has it
        ("track", "<i4"),  # of `tracking.Face`, or NO_FACE
        ("score", "<f4"),  # of the mesh, 0..1
        ("detection", "<f4"),  # of the detector, 0..1
        ("sharpness", "<f4"),  # of `appearance.Appearance`, as are the next three
        ("brow_furrows", "<f4"),
        ("forehead_lines", "<f4"),
        ("colour", "<f4", (3,)),  # mean of the face [levels of red, green, blue]
        ("blendshapes", "<f4", (len(blendshapes.NAMES),)),  # 0..1
        ("inside", "<f4", (len(edges.PARTS),)),  # shares of the mouth, the eyes and the brows
        ("sharpness_face", "<f4"),  # of `face_crop.CropValues`, as are the next four
        ("sharpness_mouth", "<f4"),
        ("face_brightness", "<f4"),
        ("picture_change", "<f4"),
        ("picture_unsteadiness", "<f4"),
        ("box", "<f4", (4,)),  # left, top, width, height [pixels]
        ("eye_distance", "<f4"),  # between the outer corners, as if seen from the front [pixels]
        ("rotation", "<f4", (3,)),  # [rad]
        ("translation", "<f4", (3,)),  # [mm]
        ("head", "<f4", (2,)),  # of `features.head` [pixels]
        ("features", "<f4", (len(features.NAMES),)),  # [eye distances]
        ("moving_points", "<i2", (2 * len(features.MOVING_POINTS),)),
        ("measures", "<f4", (len(measures.NAMES),)),
    ]
)
_GIVEN: Final = np.dtype(RECORD.descr[: RECORD.descr.index(("box", "<f4", (4,))) + 1])
"""The fields that each face has by itself; the others come from the aligned meshes of many."""

_NOTHING: Final = (NO_FACE, *np.zeros(1, dtype=_GIVEN)[0].tolist()[5:])
"""The given fields of a frame without a face, from its track on."""

Records = NDArray[np.void]

_Moment = tuple[int, float, bool, float]
"""Frame, time, cut and quantiser, as in a record."""

_BLOCK: Final = 128  # faces worked on at once: enough for numpy to be fast, 7 MB of cuts
_LENGTH: Final = struct.Struct("<Q")  # of the summary, at the end of a file


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a segment as a whole."""

    width: int  # of the pictures
    height: int
    damage: Damage  # what was wrong with the media in this segment
    first: str  # its first and last picture, as `scenes.to_text` makes them; empty without frames
    last: str


class Writer:
    """Takes frames in order and completes the file on leaving; left by an error, leaves nothing."""

    def __init__(
        self, path: Path, width: int, height: int, blendshapes: Blendshapes, *, still: bool = False
    ) -> None:
        """`still`: each face is seen only once."""
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._file = self._partial.open("wb")
        self._width, self._height, self._still = width, height, still
        self._blendshapes = blendshapes
        self._seen: list[tuple[_Moment, Face | None]] = []
        self._summary: Summary | None = None

    def add(self, frame: int, time: float, sight: Sight, quantiser: float = math.nan) -> None:
        if len(self._seen) >= _BLOCK:
            self._flush()
        moment = frame, time, sight.cut, quantiser
        self._seen += [(moment, face) for face in sight.faces or (None,)]

    def _given(self, face: Face | None) -> tuple[object, ...]:
        """As `_GIVEN`, from the track on."""
        if face is None:
            return _NOTHING
        box, points = face.box, face.mesh.points
        seen, crop = appearance(face.patches), face.crop.values(points)
        return (
            face.track,
            face.mesh.score,
            face.detection,
            seen.sharpness,
            seen.brow_furrows,
            seen.forehead_lines,
            seen.colour,
            self._blendshapes.of(points),
            face.inside,
            crop.sharpness_face,
            crop.sharpness_mouth,
            crop.face_brightness,
            crop.picture_change,
            crop.picture_unsteadiness,
            (box.left, box.top, box.right - box.left, box.bottom - box.top),
        )

    def _flush(self) -> None:
        records = np.zeros(len(self._seen), dtype=RECORD)
        given = np.array([(*moment, *self._given(face)) for moment, face in self._seen], _GIVEN)
        for name in _GIVEN.names or ():
            records[name] = given[name]
        points = [face.mesh.points for _, face in self._seen if face is not None]
        if points:
            meshes = np.stack(points)
            aligned = alignment.align(meshes)
            faces = records["track"] != NO_FACE
            records["eye_distance"][faces] = aligned.scale * alignment.EYE_DISTANCE
            records["rotation"][faces] = aligned.rotation
            records["translation"][faces] = alignment.translation(
                aligned, self._width, self._height
            )
            records["head"][faces] = features.head(meshes)
            records["features"][faces] = features.features(aligned)
            records["moving_points"][faces] = features.moving_points(aligned)
            values = measures.measure(aligned)
            records["measures"][faces] = values - measures.build(aligned) if self._still else values
        self._file.write(records.tobytes())
        self._seen.clear()

    def finish(self, damage: Damage, tracker: Tracker) -> None:
        """To be called after the last frame: a file that was not finished is not kept."""
        first, last = scenes.to_text(tracker.first), scenes.to_text(tracker.last)
        self._summary = Summary(self._width, self._height, damage, first, last)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            if kind is None and self._summary is not None:
                self._flush()
                summary = json.dumps(asdict(self._summary)).encode()
                self._file.write(summary + _LENGTH.pack(len(summary)))
        if kind is None and self._summary is not None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink()


def read_summary(path: Path) -> Summary:
    with path.open("rb") as file:
        file.seek(-_LENGTH.size, os.SEEK_END)
        (length,) = _LENGTH.unpack(file.read())
        file.seek(-_LENGTH.size - length, os.SEEK_END)
        data = json.loads(file.read(length))
    return Summary(**{**data, "damage": Damage(**data["damage"])})


def read_blocks(path: Path) -> Iterator[Records]:
    """The records of a file; all records of a frame are in one block."""
    with path.open("rb") as file:
        file.seek(-_LENGTH.size, os.SEEK_END)
        end = file.tell()
        (length,) = _LENGTH.unpack(file.read())
        left = (end - length) // RECORD.itemsize
        file.seek(0)
        rest = np.zeros(0, dtype=RECORD)
        while left:
            count = min(left, _BLOCK)
            left -= count
            data = file.read(count * RECORD.itemsize)
            block = np.concatenate((rest, np.frombuffer(data, dtype=RECORD)))
            # the last frame may go on in what is read next
            whole = (
                len(block) if not left else int(np.searchsorted(block["frame"], block["frame"][-1]))
            )
            rest = block[whole:]
            if whole:
                yield block[:whole]
