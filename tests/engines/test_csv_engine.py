"""Measurements made elsewhere: the type settled by the content, one face chosen, units recorded."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.engines import output
from shared.engines.base import Task
from shared.engines.csv import CsvEngine
from shared.measurements.csv import signal_blocks
from shared.measurements.model import Facts, MediaType, Options, Row
from shared.platform.blob_names import MEASUREMENT_BLOB, SIGNALS_BLOB
from shared.platform.errors import Code, MediaError
from tests.measurements.csv import tables
from tests.measurements.csv.tables import IMAGE, POSE, UNITS, VIDEO

Change = Callable[[str, int, int], str | None]


def measured(
    folder: Path, content: bytes, kind: MediaType = MediaType.VM, options: Options | None = None
) -> tuple[Facts, list[Row]]:
    media, part = folder / "media.csv", folder / "segment"
    media.write_bytes(content)
    task = Task(media, kind, options or Options())
    engine = CsvEngine()
    [segment] = engine.plan(task, 4)
    engine.measure(task, segment, part, lambda frames: None)
    measurement = engine.join(task, [(segment, part)])
    return measurement.facts, list(measurement.rows)


def lost(face_lost: int, until: int) -> Change:
    """The face is not seen in the frames before `until`."""

    def change(name: str, frame: int, face: int) -> str | None:
        return "0" if name == "success" and face == face_lost and frame < until else None

    return change


def test_a_clip(tmp_path: Path) -> None:
    facts, rows = measured(tmp_path, tables.openface(frames=50))
    assert (facts.engine, facts.version) == ("openface", "measured elsewhere")
    assert facts.settings == {
        "source": "csv",
        "dialect": "openface video",
        "type": "VS",
        "confidence_threshold": 0.7,
    }
    assert (facts.frames, facts.faces, facts.scale) == (50, 1, "intensity")
    assert facts.fps == pytest.approx(25)
    assert facts.duration == pytest.approx(2)
    assert facts.warnings == []
    assert len(rows) == 50


@pytest.mark.parametrize(
    ("faces", "asked", "settled"),
    [
        (1, MediaType.VS, "IP"),
        (3, MediaType.VM, "IW"),
        (3, MediaType.IP, "IP"),
        (1, MediaType.IW, "IW"),
    ],
)
def test_an_image_is_an_image_whatever_was_asked_for(
    tmp_path: Path, faces: int, asked: MediaType, settled: str
) -> None:
    facts, rows = measured(
        tmp_path, tables.openface([*IMAGE, *UNITS], frames=1, faces=faces), asked
    )
    assert facts.settings["type"] == settled
    assert (facts.frames, facts.fps, facts.duration) == (1, None, None)
    assert len(rows) == facts.faces == (1 if settled == "IP" else faces)


def test_one_face_of_an_image_is_the_nearest(tmp_path: Path) -> None:
    def change(name: str, frame: int, face: int) -> str | None:
        return {"pose_Tz": f"{900 - face}", "face": None}.get(name)

    content = tables.openface([*IMAGE, *POSE, *UNITS], frames=1, faces=3, change=change)
    facts, [row] = measured(tmp_path, content, MediaType.IP)
    assert row.face == 0
    assert row.signals[facts.signals.index("pose_Tz")] == 898
    [warning] = facts.warnings
    assert warning.startswith("The CSV has 3 faces; face 2, the largest or most confident, was")


def test_one_face_of_a_clip_is_the_one_seen_longest(tmp_path: Path) -> None:
    content = tables.openface(frames=10, faces=2, change=lost(0, until=4))
    facts, rows = measured(tmp_path, content, MediaType.VS)
    assert [(row.frame, row.face, row.success) for row in rows] == [
        (frame, 0, True) for frame in range(1, 11)
    ]
    assert facts.faces == 1
    assert "2 faces; face 1, measured in 10 frames, was taken" in facts.warnings[0]


def test_several_faces_of_a_clip_stay(tmp_path: Path) -> None:
    content = tables.openface(frames=10, faces=2, change=lost(0, until=4))
    facts, rows = measured(tmp_path, content, MediaType.VM)
    assert (facts.faces, facts.settings["type"], len(rows)) == (2, "VM", 20)
    assert facts.warnings == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (tables.openface(frames=1), "cannot be of type IP: it has the columns of a video"),
        (tables.pyfeat(frames=4), "cannot be of type IP: it has 4 frames"),
    ],
)
def test_a_clip_is_no_image(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(MediaError, match=sentence) as caught:
        measured(tmp_path, content, MediaType.IP)
    assert caught.value.code is Code.TYPE_MISMATCH


def test_pyfeat_keeps_its_scale_and_says_what_it_lacks(tmp_path: Path) -> None:
    facts, rows = measured(tmp_path, tables.pyfeat(["01", "12"], frames=4))
    assert (facts.engine, facts.scale) == ("py-feat", "probability")
    assert facts.validity["0"]["AU06"] == "low"
    assert "AU12" not in facts.validity["0"]
    assert facts.settings["absent"] == [name[:4] for name in UNITS[17:] if name[2:4] not in "01 12"]
    assert [sentence.split(":")[0] for sentence in facts.warnings] == [
        "The CSV has no " + ", ".join(facts.validity["0"]),
        "The CSV gives no usable times, so shares of time are shares of frames.",
    ]
    assert all(value <= 1 for row in rows for value in row.intensities)


def test_one_pyfeat_picture_can_be_an_image(tmp_path: Path) -> None:
    facts, rows = measured(tmp_path, tables.pyfeat(frames=1, faces=2), MediaType.IW)
    assert facts.settings["type"] == "IW"
    assert facts.settings["substitutes"] == {"AU45": "AU43"}
    assert [row.face for row in rows] == [0, 1]


def test_without_a_confident_row_there_is_no_face(tmp_path: Path) -> None:
    for content in (
        tables.openface(change=lost(0, until=99)),
        tables.pyfeat(frames=2, without_face=[0, 1]),
        tables.openface(change=lambda name, frame, face: "0.6" if name == "confidence" else None),
    ):
        with pytest.raises(MediaError) as caught:
            measured(tmp_path, content)
        assert caught.value.code is Code.NO_FACE_FOUND


def test_a_bad_row_takes_the_whole_file_with_it(tmp_path: Path) -> None:
    content = tables.openface(
        frames=5000,
        change=lambda name, frame, face: "6" if (name, frame) == ("AU12_r", 4999) else None,
    )
    with pytest.raises(MediaError, match="Line 5000: AU12_r is 6") as caught:
        measured(tmp_path, content)
    assert caught.value.code is Code.INVALID_CSV
    assert not (tmp_path / "segment").exists()


def test_what_is_written_reads_back_the_same(tmp_path: Path) -> None:
    """`openface.csv` is itself of a dialect that is read: number for number."""
    media, part = tmp_path / "media.csv", tmp_path / "segment"
    media.write_bytes(tables.openface([*VIDEO, *POSE, *UNITS], frames=30, faces=2))
    task, engine = Task(media, MediaType.VM), CsvEngine()
    [segment] = engine.plan(task, 1)
    engine.measure(task, segment, part, lambda frames: None)
    output.write(engine.join(task, [(segment, part)]), tmp_path)
    assert values(tmp_path / MEASUREMENT_BLOB) == values(media)
    names, blocks = signal_blocks(tmp_path / SIGNALS_BLOB)
    assert names == tuple(POSE)
    assert sum(len(block) for block in blocks) == 60


def values(path: Path) -> list[tuple[object, ...]]:
    rows = tables.rows(path)
    return [(row.frame, row.face, row.timestamp, row.intensities, row.presences) for row in rows]
