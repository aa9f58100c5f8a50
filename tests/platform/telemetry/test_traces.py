"""One trace per job, in what a real receiver gets from a whole stack."""

import json
import uuid
from pathlib import Path

import pytest

from shared.platform.telemetry import names
from shared.platform.telemetry.names import SpanName
from tests import webhook_receiver
from tests.end_to_end.service import LIMIT, Json, Service
from tests.leaks import DATABASE_PASSWORD, FUNCTION_KEY, STORAGE_KEY
from tests.platform.telemetry.receiver import Receiver, SpanSeen

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = CALLER.split("-")[1]


def _spans(receiver: Receiver, job_id: str, last: str = "analyse") -> dict[str, list[SpanSeen]]:
    """The job's spans by name, once the one called `last` has come."""

    def look() -> dict[str, list[SpanSeen]] | None:
        found: dict[str, list[SpanSeen]] = {}
        for span in receiver.spans():
            if span.attributes.get(names.JOB) == job_id:
                found.setdefault(span.name, []).append(span)
        return found if last in found else None

    return receiver.wait(look)


@pytest.mark.parametrize(("file", "frames"), [("secret-face.jpg", 1), ("secret-clip.mp4", 50)])
def test_a_job_is_one_trace(
    observed: Service, receiver: Receiver, files: Path, file: str, frames: int
) -> None:
    job = observed.measure(files / file, avatar="Secret Avatar", name="Secret Build")
    assert job["state"] == "done"
    spans = _spans(receiver, job["id"])
    assert set(spans) == {
        *("upload", "extract", "analyse", "measure"),
        *("engine.probe", "engine.plan", "engine.measure", "engine.join"),
    }
    every = [span for each in spans.values() for span in each]
    assert len({span.trace for span in every}) == 1
    (upload,), (extract,), (analyse,) = spans["upload"], spans["extract"], spans["analyse"]
    (measure,) = spans["measure"]
    assert upload.parent == ""
    assert extract.parent == analyse.parent == upload.id
    assert measure.parent == extract.id
    assert {span.parent for span in spans["engine.probe"]} == {upload.id, extract.id}
    for name in ("engine.plan", "engine.measure", "engine.join"):
        assert {span.parent for span in spans[name]} == {measure.id}
    assert measure.attributes[names.FRAMES] == frames
    assert measure.attributes[names.FRAME_RATE] > 0
    assert measure.attributes[names.ENGINE] == "mediapipe"
    assert extract.attributes[names.ATTEMPT] == 1
    assert {span.attributes[names.OUTCOME] for span in (upload, extract, analyse)} == {"succeeded"}
    assert not any(span.failed for span in every)


def test_log_records_name_the_job_and_are_in_its_trace(
    observed: Service, receiver: Receiver, files: Path
) -> None:
    job = observed.measure(files / "secret-face.jpg")
    trace = _spans(receiver, job["id"])["upload"][0].trace

    def look() -> set[str] | None:
        found = [r for r in receiver.records() if r.attributes.get(names.JOB) == job["id"]]
        assert {record.trace for record in found} <= {trace}
        texts = {record.text.removeprefix(f"[job {job['id']}] ") for record in found}
        return texts if "analyse: done" in texts else None

    texts = receiver.wait(look)
    assert {"extract: attempt 1", "extract: done", "analyse: attempt 1"} <= texts
    assert f"[job {job['id']}] extract: done" in observed.log()  # as without any receiver


def test_the_caller_s_trace_is_continued(
    observed: Service, receiver: Receiver, files: Path
) -> None:
    job = _post(observed, files / "secret-face.jpg", CALLER)
    spans = _spans(receiver, job["id"])
    assert {span.trace for each in spans.values() for span in each} == {TRACE}
    assert spans["upload"][0].parent == CALLER.split("-")[2]


@pytest.mark.parametrize(
    "header", ["nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01", CALLER.replace("-b", "-x")]
)
def test_a_malformed_traceparent_is_ignored(
    observed: Service, receiver: Receiver, files: Path, header: str
) -> None:
    job = _post(observed, files / "secret-face.jpg", header)
    (upload,) = _spans(receiver, job["id"])["upload"]
    assert upload.parent == ""
    assert upload.trace != TRACE


