"""Azurite's access log: which line is a finished upload, and reading on where one stopped.

A line: `127.0.0.1 - - [23/Nov/2026:11:52:37 +0000] "PUT /devstoreaccount1/c/b HTTP/1.1" 201 -`.
It is written when the answer is sent. Requests to the queue service stand in the same log; none
of them answers 201 to a PUT of two path segments.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit

from shared.platform.blob_names import wants_event

_LINE = re.compile(r'\[(?P<time>[^\]]+)\] "PUT (?P<target>\S+) HTTP/[\d.]+" (?P<status>\d{3}) ')
_CREATED, _ACCEPTED = 201, 202


@dataclass(frozen=True, slots=True)
class Upload:
    """A blob that is complete since `time` (the log has whole seconds)."""

    container: str
    blob: str
    time: datetime


def parse_upload(line: str) -> Upload | None:
    """The upload that this line reports, or None.

    Put Blob answers 201, Put Block List 201 (`comp=blocklist`), Copy Blob 202; every other write
    to a blob (blocks, metadata, leases, tags ...) has another `comp`.
    """
    match = _LINE.search(line)
    if match is None:
        return None
    status = int(match["status"])
    target = urlsplit(match["target"])
    query = parse_qs(target.query, keep_blank_values=True)
    operation = query.get("comp", [""])[0].lower()
    if (operation, status) not in {("", _CREATED), ("", _ACCEPTED), ("blocklist", _CREATED)}:
        return None
    if "restype" in query:
        return None
    segments = target.path.split("/", 3)  # "", account, container, blob
    if len(segments) < 4 or not segments[3]:
        return None
    container, blob = segments[2], unquote(segments[3])
    if not wants_event(container, blob):  # the real event subscription filters them out, too
        return None
    return Upload(container, blob, datetime.strptime(match["time"], "%d/%b/%Y:%H:%M:%S %z"))


class LogFollower:
    """Reads complete lines, each once, over restarts of the reader and rotations of the log.

    The position is kept in `state`: the file's identity (inode) and the offset behind the last
    line that was `commit`ted. A rotated log is looked for under the name with `.1` behind it. A
    log that became shorter was started anew and is read from its beginning.
    """

    def __init__(self, log: Path, state: Path) -> None:
        self._log = log
        self._rotated = log.with_name(log.name + ".1")
        self._state = state
        self._file: BinaryIO | None = None
        self._inode = 0
        self._offset = 0
        self._restore()

    def lines(self) -> Iterator[str]:
        """What is new by now. The caller commits each line after it has dealt with it."""
        while self._open():
            assert self._file is not None
            if os.fstat(self._file.fileno()).st_size < self._offset:
                self._offset = 0
            self._file.seek(self._offset)
            for line in self._file:
                if not line.endswith(b"\n"):
                    break  # still being written
                self._offset += len(line)
                yield line.decode("utf-8", errors="replace")
            if not self._was_rotated():
                return
            self.close()

    def commit(self) -> None:
        """Remember the position behind the last line that `lines` gave."""
        text = json.dumps({"inode": self._inode, "offset": self._offset})
        unfinished = self._state.with_name(self._state.name + ".new")
        unfinished.write_text(text)
        unfinished.replace(self._state)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _restore(self) -> None:
        try:
            state = json.loads(self._state.read_text())
            self._inode, self._offset = int(state["inode"]), int(state["offset"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return  # read from the beginning: an event twice is allowed, an event lost is not
        if self._rotated.exists() and self._rotated.stat().st_ino == self._inode:
            self._file = self._rotated.open("rb")

    def _open(self) -> bool:
        if self._file is None:
            try:
                self._file = self._log.open("rb")
            except FileNotFoundError:
                return False
            inode = os.fstat(self._file.fileno()).st_ino
            if inode != self._inode:
                self._inode, self._offset = inode, 0
        return True

    def _was_rotated(self) -> bool:
        try:
            return self._log.stat().st_ino != self._inode
        except FileNotFoundError:
            return False
