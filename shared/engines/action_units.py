"""The Action Units of OpenFace 2.x: names, column names, order and words.

Source of the words: Ekman, Friesen & Hager, Facial Action Coding System (2002).
"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "AU01": "inner brow raiser",
    "AU02": "outer brow raiser",
    "AU04": "brow lowerer",
    "AU05": "upper lid raiser",
    "AU06": "cheek raiser",
    "AU07": "lid tightener",
    "AU09": "nose wrinkler",
    "AU10": "upper lip raiser",
    "AU12": "lip corner puller",
    "AU14": "dimpler",
    "AU15": "lip corner depressor",
    "AU17": "chin raiser",
    "AU20": "lip stretcher",
    "AU23": "lip tightener",
    "AU25": "lips part",
    "AU26": "jaw drop",
    "AU28": "lip suck",
    "AU45": "blink",
}

PRESENCES: Final[tuple[str, ...]] = tuple(WORDS)
"""The 18 Action Units with a presence (`AUxx_c`), in column order; bit i of a mask is item i."""

INTENSITIES: Final[tuple[str, ...]] = tuple(au for au in WORDS if au != "AU28")
"""The 17 Action Units with an intensity (`AUxx_r`), in column order. AU28 has presence only."""

INTENSITY_MAX: Final = 5.0
"""FACS intensities A to E are 1 to 5; 0 is absent."""

MOVED: Final = 1.0
"""[intensity] Range over a clip from which an Action Unit has moved: one FACS grade, more than the
noise of measuring. Below, how it moves agrees with nothing; how much is known all the same."""

FRAME_COLUMNS: Final[tuple[str, ...]] = ("frame", "face_id", "timestamp", "confidence", "success")

CSV_COLUMNS: Final[tuple[str, ...]] = (
    FRAME_COLUMNS + tuple(f"{au}_r" for au in INTENSITIES) + tuple(f"{au}_c" for au in PRESENCES)
)
"""The header of `openface.csv`."""


def has_moved(au: str, p05: float, p95: float, highest: float) -> bool:
    """Whether intensities with these percentiles and this highest value range over `MOVED`.

    From the 5th to the 95th percentile; a blink is shorter than a twentieth of the time, so that of
    AU45 goes up to its highest value.
    """
    return (highest if au == "AU45" else p95) - p05 >= MOVED