def test_an_upload_address_begins_the_trace(
    observed: Service, receiver: Receiver, files: Path
) -> None:
    path = files / "secret-face.jpg"
    promise = observed.http.post(
        "/api/upload-url",
        json={"filename": path.name, "size": path.stat().st_size, "avatar": "Ada"},
        headers={"traceparent": CALLER},
    ).json()
    observed.http.put(
        promise["upload_url"], content=path.read_bytes(), headers=promise["headers"]
    ).raise_for_status()
    assert observed.wait(promise["id"])["state"] == "done"
    spans = _spans(receiver, promise["id"])
    assert {span.trace for each in spans.values() for span in each} == {TRACE}
    assert spans["extract"][0].parent == spans["upload_url"][0].id


def test_media_carry_the_trace(observed: Service, files: Path) -> None:
    job = observed.measure(files / "secret-face.jpg")
    (row,) = observed.sql("SELECT traceparent FROM job WHERE id = %s", job["id"])
    blob = observed.blobs.get_blob_client(job["container"], job["media"]["blob"])
    container = observed.blobs.get_container_client(job["container"])
    for properties in (blob.get_blob_properties(), container.get_container_properties()):
        assert properties.metadata["traceparent"] == row[0]


def test_an_adopted_job_goes_on_with_the_trace_of_its_media(
    observed: Service, receiver: Receiver, files: Path
) -> None:
    name = str(uuid.uuid4())
    container = observed.blobs.create_container(name)
    content = (files / "secret-face.jpg").read_bytes()
    container.upload_blob("a.jpg", content, metadata={"traceparent": CALLER})
    spans = _spans(receiver, name)
    assert {span.trace for each in spans.values() for span in each} == {TRACE}
    assert spans["adopt"][0].parent == CALLER.split("-")[2]
    assert spans["extract"][0].parent == spans["adopt"][0].id


def test_a_job_that_was_not_traced_is_from_its_first_step_on(
    observed: Service, receiver: Receiver, files: Path
) -> None:
    """As after an upgrade, or where telemetry was switched on meanwhile."""
    observed.stack.stop_relay()
    job_id = observed.submit(files / "secret-face.jpg")
    observed.sql("UPDATE job SET traceparent = NULL WHERE id = %s", job_id)
    observed.stack.start_relay()
    assert observed.wait(job_id)["state"] == "done"
    spans = _spans(receiver, job_id)
    assert spans["analyse"][0].trace == spans["extract"][0].trace != spans["upload"][0].trace


def test_a_failed_job_shows_its_code(observed: Service, receiver: Receiver, files: Path) -> None:
    job = observed.measure(files / "secret-wall.jpg")
    assert job["error"]["code"] == "no_face_found"
    (extract,) = _spans(receiver, job["id"], last="extract")["extract"]
    assert extract.failed
    assert extract.attributes[names.ERROR] == "no_face_found"
    assert extract.attributes[names.OUTCOME] == "failed"
    assert extract.events == 0  # an exception's event would quote its message


def test_metrics_arrive(observed: Service, receiver: Receiver, files: Path) -> None:
    with webhook_receiver.receiving() as told:
        address = f"{told.address}/secret-hook"
        done = observed.measure(files / "secret-face.jpg", webhook=address)
        spans = _spans(receiver, done["id"], last="webhook")
    (upload,), webhook = spans["upload"], spans["webhook"][0]
    assert (webhook.trace, webhook.parent) == (upload.trace, upload.id)
    assert webhook.attributes[names.WEBHOOK_OUTCOME] == "delivered"
    observed.measure(files / "secret-wall.jpg")
    usual = {metric.name for metric in names.METRICS} - {names.SETBACKS.name}  # nothing fails here
    receiver.wait(lambda: usual <= receiver.metric_names())
    ended = receiver.wait(
        lambda: _value(
            receiver,
            names.ENDED_JOBS.name,
            {names.JOB_STATE: "failed", names.ERROR: "no_face_found"},
        )
    )
    assert ended >= 1
    assert _value(receiver, names.ENDED_JOBS.name, {names.JOB_STATE: "done", names.JOB_TYPE: "IP"})
    assert receiver.points(names.OLDEST_WAITING.name)[-1]["asDouble"] >= 0
    steps = {
        each["value"]["stringValue"]
        for point in receiver.points(names.STEP_DURATION.name)
        for each in point["attributes"]
        if each["key"] == names.STEP
    }
    assert steps == {"upload", "extract", "analyse"}


