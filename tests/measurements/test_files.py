"""Rows in the container's files instead of the table: nothing that is shown or judged differs."""

import json
import re
import shutil
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import azure.functions as func
import numpy as np
import pytest
import sqlalchemy as sa

from shared.analysis.learning import LearnOptions
from shared.analysis.parameter_sets import ParameterSet
from shared.api import reports as report_routes
from shared.app import App
from shared.database.tables import DataEntry, Extraction, FrameMeasurement, Job, State
from shared.jobs import containers, lifecycle
from shared.measurements.model import MediaType
from shared.pages import report_page
from shared.pipeline import events, uploads
from shared.pipeline.upload_fields import Fields
from shared.pipeline.uploads import Upload
from shared.platform import blob_names
from shared.platform.errors import Code, Problem
from shared.reports import boxes, learning, parameter_sets, reports
from shared.reports.build_comparison import compare_builds
from tests import faces
from tests.measurements.csv import tables
from tests.media_factory import Clip
from tests.pages.requests import get

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """A finished job."""

    app: App
    job: Job

    @property
    def number(self) -> int:
        assert self.job.report_id is not None
        return self.job.report_id

    def rows(self) -> int:
        query = sa.select(sa.func.count()).select_from(FrameMeasurement)
        with self.app.database.begin() as session:
            return session.scalar(query.where(FrameMeasurement.report_id == self.number)) or 0


Run = Callable[..., Stored]


