"""How far each Action Unit of this engine can be trusted, and when less far.

The classes are correlations with a reference within a clip, on clips that the formulas were not
shaped on: `high` 0.7 and more, `moderate` 0.4 to 0.7, `low` below. `docs/validity.md` says how
they were found.
"""

from typing import Final

from shared.measurements.action_units import PRESENCES
from shared.measurements.model import Validity

_HIGH: Final = ("AU06", "AU12", "AU25", "AU45")
_MODERATE: Final = ("AU07", "AU10", "AU14", "AU15", "AU26")

_IN_STILLS: Final = ("AU06", "AU12")
"""What can be told of a face without knowing it at rest."""

SMALL: Final = 60.0  # median distance between the outer corners of the eyes [pixels]
TURNED: Final = 0.52  # median turn away from the camera [rad]: 30 degrees

_LOWER: Final[dict[Validity, Validity]] = {"high": "moderate", "moderate": "low", "low": "low"}


def of_face(*, still: bool, eye_distance: float, turn: float) -> dict[str, Validity]:
    """Validity per Action Unit of one face, by the medians of its size and turn."""
    worse = eye_distance < SMALL or turn > TURNED
    result: dict[str, Validity] = {}
    for au in PRESENCES:
        validity = _of_unit(au, still)
        result[au] = _LOWER[validity] if worse else validity
    return result


def _of_unit(au: str, still: bool) -> Validity:
    if still:
        return "moderate" if au in _IN_STILLS else "low"
    if au in _HIGH:
        return "high"
    return "moderate" if au in _MODERATE else "low"
