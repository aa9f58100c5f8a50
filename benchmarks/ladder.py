"""Makes the ladder: damaged copies of a clip, each with one fault that a verdict must find.

    python benchmarks/ladder.py CLIP FOLDER [--name NAME] [--seconds N]

writes FOLDER/<name>/own.mp4, the first half of the clip, and beside it <rung>.mp4 of its second for
every rung of `RUNGS` (H.264, CRF 18 where nothing else is said, at the clip's own rate). Held to
own.mp4, those of `HARMLESS` must pass and every other one must fail. Places on the face are the
mesh's own. `--seconds` takes no more than that of the second half; a rung that is played faster is
shorter still, and below 4.5 s nothing is judged. Called PERSON/real.mp4, a clip is named PERSON.
"""

import argparse
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Final

import av
import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._measured import person  # noqa: E402
from shared.engines.mediapipe.detector import FaceDetector  # noqa: E402
from shared.engines.mediapipe.mesh import FaceMesh  # noqa: E402
from shared.engines.mediapipe.tracking import MANNERS, Tracker  # noqa: E402
from shared.measurements.model import MediaType, Options, Segment  # noqa: E402
from shared.media.clip import open_clip  # noqa: E402
from shared.media.pictures import Picture  # noqa: E402

CRF: Final = 18
_RIGHT_EYE, _LEFT_EYE = 33, 263  # outer corners
_LIPS: Final = (61, 291, 0, 17)
_BROWS: Final = (
    (46, 53, 52, 65, 55, 107, 66, 105, 63, 70),
    (276, 283, 282, 295, 285, 336, 296, 334, 293, 300),
)

Mesh = NDArray[np.float32]  # (478, 3) [pixels]


@dataclass(frozen=True, slots=True)
class Clip:
    """Pictures of one face, and how they are to be written."""

    pictures: Sequence[Picture]
    meshes: Sequence[Mesh]  # one for each of `pictures`
    fps: Fraction
    crf: int = CRF
    size: tuple[int, int] | None = None  # width, height; None: the pictures' own
    times: Sequence[int] | None = None  # [1 / fps]; None: one after the other

    def __len__(self) -> int:
        return len(self.pictures)

    def of(self, places: Sequence[int], fps: Fraction | None = None) -> "Clip":
        """The pictures at these places, one after the other."""
        return Clip(
            [self.pictures[place] for place in places],
            [self.meshes[place] for place in places],
            fps or self.fps,
        )

    def each(self, change: Callable[[Picture, Mesh, int], Picture]) -> "Clip":
        """Every picture changed; `change` also gets its number."""
        triples = zip(self.pictures, self.meshes, range(len(self)), strict=True)
        return Clip([change(*triple) for triple in triples], self.meshes, self.fps)


Rung = Callable[[Clip], Clip]


def eyes(mesh: Mesh) -> float:
    """Between the outer corners [pixels]."""
    return float(np.linalg.norm(mesh[_LEFT_EYE] - mesh[_RIGHT_EYE]))


def picture_of(pixels: MatLike) -> Picture:
    return np.asarray(pixels, np.uint8)


# copies that must pass


def encoded(crf: int) -> Callable[[Clip], Clip]:
    return lambda clip: Clip(clip.pictures, clip.meshes, clip.fps, crf)


def _rated(fps: int) -> Callable[[Clip], Clip]:
    """Shown at another rate: the nearest picture of each time."""

    def rated(clip: Clip) -> Clip:
        count = round(len(clip) * fps / clip.fps)
        last = len(clip) - 1
        return clip.of([min(last, int(n * clip.fps / fps)) for n in range(count)], Fraction(fps))

    return rated


def _sized(height: int, crf: int = CRF) -> Callable[[Clip], Clip]:
    def sized(clip: Clip) -> Clip:
        rows, columns = clip.pictures[0].shape[:2]
        size = (round(columns * height / rows / 2) * 2, height)
        return Clip(clip.pictures, clip.meshes, clip.fps, crf, size)

    return sized


def _mirrored(clip: Clip) -> Clip:
    return clip.each(lambda picture, _, __: np.ascontiguousarray(picture[:, ::-1]))


# faults of time


def _frozen(share: float) -> Callable[[Clip], Clip]:
    """The picture stands for a share of the clip, in its middle."""

    def frozen(clip: Clip) -> Clip:
        first = int(len(clip) * (1 - share) / 2)
        last = first + int(len(clip) * share)
        return clip.of([first if first <= n < last else n for n in range(len(clip))])

    return frozen


