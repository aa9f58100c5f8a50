"""The mesh: 478 points of one face in a region of a picture (MediaPipe's Face Mesh V2)."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe import networks
from shared.engines.mediapipe.crops import Cutter, Region
from shared.media.pictures import Picture

LANDMARKS: Final = 478  # 468 of the mesh, 10 of the irises
MESH_THRESHOLD: Final = 0.5

_SIDE: Final = 256  # what the network sees [pixels]
_LEAST_LOGIT: Final = math.log(MESH_THRESHOLD / (1 - MESH_THRESHOLD))


@dataclass(frozen=True, slots=True)
class Mesh:
    """The mesh of one face."""

    points: NDArray[np.float32]  # (478, 3) [pixels]; z grows away from the camera
    score: float  # 0..1: the network's belief that the region holds a face


class FaceMesh:
    """Lays the mesh on the face in a region of a picture."""

    def __init__(self) -> None:
        self._network = networks.Network(networks.MESH)
        self._cutter = Cutter(_SIDE, black=0.0, white=1.0)

    def fit(self, picture: Picture, region: Region) -> Mesh | None:
        """None where the network sees no face in that region of the RGB picture."""
        points, logit, _ = self._network.run(partial(self._cutter.cut, picture, region))
        belief = logit.item()
        if not belief >= _LEAST_LOGIT or not np.isfinite(np.add.reduce(points, axis=None)):
            return None
        return Mesh(_in_picture(points.reshape(LANDMARKS, 3), region), 1 / (1 + math.exp(-belief)))


def _in_picture(points: NDArray[np.float32], region: Region) -> NDArray[np.float32]:
    """From places in the crop to places in the picture; depth grows by the same factor."""
    matrix = region.to_picture(_SIDE).astype(np.float32)
    points[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    points[:, 2] *= np.float32(region.side / _SIDE)
    return points
