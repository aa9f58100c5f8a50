"""The embedded PostgreSQL: after crashes, with the data of another version, as any user."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from local import postgres
from local.errors import StackError
from local.ports import ANY
from local.postgres import Postgres


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    server = _server(tmp_path)
    yield server
    server.process.stop()


def _server(folder: Path) -> Postgres:
    return Postgres(folder / "data", folder / "log", ANY.available().database, throw_away=True)


def _query(server: Postgres, statement: str) -> object:
    connection = psycopg2.connect(server.url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


def test_it_comes_back_after_a_crash(server: Postgres) -> None:
    server.start()
    _query(server, "create table kept as select 42 as value")
    server.process.kill()
    server.start()
    assert _query(server, "select value from kept") == (42,)


def test_the_lock_file_of_a_gone_server_does_not_matter(server: Postgres, tmp_path: Path) -> None:
    server.start()
    lock_file = tmp_path / "data" / "postmaster.pid"
    lines = lock_file.read_text().splitlines()
    server.process.kill()
    # the number now belongs to somebody else, as after a reboot
    lock_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    server.start()
    assert _query(server, "select 1") == (1,)


def test_an_earlier_server_on_the_data_is_ended(server: Postgres, tmp_path: Path) -> None:
    server.start()
    first = psutil.Process(server.process.pid)
    second = _server(tmp_path)
    try:
        second.start()
        assert not server.process.running
        assert not first.is_running()
        assert _query(second, "select 1") == (1,)
    finally:
        second.process.stop()


def test_the_data_of_another_version_is_left_alone(server: Postgres, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(StackError, match="is of PostgreSQL 12, this is 18"):
        server.start()
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["PG_VERSION"]


def test_an_interrupted_initdb_leaves_nothing_in_the_way(server: Postgres, tmp_path: Path) -> None:
    unfinished = tmp_path / "data.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    server.start()
    assert not unfinished.exists()


def test_what_it_says_when_it_cannot_start(server: Postgres, tmp_path: Path) -> None:
    server.start()
    server.process.stop()
    shutil.rmtree(tmp_path / "data" / "global")
    with pytest.raises(StackError, match="PostgreSQL stopped while it was starting"):
        server.start()
    assert not server.process.started


@pytest.mark.skipif(os.geteuid() != 0, reason="it is root who cannot run PostgreSQL")
def test_as_root_without_user_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in most containers: the server then belongs to `nobody`.

    Not in pytest's folder, which every pytest that starts makes impassable again.
    """
    monkeypatch.setattr(postgres, "_identity", lambda: "nobody")
    with tempfile.TemporaryDirectory() as folder:
        server = _server(Path(folder))
        try:
            server.start()
            assert psutil.Process(server.process.pid).username() == "nobody"
            assert _query(server, "select 1") == (1,)
        finally:
            server.process.stop()
