"""Jobs straight in the database and in storage, for tests of what pages make of them."""

import io
import uuid
from typing import Any

from shared.app import App
from shared.database.tables import Job, State
from shared.media.formats import Kind, MediaFacts


def job(app: App, **values: Any) -> Job:
    """A job with a container; with `content`, its media in it."""
    content: bytes | None = values.pop("content", None)
    job_id = uuid.uuid4()
    row = Job(
        **{
            "id": job_id,
            "container": str(job_id),
            "state": State.DONE,
            "avatar": "Ada",
            "name": "default",
            "type": "IP",
            "filename": "face.jpg",
            "blob": "face.jpg",
            "media": MediaFacts("JPEG", Kind.IMAGE, 0),
            "upload_until": "2026-01-01T00:00:00Z",
            **values,
        }
    )
    with app.database.begin() as session:
        session.add(row)
    if content is not None:
        app.storage.create_container(row.container)
        app.storage.upload(row.container, row.blob, io.BytesIO(content), "image/jpeg")
    return row
