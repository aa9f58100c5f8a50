"""From measures and blendshapes to Action Units, their validity and their signals."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks._document import block
from shared.analysis.movement import STILL
from shared.engines.mediapipe import blendshapes, edges, intensities, measures, signals, validity
from shared.engines.mediapipe.formulas import FORMULAS, SCORES_AT_REST, TEXTURES
from shared.engines.mediapipe.intensities import NeutralEstimate
from shared.engines.mediapipe.records import Records
from shared.measurements.action_units import INTENSITIES, MOVED, PRESENCES, WORDS
from shared.measurements.csv.signals import MAX_SIGNALS
from tests.engines.mediapipe_records import change, resting

WHOLE = dict.fromkeys(edges.PARTS, 1.0)
DOCUMENT = Path(__file__).parents[2] / "docs" / "validity.md"


def measured(records: Records) -> NDArray[np.float64]:
    """Intensities in a clip whose neutral is the reference face."""
    neutral = intensities.movements(resting(), still=False)
    return intensities.intensities(intensities.movements(records, still=False), neutral)


def values(records: Records) -> dict[str, float]:
    """Intensities by column."""
    return dict(zip(intensities.COLUMNS, measured(records)[0].tolist(), strict=True))


def present(records: Records) -> set[str]:
    found = measured(records)
    mask = int(intensities.presences(found, records)[0])
    return {au for bit, au in enumerate(PRESENCES) if mask >> bit & 1}


def test_every_action_unit_has_a_formula() -> None:
    assert tuple(FORMULAS) == (*INTENSITIES, "AU18", "AU22")


@pytest.mark.parametrize("au", FORMULAS)
def test_a_formula_names_what_there_is(au: str) -> None:
    formula = FORMULAS[au]
    assert formula.terms or formula.scores
    assert formula.terms.keys() <= {*measures.SIDED, *measures.CENTRAL, *TEXTURES}
    assert formula.scores.keys() <= SCORES_AT_REST.keys()
    assert set(formula.parts) <= set(edges.PARTS)


def test_the_reference_face_is_at_rest() -> None:
    assert present(resting()) == set()
    assert set(values(resting()).values()) == {0.0}


@pytest.mark.parametrize(
    ("au", "movement"),
    [
        ("AU01", {"inner_brow": 9.0, "middle_brow": 2.0, "browInnerUp": 0.8}),
        ("AU07", {"lower_lid": 12.0, "cheek_height": 10.0, "corner_width": 10.0, "eyeSquint": 1.1}),
        ("AU12", {"corner_width": 15.0, "corner_to_nose": 16.0, "mouthSmile": 1.4}),
        ("AU23", {"upper_lip_thickness": -4.0, "lower_lip_thickness": -5.0, "mouthPress": 0.14}),
        ("AU25", {"lip_gap": 40.0}),
        ("AU26", {"chin": -20.0, "jawOpen": 0.64}),
        ("AU45", {"eyeBlink": 1.25}),
        ("AU18", {"mouthPucker": 1.0}),
    ],
)
def test_a_full_movement_is_near_five(au: str, movement: dict[str, float]) -> None:
    assert values(change(resting(), **movement))[au] == pytest.approx(5, abs=0.9)


def test_mesh_and_blendshapes_each_give_half() -> None:
    mesh = values(change(resting(), chin=-11.0))["AU26"]
    scores = values(change(resting(), jawOpen=0.32))["AU26"]
    both = values(change(resting(), chin=-11.0, jawOpen=0.32))["AU26"]
    assert (mesh, scores, both) == pytest.approx((1.25, 1.25, 2.5), abs=0.02)


def test_in_a_still_image_the_geometry_counts_alone() -> None:
    scores = change(resting(), jawOpen=0.5)
    whole = len(INTENSITIES)
    unmoved = intensities.movements(scores, still=True)[0, :whole]
    assert unmoved == pytest.approx(intensities.REFERENCE[:whole], abs=1e-3)
    moved = intensities.movements(change(resting(), chin=-11.0), still=True)
    change_of_jaw = (moved - intensities.REFERENCE)[0, intensities.UNITS.index("AU26")]
    assert change_of_jaw == pytest.approx(11.0, abs=0.01)


def test_a_blink_is_a_rise_of_the_smaller_score_by_a_quarter() -> None:
    assert "AU45" in present(change(resting(), eyeBlink=0.26))
    assert "AU45" not in present(change(resting(), eyeBlink=0.24))
    wink = change(resting(), eyeBlinkRight=0.6)
    assert "AU45" not in present(wink)
    assert values(wink)["AU45_right"] > 2
    assert values(wink)["AU45_left"] == 0


def test_either_half_of_the_face_can_move_alone() -> None:
    half = values(change(resting(), corner_width_left=10.0, mouthSmileLeft=0.6))
    assert half["AU12_right"] == 0
    assert half["AU12_left"] == pytest.approx(2 * half["AU12"], abs=0.02)
    assert "AU25_left" not in half


def test_a_smile_takes_off_what_moves_along() -> None:
    alone = values(change(resting(), chin=-8.0))["AU26"]
    smiling = change(resting(), chin=-8.0, corner_width=8.0, corner_to_nose=5.0)
    assert 0 < values(smiling)["AU26"] < alone


def test_lips_rolled_in_are_au28_unless_they_are_apart() -> None:
    rolled = {"upper_lip_thickness": -5.0, "lower_lip_thickness": -6.0, "lip_gap": -1.5}
    assert "AU28" in present(change(resting(), **rolled))
    assert "AU28" not in present(change(resting(), **rolled | {"lip_gap": 5.0}))


def test_the_neutral_is_the_percentile_that_the_formula_names() -> None:
    count = len(intensities.COLUMNS)
    moved = intensities.REFERENCE + np.random.default_rng(5).normal(3, 4, (4000, count))
    estimate = NeutralEstimate()
    for part in np.split(moved, 8):
        estimate.add(part)
    exact = [
        np.percentile(moved[:, column], FORMULAS[name.split("_")[0]].rest)
        for column, name in enumerate(intensities.COLUMNS)
    ]
    assert estimate.result() == pytest.approx(exact, abs=0.06)
    assert NeutralEstimate().result() == pytest.approx(intensities.REFERENCE)


def test_validity_drops_a_class_for_small_or_turned_faces() -> None:
    near = validity.of_face(still=False, eye_distance=90, turn=0.1, inside=WHOLE)
    assert (near["AU01"], near["AU04"], near["AU20"]) == ("high", "moderate", "low")
    for worse in (
        validity.of_face(still=False, eye_distance=40, turn=0.1, inside=WHOLE),
        validity.of_face(still=False, eye_distance=90, turn=0.7, inside=WHOLE),
    ):
        assert (worse["AU01"], worse["AU04"], worse["AU20"]) == ("moderate", "low", "low")
    assert set(near) == {*PRESENCES, "AU18", "AU22"}


def test_what_rests_on_a_part_outside_of_the_picture_is_unseen() -> None:
    def of(share: float) -> dict[str, str]:
        inside = WHOLE | {"mouth": share}
        found = validity.of_face(still=False, eye_distance=90, turn=0.1, inside=inside)
        return {au: found[au] for au in ("AU01", "AU06", "AU12", "AU28", "AU45")}

    seen = {"AU01": "high", "AU06": "high", "AU12": "high", "AU28": "low", "AU45": "high"}
    lower = {"AU06": "moderate", "AU12": "moderate"}
    unseen = dict.fromkeys(("AU06", "AU12", "AU28"), "unseen")
    assert of(0.96) == seen
    assert of(0.9) == seen | lower
    assert of(0.5) == seen | unseen


def test_every_signal_has_a_name_of_its_own_and_fits_the_table() -> None:
    assert len(set(signals.NAMES)) == len(signals.NAMES) <= MAX_SIGNALS
    assert set(blendshapes.NAMES) < set(signals.NAMES)
    assert not set(signals.NAMES) & set(INTENSITIES)


def test_signals_say_what_the_record_holds() -> None:
    records = change(resting(2), jawOpen=0.5, lid_gap_right=2.0)
    records["inside"][1] = (0.25, 1.0, 1.0)
    moving, eyes, others = np.full((2, 2), np.nan), np.array([50.0, 50.0]), np.array([0, 1])
    table = signals.of(records, measured(records), moving, eyes, others)
    named = dict(zip(signals.NAMES, table.T.tolist(), strict=True))
    assert named["head_x"] == [2.8, 2.8]  # 140 pixels, in eye distances of 50
    assert named["head_y"] == [3.0, 3.0]
    assert named["other_faces"] == [0.0, 1.0]
    assert named["inside_mouth"] == [1.0, 0.25]
    assert named["jawOpen"] == pytest.approx([SCORES_AT_REST["jawOpen"] + 0.5] * 2, abs=1e-4)
    assert named["eye_opening_right"][0] - named["eye_opening_left"][0] == pytest.approx(2, abs=0.1)
    assert np.isnan(named["facial_movement"]).all()


def noise(quality: str) -> dict[str, float]:
    """Action Unit -> range of a face that does not move, as `docs/validity.md` has it."""
    table = block(DOCUMENT, "noise").splitlines()
    rows = [line.strip("| ").split(" | ") for line in table if line.startswith("|")]
    column = rows[0].index(f"CRF {quality}: range")
    return {row[0].strip("`"): float(row[column]) for row in rows[2:]}


def test_what_is_called_still_or_moved_is_beyond_the_noise() -> None:
    judged = {au for au, found in validity.classes(still=False).items() if found != "low"}
    usual = max(range_ for au, range_ in noise("28").items() if au in judged)
    assert 2 * usual <= STILL["intensity"]
    for quality in ("18", "28", "38"):
        assert all(range_ < MOVED for au, range_ in noise(quality).items() if au in INTENSITIES)


def test_the_documented_validity_is_the_engines() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    clip, image = (validity.classes(still=still) for still in (False, True))
    for au in PRESENCES:
        assert f"| {au} | {WORDS[au]} | {clip[au]} | {image[au]} |" in text
    assert f"There are {len(signals.NAMES)} of them" in text
    for name in signals.NAMES:
        if name not in (*intensities.COLUMNS, *blendshapes.NAMES):
            assert f"`{name}`" in text
