"""Derives the numbers of the reference face anew, from clips of real people.

    python benchmarks/reference_face.py [CLIP ...]

The reference face is the median over people, one clip of each, of what they are at rest: the frames
of a clip that face the camera with eyes open and lips closed (of those with the lesser eyelid
score, the quarter with the smallest gap between the lips). The clips of this project's shared
folder, where they are there, unless others are named.

Printed are the points that `shared.engines.mediapipe.alignment.REFERENCE` holds, the measures that
the tables of `shared.engines.mediapipe.measures` hold as `reference`, and the scores of
`shared.engines.mediapipe.formulas.SCORES_AT_REST`, right and left averaged. Faces are aligned to
the reference as it is: put the new numbers in and run this again until they stay, within 0.2.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shared.engines.mediapipe import alignment, blendshapes, measures
from shared.engines.mediapipe.blendshapes import Blendshapes
from shared.engines.mediapipe.detector import FaceDetector
from shared.engines.mediapipe.formulas import SCORES_AT_REST
from shared.engines.mediapipe.mesh import FaceMesh
from shared.engines.mediapipe.tracking import MANNERS, Tracker
from shared.measurements.model import MediaType, Options, Segment
from shared.media.clip import open_clip

MEDIA: Final = Path(__file__).resolve().parents[2] / "shared" / "media"
PEOPLE: Final = (
    "WolfgangLanger_Pexels.mp4",
    "single_face.mp4",
    *(f"people/{name}/real.mp4" for name in ("French", "GER1", "Japanese", "Leijun", "May")),
    *(f"talking/real/{name}" for name in (
        "ed_expression_source.mp4", "iplap_129.mp4", "lia_vox2.mp4", "lia_vox3.mov",
        "ls_demo1.mp4", "ls_demo3.mp4", "mead_W009_front_neutral_level1_001.mp4", "st_aoc.mp4",
        "vr_1.mp4", "vr_5.mp4",
    )),
)  # fmt: skip
"""One clip of each person."""

MIRRORED: Final = ((33, 263), (133, 362), (127, 356), (162, 389), (234, 454), (21, 251), (103, 332))
MIDDLE: Final = (168, 6, 197, 195, 5, 10)

TURNED: Final = np.radians(20.0)  # to the side; beyond, a face is not seen from the front
CLOSED_PERCENT: Final = 25.0  # of the gaps between the lips
FEWEST: Final = 8  # frames at rest, of a person who counts

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rest:
    """Frames of one person at rest."""

    meshes: NDArray[np.float32]  # (n, 478, 3) [pixels]
    scores: NDArray[np.float32]  # (n, 52)


def at_rest(tracker: Tracker, scorer: Blendshapes, clip: Path) -> Rest | None:
    """None where the face is never seen like that for long enough."""
    meshes, scores = [], []
    with open_clip(clip, Options()) as opened:
        for frame in opened.frames(Segment(0)):
            for face in tracker.follow(frame.picture, frame.timestamp).faces[:1]:
                meshes.append(face.mesh.points)
                scores.append(scorer.of(face.mesh.points))
    if not meshes:
        return None
    points, named = np.stack(meshes), np.stack(scores)
    aligned = alignment.align(points)
    gap = measures.measure(aligned)[:, measures.NAMES.index("lip_gap")]
    lids = [blendshapes.NAMES.index(f"eyeBlink{side}") for side in ("Left", "Right")]
    shut = named[:, lids].min(axis=1)
    fit = (shut <= np.median(shut)) & (np.abs(aligned.rotation[:, 1]) < TURNED)
    if fit.sum() < FEWEST:
        return None
    fit &= gap <= np.percentile(gap[fit], CLOSED_PERCENT)
    return Rest(points[fit], named[fit])


def anchors(people: Sequence[Rest]) -> dict[int, Points]:
    """The points of `alignment.REFERENCE`, made symmetric, in its units and axes."""
    means = [alignment.align(each.meshes).points.mean(axis=0) for each in people]
    face = np.median(means, axis=0)
    mirror = np.array((-1.0, 1.0, 1.0))
    symmetric = {middle: (face[middle] + face[middle] * mirror) / 2 for middle in MIDDLE}
    for right, left in MIRRORED:
        symmetric[right] = (face[right] + face[left] * mirror) / 2
        symmetric[left] = symmetric[right] * mirror
    scale = alignment.EYE_DISTANCE / np.linalg.norm(symmetric[33] - symmetric[263])
    origin = (symmetric[33] + symmetric[263]) / 2
    return {index: (symmetric[index] - origin) * scale for index in alignment.REFERENCE}


def reference_measures(people: Sequence[Rest]) -> dict[str, float]:
    means = [measures.measure(alignment.align(each.meshes)).mean(axis=0) for each in people]
    named = dict(zip(measures.NAMES, np.median(means, axis=0).tolist(), strict=True))
    sided = {name: (named[f"{name}_right"] + named[f"{name}_left"]) / 2 for name in measures.SIDED}
    return sided | {name: named[name] for name in measures.CENTRAL}


def reference_scores(people: Sequence[Rest]) -> dict[str, float]:
    median = np.median([each.scores.mean(axis=0) for each in people], axis=0)
    named = dict(zip(blendshapes.NAMES, median.tolist(), strict=True))
    return {
        score: named[score]
        if score in named
        else (named[f"{score}Right"] + named[f"{score}Left"]) / 2
        for score in SCORES_AT_REST
    }


def people_in(clips: Iterable[Path]) -> list[Rest]:
    detector, mesh, scorer = FaceDetector(), FaceMesh(), Blendshapes()
    found = []
    for clip in clips:
        rest = at_rest(Tracker(detector, mesh, MANNERS[MediaType.VS]), scorer, clip)
        if rest is None:
            print(f"{clip.name} is not at rest for long enough", file=sys.stderr)
        else:
            found.append(rest)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="*")
    clips = parser.parse_args().clips or [MEDIA / n for n in PEOPLE if (MEDIA / n).is_file()]
    people = people_in(clips)
    if not people:
        print("No clip was there.")
        return
    print(f"{len(people)} people")
    for index, (x, y, z) in anchors(people).items():
        print(f"{index}: ({x:.2f}, {y:.2f}, {z:.2f}),")
    for name, value in reference_measures(people).items():
        print(f"{name}: {value:.2f}")
    for name, value in reference_scores(people).items():
        print(f"{name}: {value:.3f}")


if __name__ == "__main__":
    main()
