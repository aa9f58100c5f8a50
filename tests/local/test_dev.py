"""`dev.py` as a person uses it, in checkouts of its own, with everything real."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg2
import pytest
from azure.storage.blob import BlobServiceClient
from PIL import Image

from local.paths import SAMPLE
from local.ports import ANY, wait_until
from tests.local.checkout import make_checkout
from tests.media_factory import Clip

pytestmark = pytest.mark.thorough

_LIMIT = 120.0  # [s] for a start, a stop or an answer, on a busy machine
_JOB = re.compile(r"job ([0-9a-f]{8}-[0-9a-f-]{27})")


class _Checkout:
    """A checkout with what is asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run_file = folder / ".local" / "run.json"

    def dev(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(arguments),
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command that goes on; yielded when it has written its addresses."""
        process = subprocess.Popen(
            self._command(arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            wait_until(self.run_file.exists, lambda: process.poll() is None, _LIMIT, "dev.py")
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()
            wait_until(lambda: not self.processes(), lambda: True, _LIMIT, "the end of it")

    def addresses(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.run_file.read_text())
        return content

    def processes(self) -> list[str]:
        """What runs with this folder in its command line or as its working directory."""
        found = []
        for process in psutil.process_iter():
            try:
                place = [process.cwd(), *process.cmdline()]
                if any(str(self.folder) in part for part in place):
                    found.append(" ".join(place))
            except psutil.Error:
                continue
        return found

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, str(self.folder / "dev.py"), *arguments]


@pytest.fixture(scope="module")
def checkout() -> Iterator[_Checkout]:
    with tempfile.TemporaryDirectory() as folder:
        yield _Checkout(make_checkout(Path(folder).resolve() / "checkout"))


@pytest.fixture(scope="module")
def another_checkout() -> Iterator[_Checkout]:
    with tempfile.TemporaryDirectory() as folder:
        yield _Checkout(make_checkout(Path(folder).resolve() / "another"))


def _end(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    process.send_signal(number)
    output, _ = process.communicate(timeout=_LIMIT)
    return process.returncode, output


def _get(address: str) -> httpx.Response:
    return httpx.get(address, timeout=_LIMIT, trust_env=False)


def test_two_checkouts_side_by_side(
    checkout: _Checkout, another_checkout: _Checkout, tmp_path: Path
) -> None:
    clip = Clip(seconds=1).write(tmp_path / "clip.mp4")
    with checkout.running("up") as process:
        addresses = checkout.addresses()
        assert addresses["pid"] == process.pid

        demo = another_checkout.dev("demo", str(clip), "--avatar", "side by side")
        assert demo.returncode == 0, demo.stderr
        assert "  Alive, version 1: inconclusive, too little is known" in demo.stdout
        assert "3.5 s more of footage" in demo.stdout
        assert "  AU12  lip corner puller" in demo.stdout
        job = _JOB.search(demo.stdout)
        assert job is not None
        assert f"/{job[1]}/openface.csv" in demo.stdout
        assert _get(f"{addresses['http']}/api/jobs/{job[1]}").status_code == 404

        with SAMPLE.open("rb") as face:
            upload = f"{addresses['http']}/api/upload?avatar=quiet&filename=face.jpg"
            kind = {"Content-Type": "image/jpeg"}
            sent = httpx.post(upload, content=face.read(), headers=kind, trust_env=False).json()
        address = f"{addresses['http']}/api/jobs/{sent['id']}"
        ends = ("done", "failed")
        wait_until(lambda: _get(address).json()["state"] in ends, lambda: True, _LIMIT, "the job")

        second = checkout.dev("up")
        assert second.returncode == 1
        assert addresses["http"] in second.stderr
        assert checkout.dev("clean", "--all").returncode == 1

        code, output = _end(process, signal.SIGINT)
        assert code == 0
        assert "The service runs, with" in output
        assert f"  job {sent['id']}: measurement " in output
        assert "Executing" not in output
        assert checkout.processes() == []
    assert not checkout.run_file.exists()
    assert another_checkout.processes() == []


def test_data_survives_a_kill(checkout: _Checkout) -> None:
    with checkout.running("up", "--quiet") as process:
        demo = checkout.dev("demo", "--json")
        assert demo.returncode == 0, demo.stderr
        clip, result = json.loads(demo.stdout)["results"]
        assert [report["verdict"] for report in clip["reports"]] == ["pass"]
        assert result["action_units"]["faces"][0]["action_units"]
        process.kill()  # run.json stays behind, and is not believed
        process.wait()
        wait_until(lambda: not checkout.processes(), lambda: True, _LIMIT, "the end of it")
        assert checkout.run_file.exists()
    checkout.run_file.unlink()

    with checkout.running("up", "--quiet"):
        addresses = checkout.addresses()
        job = _get(f"{addresses['http']}/api/jobs/{result['job']['id']}").json()
        assert job["state"] == "done"
        with BlobServiceClient.from_connection_string(addresses["storage"]) as storage:
            csv = storage.get_blob_client(job["container"], "openface.csv").download_blob()
            assert csv.readall().startswith(b"frame")
        connection = psycopg2.connect(addresses["database"])
        with connection, connection.cursor() as cursor:
            cursor.execute("select avatar from action_unit_report where id = %s", [job["report"]])
            assert cursor.fetchone() == ("demo",)
        connection.close()
        down = checkout.dev("down")
        assert down.returncode == 0
        assert checkout.processes() == []


def test_a_job_that_fails(checkout: _Checkout, tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    text = tmp_path / "text.jpg"
    text.write_text("not a picture")
    Image.new("RGB", (320, 240), "grey").save(blank)
    demo = checkout.dev("demo", "--keep", str(blank), str(text))
    try:
        assert demo.returncode == 1
        pages = re.findall(r"^  (http\S*/jobs/\S*)$", demo.stderr, re.MULTILINE)
        assert [_get(page).status_code for page in pages] == [200]
        assert "failed (no_face_found): " in demo.stdout
        assert "refused: The file is not of a supported kind" in demo.stdout
        assert "The service goes on" in demo.stderr
        assert checkout.dev("demo").returncode == 0
    finally:
        assert checkout.dev("down").returncode == 0


def test_a_server_of_ones_own(checkout: _Checkout, empty_database: str) -> None:
    demo = checkout.dev("demo", DATABASE_URL=empty_database)
    assert demo.returncode == 0, demo.stderr
    connection = psycopg2.connect(empty_database)
    with connection, connection.cursor() as cursor:
        cursor.execute("select id from action_unit_report order by id")
        numbers = [number for (number,) in cursor]
    assert len(numbers) == 2
    _, _, addresses = demo.stderr.partition("Then open this in a browser:\n")
    assert [line.rpartition("/reports/")[2] for line in addresses.split()] == list(
        map(str, numbers)
    )
    connection.close()

    demo = checkout.dev("demo", DATABASE_URL="postgresql+psycopg2://me:secret@127.0.0.1:9/mine")
    assert demo.returncode == 1
    assert "The database that DATABASE_URL names cannot be used" in demo.stderr
    assert "Traceback" not in demo.stderr
    assert "secret" not in demo.stderr


def test_services_for_a_host_by_hand(checkout: _Checkout) -> None:
    settings = checkout.folder / "local.settings.json"
    port = str(ANY.available().http)
    with checkout.running("services", "--host-port", port) as process:
        addresses = checkout.addresses()
        values = json.loads(settings.read_text())["Values"]
        assert values["AZURE_STORAGE_CONNECTION_STRING"] == addresses["storage"]
        assert values["DATABASE_URL"] == addresses["database"]
        demo = checkout.dev("demo")
        assert demo.returncode == 1
        assert "No Functions host answers" in demo.stderr
        code, output = _end(process, signal.SIGTERM)
        assert code == 143
        assert f"func start --port {port}" in output
    values["DATABASE_URL"] = "postgresql://elsewhere/mine"
    settings.write_text(json.dumps({"Values": values}))
    with checkout.running("services", "--host-port", port) as process:
        assert "elsewhere" in settings.read_text()
        _, output = _end(process, signal.SIGINT)
        assert "local.settings.json has another DATABASE_URL" in output
    settings.unlink()


def test_migrate_and_clean(checkout: _Checkout) -> None:
    assert checkout.dev("migrate", "--down", "base").returncode == 0
    assert checkout.dev("migrate").returncode == 0
    data = checkout.folder / ".local" / "data"
    assert data.exists()
    assert checkout.dev("clean").returncode == 0
    assert data.exists()
    assert checkout.dev("clean", "--data").returncode == 0
    assert not data.exists()
    shutil.rmtree(checkout.folder)
