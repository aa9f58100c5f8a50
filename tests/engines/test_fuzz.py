"""No bytes crash, hang or bloat the processes that open what strangers send.

Valid files of every kind are damaged and then opened and decoded in real children, with a limit of
memory and a deadline. A refusal is as good as an answer; a crash, a hang or a shortage of memory
would replace a process, and fails. FUZZ_EXAMPLES says how many files (by default few, for the
suite's sake); thousands were run when this was written.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.paths import ROOT
from shared.engines.base import Task
from shared.engines.pool import EnginePool
from shared.measurements.model import MediaType, Options, Segment
from shared.media.formats import Kind, sniff, sniff_file
from shared.media.probe import probe
from shared.platform.errors import MediaError
from tests import media_factory as make
from tests.engines.odd_pool import ODD
from tests.media_factory import Clip

pytestmark = pytest.mark.thorough

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "1000"))
MEMORY_MB = 500
DEADLINE = 120.0  # [s]; the largest of these files takes 20 ms
OPTIONS = Options(max_pixels=2_000_000, max_frames=500)

SMALL = Clip(seconds=0.4, size=(64, 64), sound=True)
CLIPS = ("a.mp4", "a.mov", "a.mkv", "a.webm", "a.avi", "a.wmv")
FRAGMENTED = Clip(
    seconds=0.4, size=(64, 64), container_options={"movflags": "frag_keyframe+empty_moov"}
)
TRANSPARENT = Clip(seconds=0.4, size=(64, 64), pixel_format="yuva420p", transparent=True)
HEIC = ROOT / "tests" / "media" / "turned.heic"
STILLS: dict[str, make.Mode] = {
    "rgb.jpg": "RGB",
    "cmyk.jpg": "CMYK",
    "alpha.png": "RGBA",
    "palette.png": "P",
    "deep.png": "I;16",
    "alpha.webp": "RGBA",
    "rgb.bmp": "RGB",
}


@pytest.fixture(scope="module")
def engines() -> Iterator[EnginePool]:
    limit = MEMORY_MB if sys.platform == "linux" else None
    with closing(EnginePool(1, command=ODD, memory_limit_mb=limit)) as made:
        yield made


@pytest.fixture(scope="module")
def sound_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("sound")
    files = [SMALL.write(folder / name) for name in CLIPS]
    files.append(FRAGMENTED.write(folder / "fragmented.mp4"))
    files.append(TRANSPARENT.write(folder / "transparent.webm"))
    for name, mode in STILLS.items():
        files.append(make.picture(folder / name, mode=mode, size=(64, 64)))
    files.append(make.picture(folder / "turned.jpg", size=(64, 48), orientation=6))
    files.append(make.animation(folder / "moving.png", size=(32, 32)))
    files.append(make.animation(folder / "moving.webp", size=(32, 32)))
    return files


Damage = tuple[list[tuple[float, int, bytes]], float]
"""Edits, each of which replaces some bytes at a place (0..1) by others; and what part is kept."""


def damaged(data: bytes, damage: Damage) -> bytes:
    edits, keep = damage
    for place, length, replacement in edits:
        start = int(place * len(data))
        data = data[:start] + replacement + data[start + length :]
    return data[: round(keep * len(data))]


# headers are short and matter most, hence the second kind of place
places = st.floats(0, 1) | st.floats(0, 0.05)
edits = st.lists(st.tuples(places, st.integers(0, 64), st.binary(max_size=64)), max_size=8)
damages = st.tuples(edits, st.just(1.0) | st.floats(0, 1))


@given(number=st.integers(0, 17), damage=damages)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_damaged_files(
    engines: EnginePool,
    sound_files: list[Path],
    tmp_path: Path,
    number: int,
    damage: Damage,
) -> None:
    source = sound_files[number]
    path = tmp_path / f"damaged{source.suffix}"
    path.write_bytes(damaged(source.read_bytes(), damage))
    with suppress(MediaError):
        engines.probe(path, OPTIONS, deadline=DEADLINE)
        kind = sniff_file(path).kind
        if kind is not Kind.CSV:
            media_type = MediaType.IW if kind is Kind.IMAGE else MediaType.VM
            task = Task(path, media_type, OPTIONS)
            engines.measure("decode", task, Segment(0), tmp_path / "out", deadline=DEADLINE)
    assert engines.restarts == 0


@given(damage=damages)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_damaged_heic(engines: EnginePool, tmp_path: Path, damage: Damage) -> None:
    """The reader's binding crashes at a damaged name of metadata: refused like other damage."""
    path = tmp_path / "damaged.heic"
    path.write_bytes(damaged(HEIC.read_bytes(), damage))
    with suppress(MediaError):
        engines.probe(path, OPTIONS, deadline=DEADLINE)


@given(
    start=st.sampled_from(
        [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"BM", b"\x00\x00\x00\x18ftyp",
         b"\x1a\x45\xdf\xa3", b"AU01_r,", b"\xef\xbb\xbfframe,"]
    ),
    rest=st.binary(max_size=300),
)  # fmt: skip
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_bytes_are_some_format_or_none(start: bytes, rest: bytes) -> None:
    found = sniff(start + rest)
    assert found is None or found.extension.startswith(".")


@given(data=st.binary(max_size=300))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_random_bytes_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "noise.jpg"
    path.write_bytes(data)
    with pytest.raises(MediaError):
        probe(path, OPTIONS)
