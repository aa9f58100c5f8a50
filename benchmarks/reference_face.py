"""Derives the numbers of the reference face anew from the mesh network in the wheel.

    python benchmarks/reference_face.py

Shown an even grey picture, the network answers with its mean face: upright, frontal, eyes open,
lips closed. This prints the points that `shared.engines.mediapipe.alignment.REFERENCE` holds and
the measures that the tables of `shared.engines.mediapipe.measures` hold as `reference`, right and
left averaged. A test holds the product's numbers to them.
"""

import sys
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shared.engines.mediapipe import alignment, measures
from shared.engines.mediapipe.graphs import FaceMesh, Region

SIDE: Final = 192  # what the network sees
GREY: Final = 128
MIRRORED: Final = ((33, 263), (133, 362), (127, 356), (162, 389), (234, 454), (21, 251), (103, 332))
MIDDLE: Final = (168, 6, 197, 195, 5, 10)

Points = NDArray[np.float64]


def mean_face() -> Points:
    """(478, 3) [pixels], as the network gives them: y down, z away from the camera."""
    mesh = FaceMesh(least_score=-1.0)
    picture = np.full((SIDE, SIDE, 3), GREY, dtype=np.uint8)
    (answer,) = mesh.fit(picture, [Region(SIDE / 2, SIDE / 2, SIDE, 0.0)])
    mesh.close()
    if answer is None:
        raise RuntimeError("the network gave no mesh")
    return answer.points.astype(np.float64)


def anchors(face: Points) -> dict[int, Points]:
    """The points of `alignment.REFERENCE`, made symmetric, in its units and axes."""
    face = face * (1, -1, -1)
    across = np.sum([face[left] - face[right] for right, left in MIRRORED], axis=0)
    across /= np.linalg.norm(across)
    centres = [(face[a] + face[b]) / 2 for a, b in MIRRORED] + [face[m] for m in MIDDLE]
    plane = np.mean(centres, axis=0) @ across

    def mirrored(point: Points) -> Points:
        reflected: Points = point - 2 * (point @ across - plane) * across
        return reflected

    symmetric = {m: (face[m] + mirrored(face[m])) / 2 for m in MIDDLE}
    for a, b in MIRRORED:
        symmetric[a] = (face[a] + mirrored(face[b])) / 2
        symmetric[b] = mirrored(symmetric[a])
    up = np.array([0.0, 1.0, 0.0])
    up -= (up @ across) * across
    up /= np.linalg.norm(up)
    axes = np.array([across, up, np.cross(across, up)])
    scale = alignment.EYE_DISTANCE / np.linalg.norm(symmetric[33] - symmetric[263])
    origin = (symmetric[33] + symmetric[263]) / 2
    return {index: axes @ (point - origin) * scale for index, point in symmetric.items()}


def reference_measures(face: Points) -> dict[str, float]:
    values = measures.measure(alignment.align(face[None].astype(np.float32)))[0]
    named = dict(zip(measures.NAMES, values.tolist(), strict=True))
    sided = {name: (named[f"{name}_right"] + named[f"{name}_left"]) / 2 for name in measures.SIDED}
    return sided | {name: named[name] for name in measures.CENTRAL}


def main() -> None:
    face = mean_face()
    for index, (x, y, z) in anchors(face).items():
        print(f"{index}: ({x:.2f}, {y:.2f}, {z:.2f}),")
    for name, value in reference_measures(face).items():
        print(f"{name}: {value:.2f}")


if __name__ == "__main__":
    main()
