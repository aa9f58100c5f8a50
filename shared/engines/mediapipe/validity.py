"""How far each Action Unit of this engine can be trusted, and when less far.

The classes are correlations with a reference within a clip in which the Action Unit moved, on clips
that the formulas were not shaped on: `high` 0.7 and more, `moderate` 0.4 to 0.7, `low` below.
`docs/validity.md` says how they were found, `benchmarks/accuracy.py` measures them again.

Two things make it less for one face: a small or turned face is a class lower, and so is what rests
on a part of the face that the picture cuts off at times. What rests on a part that is outside is
`unseen`: the network guesses it. Whether an Action Unit moved at all is told from its values
(`shared.analysis.track`).
"""

from collections.abc import Mapping
from typing import Final

from shared.engines.action_units import PRESENCES
from shared.engines.base import Validity
from shared.engines.mediapipe.formulas import FORMULAS, Part

_HIGH: Final = ("AU01", "AU02", "AU06", "AU12", "AU25", "AU45")
_MODERATE: Final = ("AU04", "AU05", "AU07", "AU09", "AU10", "AU14", "AU26")

_IN_STILLS: Final = ("AU06", "AU12")
"""What can be told of a face without knowing it at rest."""

UNITS: Final = (*PRESENCES, *(unit for unit in FORMULAS if unit not in PRESENCES))
"""Those of OpenFace's table, then those that are signals only."""

SMALL: Final = 55.0  # median distance between the outer corners of the eyes [pixels]
TURNED: Final = 0.52  # median turn away from the camera [rad]: 30 degrees
CUT: Final = 0.95  # share of a part's points inside the picture, below which it is cut off at times
OUTSIDE: Final = 0.8  # and below which it counts as outside

_LOWER: Final[dict[Validity, Validity]] = {
    "high": "moderate",
    "moderate": "low",
    "low": "low",
}


def of_face(
    *, still: bool, eye_distance: float, turn: float, inside: Mapping[str, float]
) -> dict[str, Validity]:
    """Validity per Action Unit of one face, by the medians of its size and turn.

    `inside` is the mean share of each part's points that lie in the picture.
    """
    worse = eye_distance < SMALL or turn > TURNED
    result: dict[str, Validity] = {}
    for unit, validity in classes(still=still).items():
        seen = min(inside[part] for part in _parts(unit))
        if seen < OUTSIDE:
            result[unit] = "unseen"
        else:
            result[unit] = _LOWER[validity] if worse or seen < CUT else validity
    return result


def classes(*, still: bool) -> dict[str, Validity]:
    """Validity per Action Unit of a face that is large, turned to the camera and in the picture."""
    return {unit: _of_unit(unit, still) for unit in UNITS}


def _parts(unit: str) -> tuple[Part, ...]:
    return FORMULAS[unit].parts if unit in FORMULAS else ("mouth",)  # AU28, sucked lips


def _of_unit(unit: str, still: bool) -> Validity:
    if still:
        return "moderate" if unit in _IN_STILLS else "low"
    if unit in _HIGH:
        return "high"
    return "moderate" if unit in _MODERATE else "low"
