"""What jobs that end leave to tell, and how it is sent: once at a time, again, never inside."""

import base64
import hashlib
import hmac
import re
import threading
import time
import uuid
from collections.abc import Iterator, Mapping

import pytest
import sqlalchemy as sa
from azure.core.exceptions import ServiceRequestError
from azure.storage.queue import QueueServiceClient

from local.paths import ROOT
from shared.app import App, build
from shared.database.tables import DeliveryState, Job, State, Step, WebhookDelivery, WebhookEvent
from shared.jobs import deliveries, lifecycle, removal
from shared.pipeline import deletion, ending, events, reconciliation, webhooks
from shared.pipeline.attempt import Attempt, job_log, run
from shared.pipeline.upload_fields import UploadUrlRequest
from shared.pipeline.uploads import promise
from shared.platform import outbound_addresses
from shared.platform.errors import Code, MediaError, Problem
from shared.platform.settings import STORAGE, read
from shared.platform.storage import WEBHOOK_QUEUE
from tests.jobs.test_lifecycle import make
from tests.leaks import WEBHOOK_SECRET as SECRET
from tests.stack import Services
from tests.webhook_receiver import Message, Receiver, receiving

JOB, BUILD = WebhookEvent.JOB_ENDED, WebhookEvent.BUILD_ENDED


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def an_app(services: Services, database: str, settings: Mapping[str, str]) -> App:
    given = {"DATABASE_URL": database, STORAGE: services.storage, "RECONCILE_AFTER_SECONDS": "0"}
    return build(read({**given, "WEBHOOK_SECRET": SECRET, **settings}))


@pytest.fixture
def app(services: Services, database: str, receiver: Receiver) -> Iterator[App]:
    """Tells the receiver, whose address has something secret in its path."""
    address = f"{receiver.address}/secret"
    parts = an_app(services, database, {"WEBHOOK_ALLOW_PRIVATE": "true", "WEBHOOK_URL": address})
    yield parts
    parts.close()


def fail(app: App, job_id: uuid.UUID) -> None:
    with app.database.begin() as session:
        assert ending.failed(
            session, app.settings, job_id, Step.EXTRACT, code=Code.NO_FACE_FOUND, detail="No face."
        )


def rows(app: App, event: WebhookEvent | None = None) -> list[WebhookDelivery]:
    query = sa.select(WebhookDelivery).order_by(WebhookDelivery.ended, WebhookDelivery.event)
    if event is not None:
        query = query.where(WebhookDelivery.event == event)
    with app.database.begin() as session:
        return list(session.scalars(query))


def to_send(app: App) -> WebhookDelivery:
    """The delivery about a job that has just failed."""
    fail(app, make(app))
    (delivery,) = rows(app, JOB)
    return delivery


def later(app: App) -> None:
    """All that waits is due."""
    with app.database.begin() as session:
        session.execute(
            sa.update(WebhookDelivery)
            .where(WebhookDelivery.next_try.is_not(None))
            .values(next_try=sa.func.now() - sa.text("interval '1 day'"))
        )


def queued(services: Services) -> list[str]:
    """What the queue of webhooks has for now; it is empty then."""
    service = QueueServiceClient.from_connection_string(services.storage)
    with service, service.get_queue_client(WEBHOOK_QUEUE) as queue:
        found = [base64.b64decode(item.content).decode() for item in queue.receive_messages()]
        queue.clear_messages()
    return found


def check_signature(message: Message) -> None:
    said = message.headers
    content = f"{said['webhook-id']}.{said['webhook-timestamp']}.".encode() + message.body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    assert said["webhook-signature"] == f"v1,{signature}"


