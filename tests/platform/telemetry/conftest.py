"""A whole stack that sends what it does to a receiver, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import faces, media_factory
from tests.end_to_end.service import IMPATIENT, Service
from tests.leaks import WEBHOOK_SECRET
from tests.media_factory import Clip
from tests.platform.telemetry.receiver import Receiver, receiving

if TYPE_CHECKING:
    from tests.stack import MakeStack

OFTEN = {  # sent several times a second instead of every five seconds, and each minute
    "OTEL_BSP_SCHEDULE_DELAY": "300",
    "OTEL_BLRP_SCHEDULE_DELAY": "300",
    "OTEL_METRIC_EXPORT_INTERVAL": "500",
}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture(scope="module")
def observed(make_stack: MakeStack, receiver: Receiver) -> Iterator[Service]:
    """A service of which `receiver` is told."""
    settings = IMPATIENT | OFTEN | {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.address}
    settings |= {"WEBHOOK_SECRET": WEBHOOK_SECRET, "WEBHOOK_ALLOW_PRIVATE": "true"}
    with make_stack(settings) as stack:
        stack.start()
        client = Service(stack)
        yield client
        client.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("telling-names")
    media_factory.picture(folder / "secret-face.jpg")
    media_factory.picture(folder / "secret-wall.jpg", scene=faces.empty)
    Clip(seconds=2).write(folder / "secret-clip.mp4")
    return folder
