"""Follows every face through the pictures of one segment.

A face is found by the detector, confirmed by the mesh, and from then on its region follows its own
mesh, which is cheap. The detector looks again when a mesh is lost, when the picture is cut to
another shot, and at fixed moments of the clip, so that where a clip is cut into segments does not
change when a new face is noticed.

A track is a face without a gap and without a cut. Whether two tracks are the same face is settled
in `identity`, for all segments at once.
"""

from dataclasses import dataclass, field
from typing import Final

from shared.engines.mediapipe import appearance, edges, regions, scenes
from shared.engines.mediapipe.appearance import Patches
from shared.engines.mediapipe.crops import Region
from shared.engines.mediapipe.detector import Detection, FaceDetector
from shared.engines.mediapipe.face_crop import Crop, FaceCrop
from shared.engines.mediapipe.mesh import FaceMesh, Mesh
from shared.engines.mediapipe.regions import Box, box_of
from shared.engines.mediapipe.tiles import detect_in_tiles
from shared.measurements.model import MediaType
from shared.media.pictures import Picture

MOST_FACES: Final = 64  # at once; each costs 4 to 7 ms a frame
_SAME_FACE_OVERLAP: Final = 0.4  # intersection over union of two boxes


@dataclass(frozen=True, slots=True)
class Manner:
    """How hard to look."""

    look_every: float = 1.0  # [s]: a new face is noticed at the latest after so long
    crowd: bool = False  # look into tiles too; without, that is done only where no face is found
    refits: int = 2  # on a face just found, whose first region is a rough guess


MANNERS: Final = {
    MediaType.IP: Manner(refits=1),
    MediaType.IW: Manner(refits=1, crowd=True),
    MediaType.VS: Manner(),
    MediaType.VM: Manner(look_every=0.5, crowd=True),
}
TILES_EVERY: Final = 2.0  # [s]; a multiple of every `look_every`


@dataclass(frozen=True, slots=True)
class Face:
    """One face in one picture."""

    track: int
    mesh: Mesh
    box: Box
    detection: float  # score of the surest detection that agreed with the track
    patches: Patches | None  # None outside of the picture
    inside: tuple[float, ...]  # as `edges.PARTS`
    crop: Crop


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen in one picture."""

    faces: list[Face]  # in the order in which they were first seen
    cut: bool  # the picture is another shot than the one before


@dataclass(slots=True)
class _Track:
    number: int
    mesh: Mesh
    box: Box
    detection: float
    crop: FaceCrop = field(default_factory=FaceCrop)


class Tracker:
    """Feed it pictures in order. Not for use by two threads."""

    def __init__(self, detector: FaceDetector, mesh: FaceMesh, manner: Manner) -> None:
        self._detector = detector
        self._mesh = mesh
        self._manner = manner
        self._tracks: list[_Track] = []
        self._started = 0
        self._period = self._tiles_period = -1
        self.first: scenes.Small | None = None  # first and last picture, made small
        self.last: scenes.Small | None = None

    def follow(self, picture: Picture, time: float) -> Sight:
        """Find and follow the faces of the next picture."""
        small = scenes.small(picture)
        cut = scenes.is_cut(self.last, small)
        self.first = small if self.first is None else self.first
        self.last = small
        if cut:
            self._tracks.clear()
        lost = self._update(picture)
        self._look(picture, time, needed=lost or not self._tracks)
        if not self._tracks:
            return Sight([], cut)
        seen = edges.visible(picture)
        return Sight([self._face(track, picture, seen) for track in self._tracks], cut)

    def _face(self, track: _Track, picture: Picture, seen: Box) -> Face:
        return Face(
            track=track.number,
            mesh=track.mesh,
            box=track.box,
            detection=track.detection,
            patches=appearance.cut_out(picture, track.mesh.points, track.box),
            inside=edges.inside(track.mesh.points, track.box, seen),
            crop=track.crop.follow(picture, track.mesh.points),
        )

    def _update(self, picture: Picture) -> bool:
        """Lay the mesh of every track on the new picture; whether a track was lost."""
        kept: list[_Track] = []
        for track in self._tracks:
            fit = self._mesh.fit(picture, regions.from_mesh(track.mesh.points, track.box))
            if fit is None:
                continue
            box = box_of(fit.points)
            if any(box.overlap(other.box) > _SAME_FACE_OVERLAP for other in kept):
                continue  # two meshes slid onto one face: the older one keeps it
            track.mesh, track.box = fit, box
            kept.append(track)
        lost = len(kept) < len(self._tracks)
        self._tracks = kept
        return lost

    def _look(self, picture: Picture, time: float, *, needed: bool) -> None:
        """Search for new faces if it is time to, or needed."""
        period, tiles_period = int(time / self._manner.look_every), int(time / TILES_EVERY)
        if not needed and period == self._period:
            return
        self._period = period
        self._take(picture, self._detector.detect(picture))
        wanted = self._manner.crowd or not self._tracks
        if wanted and tiles_period != self._tiles_period:
            self._tiles_period = tiles_period
            self._take(picture, detect_in_tiles(self._detector, picture))

    def _take(self, picture: Picture, found: list[Detection]) -> None:
        """Start a track for every detection that is a face and has none."""
        for each in found:
            known = self._track_at(each)
            if known is not None:
                known.detection = max(known.detection, each.score)
                continue
            if len(self._tracks) == MOST_FACES:
                return
            mesh = self._settle(picture, regions.from_detection(each))
            if mesh is None:
                continue
            box = box_of(mesh.points)
            if any(box.overlap(track.box) > _SAME_FACE_OVERLAP for track in self._tracks):
                continue
            self._tracks.append(_Track(self._started, mesh, box, each.score))
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
        mesh = self._mesh.fit(picture, region)
        for _ in range(self._manner.refits):
            if mesh is None:
                return None
            region = regions.from_mesh(mesh.points, box_of(mesh.points))
            mesh = self._mesh.fit(picture, region)
        return mesh
