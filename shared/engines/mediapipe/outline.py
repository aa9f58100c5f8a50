"""Lines of a face's mesh, for people who look on while a clip is measured."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from shared.engines.base import THOUSANDTHS, Outline
from shared.engines.mediapipe.tracking import Face

MOST_FACES: Final = 4  # drawn; the first seen

_LINES: Final = (
    (  # the face
        *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
        *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10),
    ),
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 33),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 263),
    (70, 63, 105, 66, 107),
    (300, 293, 334, 296, 336),
    (168, 6, 197, 195, 5, 4),  # the nose
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 78),
)
"""Landmarks of MediaPipe's mesh, in the order in which a line joins them."""


def outline(faces: Sequence[Face], width: int, height: int) -> Outline:
    """The lines of some of the faces in a picture of this size [pixels]."""
    size = np.array([width, height]) / THOUSANDTHS
    lines = []
    for face in faces[:MOST_FACES]:
        places = np.rint(face.mesh.points[:, :2] / size).astype(int)
        lines += [places[list(line)].ravel().tolist() for line in _LINES]
    return lines
