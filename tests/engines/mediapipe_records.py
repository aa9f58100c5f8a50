"""Records of a face drawn by hand, for tests of the rules."""

from typing import Final

import numpy as np

from shared.engines.mediapipe import blendshapes, intensities, measures
from shared.engines.mediapipe.records import RECORD, Records

FPS: Final = 25


def resting(count: int = 1) -> Records:
    """Records of the reference face: near, sharp, frontal, for `count` frames."""
    records = np.zeros(count, dtype=RECORD)
    records["frame"] = np.arange(count)
    records["time"] = records["frame"] / FPS
    records["score"] = 1.0
    records["detection"] = 0.9
    records["sharpness"] = 1000.0
    records["colour"] = 120.0
    records["inside"] = 1.0
    records["box"] = (100, 100, 80, 100)
    records["head"] = (140, 150)
    records["eye_distance"] = 100.0
    records["measures"] = measures.reference()
    records["blendshapes"] = intensities.scores_at_rest()
    return records


def change(records: Records, **by: float) -> Records:
    """Add to measures and blendshapes, of both sides where the name has none."""
    for name, amount in by.items():
        for field, names in (("measures", measures.NAMES), ("blendshapes", blendshapes.NAMES)):
            for column, known in enumerate(names):
                if known in (name, *(f"{name}{s}" for s in ("_right", "_left", "Right", "Left"))):
                    records[field][:, column] += amount
    return records
