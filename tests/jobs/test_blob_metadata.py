"""What a container says of its job fits what storage allows, whatever the names."""

import datetime as dt
import json
import random

import pytest

from shared.database.tables import Job
from shared.jobs import blob_metadata
from shared.pipeline import upload_fields


@pytest.mark.parametrize("alphabet", ["a", "aä", "顔静", "🙂🙃", "noise"])
def test_it_fits_whatever_the_names(alphabet: str) -> None:
    generator = random.Random(1)

    def text(length: int) -> str:
        if alphabet == "noise":
            return "".join(chr(generator.randrange(0x10000, 0x10FFFF)) for _ in range(length))
        return "".join(generator.choice(alphabet) for _ in range(length))

    job = Job(
        avatar=text(50),
        name=text(100),
        type="VS",
        engine="mediapipe",
        parameter_sets=[text(100) for _ in range(upload_fields.MAX_SETS)],
        blob="a" * 100,
        filename=text(upload_fields.MAX_FILENAME),
        created=dt.datetime.now(dt.UTC),
        traceparent="00-" + "0" * 52,
    )
    metadata = blob_metadata.of_job(job)
    assert sum(len(key) + len(value) for key, value in metadata.items()) < 8 * 1024
    content = blob_metadata.upload_in(metadata)
    if alphabet == "noise":
        assert content is None
        return
    assert content is not None
    found = json.loads(content)
    assert found["parameter_sets"] == job.parameter_sets
    assert found["filename"] in (job.filename, None)
