"""What `dev.py check` says of known vulnerabilities: found, none, or that nobody could be asked.

pip-audit itself runs, against an advisory database on this machine that speaks OSV's protocol.
"""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local.commands.audit import NotAskedError, audit
from local.errors import StackError

HASH = "--hash=sha256:" + "0" * 64
ADVISORY = {
    "id": "PYSEC-1-1",
    "aliases": ["CVE-1-1"],
    "summary": "It is broken.",
    "affected": [
        {
            "package": {"name": "pkg-b", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0.1"}]}],
        }
    ],
}

LIMIT = 120  # [s] for what takes one on an idle machine

Service = list[str]
Start = Callable[[Callable[[str], Any]], Service]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROBE_SECONDS", "LIMIT_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(f"local.commands.audit.{name}", LIMIT)


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    lines = ["# comment", f"pkg-a==1.0 ; python_version > '3' \\\n    {HASH}"]
    path.write_text("\n".join([*lines, f"pkg-b==2.0 \\\n    {HASH}", ""]))
    return path


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a database that answers with what a function says of a package."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[str], Any]) -> Service:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                found = answer(query["package"]["name"])
                body = json.dumps(found).encode()
                self.send_response(200 if found is not None else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1/query"
        return ["--vulnerability-service", "osv", "--osv-url", url]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_nothing_is_known_against_them(requirements: Path, start: Start) -> None:
    asked: set[str] = set()

    def answer(name: str) -> Any:
        asked.add(name)
        return {}

    audit(requirements, start(answer))
    assert asked == {"pkg-a", "pkg-b"}


def test_a_vulnerability_is_named_with_its_fix(requirements: Path, start: Start) -> None:
    service = start(lambda name: {"vulns": [ADVISORY]} if name == "pkg-b" else {})
    with pytest.raises(StackError, match=r"pkg-b 2\.0: PYSEC-1-1, CVE-1-1; fixed in 2\.0\.1"):
        audit(requirements, service)


def test_a_database_without_advisories(requirements: Path, start: Start) -> None:
    """As a mirror of packages answers. Nothing found is not taken for nothing known."""
    with pytest.raises(NotAskedError):
        audit(requirements, start(lambda name: None))


def test_no_database(requirements: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known after one package: the others are not asked about."""
    asked: list[list[str]] = []
    run = subprocess.run

    def note(command: list[str], **options: Any) -> Any:
        asked.append(command)
        return run(command, **options)

    monkeypatch.setattr("local.commands.audit.subprocess.run", note)
    nobody = "http://127.0.0.1:9/v1/query"
    with pytest.raises(NotAskedError):
        audit(requirements, ["--vulnerability-service", "osv", "--osv-url", nobody])
    (command,) = asked
    assert "--no-deps" in command


def test_a_database_that_never_answers(
    requirements: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = threading.Event()
    monkeypatch.setattr("local.commands.audit.PROBE_SECONDS", 2)
    with pytest.raises(NotAskedError):
        audit(requirements, start(lambda name: end.wait(LIMIT) or {}))
    end.set()
