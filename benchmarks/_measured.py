"""Files measured by the product's own engine, each once: what was measured stays in `.local`."""

import hashlib
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.analysis.measuring import MeasuredFace, measure
from shared.analysis.series import FaceSeries, Recording
from shared.engines.base import EngineResult, Task
from shared.engines.mediapipe import signals
from shared.engines.mediapipe.engine import MediapipeEngine
from shared.measurements.action_units import INTENSITIES
from shared.measurements.model import Facts, MediaType, Row

KEPT: Final = Path(__file__).resolve().parent.parent / ".local" / "bench" / "measured"
_NO_SIGNALS: Final = ("_times", "_success", "_intensities", "_presences", "_facts")
VIDEOS: Final = (".mp4", ".mov", ".webm")

SAME_PERSON: Final = {
    **dict.fromkeys(("st_aoc", "ve_AOC", "vr_3", "ed_pose_source1"), "aoc"),
    **dict.fromkeys(
        (
            "mead_W009_front_angry_level3_001",
            "mead_W009_front_happy_level3_001",
            "mead_W009_front_neutral_level1_001",
        ),
        "W009",
    ),
}
"""Of ../shared/media: files that show one person. Any other file shows a person of its own."""


def person(path: Path) -> str:
    """Whom a real recording shows: its folder's name where the file is called real."""
    return path.parent.name if path.stem == "real" else SAME_PERSON.get(path.stem, path.stem)


def videos(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in VIDEOS)


def face(path: Path) -> MeasuredFace:
    """The main face of a clip."""
    return measure(recording(path)).faces[0]


def recording(path: Path) -> Recording:
    """A clip's main face, not yet analysed."""
    series, facts = _series(path)
    return Recording(MediaType.VS, facts, [series])


def _series(path: Path) -> tuple[FaceSeries, Facts]:
    engine = MediapipeEngine()
    told = " ".join((engine.version(), *signals.NAMES)).encode()
    key = hashlib.sha256(path.read_bytes() + told).hexdigest()[:32]
    kept = KEPT / f"{key}.npz"
    if not kept.is_file():
        with tempfile.TemporaryDirectory() as folder:
            task = Task(path, MediaType.VS)
            parts = []
            for segment in engine.plan(task, 1):
                output = Path(folder) / str(segment.index)
                engine.measure(task, segment, output, lambda _: None)
                parts.append((segment, output))
            _keep(kept, engine.join(task, parts))
    with np.load(kept) as arrays:
        names = [name for name in arrays.files if name not in _NO_SIGNALS]
        series = FaceSeries(
            0,
            arrays["_times"],
            arrays["_success"],
            dict(zip(INTENSITIES, arrays["_intensities"].T, strict=True)),
            arrays["_presences"],
            {name: arrays[name] for name in names},
        )
        frames, fps, duration = arrays["_facts"].tolist()
    facts = Facts(engine.name, engine.version(), {}, int(frames), fps, duration, faces=1)
    return series, facts


def _keep(path: Path, measurement: EngineResult) -> None:
    facts, rows = measurement.facts, [row for row in measurement.rows if row.face == 0]
    empty = (float("nan"),) * len(facts.signals)
    named = np.array([row.signals or empty for row in rows], np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        _times=np.array([row.timestamp for row in rows]),
        _success=np.array([row.success for row in rows]),
        _intensities=_intensities(rows),
        _presences=np.array([row.presences for row in rows], np.int32),
        _facts=np.array([facts.frames, facts.fps or 0.0, facts.duration or 0.0]),
        **dict(zip(facts.signals, named.T, strict=True)),
    )


def _intensities(rows: list[Row]) -> NDArray[np.float32]:
    return np.array([row.intensities for row in rows], np.float32).reshape(-1, len(INTENSITIES))
