"""`submit` and `status` against the running service."""

from pathlib import Path

from tests.client.running import Client
from tests.end_to_end.service import Service


def test_a_picture_is_measured(client: Client, service: Service, media: Path) -> None:
    run = client.run("submit", media / "face.jpg", "--avatar", "Ada", "--name", "build 41")
    assert run.returncode == 0, run.stderr
