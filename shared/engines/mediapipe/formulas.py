"""How each Action Unit is read from the measures: one table, with the anatomy it rests on.

An Action Unit's *movement* is a weighted sum of measures (`measures.SIDED`, `measures.CENTRAL`,
`TEXTURES`; right and left averaged), in units of 1/100 of the distance between the outer corners
of the eyes: about 0.9 mm on an adult.

    change    = movement - neutral movement - slack
    intensity = 5 x (change - inhibited x change of AU12) / full, from 0 to 5

`full` is what the muscle does at its maximum (FACS intensity E), by anatomy; nothing here is
fitted to the output of another program. The neutral is a percentile of the movement over the
clip, because people are at rest more often than not; of a still image, the reference face's.

Source of the anatomy: Ekman, Friesen & Hager, Facial Action Coding System (2002).
"""

from dataclasses import dataclass
from typing import Final, Literal

TEXTURES: Final = ("brow_furrows", "forehead_lines")
"""From `appearance`, [% / unit]. Only against the same face at rest: 0 in a still image."""

Sides = Literal["mean", "both"]
"""`both`: as far as both halves of the face move, so that a wink is no blink."""


@dataclass(frozen=True, slots=True)
class Formula:
    """One row of the table."""

    terms: dict[str, float]  # measure without its side -> weight
    full: float  # change of intensity 5 [units]
    why: str
    rest: float = 15.0  # percentile of the movement over a clip that is the face's neutral
    slack: float = 0.0  # change that is no action yet [units]
    inhibited: float = 0.0  # share of the smile that is taken off
    sides: Sides = "mean"


_INHIBITION: Final = 0.5
"""A smile pulls on the whole face: what moves along with it is no action of its own."""

FORMULAS: Final[dict[str, Formula]] = {
    "AU01": Formula(
        {"inner_brow": 1.4, "middle_brow": -0.4, "forehead_lines": 1.0},
        full=12,
        inhibited=_INHIBITION,
        why="The medial frontalis lifts the inner end of the brow, more than its middle, by up to "
        "10 mm, and lines the middle of the forehead.",
    ),
    "AU02": Formula(
        {"middle_brow": 0.5, "outer_brow": 0.5, "forehead_lines": 1.0},
        full=12,
        inhibited=_INHIBITION,
        why="The lateral frontalis lifts the middle and outer brow by up to 10 mm, and lines the "
        "forehead.",
    ),
    "AU04": Formula(
        {"inner_brow": -0.5, "brow_distance": -0.5, "brow_furrows": 3.0},
        full=14,
        slack=1,
        why="Corrugator and procerus draw the inner brows down and together, 4 mm each, which "
        "the mesh hardly shows, and fold the skin between them, which the picture does.",
    ),
    "AU05": Formula(
        {"lid_gap": 1.0},
        full=5,
        rest=50,
        slack=0.8,
        inhibited=0.15,
        why="The levator opens the eye beyond its usual opening by up to 4 mm. Eyes are open most "
        "of the time, so the neutral is the median.",
    ),
    "AU06": Formula(
        {"corner_width": 2.0, "cheek_width": 1.0, "cheek_to_nose": 1.0},
        full=45,
        why="The outer ring of orbicularis oculi lifts and widens the cheeks; what it does to the "
        "skin at the eye is too little for a mesh, but the cheek widens with the mouth.",
    ),
    "AU07": Formula(
        {"lower_lid": 2.0, "cheek_height": 0.7, "corner_width": 1.0, "lip_gap": 0.5},
        full=42,
        why="The inner ring of orbicularis oculi raises the lower lid, by 2 or 3 mm at most, "
        "mostly together with the cheek.",
    ),
    "AU09": Formula(
        {"nose_length": -1.0, "ala_width": 0.5},
        full=9,
        why="Levator labii superioris alaeque nasi draws the wings of the nose up by up to 6 mm "
        "and apart.",
    ),
    "AU10": Formula(
        {"upper_lip_side": 0.5, "corner_width": 1.0, "corner_height": 0.35},
        full=30,
        why="Levator labii superioris lifts the upper lip beside its middle, and with it the "
        "furrow that runs to the corner of the mouth.",
    ),
    "AU12": Formula(
        {"corner_width": 0.7, "corner_to_nose": 0.7},
        full=22,
        why="Zygomaticus major draws the lip corners back and up, by up to 22 mm in all. Up is "
        "towards the base of the nose: how long a nose is differs more than the lip below it.",
    ),
    "AU14": Formula(
        {"corner_depth": -0.5, "corner_width": 0.35, "corner_height": 0.7, "lip_gap": -0.4},
        full=24,
        why="Buccinator draws the lip corners back into the cheek, with closed lips.",
    ),
    "AU15": Formula(
        {"corner_drop": 0.5, "corner_height": -0.5},
        full=15,
        rest=30,
        inhibited=_INHIBITION,
        why="Depressor anguli oris draws the corners down, against the eyes and against the "
        "middle of the lips, by up to 10 mm.",
    ),
    "AU17": Formula(
        {"corner_drop": 1.0, "lower_lip": 0.2},
        full=17,
        inhibited=_INHIBITION,
        why="Mentalis pushes the lower lip up in the middle by up to 10 mm, so that the mouth "
        "bends down.",
    ),
    "AU20": Formula(
        {"corner_width": 2.0, "corner_height": -1.4, "lip_gap": -0.5},
        full=18,
        inhibited=0.3,
        why="Risorius stretches and flattens the lips, up to 8 mm to each side, without lifting "
        "their corners.",
    ),
    "AU23": Formula(
        {"corner_width": -2.0},
        full=24,
        inhibited=_INHIBITION,
        why="Orbicularis oris tightens the lips and narrows the mouth, by up to 10 mm a side.",
    ),
    "AU25": Formula(
        {"lip_gap": 1.0},
        full=45,
        why="The lips part; 20 mm without the jaw's help is all they can. The measure is twice "
        "the gap.",
    ),
    "AU26": Formula(
        {"chin": -1.0},
        full=22,
        inhibited=_INHIBITION,
        why="The jaw drops by up to 20 mm when its muscles let go.",
    ),
    "AU45": Formula(
        {"lid_gap": -1.0},
        full=6.5,
        rest=35,
        slack=1.8,
        sides="both",
        why="The lids close both eyes, from 7 or 8 mm. The neutral is a well open eye; looking "
        "down and squinting a little are no blink.",
    ),
}
