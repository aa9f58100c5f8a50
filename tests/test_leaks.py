"""The search for secrets finds them, and says where without saying what."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient

from local.azurite import KEY
from local.paths import ROOT
from local.stack import Stack
from tests import leaks
from tests.end_to_end.service import Service
from tests.stack import MakeStack


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (f"connected with {leaks.DATABASE_PASSWORD}", "the database password"),
        (f"key {leaks.STORAGE_KEY}", "the storage key"),
        (f"?code={leaks.FUNCTION_KEY}&x=1", "a function key"),
        ("PUT http://h/a/b?se=2026&sig=abcdefghij%2Bklmnopqrst%3D", "a signature"),
        (f"DefaultEndpointsProtocol=http;AccountKey={KEY};", "an account key"),
        ("InstrumentationKey=1234", "a connection string"),
        ("postgresql://postgres:hidden@127.0.0.1/x", "a password in an address"),
    ],
)
def test_a_secret_in_a_log_is_found(tmp_path: Path, line: str, what: str) -> None:
    (tmp_path / "host.log").write_text(f"all is well\n{line}\n")
    with pytest.raises(AssertionError) as found:
        leaks.check_logs(tmp_path)
    assert f"host.log, line 2: {what}" in str(found.value)
    for secret in (line, leaks.STORAGE_KEY, leaks.DATABASE_PASSWORD, "hidden"):
        assert secret not in str(found.value)


def test_what_is_no_secret_is_none(tmp_path: Path) -> None:
    (tmp_path / "host.log").write_text(
        "postgresql://postgres@127.0.0.1/x postgresql://postgres:***@127.0.0.1/x\n"
        "the field `sig=` is missing; http://127.0.0.1:7071/api/jobs\n"
    )
    (tmp_path / "azurite.log").write_text("GET /x?sig=abcdefghijklmnopqrstuvwxyz\n")
    leaks.check_logs(tmp_path)


def test_a_test_that_writes_a_secret_fails(tmp_path: Path) -> None:
    """In a run of its own, which passes without the secret."""
    test = tmp_path / "test_it.py"
    test.write_text(
        "import logging, os\ndef test_it():\n    logging.getLogger('x').error(os.environ['SAID'])\n"
    )
    command = [
        *(sys.executable, "-m", "pytest", "-p", "tests.leaks", "-p", "no:cacheprovider"),
        *("-c", os.devnull, "--rootdir", str(tmp_path), str(test)),
    ]
    for said, code in (("hello", 0), (leaks.FUNCTION_KEY, 1)):
        environment = os.environ | {"SAID": said, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert run.returncode == code, run.stdout
    assert "Captured log call, line 1: a function key" in run.stdout
    assert leaks.FUNCTION_KEY not in run.stdout


def test_the_planted_secrets_are_in_use(stack: Stack) -> None:
    service = Service(stack)
    assert leaks.STORAGE_KEY in stack.storage
    assert leaks.DATABASE_PASSWORD in stack.database
    assert leaks.FUNCTION_KEY in service.http.headers.values()
    assert service.http.get("/api/health").json()["status"] == "ok"
    service.close()
    with (
        BlobServiceClient.from_connection_string(
            stack.storage.replace(leaks.STORAGE_KEY, KEY), retry_total=0
        ) as public,
        pytest.raises(HttpResponseError),
    ):
        next(public.list_containers())


def test_a_stack_that_wrote_a_secret_fails_its_test(make_stack: MakeStack) -> None:
    def leak() -> None:
        with make_stack() as made:
            made.logs.mkdir(parents=True)
            (made.logs / "host.log").write_text(leaks.DATABASE_PASSWORD)

    with pytest.raises(AssertionError, match=r"host\.log, line 1"):
        leak()
