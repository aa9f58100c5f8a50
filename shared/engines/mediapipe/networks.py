"""The network files of this folder, checked and running in LiteRT.

Where the files come from, what goes in and what comes out: `models/README.md`. One interpreter and
one thread each; a network keeps nothing from one run to the next, so results do not depend on what
was measured before.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from shared.platform.paths import ROOT

FOLDER: Final = ROOT / "shared" / "engines" / "mediapipe" / "models"

Tensor = NDArray[np.float32]


class ModelError(Exception):
    """A network file cannot be used. The text is half a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Model:
    """A network file that the project carries."""

    file: str
    sha256: str

    def read(self) -> bytes:
        """Its content. Raises ModelError where it is not there or not what it was."""
        path = FOLDER / self.file
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise ModelError(f"{path} is missing") from None
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ModelError(f"{path} is not the file that belongs here")
        return content


DETECTOR: Final = Model(
    "face_detection_full_range_sparse.tflite",
    "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
)
MESH: Final = Model(
    "face_landmarks_detector.tflite",
    "c7d54204ce0448474c7f3fa9af494787c0965cbdd6f20fc72867e43046bd43d5",
)
BLENDSHAPES: Final = Model(
    "face_blendshapes.tflite",
    "4f36dded049db18d76048567439b2a7f58f1daabc00d78bfe8f3ad396a2d2082",
)


class Network:
    """A network with one input, ready to run. Not for use by two threads."""

    def __init__(self, model: Model) -> None:
        """Raises as `Model.read`."""
        self._interpreter = Interpreter(model_content=model.read(), num_threads=1)
        self._interpreter.allocate_tensors()
        (given,) = self._interpreter.get_input_details()
        self._input: int = given["index"]
        self._outputs: list[int] = [o["index"] for o in self._interpreter.get_output_details()]

    def run(self, write: Callable[[Tensor], object]) -> list[Tensor]:
        """Copies of all outputs, in the order of the file.

        `write` fills the network's input, whose memory it must not keep.
        """
        write(self._interpreter.tensor(self._input)())
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]
