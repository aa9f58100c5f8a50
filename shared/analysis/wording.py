"""How a judgement is said, as a person would say it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from shared.analysis.catalogue import CATALOGUE
from shared.analysis.figures import SHARE, amount, band, quantity
from shared.analysis.gates import Gate
from shared.analysis.population import Case
from shared.analysis.rule import Finding, Judgement, Part


class Clauses(NamedTuple):
    """What it means where a measure is below what is expected, and above."""

    little: str
    much: str


CLAUSES: Final[Mapping[str, Clauses]] = MappingProxyType(
    {
        "head_turning": Clauses("The head hardly turns", "The head turns too far"),
        "head_turning_fast": Clauses("The head turns slowly", "The head turns in jerks"),
        "head_shift": Clauses("The head stays in one place", "The head moves about too far"),
        "head_shift_fast": Clauses("The head moves slowly", "The head moves in jerks"),
        "head_shake": Clauses("The head glides", "The head shakes"),
        "brow_movement": Clauses("The upper face hardly moves", "The brows move too far"),
        "brow_speed": Clauses("The upper face is slow", "The brows are never at rest"),
        "lid_movement": Clauses("The eyes stare", "The lids move too far"),
        "lid_movement_fast": Clauses("The lids move slowly", "The lids flutter"),
        "blinks": Clauses("The eyes hardly blink", "The eyes blink too often"),
        "mouth_opening": Clauses("The mouth hardly opens", "The mouth opens too far"),
        "mouth_opening_fast": Clauses("The mouth opens slowly", "The mouth snaps"),
        "mouth_width": Clauses("The lips are rigid", "The lips are drawn too far"),
        "mouth_width_fast": Clauses("The lips are slow", "The lips are drawn in jerks"),
        "facial_movement": Clauses("The face is a mask", "The face moves too much"),
        "fine_facial_movement": Clauses("The face is too smooth", "The face trembles"),
        "sharpness_face": Clauses("The face is blurred", "The face is sharper than it should be"),
        "sharpness_mouth": Clauses(
            "The mouth is blurred", "The mouth is sharper than it should be"
        ),
        "flicker": Clauses("The light on the face never changes", "The face flickers"),
    }
)

_WHOSE: Final = MappingProxyType(
    {Case.OWN: "this person", Case.SESSION: "this person", Case.PEOPLE: "people"}
)

ENCODING: Final = "Encoding changes this measure, too."
TALKING: Final = (
    "It was held to people who talk to the camera: a face that is silent or acts fails in its "
    "mouth without being false."
)


def finding(found: Finding, case: Case) -> str:
    """What is wrong with one measure, with its numbers."""
    entry, clauses = CATALOGUE[found.measure], CLAUSES[found.measure]
    clause = clauses.little if found.z < 0 else clauses.much
    said = (
        f"{clause}: {entry.words} {quantity(found.value, entry.unit, (found.lower, found.upper))} "
        f"({_WHOSE[case]}: {band(found.lower, found.upper, entry.unit, found.value)})."
    )
    return f"{said} {ENCODING}" if found.part is Part.PICTURE else said


def fault(gate: Gate, value: float) -> str:
    """What is wrong where a gate is broken."""
    below = gate.lower is not None and value < gate.lower
    bounds = (gate.lower, None) if below else (None, gate.upper or 0.0)
    entry = gate.measure
    clause = gate.broken[0].upper() + gate.broken[1:]
    said = quantity(value, entry.unit, bounds)
    return f"{clause}: {entry.words} {said} ({band(bounds[0], bounds[1], entry.unit, value)})."


def together(judgement: Judgement) -> str | None:
    """What D says, where it is beyond its limit."""
    deviation = judgement.deviation
    if deviation is None or deviation <= judgement.deviation_limit:
        return None
    words = ", ".join(CATALOGUE[found.measure].words for found in judgement.findings[:5])
    return (
        f"Taken together it moves unlike {_WHOSE[judgement.case]}: deviation "
        f"{amount(deviation, '', (judgement.deviation_limit,))}, limit "
        f"{amount(judgement.deviation_limit, '')}. Most: {words}."
    )


def by_chance(false_alarms: float) -> str:
    """What a fail without a fault may be where nothing is false."""
    return f"Of real recordings {amount(false_alarms, SHARE)} fail in this way by chance."


def passed(case: Case) -> str:
    """What may be said of a clip in which nothing was found."""
    if case is Case.PEOPLE:
        return "no fault found, within human range"
    return "no fault found, moves as this person does"
