"""The two networks: a detector that finds faces in a picture, and the mesh of one face.

Both run as MediaPipe graphs of this module's own, made of the sub-graphs that the wheel registers:

- The detector is the full-range one: on group pictures it finds every face where the short-range
  detector, which `FaceMesh` uses, finds about half.
- The mesh takes the region of interest from the caller. `FaceMesh` of the solutions API keeps it
  to itself, so that every face of a clip would need an instance of its own, and it hides the
  score with which the network believes in the face. The landmarks are the same to the last bit.

The graphs keep nothing from one call to the next, so results do not depend on what was measured
before.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import mediapipe as mp
import numpy as np
from mediapipe.calculators.tensor import tensors_to_detections_calculator_pb2
from mediapipe.calculators.util import thresholding_calculator_pb2
from mediapipe.framework import calculator_pb2
from mediapipe.framework.formats import detection_pb2, rect_pb2
from mediapipe.python._framework_bindings import resource_util, validated_graph_config
from numpy.typing import NDArray

LANDMARKS: Final = 478  # 468 of the mesh, 10 of the irises

_DETECTOR_GRAPH: Final = {
    "input_stream": ["image"],
    "node": [
        {
            "calculator": "FaceDetectionFullRangeCpu",
            "input_stream": ["IMAGE:image"],
            "output_stream": ["DETECTIONS:detections"],
        }
    ],
}
_MESH_GRAPH: Final = {
    "input_stream": ["image", "region"],
    "input_side_packet": ["with_attention"],
    "node": [
        {
            "calculator": "FaceLandmarkCpu",
            "input_stream": ["IMAGE:image", "ROI:region"],
            "input_side_packet": ["WITH_ATTENTION:with_attention"],
            "output_stream": ["LANDMARKS:landmarks"],
        }
    ],
}
_MESH_SCORE: Final = "facelandmarkcpu__face_presence_score"  # inside the sub-graph
MESH_THRESHOLD: Final = 0.5
DETECTOR_THRESHOLD: Final = 0.5  # low, because the mesh's own score confirms every face

# A serialised landmark: tag and length, then three times tag and little-endian float.
_LANDMARK_BYTES: Final = 17
_FLOAT_BYTES: Final = (3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 16)


@dataclass(frozen=True, slots=True)
class Region:
    """A rotated square in the picture, in pixels: where the mesh looks for its face."""

    x: float  # centre
    y: float
    side: float
    angle: float  # [rad], clockwise in the picture


@dataclass(frozen=True, slots=True)
class Detection:
    """A face that the detector found, in pixels."""

    left: float
    top: float
    width: float
    height: float
    score: float
    right_eye: tuple[float, float]
    left_eye: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mesh:
    """The mesh of one face."""

    points: NDArray[np.float32]  # (478, 3) [pixels]; z grows away from the camera
    score: float  # 0..1: the network's belief that the region holds a face


_WARM_UP: Final = np.full((192, 192, 3), 128, dtype=np.uint8)  # first run: slow, and noisy


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what MediaPipe writes to standard error while it starts out of the log.

    It has no setting for that; a failure is raised as an exception all the same. Descriptor 2 is
    the whole process's, which is why this is for starting only.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


class _Graph:
    """A running MediaPipe graph, fed by one packet per input and call."""

    def __init__(
        self,
        config: dict[str, Any],
        outputs: tuple[str, ...],
        sides: dict[str, Any],
        least_score: float = MESH_THRESHOLD,
    ) -> None:
        resource_util.set_resource_dir(str(Path(mp.__file__).parent.parent))
        validated = validated_graph_config.ValidatedGraphConfig()
        validated.initialize(graph_config=calculator_pb2.CalculatorGraphConfig(**config))
        # expanded, because streams inside a sub-graph have no name before
        expanded = calculator_pb2.CalculatorGraphConfig()
        expanded.ParseFromString(validated.binary_config)
        expanded.output_stream.extend(outputs)
        for node in expanded.node:
            _set_detector_threshold(node)
            _set_mesh_threshold(node, least_score)
        self._graph = mp.CalculatorGraph(graph_config=expanded)
        self._packets: dict[str, Any] = {}
        for name in outputs:
            self._graph.observe_output_stream(name, self._packets.__setitem__, False)
        self._graph.start_run(sides)
        self._time = 0

    def run(self, **inputs: Any) -> dict[str, Any]:
        self._packets.clear()
        self._time += 1
        for name, packet in inputs.items():
            self._graph.add_packet_to_input_stream(name, packet.at(self._time))
        self._graph.wait_until_idle()
        return self._packets

    def close(self) -> None:
        self._graph.close()


class FaceDetector:
    """Finds faces, without their meshes."""

    def __init__(self) -> None:
        with _quiet():
            self._graph = _Graph(_DETECTOR_GRAPH, ("detections",), {})
            self.detect(_WARM_UP)

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        """Faces in an RGB picture, in the order of the network's certainty."""
        packets = self._graph.run(image=_image_packet(picture))
        if "detections" not in packets:
            return []
        height, width = picture.shape[:2]
        found: Iterable[detection_pb2.Detection] = mp.packet_getter.get_proto_list(
            packets["detections"]
        )
        return [_detection(item, width, height) for item in found]

    def close(self) -> None:
        self._graph.close()