def test_what_a_failed_job_tells(app: App, receiver: Receiver) -> None:
    job_id = make(app)
    fail(app, job_id)
    for delivery in rows(app):
        webhooks.deliver(app, delivery.id)
    (of_job,), (of_build,) = receiver.of(JOB), receiver.of(BUILD)
    for message in (of_job, of_build):
        check_signature(message)
        assert message.path == "/secret"
        assert message.headers["content-type"] == "application/json"
    assert of_job.json["data"] == {
        "job": str(job_id),
        "avatar": "a",
        "build": "default",
        "filename": "a.jpg",
        "state": "failed",
        "verdict": None,
        "reports": [],
        "error": {"code": "no_face_found", "detail": "No face."},
        "address": f"/api/jobs/{job_id}",
    }
    assert of_job.headers["webhook-id"] != of_build.headers["webhook-id"]
    assert {delivery.state for delivery in rows(app)} == {DeliveryState.DELIVERED}


def test_an_end_that_is_taken_back_tells_nothing(app: App) -> None:
    job_id = make(app)
    with app.database.begin() as session:
        ending.failed(session, app.settings, job_id, Step.EXTRACT, code=Code.INTERNAL, detail="x")
        session.rollback()
    assert rows(app) == []


def test_giving_up_and_unfinished_uploads_are_ends_too(app: App) -> None:
    given_up, unfinished = make(app), make(app, State.CREATED, minutes=-1)
    with app.database.begin() as session:
        lease = lifecycle.claim(session, given_up, Step.EXTRACT, 60)
        assert lease is not None
        lifecycle.give_back(session, lease, "an error")
    events.give_up(app, given_up)
    reconciliation.reconcile(app)
    assert {delivery.job_id for delivery in rows(app, JOB)} == {given_up, unfinished}


def test_no_job_ends_in_another_way() -> None:
    """What ends a job elsewhere would tell nobody."""
    ends = re.compile(r"lifecycle\.fail\(|lifecycle\.advance\([^)]*State\.(DONE|FAILED)")
    found = [path.name for path in (ROOT / "shared").rglob("*.py") if ends.search(path.read_text())]
    assert found == ["ending.py"]


