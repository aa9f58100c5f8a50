"""Follows every face through the pictures of one segment.

A face is found by the detector, confirmed by the mesh, and from then on its region follows its own
mesh, which is cheap. The detector looks again when a mesh is lost and at fixed moments of the
clip, so that where a clip is cut into segments does not change when a new face is noticed.

A track is a face without a gap. Whether two tracks are the same face is settled in `identity`,
for all segments at once.
"""

from dataclasses import dataclass
from typing import Final

from shared.engines.mediapipe import regions
from shared.engines.mediapipe.appearance import Appearance, Picture, appearance
from shared.engines.mediapipe.graphs import Detection, FaceDetector, FaceMesh, Mesh, Region

LOOK_AGAIN_SECONDS: Final = 0.5  # a new face is noticed at the latest after this long
_SETTLING_FITS: Final = 2  # further fits on a face just found: its first region is a rough guess
_SAME_FACE_OVERLAP: Final = 0.4  # intersection over union of two boxes


@dataclass(frozen=True, slots=True)
class Box:
    """A face in the picture, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: "Box") -> float:
        """Intersection over union."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        both = width * height
        return both / (self.area + other.area - both)

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class Face:
    """One face in one picture."""

    track: int
    mesh: Mesh
    box: Box
    detection: float  # score of the last detection that agreed with the track
    appearance: Appearance


@dataclass(slots=True)
class _Track:
    number: int
    mesh: Mesh
    box: Box
    detection: float


class Tracker:
    """Feed it pictures in order. Not for use by two threads."""

    def __init__(self, detector: FaceDetector, mesh: FaceMesh) -> None:
        self._detector = detector
        self._mesh = mesh
        self._tracks: list[_Track] = []
        self._started = 0
        self._last_look = -1

    def follow(self, picture: Picture, time: float) -> list[Face]:
        """The faces of the next picture, in the order in which they were first seen."""
        lost = self._update(picture)
        look = int(time / LOOK_AGAIN_SECONDS)
        if lost or not self._tracks or look != self._last_look:
            self._last_look = look
            self._find(picture)
        return [
            Face(t.number, t.mesh, t.box, t.detection, appearance(picture, t.mesh.points))
            for t in self._tracks
        ]

    def _update(self, picture: Picture) -> bool:
        """Lay the mesh of every track on the new picture; whether a track was lost."""
        fits = self._mesh.fit(picture, [regions.from_mesh(t.mesh.points) for t in self._tracks])
        kept: list[_Track] = []
        for track, fit in zip(self._tracks, fits, strict=True):
            if fit is None:
                continue
            box = box_of(fit)
            if any(box.overlap(other.box) > _SAME_FACE_OVERLAP for other in kept):
                continue  # two meshes slid onto one face: the older one keeps it
            track.mesh, track.box = fit, box
            kept.append(track)
        lost = len(kept) < len(self._tracks)
        self._tracks = kept
        return lost

    def _find(self, picture: Picture) -> None:
        for found in self._detector.detect(picture):
            known = self._track_at(found)
            if known is not None:
                known.detection = found.score
                continue
            mesh = self._settle(picture, regions.from_detection(found))
            if mesh is None:
                continue
            box = box_of(mesh)
            if any(box.overlap(t.box) > _SAME_FACE_OVERLAP for t in self._tracks):
                continue
            self._tracks.append(_Track(self._started, mesh, box, found.score))
            self._started += 1

    def _track_at(self, found: Detection) -> _Track | None:
        """The track whose face has the middle of the detected eyes in its box."""
        x = (found.right_eye[0] + found.left_eye[0]) / 2
        y = (found.right_eye[1] + found.left_eye[1]) / 2
        for track in self._tracks:
            box = track.box
            if box.left <= x <= box.right and box.top <= y <= box.bottom:
                return track
        return None

    def _settle(self, picture: Picture, region: Region) -> Mesh | None:
        """Fit until the region is as good as that of a face followed for some frames."""
        mesh = self._mesh.fit(picture, [region])[0]
        for _ in range(_SETTLING_FITS):
            if mesh is None:
                return None
            mesh = self._mesh.fit(picture, [regions.from_mesh(mesh.points)])[0]
        return mesh


def box_of(mesh: Mesh) -> Box:
    left, top = mesh.points[:, :2].min(axis=0).tolist()
    right, bottom = mesh.points[:, :2].max(axis=0).tolist()
    return Box(left, top, right, bottom)
