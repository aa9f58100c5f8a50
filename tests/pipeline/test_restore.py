"""Storage and database restored to different times: what disagrees is found, mended and logged.

The database is really set back: to a copy that was made of it before. Each test has a storage
account of its own, because the search for lost containers looks at all of it.
"""

import base64
import datetime as dt
import io
import itertools
import json
import logging
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from local.ports import ANY
from local.stack import Stack
from shared.analysis.parameter_sets import ParameterSet
from shared.api import reports as report_routes
from shared.app import build
from shared.database.tables import ActionUnitReport, Extraction, Job, State, Step
from shared.engines.pool import EnginePool
from shared.jobs import blob_metadata, containers, lifecycle
from shared.pages import job_page, report_page
from shared.pipeline import deletion, reconciliation, uploads
from shared.pipeline.upload_fields import UploadUrlRequest
from shared.platform.settings import STORAGE, read
from shared.reports import parameter_sets
from tests import media_factory
from tests.measurements.csv import tables
from tests.pages.requests import get
from tests.pipeline.restorable import Deployment

NUMBERS = itertools.count()
PARTS = ("avatar", "name", "type", "engine", "parameter_sets", "filename", "blob", "created")


@pytest.fixture(scope="module")
def own(run_folder: Path) -> Iterator[Stack]:
    """Services whose storage account nobody else uses."""
    with Stack(run_folder / "restore", ports=ANY, throw_away=True) as stack:
        stack.start_services()
        stack.migrate()
        yield stack


@pytest.fixture
def deployment(own: Stack, tmp_path: Path, engine_pool: EnginePool) -> Iterator[Deployment]:
    settings = {"LEASE_SECONDS": "0", "RECONCILE_AFTER_SECONDS": "0"}
    app = build(read({"DATABASE_URL": own.database, STORAGE: own.storage, **settings}))
    for page in app.storage.containers():
        for container in page:
            app.storage.delete_container(container)
    made = Deployment(replace(app, engines=engine_pool), own, tmp_path, NUMBERS)
    made.restore(made.backup())  # the one that the stack began with stays empty
    yield made
    made.app.database.close()
    app.close()


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media_factory.picture(tmp_path_factory.mktemp("restore") / "face.jpg")


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("restore") / "zebra.csv"
    path.write_bytes(tables.openface(frames=40))
    return path


def said(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in PARTS}


def expectations(name: str) -> ParameterSet:
    level = {"measure": "AU12.level", "lower": 0.0, "upper": 5.0}
    return ParameterSet.model_validate({"name": name, "engine": "mediapipe", "parameters": [level]})


