"""How each Action Unit is read from the measures: one table, with the anatomy it rests on.

An Action Unit's *movement* is a weighted sum of measures (`measures.NAMES`; right and left halves
averaged), in units of 1/100 of the distance between the outer corners of the eyes, about 0.9 mm on
an adult. Its intensity is 5 x (movement - neutral movement) / full movement, from 0 to 5, where
the full movement is what the muscle does at its maximum (FACS intensity E), by anatomy.
Nothing here is fitted to the output of another program.

Source of the anatomy: Ekman, Friesen & Hager, Facial Action Coding System (2002).
"""

from dataclasses import dataclass
from typing import Final, Literal

Sides = Literal["mean", "larger"]


@dataclass(frozen=True, slots=True)
class Formula:
    """One row of the table."""

    terms: dict[str, float]  # measure without its side -> weight
    full: float  # movement of intensity 5 [units]
    why: str
    rest: float = 15.0  # percentile of the movement over a clip that is the face's neutral
    inhibited: float = 0.0  # share of the smile's movement that is taken off
    sides: Sides = "mean"


SMILE: Final[dict[str, float]] = {"corner_width": 0.7, "corner_height": 0.7}
"""Lip corners drawn outwards and up. Half of the mouth's width counts as the whole at .35."""

_INHIBITION: Final = 0.5
"""A smile pulls on the whole face: what moves along with it is no action of its own."""

FORMULAS: Final[dict[str, Formula]] = {
    "AU01": Formula(
        {"inner_brow": 1.4, "middle_brow": -0.4},
        full=12,
        inhibited=_INHIBITION,
        why="The medial frontalis lifts the inner end of the brow, most of all relative to the "
        "middle, by up to about 10 mm.",
    ),
    "AU02": Formula(
        {"middle_brow": 0.5, "outer_brow": 0.5},
        full=12,
        inhibited=_INHIBITION,
        why="The lateral frontalis lifts the middle and outer brow by up to about 10 mm.",
    ),
    "AU04": Formula(
        {"inner_brow": -1.0, "brow_distance": -1.0},
        full=10,
        inhibited=_INHIBITION,
        why="Corrugator and procerus draw the inner brows down and together.",
    ),
    "AU05": Formula(
        {"lid_gap": 1.0},
        full=5,
        rest=60,
        inhibited=_INHIBITION * 0.3,
        why="The levator opens the eye beyond its usual opening by up to about 4 mm.",
    ),
    "AU06": Formula(
        {"corner_width": 2.0, "cheek_width": 1.0, "cheek_height": 0.5},
        full=28,
        why="The orbital part of orbicularis oculi lifts and widens the cheeks, which the mesh "
        "shows together with the mouth's width.",
    ),
    "AU07": Formula(
        {"lower_lid": 1.0, "cheek_height": 0.7, "corner_width": 1.4, "lip_gap": 0.5},
        full=30,
        why="The palpebral part of orbicularis oculi raises the lower lid.",
    ),
    "AU09": Formula(
        {"nose_length": -1.0},
        full=6,
        why="Levator labii superioris alaeque nasi draws the wings of the nose up.",
    ),
    "AU10": Formula(
        {"corner_width": 1.7, "corner_height": 0.7},
        full=25,
        why="Levator labii superioris lifts the upper lip.",
    ),
    "AU12": Formula(
        SMILE,
        full=18,
        why="Zygomaticus major draws the lip corners out and up: a broad smile widens the mouth "
        "by 20 mm and lifts its corners by 10 mm.",
    ),
    "AU14": Formula(
        {"corner_depth": -1.0, "corner_height": 0.7, "lip_gap": -0.3},
        full=22,
        why="Buccinator draws the lip corners inwards and back.",
    ),
    "AU15": Formula(
        {"corner_drop": 1.0},
        full=8,
        inhibited=_INHIBITION,
        why="Depressor anguli oris draws the corners below the middle of the lips.",
    ),
    "AU17": Formula(
        {"corner_drop": 1.0, "lower_lip": 0.7},
        full=12,
        inhibited=_INHIBITION,
        why="Mentalis pushes the lower lip up.",
    ),
    "AU20": Formula(
        {"corner_width": 2.0, "corner_height": -0.7},
        full=14,
        inhibited=_INHIBITION,
        why="Risorius stretches the lips sideways without lifting their corners.",
    ),
    "AU23": Formula(
        {"corner_width": -2.0},
        full=14,
        inhibited=_INHIBITION,
        why="Orbicularis oris tightens and shortens the lips.",
    ),
    "AU25": Formula(
        {"lip_gap": 1.0},
        full=30,
        why="The lips part.",
    ),
    "AU26": Formula(
        {"chin": -1.0},
        full=20,
        why="The jaw drops.",
    ),
    "AU45": Formula(
        {"lid_gap": -1.0},
        full=6,
        rest=65,
        sides="larger",
        why="Lids close.",
    ),
}
