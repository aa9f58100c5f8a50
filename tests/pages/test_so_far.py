"""What is shown of a clip while it is measured."""

import io
from pathlib import Path

from shared.app import App
from shared.database.tables import Job, State
from shared.engines.base import Task
from shared.measurements.model import MediaType, Segment
from shared.media.formats import Kind, MediaFacts
from shared.pages import job_page, so_far
from tests import faces
from tests.media_factory import Clip
from tests.pages.made import job
from tests.pages.requests import get

WAY = "segments/0123456789abcdef/"
KEPT = f"segments/{so_far.KEPT}"
SECONDS = 4.0


def measuring(app: App) -> Job:
    facts = MediaFacts("MP4", Kind.VIDEO, 1, duration=SECONDS, fps=25.0)
    progress = {"frames_done": 50, "frames_expected": 100, "at": 2.0}
    values = {"state": State.EXTRACTING, "type": "VS", "media": facts, "progress": progress}
    return job(app, filename="clip.mp4", blob="clip.mp4", content=b"-", **values)


def keep(app: App, found: Job, blob: str, path: Path) -> None:
    app.storage.upload(
        found.container, blob, io.BytesIO(path.read_bytes()), "application/octet-stream"
    )


def segment(app: App, folder: Path, number: int, clip: Path) -> Path:
    half = Segment(number, number * 2.0, number * 2.0 + 2.0)
    output = folder / f"segment-{number}"
    app.engines.measure("mediapipe", Task(clip, MediaType.VS), half, output, deadline=120)
    return output


def page(app: App, found: Job) -> str:
    return job_page.job_page(get(id=str(found.id)), app).get_body().decode()


def test_curves_grow_with_the_segments_that_are_done(app: App, tmp_path: Path) -> None:
    clip = Clip(seconds=SECONDS, size=(320, 240)).write(tmp_path / "clip.mp4")
    found = measuring(app)
    before = page(app, found)
    assert 'data-at="2.0"' in before
    assert "curves come when a first stretch of the clip is done" in before
    keep(app, found, f"{WAY}00001", segment(app, tmp_path, 1, clip))
    second = so_far.curves(app, found, SECONDS)
    assert [curve.au for curve in second] == list(so_far.SHOWN)
    assert 'd="M10' in second[0].chart  # from the middle of the clip on
    keep(app, found, f"{WAY}00000", segment(app, tmp_path, 0, clip))
    whole = page(app, found)
    assert whole.count('class="trace"') == len(so_far.SHOWN)
    assert so_far.curves(app, found, SECONDS)[0].chart.count("M") == 2
    app.storage.delete_blob(found.container, f"{WAY}00000")  # as when they go
    assert so_far.curves(app, found, SECONDS)[0].chart == second[0].chart


def test_a_segment_without_a_face_is_a_gap(app: App, tmp_path: Path) -> None:
    clip = Clip(seconds=SECONDS, size=(160, 120), scene=faces.empty).write(tmp_path / "clip.mp4")
    found = measuring(app)
    keep(app, found, f"{WAY}00000", segment(app, tmp_path, 0, clip))
    assert so_far.curves(app, found, SECONDS) == []
    assert app.storage.has(found.container, KEPT)  # it is not joined again


def test_what_is_no_segment_is_left_alone(app: App, tmp_path: Path) -> None:
    found = measuring(app)
    (tmp_path / "x").write_bytes(b"not a segment")
    for blob in ("segments/x/00000", f"{WAY}0", f"{WAY}00000", KEPT):
        keep(app, found, blob, tmp_path / "x")
    assert so_far.curves(app, found, SECONDS) == []