def test_a_queue_that_is_away_fails_no_job(
    app: App, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = make(app)

    def no_face(attempt: Attempt) -> None:
        raise MediaError(Code.NO_FACE_FOUND, "No face.")

    def away(*_: object) -> None:
        raise ServiceRequestError("away")

    monkeypatch.setattr(app.storage, "enqueue_webhook", away)
    run(app, job_id, Step.EXTRACT, no_face)
    assert {delivery.state for delivery in rows(app)} == {DeliveryState.WAITING}


def test_a_job_that_ends_again_tells_again(app: App) -> None:
    job_id = make(app)
    fail(app, job_id)
    with app.database.begin() as session:
        assert lifecycle.restart(session, job_id, State.UPLOADED)
    fail(app, job_id)
    first, second = rows(app, JOB)
    assert (first.job_id, first.id) != (second.job_id, second.id)


def test_the_uploads_address_is_told_besides_and_once(app: App, receiver: Receiver) -> None:
    own, same = make(app), make(app)
    with app.database.begin() as session:
        session.get_one(Job, own).webhook = f"{receiver.address}/own"
        session.get_one(Job, same).webhook = app.settings.webhook_url
    for job_id in (own, same):
        fail(app, job_id)
    told = [(item.job_id, item.address.rpartition("/")[2]) for item in rows(app, JOB)]
    assert sorted(told) == sorted([(own, "secret"), (own, "own"), (same, "secret")])


def test_without_a_secret_nothing_is_told(
    services: Services, database: str, receiver: Receiver
) -> None:
    silent = an_app(services, database, {"WEBHOOK_SECRET": ""})
    job_id = make(silent)
    with silent.database.begin() as session:
        session.get_one(Job, job_id).webhook = receiver.address
    fail(silent, job_id)
    assert rows(silent) == []
    silent.close()


def test_a_build_ends_with_the_last_of_its_open_jobs(app: App) -> None:
    first, last = make(app), make(app)
    fail(app, first)
    assert rows(app, BUILD) == []
    fail(app, last)
    (delivery,) = rows(app, BUILD)
    assert delivery.job_id == last
    data = delivery.payload["data"]
    assert (data["avatar"], data["build"], data["verdict"]) == ("a", "default", None)
    assert data["last_job"] == str(last)
    # the later one of the two, which have the same file name, is the clip
    assert {word: count for word, count in data["counts"].items() if count} == {"not_measured": 1}


def test_of_two_jobs_that_end_at_the_same_moment_one_ends_the_build(app: App) -> None:
    """Each is open to the other until it is committed."""
    one, two = make(app), make(app)
    other = threading.Thread(target=fail, args=(app, two))
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with app.database.begin() as session:
        ending.failed(session, app.settings, one, Step.EXTRACT, code=Code.INTERNAL, detail="x")
        other.start()
        while other.is_alive() and not session.scalar(waiting):
            time.sleep(0.01)
    other.join()
    (delivery,) = rows(app, BUILD)
    assert delivery.job_id == two


def test_what_is_refused_is_sent_again_with_the_same_id(app: App, receiver: Receiver) -> None:
    delivery = to_send(app)
    receiver.statuses = [500, 302]
    for _ in range(2):
        webhooks.deliver(app, delivery.id)
        webhooks.deliver(app, delivery.id)  # its time has not come
        later(app)
    (seen,) = rows(app, JOB)
    assert (seen.state, seen.attempts, seen.status) == (DeliveryState.WAITING, 2, 302)
    webhooks.deliver(app, delivery.id)
    (seen,) = rows(app, JOB)
    assert (seen.state, seen.attempts, seen.status) == (DeliveryState.DELIVERED, 3, 204)
    assert {message.headers["webhook-id"] for message in receiver.messages} == {seen.message_id}
    assert len({message.body for message in receiver.messages}) == 1
    assert len(receiver.messages) == 3


def test_a_message_that_comes_twice_is_sent_once(app: App, receiver: Receiver) -> None:
    """The second comes while the receiver still thinks about the first."""
    delivery = to_send(app)
    receiver.while_it_waits = lambda: webhooks.deliver(app, delivery.id)
    webhooks.deliver(app, delivery.id)
    webhooks.deliver(app, delivery.id)
    assert len(receiver.messages) == 1


def test_what_a_killed_sender_held_is_sent_by_another(app: App, receiver: Receiver) -> None:
    delivery = to_send(app)
    with app.database.begin() as session:
        held = deliveries.claim(session, delivery.id)
        assert held is not None
    later(app)
    webhooks.deliver(app, delivery.id)
    assert len(receiver.messages) == 1
    with app.database.begin() as session:  # it was not killed, only slow
        deliveries.settle(session, held, deliveries.ReceiverAnswer(500))
    (seen,) = rows(app, JOB)
    assert seen.state is DeliveryState.DELIVERED


def test_after_the_last_try_it_is_given_up(app: App, receiver: Receiver) -> None:
    delivery = to_send(app)
    receiver.statuses = [503] * deliveries.MAX_TRIES
    pauses = []
    for _ in range(deliveries.MAX_TRIES):
        webhooks.deliver(app, delivery.id)
        (seen,) = rows(app, JOB)
        pauses.append(deliveries.pause_after(seen.attempts))
        later(app)
    assert (seen.state, seen.status) == (DeliveryState.GIVEN_UP, 503)
    assert pauses == [5, 300, 1800, 7200, 18_000, 36_000, None]
    webhooks.deliver(app, delivery.id)
    assert len(receiver.messages) == deliveries.MAX_TRIES


def test_senders_that_all_die_do_not_go_on_for_ever(app: App, receiver: Receiver) -> None:
    delivery = to_send(app)
    for _ in range(deliveries.MAX_TRIES):
        with app.database.begin() as session:
            assert deliveries.claim(session, delivery.id)
        later(app)
    webhooks.deliver(app, delivery.id)
    (seen,) = rows(app, JOB)
    assert (seen.state, seen.answer) == (DeliveryState.GIVEN_UP, webhooks.NEVER_ENDED)
    assert receiver.messages == []


def test_a_receiver_that_wants_no_more_is_left_alone(app: App, receiver: Receiver) -> None:
    delivery = to_send(app)
    receiver.statuses = [410]
    webhooks.deliver(app, delivery.id)
    (seen,) = rows(app, JOB)
    assert (seen.state, seen.attempts) == (DeliveryState.GIVEN_UP, 1)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "169.254.169.254"]
)
def test_nothing_is_sent_into_the_network(
    services: Services, database: str, receiver: Receiver, host: str
) -> None:
    """Whatever was taken at the door: a setting may have changed since, a name leads elsewhere."""
    strict = an_app(services, database, {})
    address = outbound_addresses.checked(
        receiver.address.replace("127.0.0.1", host), allow_private=True
    )
    job_id = make(strict)
    with strict.database.begin() as session:
        session.get_one(Job, job_id).webhook = address
    fail(strict, job_id)
    for delivery in rows(strict):
        webhooks.deliver(strict, delivery.id)
    assert receiver.messages == []
    assert {(item.status, item.answer) for item in rows(strict)} == {
        (None, "The address leads into a private network.")
    }
    strict.close()


