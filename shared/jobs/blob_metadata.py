"""What a job's container and media say about it, for a reader without the database.

`shared.pipeline.adoption` reads what is written here. Keys are C# identifiers and values ASCII, as
Blob Storage wants them; all of it together may have 8 kB. Names may be in any script, so what the
upload said is one compressed value: JSON, zlib, base64.
"""

import base64
import binascii
import json
import zlib
from typing import Any, Final

from shared.database.tables import Job
from shared.platform import telemetry

UPLOAD: Final = "upload"
MEDIA: Final = "media"  # of `openface.csv`: the number of the media that was measured
MAX_VALUE_BYTES: Final = 7 * 1024  # leaves room for the other keys
MAX_JSON_BYTES: Final = 64 * 1024  # that a value is decompressed to; ours have a tenth at most


def of_job(job: Job) -> dict[str, str]:
    """The metadata of the job's container, and of its media where the upload goes through us."""
    said: dict[str, Any] = {
        "avatar": job.avatar,
        "name": job.name,
        "type": job.type,
        "engine": job.engine,
        "parameter_sets": job.parameter_sets,
        "blob": job.blob,
        "created": job.created.isoformat(),
        "filename": job.filename,
    }
    value = _encoded(said)
    if len(value) > MAX_VALUE_BYTES:  # a thousand characters of a rich script; `blob` resembles it
        value = _encoded({**said, "filename": None})
    metadata = {telemetry.METADATA: job.traceparent} if job.traceparent else {}
    if len(value) <= MAX_VALUE_BYTES:  # no language has names that do not fit; noise may
        metadata[UPLOAD] = value
    return metadata


def upload_in(metadata: dict[str, str]) -> bytes | None:
    """The JSON of what an upload said; None where there is none that can be decoded.

    It may come from anyone who can write to storage.
    """
    try:
        data = base64.b64decode(metadata.get(UPLOAD, ""), validate=True)
        decoder = zlib.decompressobj()
        text = decoder.decompress(data, MAX_JSON_BYTES)
    except (binascii.Error, ValueError, zlib.error):
        return None
    return text if decoder.eof else None


def _encoded(said: dict[str, Any]) -> str:
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()
