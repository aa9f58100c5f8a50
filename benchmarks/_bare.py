"""The loop to beat: the engine's networks with nothing around them.

For one face: decode, cut it out, lay the mesh on it, score its blendshapes; its region follows its
own mesh, and the detector runs only where there is none. Written as one would without the engine,
and of its code nothing is used but the detector's decoding of its own answer and the file list.
"""

import math
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from PIL import Image

from shared.engines.mediapipe import networks
from shared.engines.mediapipe.blendshapes import PLACES
from shared.engines.mediapipe.detector import FaceDetector

Pixels = NDArray[np.uint8]
Region = tuple[float, float, float, float]
"""x and y of the centre, side [pixels], angle [rad]."""

SIDE: Final = 256
MARGIN: Final = 1.5


class Bare:
    """The three networks."""

    def __init__(self) -> None:
        self._detector = FaceDetector()
        self._mesh = _interpreter(networks.MESH)
        self._blendshapes = _interpreter(networks.BLENDSHAPES)

    def clip(self, media: Path) -> int:
        """The number of frames."""
        count = 0
        region: Region | None = None
        with av.open(str(media)) as container:
            container.streams.video[0].codec_context.thread_count = 1
            for frame in container.decode(video=0):
                region = self._look(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8), region)
                count += 1
        return count

    def image(self, media: Path, looks: int) -> None:
        """The mesh is laid `looks` times, each but the first where the one before was."""
        with Image.open(media) as image:
            picture = np.asarray(image.convert("RGB"), np.uint8)
        region = None
        for look in range(looks):
            region = self._look(picture, region, last=look == looks - 1)

    def _look(self, picture: Pixels, region: Region | None, *, last: bool = True) -> Region | None:
        """Where the face will be in the next picture; None where there is none."""
        region = region or self._found(picture)
        if region is None:
            return None
        x, y, side, angle = region
        scale = side / SIDE
        cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
        turn = np.array(((cosine, -sine), (sine, cosine)))
        centre = np.array((x, y))
        corner = centre + turn @ np.full(2, 0.5 - SIDE / 2) - 0.5
        crop = cv2.warpAffine(
            picture,
            np.column_stack((turn, corner)),
            (SIDE, SIDE),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        )
        landmarks, presence, *_ = _run(
            self._mesh, np.asarray(crop[None] / np.float32(255), np.float32)
        )
        if presence.item() < 0:
            return None
        points = (landmarks.reshape(-1, 3)[:, :2] - SIDE / 2) @ turn.T.astype(np.float32) + centre
        if last:
            _run(self._blendshapes, points[PLACES][None].astype(np.float32))
        low, high = points.min(axis=0), points.max(axis=0)
        across = points[263] - points[33]
        middle = (low + high) / 2
        return (middle[0], middle[1], MARGIN * max(high - low), math.atan2(across[1], across[0]))

    def _found(self, picture: Pixels) -> Region | None:
        for face in self._detector.detect(picture):
            (right_x, right_y), (left_x, left_y) = face.right_eye, face.left_eye
            return (
                face.left + face.width / 2,
                face.top + face.height / 2,
                MARGIN * max(face.width, face.height),
                math.atan2(left_y - right_y, left_x - right_x),
            )
        return None


def _interpreter(model: networks.Model) -> Interpreter:
    interpreter = Interpreter(model_content=model.read(), num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def _run(interpreter: Interpreter, values: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values)
    interpreter.invoke()
    return [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]