class FaceMesh:
    """Lays the mesh on the face in a region of a picture."""

    def __init__(self, least_score: float = MESH_THRESHOLD) -> None:
        """`least_score`: what the network believes less is no face."""
        sides = {"with_attention": mp.packet_creator.create_bool(True)}
        with _quiet():
            self._graph = _Graph(_MESH_GRAPH, ("landmarks", _MESH_SCORE), sides, least_score)
            side = len(_WARM_UP)
            self.fit(_WARM_UP, [Region(side / 2, side / 2, side, 0.0)])

    def fit(self, picture: NDArray[np.uint8], regions: Iterable[Region]) -> list[Mesh | None]:
        """One mesh per region of an RGB picture; None where the network sees no face."""
        packet = _image_packet(picture)
        height, width = picture.shape[:2]
        return [self._fit(packet, region, width, height) for region in regions]

    def _fit(self, packet: Any, region: Region, width: int, height: int) -> Mesh | None:
        rectangle = rect_pb2.NormalizedRect(
            x_center=region.x / width,
            y_center=region.y / height,
            width=region.side / width,
            height=region.side / height,
            rotation=region.angle,
        )
        packets = self._graph.run(image=packet, region=mp.packet_creator.create_proto(rectangle))
        if "landmarks" not in packets:
            return None
        score = float(mp.packet_getter.get_float(packets[_MESH_SCORE]))
        # Bytes instead of 478 message objects: a tenth of the time.
        data = mp.packet_getter.get_proto(packets["landmarks"]).SerializeToString()
        if len(data) != LANDMARKS * _LANDMARK_BYTES:
            return None  # a landmark without a coordinate: the region is degenerate
        table = np.frombuffer(data, dtype=np.uint8).reshape(LANDMARKS, _LANDMARK_BYTES)
        scale = np.array((width, height, width), dtype=np.float32)
        points = table.take(_FLOAT_BYTES, axis=1).view("<f4") * scale
        return Mesh(points, score) if np.isfinite(points).all() else None

    def close(self) -> None:
        self._graph.close()


def _image_packet(picture: NDArray[np.uint8]) -> Any:
    frame = mp.ImageFrame(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
    return mp.packet_creator.create_image_frame(frame)


def _detection(item: detection_pb2.Detection, width: int, height: int) -> Detection:
    box = item.location_data.relative_bounding_box
    right, left = item.location_data.relative_keypoints[:2]
    return Detection(
        left=box.xmin * width,
        top=box.ymin * height,
        width=box.width * width,
        height=box.height * height,
        score=item.score[0],
        right_eye=(right.x * width, right.y * height),
        left_eye=(left.x * width, left.y * height),
    )


def _set_detector_threshold(node: calculator_pb2.CalculatorGraphConfig.Node) -> None:
    options = tensors_to_detections_calculator_pb2.TensorsToDetectionsCalculatorOptions()
    for packed in node.node_options:
        if packed.Is(options.DESCRIPTOR):
            packed.Unpack(options)
            options.min_score_thresh = DETECTOR_THRESHOLD
            packed.Pack(options)


def _set_mesh_threshold(
    node: calculator_pb2.CalculatorGraphConfig.Node, least_score: float
) -> None:
    if node.calculator == "ThresholdingCalculator":
        extension = thresholding_calculator_pb2.ThresholdingCalculatorOptions.ext
        node.options.Extensions[extension].threshold = least_score
