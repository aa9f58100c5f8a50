"""Containers that other programs fill: a job belongs to a blob, whatever else is beside it."""

import io
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from azure.storage.blob import BlobLeaseClient

from shared.api import jobs as job_routes
from shared.app import App
from shared.database.tables import ActionUnitReport, EarlierReport, EventKind, Job, State, Step
from shared.jobs import containers, lifecycle, outputs
from shared.pipeline import adoption, attempt, deletion, events, reconciliation
from shared.platform.errors import Code, Problem
from tests import faces, media_factory
from tests.measurements.csv import tables
from tests.pages.requests import get

CSV = "openface.csv"


@dataclass(frozen=True)
class Pictures:
    image: bytes
    other: bytes  # with a face, too
    empty: bytes  # without one


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    folder = tmp_path_factory.mktemp("shared")
    return Pictures(
        media_factory.picture(folder / "face.jpg").read_bytes(),
        media_factory.picture(folder / "other.png", size=(640, 480)).read_bytes(),
        media_factory.picture(folder / "empty.jpg", scene=faces.empty).read_bytes(),
    )


@pytest.fixture
def image(pictures: Pictures) -> bytes:
    return pictures.image


@pytest.fixture
def other(pictures: Pictures) -> bytes:
    return pictures.other


@pytest.fixture
def container(app: App) -> str:
    name = f"others-{uuid.uuid4()}"
    app.storage.create_container(name, {"Avatar": "Eve"})
    return name


def put(app: App, container: str, blob: str, content: bytes, **metadata: str) -> None:
    app.storage.upload(container, blob, io.BytesIO(content), "application/x", metadata)


def work(app: App, container: str, *blobs: str) -> dict[str, Job]:
    """The events of these blobs, then all that follows from them; the container's jobs by blob."""
    for blob in blobs:
        events.blob_uploaded(app, container, blob)
    for _ in range(4):
        if CSV in app.storage.blobs(container):
            events.blob_uploaded(app, container, CSV)
        for job in jobs(app, container).values():
            events.resume(app, job.id)
    return jobs(app, container)


def jobs(app: App, container: str) -> dict[str, Job]:
    with app.database.begin() as session:
        return {job.blob: job for job in containers.jobs_in(session, container)}


def csv_of(app: App, job: Job) -> bytes:
    return job_routes.openface_csv(get(id=str(job.id)), app).get_body()


def trace(app: App, job: Job) -> list[tuple[str, str, str]]:
    with app.database.begin() as session:
        found = lifecycle.events(session, job.id)
        return [(event.step, event.happening, event.message) for event in found]


def reports(app: App) -> list[int]:
    with app.database.begin() as session:
        return list(session.scalars(sa.select(ActionUnitReport.id).order_by(ActionUnitReport.id)))


NAMES = ["take 1.jpg", "thumbnail.jpg", "segments/a.jpg", "normalised/a.jpg", "x" * 900 + "顔" * 99]


def test_every_media_is_a_job_of_its_own(app: App, container: str, image: bytes) -> None:
    for name in NAMES:
        put(app, container, name, image)
    put(app, container, "notes.txt", b"hello")
    found = work(app, container, *NAMES, "notes.txt", *NAMES)
    assert set(found) == set(NAMES)
    assert {job.state for job in found.values()} == {State.DONE}
    assert len({job.report_id for job in found.values()}) == len(NAMES)
    first, *further = (found[name] for name in NAMES)
    assert outputs.of(first).at_root
    assert {job.folder for job in further} == {f"avatar-validation/{job.id}/" for job in further}
    assert csv_of(app, first) == csv_of(app, further[0])
    written = set(app.storage.blobs(container)) - {*NAMES, "notes.txt"}
    assert len(written) == len(NAMES) * len({CSV, "signals.csv", "extraction.json", "report.json"})
    for job in found.values():
        written -= set(outputs.of(job).single())
    assert not written


def test_two_at_the_same_moment_are_two(app: App, container: str, image: bytes) -> None:
    names = [f"{number}.jpg" for number in range(8)]
    for name in names:
        put(app, container, name, image)
    with ThreadPoolExecutor(16) as threads:
        adopted = list(threads.map(lambda name: adoption.adopt(app, container, name), names * 2))
    assert [job and job.blob for job in adopted] == names * 2
    assert sum(outputs.of(job).at_root for job in jobs(app, container).values()) == 1


