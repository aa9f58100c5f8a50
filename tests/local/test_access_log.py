"""Azurite's access log: which lines are uploads, and reading on after restarts and rotations."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.access_log import LogFollower, Upload, parse_upload

_CONTAINER = "5d1f3a0e-5b0c-4c43-8a54-6f0f6f3f9a11"


def _line(target: str, status: int, method: str = "PUT") -> str:
    return (
        "127.0.0.1 - - [23/Nov/2026:11:52:37 +0000] "
        f'"{method} /devstoreaccount1/{target} HTTP/1.1" {status} -\n'
    )


@pytest.mark.parametrize(
    ("target", "status", "blob"),
    [
        (f"{_CONTAINER}/a.jpg", 201, "a.jpg"),
        (f"{_CONTAINER}/a.jpg?comp=blocklist", 201, "a.jpg"),
        (f"{_CONTAINER}/copy", 202, "copy"),
        (f"{_CONTAINER}/dir/b%20%C3%BC%3F%23%2520.txt", 201, "dir/b ü?#%20.txt"),
        (f"{_CONTAINER}/a+b%2Bc", 201, "a+b+c"),
        (f"{_CONTAINER}/s.jpg?se=2026-11-23&sp=cw&sr=b&sig=e%2FE", 201, "s.jpg"),
        (f"{_CONTAINER}/a.jpg?timeout=30", 201, "a.jpg"),
    ],
)
def test_a_finished_upload(target: str, status: int, blob: str) -> None:
    time = datetime(2026, 11, 23, 11, 52, 37, tzinfo=UTC)
    assert parse_upload(_line(target, status)) == Upload(_CONTAINER, blob, time)


@pytest.mark.parametrize(
    "line",
    [
        _line(f"{_CONTAINER}?restype=container", 201),
        _line(f"{_CONTAINER}/a?comp=block&blockid=MDA%3D", 201),
        _line(f"{_CONTAINER}/a?comp=metadata", 200),
        _line(f"{_CONTAINER}/a?comp=lease", 201),
        _line(f"{_CONTAINER}/a?comp=snapshot", 201),
        _line(f"{_CONTAINER}/a?comp=appendblock", 201),
        _line(f"{_CONTAINER}/a", 409),
        _line(f"{_CONTAINER}/a?comp=blocklist", 400),
        _line(f"{_CONTAINER}/a", 200, "GET"),
        _line(f"{_CONTAINER}/a", 200, "HEAD"),
        _line(f"{_CONTAINER}/a", 202, "DELETE"),
        _line("azure-webjobs-hosts/locks/host", 201),
        _line("azure-webjobs-secrets/host.json", 201),
        _line("$logs/a", 201),
        _line("queue-name", 201),
        "Azurite Blob service is successfully listening at http://127.0.0.1:10000\n",
        "",
    ],
)
def test_what_is_none(line: str) -> None:
    assert parse_upload(line) is None


class _Reader:
    """A follower whose every line is committed."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "azurite.log"
        self.state = folder / "relay.json"
        self._follower: LogFollower | None = None
        self.start()

    def close(self) -> None:
        assert self._follower is not None
        self._follower.close()

    def start(self) -> None:
        if self._follower is not None:
            self._follower.close()
        self._follower = LogFollower(self.log, self.state)

    def read(self) -> list[str]:
        lines = []
        assert self._follower is not None
        for line in self._follower.lines():
            lines.append(line.strip())
            self._follower.commit()
        return lines

    def write(self, text: str) -> None:
        with self.log.open("a") as log:
            log.write(text)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[_Reader]:
    with closing(_Reader(tmp_path)) as reader:
        yield reader


def test_each_line_once_and_only_when_it_is_complete(reader: _Reader) -> None:
    assert reader.read() == []  # no log yet
    reader.write("one\ntw")
    assert reader.read() == ["one"]
    assert reader.read() == []
    reader.write("o\nthree\n")
    assert reader.read() == ["two", "three"]


def test_a_restarted_reader_goes_on(reader: _Reader) -> None:
    reader.write("one\n")
    assert reader.read() == ["one"]
    reader.write("two\n")
    reader.start()
    assert reader.read() == ["two"]


def test_a_line_that_was_not_committed_comes_again(reader: _Reader) -> None:
    reader.write("one\n")
    with closing(LogFollower(reader.log, reader.state)) as another:
        assert list(another.lines()) == ["one\n"]
    reader.start()
    assert reader.read() == ["one"]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_rotated_log_is_read_to_its_end(reader: _Reader, restarted: bool) -> None:
    reader.write("one\n")
    assert reader.read() == ["one"]
    reader.write("two\n")
    reader.log.replace(reader.log.with_name("azurite.log.1"))
    reader.write("three\n")
    if restarted:
        reader.start()
    assert reader.read() == ["two", "three"]


def test_a_log_that_was_started_anew_is_read_from_its_beginning(reader: _Reader) -> None:
    reader.write("one\ntwo\n")
    assert reader.read() == ["one", "two"]
    reader.log.write_text("three\n")
    assert reader.read() == ["three"]


def test_a_damaged_state_means_from_the_beginning(reader: _Reader) -> None:
    reader.write("one\n")
    reader.read()
    reader.state.write_text("{")
    reader.start()
    assert reader.read() == ["one"]
