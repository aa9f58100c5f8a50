"""The rules between records and rows: smoothing, confidence, identity, what is stored."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from shared.engines.mediapipe import confidence
from shared.engines.mediapipe.appearance import cut_out
from shared.engines.mediapipe.blendshapes import Blendshapes
from shared.engines.mediapipe.detector import FaceDetector
from shared.engines.mediapipe.face_crop import FaceCrop
from shared.engines.mediapipe.identity import Census, largest
from shared.engines.mediapipe.joining import smoothed
from shared.engines.mediapipe.mesh import FaceMesh, Mesh
from shared.engines.mediapipe.records import NO_FACE, Records, Writer, read_blocks, read_summary
from shared.engines.mediapipe.regions import Box
from shared.engines.mediapipe.scenes import is_cut, small
from shared.engines.mediapipe.tiles import detect_in_tiles
from shared.engines.mediapipe.tracking import Face, Manner, Sight, Tracker
from shared.media.clip import Damage
from tests import faces
from tests.engines.mediapipe_records import FPS, resting


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


def test_a_face_may_lose_one_part_to_the_edge_of_the_picture_but_not_two() -> None:
    records = resting(3)
    records["inside"] = [(0.5, 1, 1), (0, 1, 1), (0, 1, 0)]
    assert confidence.confidence(records, still=False) == pytest.approx([0.875, 0.75, 0.5])


def test_a_still_image_needs_a_sure_detection() -> None:
    records = resting()
    records["detection"] = 0.55
    assert confidence.confidence(records, still=False)[0] == 1.0
    assert confidence.confidence(records, still=True)[0] < 0.7


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
    return Tracker(FaceDetector(), FaceMesh(), Manner())


def sight(count: int) -> Sight:
    points = np.random.default_rng(3).normal(100, 30, (478, 3)).astype(np.float32)
    picture = np.zeros((200, 200, 3), dtype=np.uint8)
    box = Box(0, 0, 200, 200)
    patches, crop = cut_out(picture, points, box), FaceCrop().follow(picture, points)
    mesh = Mesh(points, 1.0)
    whole = (1.0, 1.0, 1.0)
    return Sight([Face(n, mesh, box, 0.9, patches, whole, crop) for n in range(count)], cut=False)


def test_records_come_back_with_no_frame_divided(tmp_path: Path, tracker: Tracker) -> None:
    counts = [3, 0, 1, 7] * 60
    path = tmp_path / "segment.raw"
    with Writer(path, 640, 360, Blendshapes()) as writer:
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
    with Writer(tmp_path / "segment.raw", 64, 64, Blendshapes()) as writer:
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
