"""How each Action Unit is read from the measures and blendshapes: one table, with its anatomy.

An Action Unit's *movement* comes from two sides, in units of 1/100 of the distance between the
outer corners of the eyes (about 0.9 mm on an adult):

    geometry  = weighted sum of measures (`measures.SIDED`, `measures.CENTRAL`, `TEXTURES`)
    scores    = weighted sum of blendshapes x full / score_full
    movement  = their mean; where a formula has only one of them, that one; in a still image, where
                the scores do not help, the geometry

    change    = movement - neutral movement - slack
    intensity = 5 x (change - inhibited x change of AU12) / full, from 0 to 5

Right and left are averaged. `full` is what the muscle does at its maximum (FACS intensity E), by
anatomy; `score_full` brings the scores to the geometry's scale, from the distributions of both.
Nothing here is fitted to the output of another program. The neutral is a percentile of the movement
over the clip, because people are at rest more often than not; of a still image, the reference
face's. The geometry moves along with a smile, the scores hardly do: where both count, half of
`inhibited` is taken off.

AU18 and AU22 have no column in OpenFace's table; they are signals.

Source of the anatomy: Ekman, Friesen & Hager, Facial Action Coding System (2002).
"""

from dataclasses import dataclass, field
from typing import Final, Literal

TEXTURES: Final = ("brow_furrows", "forehead_lines")
"""From `appearance`, [% / unit]. Only against the same face at rest: 0 in a still image."""

Sides = Literal["mean", "both"]
"""`both`: as far as both halves of the face move, so that a wink is no blink."""

Part = Literal["mouth", "eyes", "brows"]
"""A part of the face that the picture may cut off: a key of `edges.PARTS`."""


@dataclass(frozen=True, slots=True)
class Formula:
    """One row of the table. It has `terms` or `scores` or both."""

    full: float  # change of intensity 5 [units]
    parts: tuple[Part, ...]  # of the face, from which it is read
    why: str
    terms: dict[str, float] = field(default_factory=dict)  # measure without its side -> weight
    scores: dict[str, float] = field(default_factory=dict)  # blendshape without its side -> weight
    score_full: float = 1.0  # change of the scores' sum at intensity 5
    rest: float = 15.0  # percentile of the movement over a clip that is the face's neutral
    slack: float = 0.0  # change that is no action yet [units]
    inhibited: float = 0.0  # share of the smile that is taken off the geometry
    sides: Sides = "mean"
    halves: bool = True  # either half of the face can do it alone

    def geometry(self, *, still: bool) -> float:
        """The geometry's share of the movement: 0, a half or 1."""
        if not self.terms:
            return 0.0
        return 0.5 if self.scores and not still else 1.0


_INHIBITION: Final = 0.5
"""A smile pulls on the whole face: what moves along with it is no action of its own."""