def ask(app: App, webhook: str) -> uuid.UUID:
    wanted = UploadUrlRequest(avatar="a", filename="a.mp4", size=1, webhook=webhook)
    return promise(app, wanted).job_id


def test_an_upload_names_where_to_tell(services: Services, database: str) -> None:
    strict = an_app(services, database, {})
    job_id = ask(strict, "https://Hooks.Example/secret path")
    with strict.database.begin() as session:
        assert session.get_one(Job, job_id).webhook == "https://hooks.example/secret%20path"
    strict.close()


@pytest.mark.parametrize(
    ("address", "settings"),
    [
        ("http://hooks.example/planted", {}),
        ("https://10.0.0.1/planted", {}),
        ("https://planted@hooks.example/", {}),
        ("https://hooks.example/planted", {"WEBHOOK_SECRET": ""}),
    ],
)
def test_an_address_is_refused_at_the_door_and_not_quoted(
    services: Services, database: str, address: str, settings: Mapping[str, str]
) -> None:
    strict = an_app(services, database, settings)
    with pytest.raises(Problem, match="webhook") as refused:
        ask(strict, address)
    assert refused.value.code is Code.INVALID_FIELD
    assert [item.field for item in refused.value.errors] == ["webhook"]
    assert "planted" not in refused.value.detail
    with strict.database.begin() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0
    strict.close()


def test_the_queue_is_told_and_the_timer_finds_the_rest(app: App, services: Services) -> None:
    job_id = make(app)
    fail(app, job_id)
    wanted = sorted(str(delivery.id) for delivery in rows(app))
    app.storage.enqueue_webhook(uuid.uuid4())  # makes the queue
    queued(services)
    ending.announce(app, job_id, job_log(job_id))
    assert sorted(queued(services)) == wanted
    reconciliation.reconcile(app)  # the messages may still be on their way
    assert queued(services) == []
    later(app)
    reconciliation.reconcile(app)
    assert sorted(queued(services)) == wanted


def test_deleting_a_job_deletes_what_was_to_be_told(app: App, receiver: Receiver) -> None:
    delivery = to_send(app)
    with app.database.begin() as session:
        removal.begin(session, delivery.job_id)
    webhooks.deliver(app, delivery.id)
    assert deletion.delete(app, delivery.job_id)
    webhooks.deliver(app, delivery.id)
    assert rows(app) == []
    assert receiver.messages == []


def test_logs_name_the_host_and_nothing_secret(
    app: App, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.statuses = [500, 204]
    delivery = to_send(app)
    with caplog.at_level("INFO"):
        webhooks.deliver(app, delivery.id)
        later(app)
        webhooks.deliver(app, delivery.id)
    lines = [text for text in caplog.messages if " webhook: " in text]
    assert len(lines) == 2
    assert all(receiver.address in line and "/secret" not in line for line in lines)
