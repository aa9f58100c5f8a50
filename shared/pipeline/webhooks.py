"""Sending what jobs that have ended are to be told of. Both functions may be called again.

deliver    send one delivery, if it is due
take_up    what no message of the queue came for
"""

import datetime as dt
import uuid
from typing import Final

from pydantic_core import to_json
from sqlalchemy.orm import Session

from shared.app import App
from shared.database.tables import Job, WebhookDelivery
from shared.jobs import deliveries
from shared.jobs.deliveries import ReceiverAnswer
from shared.pipeline.attempt import job_log
from shared.platform import outbound, standard_webhooks, telemetry
from shared.platform.outbound_addresses import shown
from shared.platform.settings import Settings
from shared.platform.telemetry import SpanName, WebhookOutcome

TAKEN_UP: Final = 100  # deliveries per run of the timer; the rest waits for the next
OVERDUE_SECONDS: Final = 60  # that a message may still be on its way
NEVER_ENDED: Final = "None of the tries came to its end."


def deliver(app: App, delivery_id: uuid.UUID) -> None:
    """Send a delivery once, and see to the next try where it fails; quiet where it is not due."""
    if not app.settings.webhook_secret:
        return

    def claim(session: Session) -> tuple[WebhookDelivery, str | None] | None:
        found = deliveries.claim(session, delivery_id)
        return (found, session.get_one(Job, found.job_id).traceparent) if found else None

    claimed = app.transaction(claim, job_log("-"))
    if claimed is None:
        return
    delivery, traceparent = claimed
    with (
        telemetry.job(delivery.job_id),
        telemetry.span(SpanName.WEBHOOK, parent=traceparent) as span,
    ):
        outcome = _carry_out(app, delivery)
        span.set(telemetry.names.WEBHOOK_OUTCOME, outcome.value)
        telemetry.webhook_tried(outcome)


def take_up(app: App) -> int:
    """Have sent what is overdue. Returns the number of deliveries."""
    if not app.settings.webhook_secret:
        return 0
    with app.database.begin() as session:
        found = deliveries.due(session, TAKEN_UP, seconds=OVERDUE_SECONDS)
    return app.setbacks.each(
        "webhooks", found, lambda item: _enqueue(app, item), key=_job, log=job_log
    )


def _enqueue(app: App, delivery: WebhookDelivery) -> bool:
    app.storage.enqueue_webhook(delivery.id)
    return True


def _job(delivery: WebhookDelivery) -> str:
    return str(delivery.job_id)


def _carry_out(app: App, delivery: WebhookDelivery) -> WebhookOutcome:
    log = job_log(delivery.job_id)
    answer = _send(app.settings, delivery)
    pause = app.transaction(lambda session: deliveries.settle(session, delivery, answer), log)
    said = answer.status or answer.words
    where = f"{delivery.event} to {shown(delivery.address)}, try {delivery.attempts}"
    if answer.good:
        log.info("webhook: %s: delivered, %s", where, said)
        return WebhookOutcome.DELIVERED
    if pause is None:
        log.error("webhook: %s: given up, %s", where, said)
        return WebhookOutcome.GIVEN_UP
    log.warning("webhook: %s: %s, again in %d s", where, said, pause)
    app.storage.enqueue_webhook(delivery.id, pause)
    return WebhookOutcome.RETRYING


def _send(settings: Settings, delivery: WebhookDelivery) -> ReceiverAnswer:
    if delivery.attempts > deliveries.MAX_TRIES:
        return ReceiverAnswer(words=NEVER_ENDED)
    body = to_json(delivery.payload)
    moment = int(dt.datetime.now(dt.UTC).timestamp())
    signing = standard_webhooks.keys(settings.webhook_secret)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "avatar-validation",
        **standard_webhooks.headers(signing, delivery.message_id, moment, body),
    }
    allow = settings.webhook_allow_private
    try:
        return ReceiverAnswer(outbound.post(delivery.address, body, headers, allow_private=allow))
    except outbound.UnreachableError as error:
        return ReceiverAnswer(words=str(error))