def test_names_of_metadata_have_no_case(app: App, container: str, image: bytes) -> None:
    put(app, container, "a", image, NAME="b2", tYPE="IW")
    job = work(app, container, "a")["a"]
    assert (job.avatar, job.name, job.type) == ("Eve", "b2", "IW")


def test_replaced_media_is_measured_anew(
    app: App, container: str, image: bytes, other: bytes
) -> None:
    put(app, container, "a", image, type="IP")
    before = work(app, container, "a")["a"]
    put(app, container, "a", other, type="IW", name="b2")
    after = work(app, container, "a")["a"]
    assert (after.state, after.type, after.name) == (State.DONE, "IW", "b2")
    assert after.etag != before.etag
    assert after.media is not None
    assert after.media.etag == after.etag
    assert reports(app) == [before.report_id, after.report_id]
    (said,) = [message for _, kind, message in trace(app, after) if kind == EventKind.RETRYING]
    assert f"replaced, and is measured anew; report {before.report_id} is of what it was" in said
    steps = trace(app, after)
    work(app, container, "a", "a")  # late, and twice
    assert trace(app, after) == steps
    assert not jobs(app, container)["a"].look_again
    assert deletion.delete(app, after.id)
    assert reports(app) == []


def test_damaged_media_that_is_replaced_recovers(
    app: App, container: str, pictures: Pictures
) -> None:
    image = pictures.image
    for number, bad in enumerate((image[: len(image) // 8], pictures.empty)):
        name = f"{number}.jpg"
        put(app, container, name, bad)
        assert work(app, container, name)[name].state == State.FAILED
        steps = trace(app, jobs(app, container)[name])
        assert trace(app, work(app, container, name)[name]) == steps
        put(app, container, name, image)
        assert work(app, container, name)[name].state == State.DONE


def test_good_media_that_is_damaged_fails_and_keeps_its_report(
    app: App, container: str, image: bytes
) -> None:
    put(app, container, "a", image)
    before = work(app, container, "a")["a"]
    put(app, container, "a", b"no media at all")
    job = work(app, container, "a")["a"]
    assert (job.state, job.error_code) == (State.FAILED, Code.UNSUPPORTED_MEDIA)
    assert reports(app) == [before.report_id]
    with pytest.raises(Problem):  # what was measured of the old content is not the new one's
        csv_of(app, job)


@pytest.mark.parametrize("step", [Step.EXTRACT, Step.ANALYSE])
def test_replaced_while_a_stage_works(
    app: App, container: str, pictures: Pictures, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(events, step.value)
    replaced: list[str | None] = []

    def replacing(current: attempt.Attempt) -> None:
        if not replaced:
            replaced.append(current.job().etag)
            if step is Step.EXTRACT:  # after it was fetched
                real(current)
            put(app, container, "a", pictures.other)
            events.blob_uploaded(app, container, "a")
            if step is Step.EXTRACT:
                return
        real(current)

    monkeypatch.setattr(events, step.value, replacing)
    put(app, container, "a", pictures.image)
    job = work(app, container, "a")["a"]
    assert replaced
    assert job.state == State.DONE
    assert job.etag == app.storage.etag(container, "a")
    assert len(reports(app)) == 2
    assert not job.look_again


def test_a_table_that_is_replaced_is_analysed_anew(app: App, container: str) -> None:
    put(app, container, CSV, tables.openface(frames=40))
    before = work(app, container, CSV)[CSV]
    assert before.state == State.DONE, before.error_detail
    put(app, container, CSV, tables.openface(frames=30))
    after = work(app, container, CSV)[CSV]
    assert after.state == State.DONE
    assert reports(app) == [before.report_id, after.report_id]
    with app.database.begin() as session:
        assert list(session.scalars(sa.select(EarlierReport.report_id))) == [before.report_id]


def test_a_measurement_is_of_the_media_beside_it(app: App, container: str, image: bytes) -> None:
    """Whichever event comes first."""
    put(app, container, "z.jpg", image)
    put(app, container, CSV, tables.openface(frames=1))
    found = work(app, container, CSV, "z.jpg")
    assert [(blob, job.state) for blob, job in found.items()] == [("z.jpg", State.DONE)]
    assert "measured elsewhere" in str(trace(app, found["z.jpg"]))


@pytest.mark.parametrize("how", ["deleted", "retained"])
def test_what_goes_with_a_job_is_its_own(app: App, container: str, image: bytes, how: str) -> None:
    for name in ("a.jpg", "b.jpg"):
        put(app, container, name, image)
    put(app, container, "notes.txt", b"hello")
    found = work(app, container, "a.jpg", "b.jpg")
    csv = csv_of(app, found["b.jpg"])
    _go(app, found["a.jpg"], how)
    assert csv_of(app, found["b.jpg"]) == csv
    _go(app, found["b.jpg"], how)
    assert app.storage.blobs(container) == ["notes.txt"]
    assert app.storage.container_metadata(container)
    app.storage.delete_blob(container, "notes.txt")
    put(app, container, "c.jpg", image)
    _go(app, work(app, container, "c.jpg")["c.jpg"], how)
    assert not any(container in page for page in app.storage.containers())
    assert reports(app) == []


def _go(app: App, job: Job, how: str) -> None:
    assert job.state == State.DONE, job.error_detail
    if how == "deleted":
        assert deletion.delete(app, job.id)
        return
    object.__setattr__(app.settings, "retention_days", 1)
    with app.database.begin() as session:
        long_ago = sa.text("now() - interval '9 days'")
        session.execute(sa.update(Job).where(Job.id == job.id).values(finished=long_ago))
    assert reconciliation.reconcile(app) == 1


def test_media_that_another_program_leased_is_not_ours_to_free(
    app: App, container: str, image: bytes
) -> None:
    put(app, container, "a.jpg", image)
    job = work(app, container, "a.jpg")["a.jpg"]
    lease = BlobLeaseClient(app.storage.blob(container, "a.jpg"))
    lease.acquire(lease_duration=-1)
    with pytest.raises(Problem) as refused:
        deletion.delete(app, job.id)
    assert refused.value.code is Code.STATE_CONFLICT
    lease.release()
    assert deletion.delete(app, job.id)
    assert app.storage.is_empty(container)


def test_a_container_that_is_called_like_a_job_is_still_anothers(app: App, image: bytes) -> None:
    name = str(uuid.uuid4())
    app.storage.create_container(name)
    for blob in ("a.jpg", "b.jpg"):
        put(app, name, blob, image)
    found = work(app, name, "a.jpg", "b.jpg")
    assert str(found["a.jpg"].id) == name
    assert {job.state for job in found.values()} == {State.DONE}
    assert deletion.delete(app, found["a.jpg"].id)
    assert "b.jpg" in app.storage.blobs(name)


def test_what_no_event_told_of_is_found(
    app: App, container: str, image: bytes, other: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.storage, "containers", lambda: iter([[container]]))
    put(app, container, "a.jpg", image)
    before = work(app, container, "a.jpg")["a.jpg"]
    put(app, container, "a.jpg", other)
    put(app, container, "b.jpg", image)
    assert reconciliation.adopt_lost(app) == 1
    found = work(app, container)
    assert {job.state for job in found.values()} == {State.DONE}
    assert found["a.jpg"].report_id != before.report_id
    assert reconciliation.adopt_lost(app) == 0


@pytest.mark.parametrize("measured", ["both", "first"])
def test_restored_they_are_what_they_were(
    app: App, container: str, pictures: Pictures, monkeypatch: pytest.MonkeyPatch, measured: str
) -> None:
    """Whichever is found first: `a` is before `b` in a listing, and was the second."""
    put(app, container, "b.jpg", pictures.image)
    work(app, container, "b.jpg")
    put(app, container, "a.jpg", pictures.other)
    if measured == "both":
        work(app, container, "a.jpg")
    csv = csv_of(app, jobs(app, container)["b.jpg"])
    ids = {blob: job.id for blob, job in jobs(app, container).items()}
    with app.database.begin() as session:
        session.execute(sa.delete(Job))
    monkeypatch.setattr(app.storage, "containers", lambda: iter([[container]]))
    reconciliation.adopt_lost(app)
    found = work(app, container)
    assert {job.state for job in found.values()} == {State.DONE}
    assert ids.items() <= {blob: job.id for blob, job in found.items()}.items()
    assert csv_of(app, found["b.jpg"]) == csv
    assert csv_of(app, found["a.jpg"]) != csv
    assert len(reports(app)) == 2
