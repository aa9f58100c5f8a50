"""The rules between measures and rows: neutral, intensities, confidence, validity, identity."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from shared.engines.mediapipe import confidence, intensities, measures, signals, validity
from shared.engines.mediapipe.appearance import Appearance
from shared.engines.mediapipe.blendshapes import Blendshapes
from shared.engines.mediapipe.detector import FaceDetector
from shared.engines.mediapipe.formulas import FORMULAS
from shared.engines.mediapipe.identity import Census, largest
from shared.engines.mediapipe.intensities import NeutralEstimate
from shared.engines.mediapipe.joining import smoothed
from shared.engines.mediapipe.mesh import FaceMesh, Mesh
from shared.engines.mediapipe.records import (
    NO_FACE,
    RECORD,
    Records,
    Writer,
    read_blocks,
    read_summary,
)
from shared.engines.mediapipe.regions import Box
from shared.engines.mediapipe.scenes import is_cut, small
from shared.engines.mediapipe.tiles import detect_in_tiles
from shared.engines.mediapipe.tracking import Face, Manner, Sight, Tracker
from shared.measurements.action_units import INTENSITIES, PRESENCES, WORDS
from shared.media.clip import Damage
from tests import faces

FPS = 25


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
    records["eye_distance"] = 100.0
    records["measures"] = measures.reference()
    return records


def change(records: Records, **by: float) -> Records:
    """Add to measures, of both sides where the name has none."""
    for name, amount in by.items():
        for column, measure in enumerate(measures.NAMES):
            if measure in (name, f"{name}_right", f"{name}_left"):
                records["measures"][:, column] += amount
    return records


def intensity(records: Records, au: str) -> float:
    values = intensities.intensities(
        intensities.movements(records, still=True), intensities.REFERENCE
    )
    return float(values[0, INTENSITIES.index(au)])


def present(records: Records) -> set[str]:
    values = intensities.intensities(
        intensities.movements(records, still=True), intensities.REFERENCE
    )
    mask = int(intensities.presences(values, records)[0])
    return {au for bit, au in enumerate(PRESENCES) if mask >> bit & 1}


def test_every_action_unit_has_a_formula() -> None:
    assert tuple(FORMULAS) == INTENSITIES


def test_the_reference_face_is_at_rest() -> None:
    assert present(resting()) == set()


@pytest.mark.parametrize(
    ("au", "movement"),
    [
        ("AU01", {"inner_brow": 9.0, "middle_brow": 2.0}),
        ("AU12", {"corner_width": 15.0, "corner_to_nose": 16.0}),
        ("AU25", {"lip_gap": 40.0}),
        ("AU26", {"chin": -20.0}),
        ("AU45", {"lid_gap": -8.0}),
    ],
)
def test_a_full_movement_is_near_five(au: str, movement: dict[str, float]) -> None:
    assert intensity(change(resting(), **movement), au) == pytest.approx(5, abs=0.9)


def test_a_wink_is_no_blink() -> None:
    assert intensity(change(resting(), lid_gap_right=-8.0), "AU45") == 0


def test_a_smile_takes_off_what_moves_along() -> None:
    alone = intensity(change(resting(), chin=-8.0), "AU26")
    smiling = change(resting(), chin=-8.0, corner_width=8.0, corner_to_nose=5.0)
    assert 0 < intensity(smiling, "AU26") < alone


def test_lips_rolled_in_are_au28_unless_they_are_apart() -> None:
    rolled = {"upper_lip_thickness": -4.0, "lower_lip_thickness": -5.0}
    assert "AU28" in present(change(resting(), **rolled))
    assert "AU28" not in present(change(resting(), **rolled, lip_gap=5.0))


def test_the_neutral_is_the_percentile_that_the_formula_names() -> None:
    moved = intensities.REFERENCE + np.random.default_rng(5).normal(3, 4, (4000, 17))
    estimate = NeutralEstimate()
    for part in np.split(moved, 8):
        estimate.add(part)
    exact = [
        np.percentile(moved[:, unit], FORMULAS[au].rest) for unit, au in enumerate(INTENSITIES)
    ]
    assert estimate.result() == pytest.approx(exact, abs=0.03)
    assert NeutralEstimate().result() == pytest.approx(intensities.REFERENCE)


def test_smoothing_stops_at_gaps_and_between_faces() -> None:
    moved = np.array([[0.0], [3.0], [6.0], [100.0], [10.0]])
    frames, owners = np.array([0, 1, 2, 2, 5]), np.array([0, 0, 0, 1, 0])
    assert smoothed(moved, frames, owners)[:, 0] == pytest.approx([1.5, 3.0, 4.5, 100.0, 10.0])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("eye_distance", 8.0),
        ("sharpness", 5.0),
        ("rotation", (0.0, 1.1, 0.0)),
        ("score", 0.6),
        ("track", NO_FACE),
    ],
)
def test_a_bad_view_is_no_success(field: str, value: object) -> None:
    records = resting()
    assert confidence.confidence(records, still=False)[0] == 1.0
    records[field] = value
    assert confidence.confidence(records, still=False)[0] < 0.7


def test_a_head_tilted_to_the_shoulder_is_seen_well() -> None:
    records = resting()
    records["rotation"] = (0.2, 0.2, 1.4)
    assert confidence.confidence(records, still=False)[0] == 1.0


def test_a_still_image_needs_a_sure_detection() -> None:
    records = resting()
    records["detection"] = 0.55
    assert confidence.confidence(records, still=False)[0] == 1.0
    assert confidence.confidence(records, still=True)[0] < 0.7


def test_validity_drops_a_class_for_small_or_turned_faces() -> None:
    near = validity.of_face(still=False, eye_distance=90, turn=0.1)
    assert (near["AU12"], near["AU15"], near["AU04"]) == ("high", "moderate", "low")
    for worse in (
        validity.of_face(still=False, eye_distance=40, turn=0.1),
        validity.of_face(still=False, eye_distance=90, turn=0.7),
    ):
        assert (worse["AU12"], worse["AU15"], worse["AU04"]) == ("moderate", "low", "low")
    assert set(near) == set(PRESENCES)


def test_the_documented_validity_is_the_engines() -> None:
    text = (Path(__file__).parents[2] / "docs" / "validity.md").read_text(encoding="utf-8")
    clip, image = (validity.of_face(still=s, eye_distance=90, turn=0.1) for s in (False, True))
    for au in PRESENCES:
        assert f"| {au} | {WORDS[au]} | {clip[au]} | {image[au]} |" in text
    for name in signals.NAMES:
        assert f"`{name}`" in text


def count_faces(*tracks: Records, cut: float | None = None) -> list[int]:
    """Frames of each face that a census makes of tracks, given in order of time."""
    census = Census()
    for number, records in enumerate(tracks):
        records["track"] = number
        if cut is not None:
            records["cut"] |= np.isclose(records["time"], cut)
        census.add(0, records)
    return [sum(track.frames for track in group) for group in census.faces()]


def later(records: Records, seconds: float) -> Records:
    records["time"] += seconds
    records["frame"] += round(seconds * FPS)
    return records


def test_a_face_is_known_again_by_its_place() -> None:
    assert count_faces(resting(25), later(resting(25), 2.5)) == [50]
    assert count_faces(resting(25), later(resting(25), 4.0)) == [25, 25]
    elsewhere = later(resting(25), 2.5)
    elsewhere["box"][:, 0] += 100
    assert count_faces(resting(25), elsewhere) == [25, 25]


def test_after_a_cut_the_light_must_be_the_same_too() -> None:
    assert count_faces(resting(25), later(resting(25), 1.0), cut=1.0) == [50]
    brighter = later(resting(25), 1.0)
    brighter["colour"] = 170.0
    assert count_faces(resting(25), brighter, cut=1.0) == [50]
    other = later(resting(25), 1.0)
    other["colour"] = (120, 100, 80)
    assert count_faces(resting(25), other.copy()) == [50]
    assert count_faces(resting(25), other, cut=1.0) == [25, 25]


def test_a_fleeting_face_is_dropped() -> None:
    flicker = later(resting(3), 1.0)
    flicker["box"][:, 0] += 300
    assert count_faces(resting(25), flicker) == [25]
    assert count_faces(resting(2)) == [2]  # a clip of two frames


def test_the_largest_face_is_the_one_that_is_so_for_longest() -> None:
    census = Census()
    both = np.concatenate((resting(20), resting(20)))
    both["track"][20:] = 1
    both["box"][20:] = (300, 100, 90, 110)
    both["box"][35:] = (300, 100, 20, 20)
    census.add(0, both[np.argsort(both["frame"], kind="stable")])
    assert [track.number for track in largest(census.faces())] == [1]


@pytest.fixture(scope="module")
def tracker() -> Tracker:
    return Tracker(FaceDetector(), FaceMesh(), Blendshapes(), Manner())


def sight(count: int) -> Sight:
    points = np.random.default_rng(3).normal(100, 30, (478, 3)).astype(np.float32)
    seen = Appearance(10.0, 1.0, 2.0, (1.0, 2.0, 3.0))
    box = Box(0, 0, 200, 200)
    scores = np.full(52, 0.25, dtype=np.float32)
    mesh = Mesh(points, 1.0)
    whole = (1.0, 1.0, 1.0)
    return Sight([Face(n, mesh, box, 0.9, seen, scores, whole) for n in range(count)], cut=False)


def test_records_come_back_with_no_frame_divided(tmp_path: Path, tracker: Tracker) -> None:
    counts = [3, 0, 1, 7] * 60
    path = tmp_path / "segment.raw"
    with Writer(path, 640, 360) as writer:
        for frame, count in enumerate(counts):
            writer.add(frame, frame / FPS, sight(count))
        writer.finish(Damage(unreadable=2), tracker)
    blocks = list(read_blocks(path))
    assert len(blocks) > 1
    assert [np.unique(b["frame"])[0] for b in blocks[1:]] == [
        b["frame"][-1] + 1 for b in blocks[:-1]
    ]
    records = np.concatenate(blocks)
    for frame, count in enumerate(counts):
        tracks = records["track"][records["frame"] == frame].tolist()
        assert tracks == (list(range(count)) or [NO_FACE])
    summary = read_summary(path)
    assert (summary.width, summary.height, summary.damage) == (640, 360, Damage(unreadable=2))


def test_an_unfinished_segment_leaves_no_file(tmp_path: Path) -> None:
    with Writer(tmp_path / "segment.raw", 64, 64) as writer:
        writer.add(0, 0.0, sight(1))
    assert list(tmp_path.iterdir()) == []


def test_a_cut_is_not_a_movement() -> None:
    shot = [small(faces.speaking(t / FPS, 320, 240)) for t in range(25)]
    assert not any(is_cut(a, b) for a, b in pairwise(shot))
    assert is_cut(shot[-1], small(faces.other_person(1.0, 320, 240)))


def test_tiles_show_the_faces_of_a_crowd() -> None:
    picture = faces.collage(4, 4)(0.3, 640, 640)
    detector = FaceDetector()
    cells = {
        (int((f.left + f.width / 2) // 160), int((f.top + f.height / 2) // 160))
        for f in detect_in_tiles(detector, picture)
    }
    assert len(cells) == 16
    assert len(detector.detect(picture)) < 16
