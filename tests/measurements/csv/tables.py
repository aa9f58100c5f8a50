"""Small tables in the dialects that `shared.measurements.csv` reads, made by rule.

OpenFace's own output may not be passed on, so these are replicas of its form only: its header, its
separators and its number formats, with made-up numbers in them.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from shared.measurements.action_units import INTENSITIES, PRESENCES
from shared.measurements.csv import blocks
from shared.measurements.model import Options, Row

UNITS = [f"{au}_r" for au in INTENSITIES] + [f"{au}_c" for au in PRESENCES]
VIDEO = ["frame", "face_id", "timestamp", "confidence", "success"]
IMAGE = ["face", "confidence"]
POSE = ["pose_Tx", "pose_Ty", "pose_Tz", "pose_Rx", "pose_Ry", "pose_Rz"]
GAZE = [f"gaze_{eye}_{axis}" for eye in (0, 1) for axis in "xyz"] + ["gaze_angle_x", "gaze_angle_y"]
LANDMARKS = (
    [f"eye_lmk_{axis}_{point}" for axis in "xyXYZ" for point in range(56)]
    + [f"{axis}_{point}" for axis in "xyXYZ" for point in range(68)]
    + ["p_scale", "p_rx", "p_ry", "p_rz", "p_tx", "p_ty"]
    + [f"p_{number}" for number in range(34)]
)
FULL_VIDEO = [*VIDEO, *GAZE, *LANDMARKS[:280], *POSE, *LANDMARKS[280:], *UNITS]
FULL_IMAGE = [*IMAGE, *FULL_VIDEO[len(VIDEO) :]]

PYFEAT_1 = [*("01", "02", "04", "05", "06", "07", "09", "10", "11", "12", "14", "15", "17", "20"),
            *("23", "24", "25", "26", "28", "43")]  # fmt: skip
"""Action Units of py-feat's first detectors; the later ones have AU45 instead of AU43."""


def value(name: str, frame: int, face: int) -> str:
    """Something plausible for a column of OpenFace."""
    fixed = {
        "frame": str(frame),
        "face": str(face),
        "face_id": str(face),
        "timestamp": f"{(frame - 1) / 25:.3f}",
        "confidence": "0.98",
        "success": "1",
        "pose_Tz": f"{600 + 10 * face:.1f}",
    }
    if name in fixed:
        return fixed[name]
    if name.endswith("_c"):
        return f"{(frame + int(name[2:4])) % 2:.2f}"
    if name.endswith("_r"):
        return f"{(frame * 7 + int(name[2:4])) % 500 / 100:.2f}"
    return f"{frame / 10:.3f}"


def openface(
    names: Sequence[str] = (*VIDEO, *UNITS),
    *,
    frames: int = 3,
    faces: int = 1,
    header: str = ", ",
    rows: str = ", ",
    end: str = "\n",
    change: Callable[[str, int, int], str | None] = lambda name, frame, face: None,
) -> bytes:
    """A table with `header` and `rows` as separators. `change` may replace single values."""
    lines = [header.join(names)]
    for frame in range(1, frames + 1):
        for face in range(faces):
            values = [change(name, frame, face) or value(name, frame, face) for name in names]
            lines.append(rows.join(values))
    return (end.join(lines) + end).encode()


def pyfeat(
    units: Sequence[str] = PYFEAT_1,
    *,
    frames: int = 3,
    faces: int = 1,
    index: bool = False,
    without_face: Sequence[int] = (),
    later: bool = False,
) -> bytes:
    """What `Fex.to_csv` writes. `later`: its newer detectors' way to say that there is no face."""
    names = ["FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore"]
    names += [f"{axis}_{point}" for axis in "xy" for point in range(68)]
    names += ["Pitch", "Roll", "Yaw", *(f"AU{unit}" for unit in units), "happiness", "Identity"]
    names += ["input", "frame", "approx_time"]
    lines = [",".join((["", *names]) if index else names)]
    for number in range(frames * faces):
        frame = number // faces
        fixed = {
            "FaceScore": "0.9991",
            "Identity": "Person_0",
            "input": "/data/Möwe.mp4",
            "frame": str(frame),
            "approx_time": "00:00",
        }
        values = [fixed.get(name, f"{(number % 10 + 1) / 10:.6g}") for name in names]
        if frame in without_face:
            kept = {"input", "frame", "approx_time"}
            if later:
                kept |= {"FaceScore", *(f"AU{unit}" for unit in units)}
                values[names.index("FaceScore")] = "0.0"
            values = [
                text if name in kept else "" for name, text in zip(names, values, strict=True)
            ]
        lines.append(",".join([str(number), *values] if index else values))
    return ("\n".join(lines) + "\n").encode()


def rows(path: Path, options: Options | None = None) -> Iterator[Row]:
    """The rows of a file, one by one."""
    return (row for block in blocks(path, options) for row in block.rows())
