"""The embedded engine: MediaPipe's networks on decoded pictures, Action Units from what they say.

Odd cases:
- No face in the whole media, or none that is ever clear enough for a success: MediaError
  `no_face_found`.
- IP takes the largest face. VS takes the face that is the largest one for the longest time, and
  says so when there are others. IW and VM take every face; numbers in order of first appearance
  (IW: from left to right).
- Pieces of the face outside of the picture are guessed by the mesh; the box may reach outside.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from shared.engines.base import EngineResult, Outline, Progress, Task
from shared.engines.mediapipe import identity, joining, signals
from shared.engines.mediapipe.blendshapes import Blendshapes
from shared.engines.mediapipe.detector import FaceDetector
from shared.engines.mediapipe.identity import Track
from shared.engines.mediapipe.joining import FaceFacts, Recording
from shared.engines.mediapipe.mesh import FaceMesh
from shared.engines.mediapipe.networks import ModelError
from shared.engines.mediapipe.outline import outline
from shared.engines.mediapipe.records import Writer
from shared.engines.mediapipe.tracking import MANNERS, Sight, Tracker
from shared.measurements import versions
from shared.measurements.model import Facts, MediaType, Segment, mean_rate
from shared.media.clip import Damage, key_frames, open_clip
from shared.media.pictures import load
from shared.platform.errors import Code, MediaError

_WANTED: Final = (
    "Send one in which a face is at least 24 pixels wide, in focus, and turned towards the camera."
)

_OF_ALL: Final = {MediaType.IP: MediaType.IW, MediaType.VS: MediaType.VM}
"""The types that measure one face, and those that measure all in such media."""

SEGMENT_SECONDS: Final = 15.0  # at most, about: short enough to share out evenly
CUT_FROM_SECONDS: Final = 20.0  # a shorter clip is not worth starting a second process
FRAMES_PER_SECOND: Final = 60  # a second of a clip that has more counts as several


class MediapipeEngine:
    """See `shared.engines.base.Engine`. Its networks are made once and kept."""

    name = "mediapipe"

    def __init__(self) -> None:
        self._made: tuple[FaceDetector, FaceMesh, Blendshapes] | None = None
        self._newest: tuple[Sight, int, int] | None = None  # and the picture's size
        self._version = f"litert-{metadata.version('ai-edge-litert')}+{versions.MEDIAPIPE}"

    def version(self) -> str:
        return self._version

    def problems(self) -> list[str]:
        try:
            self._networks()
        except (ModelError, OSError, RuntimeError, ValueError) as error:
            return [f"Its networks cannot be started: {error}. Install the app again."]
        return []

    def types(self) -> list[MediaType]:
        return list(MediaType)

    def _networks(self) -> tuple[FaceDetector, FaceMesh, Blendshapes]:
        if self._made is None:
            self._made = (FaceDetector(), FaceMesh(), Blendshapes())
        return self._made

    def plan(self, task: Task, parts: int) -> list[Segment]:
        """Does not depend on `parts`, so that the result does not depend on the machine."""
        if task.type.is_image:
            return [Segment(0, frames=1)]
        with open_clip(task.media, task.options) as clip:
            duration, count = clip.duration, clip.frame_count
        work = max(duration or 0.0, (count or 0) / FRAMES_PER_SECOND)  # [s] of a usual clip
        if duration is None or work < CUT_FROM_SECONDS:
            return [Segment(0, frames=count)]
        parts = 2 * math.ceil(work / (2 * SEGMENT_SECONDS))  # even: of two processes none waits
        cuts = _cuts(key_frames(task.media, task.options), duration, parts)
        rate = count / duration if count else None
        return [
            Segment(
                index,
                start,
                stop,
                round(((stop or duration) - start) * rate) if rate else None,
            )
            for index, (start, stop) in enumerate(zip(cuts, [*cuts[1:], None], strict=True))
        ]

    def measure(self, task: Task, segment: Segment, output: Path, progress: Progress) -> None:
        detector, mesh, blendshapes = self._networks()
        tracker = Tracker(detector, mesh, MANNERS[task.type])
        if task.type.is_image:
            picture, unended = load(task.media, task.options)
            height, width = picture.shape[:2]
            with Writer(output, width, height, blendshapes, still=True) as writer:
                writer.add(0, 0.0, tracker.follow(picture, 0.0))
                writer.finish(Damage(unended=int(unended)), tracker)
            progress(1)
            return
        with (
            open_clip(task.media, task.options) as clip,
            Writer(output, clip.width, clip.height, blendshapes) as writer,
        ):
            for number, frame in enumerate(clip.frames(segment)):
                sight = tracker.follow(frame.picture, frame.timestamp)
                writer.add(number, frame.timestamp, sight, frame.quantiser)
                self._newest = sight, clip.width, clip.height
                progress(number + 1)
            writer.finish(clip.damage, tracker)

    def outline(self) -> Outline:
        if self._newest is None:
            return []
        sight, width, height = self._newest
        return outline(sight.faces, width, height)

    def join(self, task: Task, segments: Sequence[tuple[Segment, Path]]) -> EngineResult:
        recording = Recording([path for _, path in segments])
        faces = recording.census.faces()
        if not faces:
            raise MediaError(Code.NO_FACE_FOUND, _no_face(task.type))
        chosen, warnings = _choose(task.type, faces)
        still = task.type.is_image
        threshold = task.options.confidence_threshold
        face_facts = joining.face_facts(recording, chosen, threshold, still=still)
        if not any(face.good_frames for face in face_facts):
            raise MediaError(Code.NO_FACE_FOUND, _unclear_face(task.type))
        facts = self._facts(task, recording, face_facts)
        facts.warnings = [*recording.damage.warnings(), *warnings]
        return EngineResult(
            facts, joining.rows(recording, chosen, face_facts, threshold, still=still)
        )

    def _facts(self, task: Task, recording: Recording, face_facts: Sequence[FaceFacts]) -> Facts:
        census = recording.census
        facts = Facts(
            engine=self.name,
            version=self.version(),
            settings={
                "confidence_threshold": task.options.confidence_threshold,
                "neutral": "reference face" if task.type.is_image else "the face's own",
            },
            frames=census.frames,
            width=recording.width,
            height=recording.height,
            faces=sum(1 for face in face_facts if face.good_frames),
            signals=signals.NAMES,
            validity={str(number): face.validity for number, face in enumerate(face_facts)},
        )
        if not task.type.is_image:
            shown = census.last_time - census.first_time
            if census.frames > 1 and shown > 0:
                facts.fps = mean_rate(census.frames - 1, shown)
                facts.duration = shown + shown / (census.frames - 1)
        return facts


def _cuts(keys: Sequence[float], duration: float, count: int) -> list[float]:
    """Starts of segments of equal length [s], each at the key frame nearest; the first is 0."""
    cuts = [0.0]
    for number in range(1, count):
        wanted = duration * number / count
        place = bisect_left(keys, wanted)
        nearest = min(keys[max(0, place - 1) : place + 1], key=lambda key: abs(key - wanted))
        if nearest > cuts[-1]:
            cuts.append(nearest)
    return cuts


def _choose(kind: MediaType, faces: list[list[Track]]) -> tuple[list[list[Track]], list[str]]:
    if kind in _OF_ALL:
        warnings = []
        if len(faces) > 1:
            which = "largest" if kind is MediaType.IP else "one that is largest for longest"
            warnings.append(
                f"The {_medium(kind)} shows {len(faces)} faces; the {which} was measured. "
                f"Choose “{_medium(kind)}, every face” ({_OF_ALL[kind]}) to measure all of them."
            )
        return [identity.largest(faces)], warnings
    if kind is MediaType.IW:
        faces = sorted(faces, key=lambda tracks: (tracks[0].first.x, tracks[0].first.y))
    return faces, []


def _no_face(kind: MediaType) -> str:
    return f"No face was found in the {_medium(kind)}. {_WANTED}"


def _unclear_face(kind: MediaType) -> str:
    return f"There is a face in the {_medium(kind)}, but never clear enough to measure. {_WANTED}"


def _medium(kind: MediaType) -> str:
    return "image" if kind.is_image else "video"
