"""Finds how far the mesh of an unmoved face gives way when its head nods.

    python benchmarks/nod.py [PICTURE ...]

Every face in the pictures (default: those of `../shared/media` and the sample) is turned in three
dimensions, as a texture on its own mesh, by up to 16 degrees, and measured again. A rigid face
would measure the same; printed is what each measure changes by per radian of pitch and yaw as the
engine sees them, over the faces: mean and standard deviation. What is large and common to all
faces stands in the column `nod` of `shared.engines.mediapipe.measures`, rounded. No reference
measurements are involved.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shared.engines.base import (
    Options,
    Segment,
)
from shared.engines.decoding import open_clip
from shared.engines.mediapipe import alignment, measures, regions
from shared.engines.mediapipe.detector import FaceDetector
from shared.engines.mediapipe.mesh import LANDMARKS, FaceMesh
from shared.engines.mediapipe.regions import box_of
from shared.pictures import Picture, load_image
from tests import faces

MEDIA: Final = Path(__file__).resolve().parents[2] / "shared" / "media"
PICTURES: Final = ("single_face.jpg", "multi_face.jpg")
FRAMES: Final = (("WolfgangLanger_Pexels.mp4", 10.8), ("WolfgangLanger_Pexels.mp4", 16.7),
                 ("single_face.mp4", 0.0), ("face_noface.mov", 2.0))  # fmt: skip
ANGLES: Final = np.radians([-16, -12, -8, -4, 0, 4, 8, 12, 16])
MESH: Final = 468  # landmarks without the irises, which lie inside the eyes
FACE_PIXELS: Final = 220  # height to which every face is scaled
FITS: Final = 4

Points = NDArray[np.float64]


class Faces:
    """Finds and fits the faces of pictures."""

    def __init__(self) -> None:
        self._detector, self._mesh = FaceDetector(), FaceMesh()

    def crops(self, picture: Picture) -> list[Picture]:
        """Every face with surroundings, scaled to the same size."""
        found = []
        for detection in self._detector.detect(picture):
            centre_x = detection.left + detection.width / 2
            centre_y = detection.top + detection.height / 2
            scale, half = FACE_PIXELS / detection.height, 1.3 * detection.height
            matrix = np.array([[scale, 0, scale * (half - centre_x)],
                               [0, scale, scale * (half - centre_y)]])  # fmt: skip
            side = int(2 * half * scale)
            crop = cv2.warpAffine(
                picture, matrix, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
            )
            found.append(np.asarray(crop, np.uint8))
        return found

    def fit(self, picture: Picture) -> Points | None:
        detections = self._detector.detect(picture)
        if not detections:
            return None
        region = regions.from_detection(detections[0])
        points = None
        for _ in range(FITS):
            mesh = self._mesh.fit(picture, region)
            if mesh is None:
                return None
            points = mesh.points.astype(np.float64)
            region = regions.from_mesh(mesh.points, box_of(mesh.points))
        return points


def turned(picture: Picture, points: Points, pitch: float, yaw: float) -> Picture:
    """The picture with its face turned: each triangle of the mesh moved with its texture."""
    side = len(picture)
    face = points[:MESH]
    centre = face.mean(axis=0)
    moved = (face - centre) @ _rotation(pitch, yaw).T + centre
    ticks = np.linspace(0, side - 1, 9)
    frame = np.array([(x, y) for x in ticks for y in ticks if {x, y} & {0.0, side - 1.0}])
    source = np.vstack((face[:, :2], frame))
    target = np.vstack((moved[:, :2], frame))
    depth = np.append(moved[:, 2], np.full(len(frame), 1e3))
    triangles = _triangles(source)
    result = np.asarray(cv2.GaussianBlur(picture, (0, 0), 8), np.uint8)
    for triangle in triangles[np.argsort(-depth[triangles].mean(axis=1))]:  # far ones first
        _paint(result, picture, source[triangle], target[triangle])
    return result


def _triangles(points: Points) -> NDArray[np.intp]:
    """(n, 3) points of each Delaunay triangle."""
    plane = cv2.Subdiv2D((-1, -1, *(np.ceil(points.max(axis=0)).astype(int) + 2).tolist()))
    for point in points.tolist():
        plane.insert(point)
    corners = np.asarray(plane.getTriangleList()).reshape(-1, 3, 1, 2)
    distances = np.linalg.norm(corners - points, axis=3)
    inside = distances.min(axis=2).max(axis=1) < 1e-3  # others touch the frame of OpenCV's own
    return np.asarray(distances.argmin(axis=2)[inside])


def _rotation(pitch: float, yaw: float) -> Points:
    x, y = np.eye(3), np.eye(3)
    x[1:, 1:] = [[np.cos(pitch), -np.sin(pitch)], [np.sin(pitch), np.cos(pitch)]]
    y[::2, ::2] = [[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]]
    return np.asarray(x @ y)


def _paint(canvas: Picture, picture: Picture, source: Points, target: Points) -> None:
    left, top = np.maximum(np.floor(target.min(axis=0)).astype(int) - 1, 0)
    right, bottom = np.minimum(np.ceil(target.max(axis=0)).astype(int) + 2, len(canvas))
    if right <= left or bottom <= top:
        return
    local = (target - (left, top)).astype(np.float32)
    matrix = cv2.getAffineTransform(source.astype(np.float32), local)
    size = (int(right - left), int(bottom - top))
    texture = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros(size[::-1], np.uint8)
    cv2.fillConvexPoly(mask, np.round(local * 16).astype(np.int32), (1.0,), shift=4)
    canvas[top:bottom, left:right][mask > 0] = texture[mask > 0]


def slopes(finder: Faces, picture: Picture, axis: int) -> Points | None:
    """Change of every measure per radian about an axis (0: pitch, 1: yaw), as it is measured."""
    points = finder.fit(picture)
    if points is None:
        return None
    meshes = []
    for angle in ANGLES:
        pitch, yaw = (angle, 0.0) if axis == 0 else (0.0, angle)
        mesh = finder.fit(turned(picture, points, pitch, yaw))
        if mesh is not None:
            meshes.append(mesh)
    stack = np.array(meshes, dtype=np.float32).reshape(-1, LANDMARKS, 3)
    aligned = alignment.align(stack)
    values = measures.measure(aligned) + aligned.rotation[:, :1] * measures.NODS
    return np.asarray(np.polyfit(aligned.rotation[:, axis], values, 1)[0])


def pictures(paths: list[Path]) -> list[Picture]:
    if paths:
        return [load_image(path, Options()) for path in paths]
    found = [faces.sample()]
    found += [load_image(MEDIA / n, Options()) for n in PICTURES if (MEDIA / n).is_file()]
    for name, start in FRAMES:
        if (MEDIA / name).is_file():
            with open_clip(MEDIA / name, Options()) as clip:
                found.append(next(clip.frames(Segment(0, start))).picture)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pictures", type=Path, nargs="*")
    finder = Faces()
    crops = [c for p in pictures(parser.parse_args().pictures) for c in finder.crops(p)]
    tables = []
    for axis in (0, 1):
        found = [slopes(finder, crop, axis) for crop in crops]
        tables.append(np.array([each for each in found if each is not None]))
    print(f"{len(tables[0])} faces; units per radian, mean and standard deviation")
    print(f"{'measure':28}{'pitch':>8}{'sd':>7}{'yaw':>8}{'sd':>7}{'taken back':>12}")
    for column, name in enumerate(measures.NAMES):
        pitch, yaw = (table[:, column] for table in tables)
        print(f"{name:28}{pitch.mean():8.1f}{pitch.std():7.1f}{yaw.mean():8.1f}{yaw.std():7.1f}"
              f"{measures.NODS[column]:12.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
