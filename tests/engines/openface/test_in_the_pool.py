"""OpenFace's program goes with the engine's process, whichever way that ends."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from shared.engines.base import Task
from shared.engines.pool import EnginePool
from shared.measurements.model import MediaType, Segment
from shared.platform.errors import EngineError
from tests.engines.openface.home import OpenFaceHome
from tests.engines.openface.runs import CLIP_FRAMES
from tests.measurements.csv import tables

VS = MediaType.VS
SOON = 120.0  # [s]; for what takes milliseconds on an idle machine


@pytest.fixture
def pool(home: OpenFaceHome) -> Iterator[EnginePool]:
    made = EnginePool(1, environment={"OPENFACE_HOME": str(home.folder)}, engines=["openface"])
    yield made
    made.close()


def test_measured_and_joined(
    pool: EnginePool, home: OpenFaceHome, clip: Path, tmp_path: Path
) -> None:
    home.replay(clip, tables.openface(frames=CLIP_FRAMES))
    assert pool.engines() == {"openface": []}
    task, part = Task(clip, VS), tmp_path / "segment"
    segments = pool.plan("openface", task, 2, deadline=SOON)
    pool.measure("openface", task, segments[0], part, deadline=SOON)
    facts = pool.join("openface", task, [(segments[0], part)], tmp_path, deadline=SOON)
    assert facts.frames == CLIP_FRAMES
    assert len(list(tables.rows(tmp_path / "openface.csv"))) == CLIP_FRAMES


def test_a_hanging_program_is_killed_at_the_deadline(
    pool: EnginePool, home: OpenFaceHome, clip: Path, tmp_path: Path
) -> None:
    home.misbehave(clip, "hang")
    pool.plan("openface", Task(clip, VS), 1, deadline=SOON)  # its process is there from now on
    with pytest.raises(EngineError, match="did not finish measuring within 5 seconds"):
        pool.measure("openface", Task(clip, VS), Segment(0), tmp_path / "part", deadline=5)
    assert_gone(int((home.folder / "hanging").read_text()))


def test_it_dies_with_an_engine_process_that_is_killed_alone(
    pool: EnginePool, home: OpenFaceHome, clip: Path, tmp_path: Path
) -> None:
    home.misbehave(clip, "hang")

    def kill_the_engine() -> bool:
        note = home.folder / "hanging"
        if note.exists() and (text := note.read_text()):
            engine = psutil.Process(int(text)).parent()
            assert engine is not None
            engine.kill()
        return False

    with pytest.raises(EngineError, match="SIGKILL"):
        pool.measure(
            "openface", Task(clip, VS), Segment(0), tmp_path / "part", deadline=SOON,
            cancelled=kill_the_engine,
        )  # fmt: skip
    assert_gone(int((home.folder / "hanging").read_text()))


def assert_gone(pid: int) -> None:
    ends = time.monotonic() + SOON
    while time.monotonic() < ends:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.1)
    pytest.fail("the program is still running")