def test_a_waiting_job_is_seen(observed: Service, receiver: Receiver, files: Path) -> None:
    observed.stack.stop_relay()  # nobody tells of the upload
    job_id = observed.submit(files / "secret-face.jpg")
    receiver.wait(
        lambda: (
            receiver.points(names.OLDEST_WAITING.name)[-1]["asDouble"] > 2
            and _value(receiver, names.OPEN_JOBS.name, {names.JOB_STATE: "uploaded"})
        )
    )
    observed.stack.start_relay()
    assert observed.wait(job_id)["state"] == "done"
    receiver.wait(lambda: receiver.points(names.OLDEST_WAITING.name)[-1]["asDouble"] == 0 or None)


def test_a_stage_that_never_succeeds(observed: Service, receiver: Receiver, files: Path) -> None:
    """Five attempts in one trace, and their end."""
    observed.stack.stop_host()
    observed.stack.with_settings({"MEASURE_TIMEOUT_SECONDS": "0"})
    observed.stack.start_host()
    job = observed.measure(files / "secret-face.jpg")
    assert job["error"]["code"] == "attempts_exhausted"
    spans = _spans(receiver, job["id"], last=SpanName.GIVE_UP)
    attempts = sorted(spans["extract"], key=lambda span: span.attributes[names.ATTEMPT])
    assert [span.attributes[names.ATTEMPT] for span in attempts] == [1, 2, 3, 4, 5]
    assert {span.attributes[names.OUTCOME] for span in attempts} == {"retrying"}
    assert {span.attributes[names.ERROR] for span in attempts} == {"engine_failed"}
    assert {span.trace for each in spans.values() for span in each} == {spans["upload"][0].trace}
    receiver.wait(lambda: _value(receiver, names.ENGINE_RESTARTS.name, {}))


def test_nothing_of_what_users_said_is_sent(observed: Service, receiver: Receiver) -> None:
    """After all of the above: no name of a file, an avatar or a build, no address, no key."""
    text = receiver.text()
    assert "secret-" not in text.casefold()
    assert "Secret" not in text
    assert "Ada" not in text
    for part in (
        FUNCTION_KEY,
        STORAGE_KEY,
        DATABASE_PASSWORD,
        "sig=",
        "AccountKey",
        "postgresql://",
        observed.stack.blob_endpoint,
    ):
        assert part not in text
    known = {span.value for span in SpanName}
    assert {span.name for span in receiver.spans()} <= known  # none of the Azure SDK's
    assert receiver.resource()["service.name"] == names.SERVICE


def _post(service: Service, path: Path, traceparent: str) -> Json:
    response = service.http.post(
        "/api/upload",
        files={"file": (path.name, path.read_bytes())},
        data={"avatar": "Ada"},
        headers={"traceparent": traceparent},
    )
    assert response.status_code == 202, response.text
    job = service.wait(response.json()["id"], limit=LIMIT)
    assert job["state"] == "done", json.dumps(job)
    return job


def _value(receiver: Receiver, metric: str, attributes: dict[str, str]) -> float | None:
    """The latest value with these attributes, if it is above zero."""
    for point in reversed(receiver.points(metric)):
        has = {
            each["key"]: each["value"].get("stringValue") for each in point.get("attributes", [])
        }
        if attributes.items() <= has.items():
            return float(point["asInt"] if "asInt" in point else point["asDouble"]) or None
    return None