def _looped(seconds: float) -> Callable[[Clip], Clip]:
    return lambda clip: clip.of([n % round(seconds * clip.fps) for n in range(len(clip))])


def _held(clip: Clip) -> Clip:
    return clip.of([n - n % 2 for n in range(len(clip))])


def _swapped(clip: Clip) -> Clip:
    return clip.of([min(n ^ 1, len(clip) - 1) for n in range(len(clip))])


def _half_speed(clip: Clip) -> Clip:
    """Every second picture is a blend of its neighbours; as long as the clip was."""
    count = len(clip)
    blends = [
        clip.pictures[n // 2]
        if n % 2 == 0
        else picture_of(
            cv2.addWeighted(clip.pictures[n // 2], 0.5, clip.pictures[n // 2 + 1], 0.5, 0)
        )
        for n in range(count)
    ]
    return Clip(blends, [clip.meshes[n // 2] for n in range(count)], clip.fps)


def _fast(clip: Clip) -> Clip:
    return clip.of([int(n * 1.5) for n in range(int(len(clip) / 1.5))])


# faults of the picture


def _blurred(points: Callable[[Mesh], NDArray[np.float32]], sd: float, reach: float) -> Rung:
    """Blurred by `sd` within `reach` of the middle of some points [eye distances]."""

    def blur(picture: Picture, mesh: Mesh, _: int) -> Picture:
        x, y = points(mesh)[:, :2].mean(axis=0)
        apart = eyes(mesh)
        rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
        away = np.hypot(columns - x, rows - y) / (reach * apart)
        weight = np.clip(3 * (1 - away), 0, 1)[:, :, None]
        soft = cv2.GaussianBlur(picture, (0, 0), sd * apart)
        return picture_of(weight * soft + (1 - weight) * picture)

    return lambda clip: clip.each(blur)


def _brows_frozen(clip: Clip) -> Clip:
    """The first picture's brows, pasted onto where the eyes and nose now are."""
    anchors = [33, 133, 263, 362, 168, 6]
    first, origin = clip.pictures[0], clip.meshes[0]
    mask: NDArray[np.float32] = np.zeros(first.shape[:2], np.float32)
    for brow in _BROWS:
        hull = cv2.convexHull(origin[list(brow), :2].astype(np.int32))
        cv2.fillConvexPoly(mask, hull, (1.0,))
    around = max(1, int(eyes(origin) * 0.07))
    grown = cv2.dilate(mask, np.ones((3, 3), np.uint8), iterations=around)
    soft = cv2.GaussianBlur(grown, (0, 0), 0.03 * eyes(origin))

    def paste(picture: Picture, mesh: Mesh, _: int) -> Picture:
        move, _inliers = cv2.estimateAffinePartial2D(origin[anchors, :2], mesh[anchors, :2])
        size = (picture.shape[1], picture.shape[0])
        moved = cv2.warpAffine(first, move, size, flags=cv2.INTER_CUBIC)
        weight = cv2.warpAffine(soft, move, size)[:, :, None]
        return picture_of(weight * moved + (1 - weight) * picture)

    return clip.each(paste)


def shifted(offsets: Callable[[Clip], NDArray[np.float64]]) -> Rung:
    """Every picture moved by its offset [pixels]; the edge is repeated."""

    def shifted(clip: Clip) -> Clip:
        moves = offsets(clip)

        def shift(picture: Picture, _: Mesh, number: int) -> Picture:
            move = np.array([[1, 0, moves[number, 0]], [0, 1, moves[number, 1]]])
            size = (picture.shape[1], picture.shape[0])
            warped = cv2.warpAffine(
                picture, move, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            )
            return picture_of(warped)

        return clip.each(shift)

    return shifted


def _head_still(clip: Clip) -> Clip:
    """Turned, scaled and shifted so that the eyes and nose stay where they were at first."""
    anchors = [33, 133, 263, 362, 168, 6]
    origin = clip.meshes[0]

    def hold(picture: Picture, mesh: Mesh, _: int) -> Picture:
        move, _inliers = cv2.estimateAffinePartial2D(mesh[anchors, :2], origin[anchors, :2])
        size = (picture.shape[1], picture.shape[0])
        warped = cv2.warpAffine(
            picture, move, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return picture_of(warped)

    return clip.each(hold)


def _shaking(clip: Clip) -> NDArray[np.float64]:
    """A new place for every picture, .02 eye distances (standard deviation) either way."""
    generator = np.random.default_rng(1)
    return generator.normal(0.0, 0.02 * eyes(clip.meshes[0]), (len(clip), 2))


def _black(clip: Clip) -> Clip:
    first = len(clip) // 3
    return clip.each(lambda picture, _, n: picture if n < first else np.zeros_like(picture))


def _out_of_picture(clip: Clip) -> Clip:
    """From the middle on, the face has left the picture to the side."""
    first = len(clip) // 2

    def leave(picture: Picture, _: Mesh, number: int) -> Picture:
        return picture if number < first else np.repeat(picture[:, :1], picture.shape[1], axis=1)

    return clip.each(leave)


def _flicker(clip: Clip) -> Clip:
    def light(picture: Picture, _: Mesh, number: int) -> Picture:
        return picture_of(np.clip(picture * (1.06 if number % 2 else 0.94), 0, 255))

    return clip.each(light)


HARMLESS: Final[MappingProxyType[str, Rung]] = MappingProxyType(
    {
        "clean": encoded(CRF),
        "crf_23": encoded(23),
        "crf_28": encoded(28),
        "fps_25": _rated(25),
        "fps_30": _rated(30),
        "fps_60": _rated(60),
        "height_720": _sized(720),
        "height_360": _sized(360),
        "mirrored": _mirrored,
        "height_256_crf_30": _sized(256, 30),
    }
)
RUNGS: Final[MappingProxyType[str, Rung]] = MappingProxyType(
    {
        **HARMLESS,
        "frozen_30": _frozen(0.3),
        "frozen": _frozen(1.0),
        "looped_2s": _looped(2.0),
        "every_second_held": _held,
        "swapped_pairs": _swapped,
        "half_speed": _half_speed,
        "speed_1.5": _fast,
        "mouth_blurred": _blurred(lambda mesh: mesh[list(_LIPS)], 0.06, 0.45),
        "face_blurred": _blurred(lambda mesh: mesh, 0.05, 1.2),
        "brows_frozen": _brows_frozen,
        "head_still": _head_still,
        "shaken": shifted(_shaking),
        "black_two_thirds": _black,
        "out_of_picture_half": _out_of_picture,
        "flicker_6": _flicker,
        "crf_38": encoded(38),
    }
)
"""In the order of ../shared/reference/people/README.md, the harmless copies first."""


def write(path: Path, clip: Clip) -> None:
    """As H.264 in MP4."""
    rows, columns = clip.pictures[0].shape[:2]
    width, height = clip.size or (columns, rows)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=clip.fps)
        stream.width, stream.height = width // 2 * 2, height // 2 * 2
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(clip.crf), "preset": "medium"}
        for picture, time in zip(clip.pictures, clip.times or range(len(clip)), strict=True):
            shrunk = cv2.resize(
                picture, (stream.width, stream.height), interpolation=cv2.INTER_AREA
            )
            frame = av.VideoFrame.from_ndarray(np.asarray(shrunk, np.uint8))
            frame.pts, frame.time_base = time, 1 / clip.fps
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def read(path: Path) -> Clip:
    """A clip of one face, that which is largest at first; pictures without it are left out."""
    tracker = Tracker(FaceDetector(), FaceMesh(), MANNERS[MediaType.VS])
    pictures, meshes, times = [], [], []
    with open_clip(path, Options()) as clip:
        for frame in clip.frames(Segment(0)):
            times.append(frame.timestamp)
            if faces := tracker.follow(frame.picture, frame.timestamp).faces:
                pictures.append(frame.picture)
                meshes.append(faces[0].mesh.points)
    rate = (len(times) - 1) / (times[-1] - times[0])
    return Clip(pictures, meshes, Fraction(rate).limit_denominator(1001))


def made(doc: str, rungs: Mapping[str, Rung]) -> None:
    """The script: own.mp4 and every rung, of the clip and into the folder that its user names."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--name", help="default: the person's, or the clip's")
    parser.add_argument(
        "--seconds", type=float, default=math.inf, help="of the second half, at most"
    )
    options = parser.parse_args()
    folder = options.folder / (options.name or person(options.clip))
    folder.mkdir(parents=True, exist_ok=True)
    clip = read(options.clip)
    half = len(clip) // 2
    length = int(min(half, options.seconds * clip.fps))
    write(folder / "own.mp4", clip.of(range(half)))
    rest = clip.of(range(half, half + length))
    for name, rung in rungs.items():
        write(folder / f"{name}.mp4", rung(rest))
        print(name)


if __name__ == "__main__":
    made(__doc__ or "", RUNGS)