class TestTheDatabaseIsOlder:
    def test_containers_come_back_as_they_were(
        self, deployment: Deployment, image: Path, table: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with deployment.app.database.begin() as session:
            parameter_sets.add(session, expectations("Ruhig, 静か"), None)
        backup = deployment.backup()
        done = deployment.measure(
            deployment.upload(
                image,
                "Überraschung  1 %41 顔.jpg",
                avatar="Ärger 🙂",
                name="nightly  7",
                type="IW",
                engine="mediapipe",
                parameter_set=["Ruhig, 静か"],
            )
        )
        measured = deployment.measure(deployment.upload(table, avatar="Bo"))
        open_ = deployment.upload(image, name="never begun")
        before = [done, measured, open_]
        assert [job.state for job in before] == [State.DONE, State.DONE, State.UPLOADED]

        deployment.restore(backup)
        assert deployment.jobs() == {}
        caplog.set_level(logging.INFO)
        assert deployment.mend() == 3
        after = deployment.jobs()
        assert {job.state for job in after.values()} == {State.DONE}
        assert set(deployment.reports()) == {job.report_id for job in after.values()}
        assert len(deployment.reports()) == 3
        for job in before:
            assert said(after[job.id]) == said(job)
            assert f"[job {job.id}] adopt: container without a job" in caplog.text
        assert "Ärger" not in caplog.text
        assert "Überraschung" not in caplog.text
        steps = _messages(deployment, done.id)
        assert (Step.EXTRACT, "measured before") in steps
        assert deployment.mend() == 0

    def test_the_media_is_known_again(self, deployment: Deployment, image: Path) -> None:
        """Pages show it, although the stage that would look at it is over."""
        backup = deployment.backup()
        job = deployment.measure(deployment.upload(image))
        deployment.restore(backup)
        deployment.mend()
        found = deployment.job(job.id)
        assert found.media is not None
        assert (found.media.format, found.media.kind) == ("JPEG", "image")
        page = job_page.job_page(get(id=str(job.id)), deployment.app)
        assert page.status_code == 200

    def test_an_upload_by_its_own_address(self, deployment: Deployment, image: Path) -> None:
        backup = deployment.backup()
        request = UploadUrlRequest(
            avatar="Cy", name="b", filename="größe.JPG", size=image.stat().st_size
        )
        promised = uploads.promise(deployment.app, request)
        before = deployment.job(promised.job_id)
        deployment.restore(backup)
        assert deployment.mend() == 0  # nothing in it yet
        content = io.BytesIO(image.read_bytes())
        deployment.app.storage.upload(before.container, before.blob, content, "image/jpeg")
        assert deployment.mend() == 1
        after = deployment.job(promised.job_id)
        assert after.state == State.DONE
        assert said(after) | {"type": None} == said(before)

    def test_a_job_that_went_on_since(self, deployment: Deployment, image: Path) -> None:
        """The row is of a time at which the job was not done: it is done again, with one report."""
        job = deployment.upload(image)
        backup = deployment.backup()
        deployment.measure(job)
        deployment.restore(backup)
        deployment.mend()
        assert deployment.job(job.id).state == State.DONE
        assert deployment.reports() == [deployment.job(job.id).report_id]

    def test_a_job_that_was_deleted_since(self, deployment: Deployment, image: Path) -> None:
        done = deployment.measure(deployment.upload(image))
        waiting = deployment.upload(image)
        backup = deployment.backup()
        for job in (done, waiting):
            assert deletion.delete(deployment.app, job.id)
        deployment.restore(backup)
        deployment.mend()
        _is_readable(deployment, done.id)
        failed = deployment.job(waiting.id)
        assert (failed.state, failed.error_code) == (State.FAILED, "media_missing")
        for job in (done, waiting):
            assert deletion.delete(deployment.app, job.id)
        assert deployment.jobs() == {}
        assert deployment.reports() == []


class TestTheStorageIsOlder:
    def test_open_jobs_fail_and_say_why(self, deployment: Deployment, image: Path) -> None:
        """Whatever their state: neither their container nor their media is there."""
        expected = {}
        for state in (State.UPLOADED, State.EXTRACTING, State.EXTRACTED, State.ANALYSING):
            for what in ("container", "media"):
                job = deployment.upload(image)
                expected[job.id] = "media_missing"
                self._set(deployment, job, state)
                self._lose(deployment, job, what)
        created = uploads.promise(
            deployment.app, UploadUrlRequest(avatar="Ada", filename="a.jpg", size=5)
        )
        expected[created.job_id] = "upload_incomplete"
        deployment.app.storage.delete_container(str(created.job_id))
        deployment.mend()
        found = deployment.jobs()
        assert {job.state for job in found.values()} == {State.FAILED}
        assert {job.id: job.error_code for job in found.values()} == expected

    def test_reports_stay_readable(self, deployment: Deployment, image: Path) -> None:
        job = deployment.measure(deployment.upload(image))
        deployment.app.storage.delete_container(job.container)
        deployment.mend()
        _is_readable(deployment, job.id)

    @staticmethod
    def _set(deployment: Deployment, job: Job, state: State) -> None:
        values: dict[str, Any] = {"state": state}
        if state in (State.EXTRACTING, State.ANALYSING):
            values |= {"lease_owner": uuid.uuid4(), "lease_until": sa.func.now()}
        with deployment.app.database.begin() as session:
            session.execute(sa.update(Job).where(Job.id == job.id).values(**values))

    @staticmethod
    def _lose(deployment: Deployment, job: Job, what: str) -> None:
        if what == "container":
            deployment.app.storage.delete_container(job.container)
        else:
            deployment.app.storage.delete_blob(job.container, job.blob)


class TestHalf:
    @pytest.mark.parametrize("table_", ["action_unit_report", "extraction"])
    def test_done_without_a_report(
        self,
        deployment: Deployment,
        image: Path,
        table_: str,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """It is analysed again, from the measurement in its container."""
        job = deployment.measure(deployment.upload(image))
        with deployment.app.database.begin() as session:
            session.execute(sa.text(f"DELETE FROM {table_}"))
        caplog.set_level(logging.INFO)
        assert deployment.mend() == 1
        assert f"[job {job.id}] mend: done without a measurement, now extracted" in caplog.text
        after = deployment.job(job.id)
        assert after.state == State.DONE
        assert deployment.reports() == [after.report_id]
        assert deployment.mend() == 0

    def test_done_with_nothing_at_all(self, deployment: Deployment, image: Path) -> None:
        job = deployment.measure(deployment.upload(image))
        with deployment.app.database.begin() as session:
            session.execute(sa.delete(ActionUnitReport))
        deployment.app.storage.delete_container(job.container)
        assert deployment.mend() == 1
        after = deployment.job(job.id)
        assert (after.state, after.error_code) == (State.FAILED, "media_missing")
        assert deployment.mend() == 0

    def test_a_report_without_its_job(self, deployment: Deployment, image: Path) -> None:
        """The container's job comes back, and has the report that is there."""
        job = deployment.measure(deployment.upload(image, avatar="Ärger"))
        with deployment.app.database.begin() as session:
            session.execute(sa.delete(Job))
        assert deployment.mend() == 1
        after = deployment.job(job.id)
        assert (after.state, after.report_id) == (State.DONE, job.report_id)
        assert deployment.reports() == [job.report_id]
        _is_readable(deployment, job.id)

    def test_rows_of_other_programs_are_nobody_s(self, deployment: Deployment, image: Path) -> None:
        """A report that the pipeline did not make is not taken for one that it did."""
        job = deployment.measure(deployment.upload(image))
        with deployment.app.database.begin() as session:
            url = session.get_one(ActionUnitReport, job.report_id).url
            session.execute(sa.delete(Job))
            session.execute(sa.delete(Extraction))
            session.add(ActionUnitReport(url=url, avatar="Ada"))
        deployment.mend()
        assert deployment.job(job.id).state == State.DONE
        assert len(deployment.reports()) == 3


GOOD: Final = {"avatar": "Eve", "blob": "face.jpg", "created": "2026-01-01T00:00:00Z"}


class TestMetadataOfStrangers:
    """Everything in a container may be made by whoever may write to storage."""

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "no base64 at all",
            base64.b64encode(b"no zlib").decode(),
            base64.b64encode(zlib.compress(b"0" * 10_000_000)[:5000]).decode(),
            base64.b64encode(zlib.compress(b" " * 1_000_000 + b"{}")).decode(),
            base64.b64encode(zlib.compress(b"[1, 2]")).decode(),
            base64.b64encode(zlib.compress(b"\xff\xfe")).decode(),
        ],
    )
    def test_what_cannot_be_read_is_left_out(
        self, deployment: Deployment, image: Path, value: str
    ) -> None:
        assert self._adopted(deployment, image, value).avatar.startswith("stranger")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"avatar": "x" * 51},
            {"avatar": "two\nlines"},
            {"avatar": 7},
            {"name": "x" * 101},
            {"type": "ZZ"},
            {"engine": "x" * 21},
            {"parameter_sets": ["a"] * 21},
            {"blob": "../other"},
            {"created": "yesterday"},
        ],
    )
    def test_what_no_upload_could_have_said(
        self, deployment: Deployment, image: Path, wrong: dict[str, Any]
    ) -> None:
        value = _packed(GOOD | wrong)
        assert self._adopted(deployment, image, value).avatar.startswith("stranger")

    def test_a_time_to_come_is_now(self, deployment: Deployment, image: Path) -> None:
        future = {"created": "2999-01-01T00:00:00Z"}
        job = self._adopted(deployment, image, _packed(GOOD | future))
        assert job.avatar == "Eve"
        assert job.created <= dt.datetime.now(dt.UTC)

    def _adopted(self, deployment: Deployment, image: Path, value: str) -> Job:
        container = f"stranger{next(deployment.numbers)}"
        metadata = {blob_metadata.UPLOAD: value} if value else None
        deployment.app.storage.create_container(container, metadata)
        content = io.BytesIO(image.read_bytes())
        deployment.app.storage.upload(container, "face.jpg", content, "image/jpeg")
        assert reconciliation.adopt_lost(deployment.app) == 1
        with deployment.app.database.begin() as session:
            job = containers.first(session, container)
        assert job is not None
        return job


def _packed(said: dict[str, Any]) -> str:
    return base64.b64encode(zlib.compress(json.dumps(said).encode())).decode()


def _is_readable(deployment: Deployment, job_id: uuid.UUID) -> None:
    job = deployment.job(job_id)
    assert job.state == State.DONE
    number = str(job.report_id)
    page = report_page.report_page(get(id=number), deployment.app)
    assert "Action Units" in page.get_body().decode()
    assert report_routes.list_reports(get("/api/reports"), deployment.app).status_code == 200


def _messages(deployment: Deployment, job_id: uuid.UUID) -> list[tuple[str, str]]:
    with deployment.app.database.begin() as session:
        return [(event.step, event.message) for event in lifecycle.events(session, job_id)]