FORMULAS: Final[dict[str, Formula]] = {
    "AU01": Formula(
        terms={"inner_brow": 1.4, "middle_brow": -0.4, "forehead_lines": 1.0},
        scores={"browInnerUp": 1.0},
        score_full=0.8,
        full=12,
        inhibited=_INHIBITION,
        parts=("brows",),
        why="The medial frontalis lifts the inner end of the brow, more than its middle, by up to "
        "10 mm, and lines the middle of the forehead.",
    ),
    "AU02": Formula(
        terms={"middle_brow": 0.5, "outer_brow": 0.5, "forehead_lines": 1.0},
        scores={"browOuterUp": 1.0},
        score_full=0.75,
        full=12,
        inhibited=_INHIBITION,
        parts=("brows",),
        why="The lateral frontalis lifts the middle and outer brow by up to 10 mm, and lines the "
        "forehead.",
    ),
    "AU04": Formula(
        terms={"inner_brow": -0.5, "brow_distance": -0.5, "brow_furrows": 3.0},
        full=14,
        slack=1,
        parts=("brows",),
        why="Corrugator and procerus draw the inner brows down and together, 4 mm each, which "
        "the mesh hardly shows, and fold the skin between them, which the picture does.",
    ),
    "AU05": Formula(
        terms={"lid_gap": 1.0},
        scores={"eyeWide": 1.0},
        score_full=0.05,
        full=5,
        rest=50,
        parts=("eyes",),
        why="The levator opens the eye beyond its usual opening by up to 4 mm. Eyes are open most "
        "of the time, so the neutral is the median. The score's range is tiny.",
    ),
    "AU06": Formula(
        terms={"corner_width": 2.0, "cheek_width": 1.0, "cheek_to_nose": 1.0},
        scores={"cheekSquint": 0.5, "mouthSmile": 0.5},
        score_full=0.75,
        full=45,
        parts=("mouth", "eyes"),
        why="The outer ring of orbicularis oculi lifts and widens the cheeks; what it does to the "
        "skin at the eye is too little for a mesh, but the cheek widens with the mouth.",
    ),
    "AU07": Formula(
        terms={"lower_lid": 2.0, "cheek_height": 0.7, "corner_width": 1.0, "lip_gap": 0.5},
        scores={"eyeSquint": 1.0},
        score_full=1.1,
        full=42,
        parts=("mouth", "eyes"),
        why="The inner ring of orbicularis oculi raises the lower lid, by 2 or 3 mm at most, "
        "mostly together with the cheek.",
    ),
    "AU09": Formula(
        terms={"nose_length": -1.0, "ala_width": 0.5, "cheek_height": 0.5, "inner_brow": -0.3},
        full=9,
        parts=("eyes", "brows"),
        why="Levator labii superioris alaeque nasi draws the wings of the nose up by up to 6 mm "
        "and apart; the cheeks come up and the inner brows down with them.",
    ),
    "AU10": Formula(
        terms={"upper_lip_side": 0.5, "corner_width": 1.0, "corner_height": 0.35},
        full=30,
        parts=("mouth",),
        why="Levator labii superioris lifts the upper lip beside its middle, and with it the "
        "furrow that runs to the corner of the mouth.",
    ),
    "AU12": Formula(
        terms={"corner_width": 0.7, "corner_to_nose": 0.7},
        scores={"mouthSmile": 1.0},
        score_full=1.4,
        full=22,
        parts=("mouth",),
        why="Zygomaticus major draws the lip corners back and up, by up to 22 mm in all. Up is "
        "towards the base of the nose: how long a nose is differs more than the lip below it.",
    ),
    "AU14": Formula(
        terms={"corner_depth": -0.5, "corner_width": 0.35, "corner_height": 0.7, "lip_gap": -0.4},
        full=24,
        parts=("mouth",),
        why="Buccinator draws the lip corners back into the cheek, with closed lips.",
    ),
    "AU15": Formula(
        terms={"corner_drop": 0.5, "corner_height": -0.5},
        scores={"mouthFrown": 1.0},
        score_full=0.03,
        full=15,
        rest=30,
        inhibited=_INHIBITION,
        parts=("mouth",),
        why="Depressor anguli oris draws the corners down, against the eyes and against the "
        "middle of the lips, by up to 10 mm. The score's range is tiny.",
    ),
    "AU17": Formula(
        terms={"corner_drop": 1.0, "lower_lip": 0.2},
        full=17,
        inhibited=_INHIBITION,
        parts=("mouth",),
        halves=False,
        why="Mentalis pushes the lower lip up in the middle by up to 10 mm, so that the mouth "
        "bends down.",
    ),
    "AU20": Formula(
        terms={"corner_width": 2.0, "corner_height": -1.4, "lip_gap": -0.5},
        full=18,
        inhibited=0.3,
        parts=("mouth",),
        why="Risorius stretches and flattens the lips, up to 8 mm to each side, without lifting "
        "their corners.",
    ),
    "AU23": Formula(
        terms={"upper_lip_thickness": -1.0, "lower_lip_thickness": -1.0, "lip_gap": -0.5},
        scores={"mouthPress": 1.0, "mouthRollUpper": 0.5, "mouthRollLower": 0.5},
        score_full=0.14,
        full=9,
        parts=("mouth",),
        halves=False,
        why="Orbicularis oris tightens the lips: their red, 16 mm high in all, gets narrower by "
        "up to a half, and no gap is left between them.",
    ),
    "AU25": Formula(
        terms={"lip_gap": 1.0},
        full=45,
        parts=("mouth",),
        halves=False,
        why="The lips part; 20 mm without the jaw's help is all they can. The measure is twice "
        "the gap.",
    ),
    "AU26": Formula(
        terms={"chin": -1.0},
        scores={"jawOpen": 1.0},
        score_full=0.64,
        full=22,
        inhibited=_INHIBITION,
        parts=("mouth",),
        halves=False,
        why="The jaw drops by up to 20 mm when its muscles let go.",
    ),
    "AU45": Formula(
        scores={"eyeBlink": 1.0},
        score_full=1.25,
        full=6.5,
        rest=35,
        sides="both",
        parts=("eyes",),
        why="The lids close both eyes, from 7 or 8 mm. The neutral is a well open eye. A blink is "
        "a rise of both eyes' scores by 0.25 and more: that is intensity 1 here, from which on it "
        "is present, and closed lids are 3 to 4, for FACS does not grade them.",
    ),
    "AU18": Formula(
        scores={"mouthPucker": 1.0},
        score_full=1.0,
        full=11,
        parts=("mouth",),
        halves=False,
        why="Incisivus draws the lip corners together by up to 10 mm a side, and the lips forward: "
        "the mouth of `oo`.",
    ),
    "AU22": Formula(
        scores={"mouthFunnel": 1.0},
        score_full=0.5,
        full=11,
        parts=("mouth",),
        halves=False,
        why="The outer ring of orbicularis oris pushes the lips out and turns their red outwards: "
        "the mouth of `sh`.",
    ),
}
"""In the order of `action_units.INTENSITIES`, then those without a column in OpenFace's table."""

SCORES_AT_REST: Final[dict[str, float]] = {
    "browInnerUp": 0.228,
    "browOuterUp": 0.143,
    "cheekSquint": 0.000,
    "eyeBlink": 0.102,
    "eyeSquint": 0.275,
    "eyeWide": 0.007,
    "jawOpen": 0.013,
    "mouthFrown": 0.000,
    "mouthFunnel": 0.006,
    "mouthPress": 0.055,
    "mouthPucker": 0.039,
    "mouthRollLower": 0.020,
    "mouthRollUpper": 0.009,
    "mouthSmile": 0.009,
}
"""The blendshapes of the reference face (`benchmarks/reference_face.py`), sides averaged."""
