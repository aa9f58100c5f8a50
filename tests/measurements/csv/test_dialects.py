"""Every dialect is told by its header, and a header that lacks something is refused in words."""

import pytest

from shared.measurements.csv import Dialect, detect, looks_like
from shared.platform.errors import Code, MediaError
from tests.measurements.csv import tables
from tests.measurements.csv.tables import FULL_IMAGE, FULL_VIDEO, IMAGE, UNITS, VIDEO


def header(*names: str, separator: str = ",") -> bytes:
    return separator.join(names).encode()


def recognised(line: bytes) -> Dialect:
    dialect = detect(line)
    assert dialect is not None
    return dialect


@pytest.mark.parametrize("separator", [",", ", ", " , "])
def test_openface_video_whatever_its_spaces(separator: str) -> None:
    dialect = recognised(header(*VIDEO, *UNITS, separator=separator))
    assert (dialect.name, dialect.engine, dialect.scale) == (
        "openface video",
        "openface",
        "intensity",
    )
    assert not dialect.image


def test_no_face_id_is_the_older_form() -> None:
    dialect = recognised(header("frame", "timestamp", "confidence", "success", *UNITS))
    assert dialect.name == "openface video"
    assert not dialect.has("face")


@pytest.mark.parametrize(
    ("names", "width", "name"),
    [(FULL_IMAGE, 711, "openface image"), (FULL_VIDEO, 714, "openface video")],
)
def test_full_forms_give_pose_and_gaze(names: list[str], width: int, name: str) -> None:
    dialect = recognised(header(*names))
    assert (dialect.width, dialect.name) == (width, name)
    assert set(dialect.signals) == {*tables.POSE, *tables.GAZE}


def test_pyfeat_of_the_first_kind_lacks_blinks_and_has_closed_eyes_instead() -> None:
    dialect = recognised(tables.pyfeat().splitlines()[0])
    assert (dialect.engine, dialect.scale) == ("py-feat", "probability")
    assert dialect.absent == ()
    assert dialect.substitutes == (("AU45", "AU43"),)


def test_pyfeat_with_twelve_action_units_says_which_are_absent() -> None:
    dialect = recognised(header("frame", "FaceRectX", "FaceScore", "AU01", "AU12"))
    assert "AU06" in dialect.absent
    assert len(dialect.absent) == 16


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (header(*VIDEO, *UNITS[1:]), "The header lacks AU01_r"),
        (header(*VIDEO, *UNITS[7:]), "AU01_r, AU02_r, AU04_r, AU05_r, AU06_r and 2 more"),
        (header("frame", "face_id", "confidence", "success", *UNITS), "lacks timestamp"),
        (header(*VIDEO, *UNITS, "AU06_r"), "has AU06_r more than once"),
        (header(*VIDEO, *UNITS, "frame"), "has frame more than once"),
        (header(*IMAGE[1:], *UNITS), "lacks frame, timestamp and success"),
        (header(*FULL_VIDEO, "pose_Rx"), "has pose_Rx more than once"),
        (header("frame", "FaceRectX", "AU01"), "lacks FaceScore"),
        (header("FaceScore", "AU01"), "lacks frame"),
        (header("frame", "AU01", "AU12"), "lacks FaceScore"),
        (header("frame", "FaceScore", "happiness"), "no Action Units"),
        (header("frame", "FaceScore", "AU01", "AU01"), "has AU01 more than once"),
    ],
)
def test_a_known_header_that_cannot_be_used(line: bytes, sentence: str) -> None:
    with pytest.raises(MediaError, match=sentence) as caught:
        detect(line)
    assert caught.value.code is Code.INVALID_CSV
    assert caught.value.errors[0].field == "line 1"


@pytest.mark.parametrize("line", [b"", b"a,b,c", b"name,date,amount", b"\xff\xfe\x00"])
def test_other_tables_are_not_recognised(line: bytes) -> None:
    assert detect(line) is None
    assert not looks_like(line)


@pytest.mark.parametrize(
    "head",
    [
        header(*FULL_VIDEO)[:4096],
        header(*FULL_IMAGE, separator=", ")[:300],
        b"\xef\xbb\xbf" + header(*VIDEO, *UNITS),
        header(*VIDEO, *UNITS, separator=";"),
        header(*(f'"{name}"' for name in VIDEO)),
        header(*VIDEO, *UNITS).decode().encode("utf-16"),
        tables.pyfeat(index=True)[:200],
    ],
)
def test_looks_like_is_generous(head: bytes) -> None:
    assert looks_like(head)
