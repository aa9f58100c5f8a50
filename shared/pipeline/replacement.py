"""Media that another program replaced: it is measured anew, and the old report is history.

Told by the ETag of what was last fetched, so it does not matter how late an event comes, how often,
or of which content: the same content is never measured a second time. While a stage works, the look
is put off until the job has ended (`job.look_again`); reconciliation finds those that a kill left.
"""

import uuid
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from sqlalchemy.orm import Session

from shared.app import App
from shared.database.tables import Job, State
from shared.jobs import again, lifecycle
from shared.jobs.outputs import of
from shared.pipeline import adoption
from shared.pipeline.attempt import job_log
from shared.platform import blob_names


def look(app: App, job_id: uuid.UUID) -> None:
    """Begin an ended job again if its media is another than it was; quiet where nobody asked."""
    log = job_log(job_id)
    job = app.transaction(lambda session: lifecycle.visible(session, job_id), log)
    if job is None or not job.look_again or not State(job.state).ended:
        return
    said = app.patiently(lambda: _new_content(app, job), log)
    if said is None:
        app.transaction(lambda session: again.nothing_new(session, job_id), log)
        return
    state = State.EXTRACTED if job.blob == blob_names.MEASUREMENT_BLOB else State.UPLOADED

    def begin(session: Session) -> bool:
        if not again.replaced(session, job, state, said):
            return False
        delete_outputs(app, job)  # while the row is locked: they may not be the new content's
        return True

    if app.transaction(begin, log):
        log.info("the media was replaced: now %s", state)
        app.storage.enqueue_retry(str(job_id))


def delete_outputs(app: App, job: Job) -> None:
    """All that the job wrote into its container, and nothing of anybody else's."""
    outputs, storage = of(job), app.storage
    below = [blob for prefix in outputs.prefixes() for blob in storage.blobs(job.container, prefix)]
    for blob in outputs.single() + below:
        if blob != job.blob:
            storage.delete_blob(job.container, blob, though_leased=not job.is_foreign)


def _new_content(app: App, job: Job) -> dict[str, Any] | None:
    """What the content that is there now says of itself; None where it is the old, or gone."""
    try:
        etag = app.storage.etag(job.container, job.blob)
        # a job of before migration 0010 may not know what it measured
        if etag == job.etag or (job.etag is None and job.state == State.DONE):
            return None
        return adoption.said(app, job.container, job.blob)
    except ResourceNotFoundError:
        return None