@pytest.fixture
def elsewhere(app: App) -> App:
    """The same app, of which no row may be in the table."""
    return replace(app, settings=app.settings.model_copy(update={"max_rows_in_database": 0}))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(app: App, path: Path, name: str = "default", **fields: Any) -> Stored:
        copy = Path(shutil.copy(path, tmp_path / f"upload-{time.monotonic_ns()}"))
        said = Fields.model_validate({"avatar": "Ada", "name": name, **fields})
        job = uploads.accept(app, Upload(said, path.name, copy, None))
        events.blob_uploaded(app, job.container, job.blob)
        events.blob_uploaded(app, job.container, blob_names.MEASUREMENT_BLOB)
        with app.database.begin() as session:
            done = lifecycle.get(session, job.id)
        assert done is not None
        assert done.state == State.DONE, done.error_detail
        return Stored(app, done)

    return run


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, one of them only at times: rows with and without success."""
    scene = faces.sequence((1.6, faces.collage(2, 1)), (0.8, faces.speaking), (0.4, faces.empty))
    made = Clip(scene=scene, seconds=2.8, fps=12.5, size=(640, 320))
    return made.write(tmp_path_factory.mktemp("clips") / "two.mp4")


def foreign(path: Path, frames: int = 120) -> Path:
    """A CSV of another program: other columns, other digits, two faces."""

    def change(name: str, frame: int, face: int) -> str | None:
        if name.endswith("_r"):
            return f"{(frame * 7 + face * 13 + int(name[2:4])) % 500 / 100.3:.6f}"
        return "0.4" if name == "confidence" and frame % 9 == face else None

    path.write_bytes(tables.openface(frames=frames, faces=2, change=change))
    return path


def expectations() -> ParameterSet:
    levels = [{"measure": f"{au}.level", "lower": 0.5, "upper": 2.0} for au in ("AU12", "AU25")]
    return ParameterSet.model_validate(
        {"name": "Calm", "engine": "mediapipe", "parameters": levels}
    )


def without_identity(value: Any, stored: Stored) -> str:
    """Without what two measurements of the same clip must differ in."""
    text = json.dumps(value, sort_keys=True, default=str)
    for own in (str(stored.job.id), f'"report": {stored.number}'):
        text = text.replace(own, "-")
    return re.sub(r'"name": "(table|files)"', "", text)


def report_json(stored: Stored) -> Any:
    return json.loads(
        b"".join(stored.app.storage.open(stored.job.container, blob_names.REPORT_BLOB))
    )


def page(stored: Stored, **query: str) -> str:
    request = get(f"/reports/{stored.number}", query=query, id=str(stored.number))
    text = report_page.report_page(request, stored.app).get_body().decode()
    text = text.replace(str(stored.job.id), "-").replace("table", "-").replace("files", "-")
    return re.sub(rf'(reports/|from=|hold="|report-|Report ){stored.number}\b', r"\1-", text)


def both(app: App, elsewhere: App, run: Run, path: Path) -> tuple[Stored, Stored]:
    return run(app, path, "table"), run(elsewhere, path, "files")


def test_nothing_differs(app: App, elsewhere: App, run: Run, clip: Path) -> None:
    with app.database.begin() as session:
        parameter_sets.make_default(
            session, parameter_sets.add(session, expectations(), None), [MediaType.VM]
        )
    table, files = (
        run(part, clip, name, type="VM") for part, name in ((app, "table"), (elsewhere, "files"))
    )
    assert table.rows() > 50
    assert files.rows() == 0
    one, other = report_json(table), report_json(files)
    assert len(one["faces"]) == 2
    assert one["reports"]
    assert without_identity(one, table) == without_identity(other, files)
    assert _summaries(table) == _summaries(files)
    for query in ({}, {"face": "1"}, {"start": "0.5", "end": "1.5"}):
        assert page(table, **query) == page(files, **query)
    assert "<path" in page(files)
    for wanted in (boxes.WantedBoxes(), boxes.WantedBoxes(1, 0.4, 1.0), boxes.WantedBoxes(0, 1.0)):
        shown = _boxes(table, wanted)
        assert shown
        assert shown == _boxes(files, wanted)


def test_a_csv_of_another_program_is_the_same_too(
    app: App, elsewhere: App, run: Run, tmp_path: Path
) -> None:
    path = foreign(tmp_path / "other.csv")
    table, files = both(app, elsewhere, run, path)
    assert (table.rows(), files.rows()) == (240, 0)
    assert without_identity(report_json(table), table) == without_identity(
        report_json(files), files
    )
    stored = b"".join(app.storage.open(files.job.container, blob_names.MEASUREMENT_BLOB))
    assert stored != path.read_bytes() or files.job.blob != blob_names.MEASUREMENT_BLOB
    assert page(table) == page(files)


def test_put_there_directly_it_stays_as_it_is(elsewhere: App, tmp_path: Path) -> None:
    """Its canonical form stands beside it, and is what is read."""
    content, container = foreign(tmp_path / "other.csv").read_bytes(), f"direct{time.time_ns()}"
    elsewhere.storage.create_container(container)
    elsewhere.storage.upload_file(
        container, blob_names.MEASUREMENT_BLOB, tmp_path / "other.csv", "text/csv"
    )
    events.blob_uploaded(elsewhere, container, blob_names.MEASUREMENT_BLOB)
    with elsewhere.database.begin() as session:
        job = containers.first(session, container)
        assert job is not None
        assert job.state == State.DONE, job.error_detail
        assert job.report_id is not None
        measurement = reports.locate(session, job.report_id)
        assert measurement.extraction.rows_in_blobs
        found = measurement.recording(session, elsewhere.storage)
    assert [len(face.timestamps) for face in found.faces] == [120, 120]
    assert b"".join(elsewhere.storage.open(container, blob_names.MEASUREMENT_BLOB)) == content


def test_later_analyses_read_the_files(app: App, elsewhere: App, run: Run, tmp_path: Path) -> None:
    table, files = both(app, elsewhere, run, foreign(tmp_path / "other.csv"))
    content = expectations().model_copy(update={"engine": "openface"})
    with app.database.begin() as session:
        parameter_sets.add(session, content, None)
    verdicts = []
    for stored in (table, files):
        body = {"report": stored.number, "parameter_sets": ["Calm"]}
        made = json.loads(report_routes.make(posted(body), app).get_body())["items"]
        verdicts.append([(item["verdict"], item["score"]) for item in made])
    assert verdicts[0] == verdicts[1]
    options = LearnOptions(name="L", deviation_percent=20.0)
    with app.database.begin() as session:
        found = compare_builds(session, app.storage, "Ada", ("table", "files"))
        assert found.changes
        learned = [
            learning.learn(session, app.storage, options, [stored.number])[0].parameter_set
            for stored in (table, files)
        ]
    assert learned[0] == learned[1]


@pytest.mark.parametrize("limit", [119, 120])
def test_the_limit_is_of_rows(app: App, run: Run, tmp_path: Path, limit: int) -> None:
    path = tmp_path / "small.csv"
    path.write_bytes(tables.openface(frames=120))
    limited = replace(app, settings=app.settings.model_copy(update={"max_rows_in_database": limit}))
    assert run(limited, path).rows() == (120 if limit == 120 else 0)


def test_the_threshold_of_then_counts(app: App, elsewhere: App, run: Run, tmp_path: Path) -> None:
    """A later CONFIDENCE_THRESHOLD changes nothing that was measured."""
    table, files = both(app, elsewhere, run, foreign(tmp_path / "other.csv"))
    strict = replace(app, settings=app.settings.model_copy(update={"confidence_threshold": 0.99}))
    assert page(replace(table, app=strict)) == page(replace(files, app=strict))


class TestFilesThatAreGone:
    @pytest.fixture
    def files(self, elsewhere: App, run: Run, tmp_path: Path) -> Stored:
        return run(elsewhere, foreign(tmp_path / "other.csv"))

    @pytest.fixture(params=["container", "csv", "replaced", "facts"])
    def gone(self, files: Stored, request: pytest.FixtureRequest, tmp_path: Path) -> Stored:
        storage, container = files.app.storage, files.job.container
        other = tmp_path / "another.csv"
        other.write_bytes(tables.openface(frames=3))
        measurement, facts = blob_names.MEASUREMENT_BLOB, blob_names.EXTRACTION_BLOB
        if request.param == "container":
            storage.delete_container(container)
        elif request.param == "csv":
            storage.delete_blob(container, measurement)
        elif request.param == "replaced":
            storage.upload_file(container, measurement, other, "text/csv")
        else:
            storage.upload_file(container, facts, other, "application/json")
        return files

    def test_are_a_problem_that_says_what_to_do(self, gone: Stored) -> None:
        """And what was reported of them stays readable."""
        with gone.app.database.begin() as session:
            measurement = reports.locate(session, gone.number)
            with pytest.raises(Problem, match="upload the media anew") as raised:
                measurement.load(session, gone.app.storage)
        assert raised.value.code is Code.FRAMES_GONE
        assert raised.value.status == 410
        text = page(gone)
        assert "upload the media anew" in text
        assert "Action Units" in text
        assert _summaries(gone)

    def test_cannot_be_looked_for_without_the_job(self, files: Stored) -> None:
        gone = files
        with gone.app.database.begin() as session:
            session.execute(sa.delete(Job).where(Job.id == gone.job.id))
        with gone.app.database.begin() as session:
            measurement = reports.locate(session, gone.number)
            with pytest.raises(Problem, match="its job and its files were deleted"):
                measurement.load(session, gone.app.storage)


@pytest.mark.thorough
def test_many_rows_take_the_memory_of_their_numbers(
    elsewhere: App, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(tables.openface(frames=60_000, header=",", rows=","))
    stored = run(elsewhere, path)
    assert path.stat().st_size > 10 * MEGABYTE
    with elsewhere.database.begin() as session:
        measurement = reports.locate(session, stored.number)
        tracemalloc.start()
        found = measurement.recording(session, elsewhere.storage)
        kept, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(found.faces[0].timestamps) == 60_000
    assert kept < 2 * MEGABYTE  # times; its columns are on the disk
    assert peak < 25 * MEGABYTE  # blocks of the file, and the SDK's own buffers


def test_faces_come_in_their_order(elsewhere: App, run: Run, tmp_path: Path) -> None:
    stored = run(elsewhere, foreign(tmp_path / "other.csv"))
    with elsewhere.database.begin() as session:
        measurement = reports.locate(session, stored.number)
        whole = measurement.recording(session, elsewhere.storage)
        second = measurement.recording(session, elsewhere.storage, face=1)
        none = measurement.recording(session, elsewhere.storage, face=7)
    assert [face.face for face in whole.faces] == [0, 1]
    for au, intensities in whole.faces[1].intensities.items():
        assert np.array_equal(second.faces[0].intensities[au], intensities)
    assert none.faces == []


def posted(body: object) -> func.HttpRequest:
    return func.HttpRequest("POST", "http://localhost/", body=json.dumps(body).encode())


def _summaries(stored: Stored) -> list[tuple[Any, ...]]:
    columns = [column for column in DataEntry.__table__.columns if column.name != "report_id"]
    query = sa.select(*columns).where(DataEntry.report_id == stored.number)
    with stored.app.database.begin() as session:
        assert session.get(Extraction, stored.number) is not None
        return [tuple(row) for row in session.execute(query.order_by("face", "au"))]


def _boxes(stored: Stored, wanted: boxes.WantedBoxes) -> Iterator[boxes.Box] | list[boxes.Box]:
    with stored.app.database.begin() as session:
        measurement = reports.locate(session, stored.number)
        return list(boxes.boxes(session, stored.app.storage, measurement, wanted))
