"""Media read from storage in ranges, beside the copy on the disk that extract makes.

The same clips are decoded whole, in turn: from a file that the blob was streamed to, and by PyAV on
a reader that fetches ranges of the blob and always the next one ahead. Once, and by two engine
processes at a time, which share one copy but fetch ranges each for themselves. Quote the ratios.
Storage is Azurite on the same machine: each request would take real latency on top, so requests are
counted too, also those that the first picture takes (the probe and the thumbnail want no more). One
request of each reader asks for the size.

    python3 dev.py bench ranges [--rounds 7] [--write]
"""

import argparse
import io
import math
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, TypeVar

import av
from azure.storage.blob import BlobClient, BlobServiceClient

from benchmarks._document import machine, write
from benchmarks.video import DOCUMENT, MEDIA
from local.ports import ANY
from local.stack import Stack
from shared.platform.settings import STORAGE, read
from shared.platform.storage import CHUNK_BYTES, Storage
from tests.media_factory import Clip

RANGE: Final = 4 * 1024 * 1024  # [bytes]
KEPT: Final = 4  # ranges that a reader holds: 16 MB
PROCESSES: Final = 2
CONTAINER: Final = "bench"
REAL: Final = "WolfgangLanger_speech.mp4"
MB: Final = 1_000_000

T = TypeVar("T")


class Ranged(io.RawIOBase):
    """A blob as a file to be read; while one range is used the next is on its way."""

    def __init__(self, blob: BlobClient) -> None:
        self._blob = blob
        self._size = int(blob.get_blob_properties().size)
        self.requests = 1
        self._at = 0
        self._ranges: dict[int, Future[bytes]] = {}  # the one used last stands last
        self._thread = ThreadPoolExecutor(1)

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        number, start = divmod(self._at, RANGE)
        data = self._range(number)[start : start + len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)
        super().close()

    def _range(self, number: int) -> bytes:
        for each in (number, number + 1):
            if each not in self._ranges and each * RANGE < self._size:
                self._ranges[each] = self._thread.submit(self._fetch, each)
        used = self._ranges[number] = self._ranges.pop(number)
        while len(self._ranges) > KEPT:
            self._ranges.pop(next(iter(self._ranges))).cancel()
        return used.result()

    def _fetch(self, number: int) -> bytes:
        self.requests += 1
        data: bytes = self._blob.download_blob(number * RANGE, RANGE, max_concurrency=1).readall()
        return data


# in the engine processes


@cache
def _client(connection: str) -> BlobServiceClient:
    return BlobServiceClient.from_connection_string(
        connection, max_single_get_size=RANGE, max_chunk_get_size=RANGE
    )


def _decoded(source: str | Ranged, limit: float) -> int:
    frames = 0
    with av.open(source, "r") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for _ in container.decode(stream):
            frames += 1
            if frames >= limit:
                break
    return frames


def from_file(path: str) -> int:
    """The number of pictures."""
    return _decoded(path, math.inf)


def from_ranges(connection: str, blob: str, limit: float = math.inf) -> tuple[int, int]:
    """The numbers of pictures and of requests."""
    with Ranged(_client(connection).get_blob_client(CONTAINER, blob)) as source:
        return _decoded(source, limit), source.requests


# in this one


@dataclass(frozen=True, slots=True)
class Compared:
    name: str
    size: int  # [bytes]
    processes: int
    ratio: float  # ranges / copy
    copy: float  # [s]
    ranges: float  # [s]
    copy_requests: int
    requests: int
    first_requests: int  # until the first picture


class Comparison:
    def __init__(self, connection: str, folder: Path, engines: ProcessPoolExecutor) -> None:
        self._connection = connection
        self._storage = Storage(
            read({"DATABASE_URL": "postgresql://unused/unused", STORAGE: connection})
        )
        self._storage.create_container(CONTAINER)
        self._copy = folder / "copy"
        self._engines = engines

    def of(self, name: str, clip: Path, processes: int, rounds: int) -> Compared:
        self._storage.upload_file(CONTAINER, clip.name, clip, "application/octet-stream")
        size = clip.stat().st_size
        pairs = [self._pair(clip.name, processes) for _ in range(rounds + 1)][1:]
        first = self._engines.submit(from_ranges, self._connection, clip.name, 1).result()
        return Compared(
            name,
            size,
            processes,
            statistics.median(ranges / copy for copy, ranges, _ in pairs),
            statistics.median(copy for copy, _, _ in pairs),
            statistics.median(ranges for _, ranges, _ in pairs),
            math.ceil(size / CHUNK_BYTES),
            max(requests for _, _, requests in pairs),
            first[1],
        )

    def _pair(self, blob: str, processes: int) -> tuple[float, float, int]:
        copy, files = _timed(lambda: self._by_copy(blob, processes))
        ranges, ranged = _timed(lambda: self._by_ranges(blob, processes))
        if files != [frames for frames, _ in ranged]:
            raise SystemExit(f"{blob}: the two ways did not give the same pictures.")
        return copy, ranges, sum(requests for _, requests in ranged)

    def _by_copy(self, blob: str, processes: int) -> list[int]:
        self._storage.download(CONTAINER, blob, self._copy)
        found = list(self._engines.map(from_file, [str(self._copy)] * processes))
        self._copy.unlink()
        return found

    def _by_ranges(self, blob: str, processes: int) -> list[tuple[int, int]]:
        wanted = [self._connection] * processes, [blob] * processes
        return list(self._engines.map(from_ranges, *wanted))


def _timed(action: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    found = action()
    return time.perf_counter() - started, found


def clips(folder: Path) -> dict[str, Path]:
    """Generated ones are of many bits, for more than one range; the real one fits into one."""
    mp4 = {"crf": "8", "preset": "ultrafast"}
    webm = {"b:v": "12M", "crf": "4", "deadline": "realtime", "cpu-used": "8"}
    clip = Clip(seconds=8, size=(1280, 720), key_interval=50, options=mp4)
    fast = replace(clip, container_options={"movflags": "faststart"})
    found = {
        "MP4, index first": fast.write(folder / "first.mp4"),
        "MP4, index last": clip.write(folder / "last.mp4"),
        "WebM": replace(clip, options=webm).write(folder / "clip.webm"),
    }
    real = MEDIA / REAL
    return found | ({"MP4, recorded, index last": real} if real.is_file() else {})


def table(found: list[Compared]) -> list[str]:
    return [
        "| clip | decoded by | ranges / copy | copy | ranges | requests | with ranges | to open |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {each.name}, {each.size / MB:.1f} MB "
            f"| {each.processes} process{'es' if each.processes > 1 else ''} "
            f"| **{each.ratio:.2f}** | {each.copy:.2f} s | {each.ranges:.2f} s "
            f"| {each.copy_requests} | {each.requests} | {each.first_requests} |"
            for each in found
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="of which medians are (default: 7)")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="bench-ranges-") as name,
        Stack(Path(name) / "stack", ports=ANY, throw_away=True) as stack,
        ProcessPoolExecutor(PROCESSES, get_context("spawn")) as engines,
    ):
        stack.start_storage()
        comparison = Comparison(stack.storage, Path(name), engines)
        found = [
            comparison.of(title, clip, processes, arguments.rounds)
            for title, clip in clips(Path(name)).items()
            for processes in (1, PROCESSES)
        ]
    text = "\n".join([f"On {machine()}; medians of {arguments.rounds}.", "", *table(found)])
    print(text)
    if arguments.write:
        write(DOCUMENT, "ranges", text)


if __name__ == "__main__":
    main()
