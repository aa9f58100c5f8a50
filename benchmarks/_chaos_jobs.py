"""The jobs of `bench chaos`: how they come in, and what must be true of them at the end."""

import random
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg2
from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient, ContainerClient

from local.stack import Stack
from shared.jobs.outputs import AT_ROOT
from tests import media_factory
from tests.measurements.csv import tables
from tests.media_factory import Clip

RESULTS: Final = frozenset({"openface.csv", "extraction.json", "report.json"})
OPTIONAL: Final = frozenset({"signals.csv", "sound.bin"})  # not of every medium
LOST_CODES: Final = frozenset({"media_missing", "upload_incomplete"})
PATIENCE: Final = 600.0  # [s] that a client goes on asking


@dataclass
class Expected:
    """One medium that was sent: where it must be, and how its job must end."""

    container: str
    blob: str
    good: bool
    lost: set[str] = field(default_factory=set)  # what Azurite acknowledged and does not have
    excused: set[str] = field(default_factory=set)  # was being written when Azurite was killed


class Account:
    """What was acknowledged, and what SQL and storage say of it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._blobs = BlobServiceClient.from_connection_string(stack.storage)
        self._lock = threading.RLock()
        self.sent: list[Expected] = []
        self.deleted: set[str] = set()
        self._back: set[str] = set()  # containers that were deleted, and are there again
        self.storage_kills = 0

    def acknowledged(self, expected: Expected, kills: int) -> None:
        """`kills` of storage there had been when the request began."""
        with self._lock:
            self.sent.append(expected)
            if kills != self.storage_kills:  # it may have been written before one
                self._compare([expected])

    def storage_was_killed(self, start: Callable[[], None]) -> None:
        """Compare what was acknowledged by then with what is there after the restart."""
        with self._lock:
            self.storage_kills += 1
            start()
            self._compare(self.sent)

    def _compare(self, items: list[Expected]) -> None:
        rows = self.sql("SELECT container, blob, folder, state FROM job")
        jobs = {(row[0], row[1]): (row[2], row[3]) for row in rows}
        there = self.blobs()
        for item in items:
            if item.container in self.deleted:
                if item.container in there:
                    self._back.add(item.container)
                continue
            names = there.get(item.container, set())
            if item.blob not in names:
                item.lost.add(item.blob)
            folder, state = jobs.get((item.container, item.blob), ("", "created"))
            if state == "done":
                item.lost |= _results(folder) - names
            elif state != "failed":
                item.excused |= _results(folder) - names

    def blobs(self) -> dict[str, set[str]]:
        """The names of the blobs of each container that is not the host's."""
        while True:
            try:
                names = [item.name for item in self._blobs.list_containers()]
                return {
                    name: set(self._blobs.get_container_client(name).list_blob_names())
                    for name in names
                    if not name.startswith("azure-webjobs")
                }
            except AzureError:
                time.sleep(0.5)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        while True:
            try:
                connection = psycopg2.connect(self._stack.database)
            except psycopg2.OperationalError:
                time.sleep(0.5)
                continue
            with connection, connection.cursor() as cursor:
                cursor.execute(query)
                found = cursor.fetchall()
            connection.close()
            return found

    def states(self) -> dict[str, int]:
        found = self.sql(
            "SELECT state || coalesce(' ' || error_code, ''), count(*) FROM job GROUP BY 1"
        )
        return {str(state): int(count) for state, count in found}

    def exhausted(self) -> list[str]:
        """The last errors of jobs that were tried in vain, for whoever looks for the cause."""
        query = "SELECT DISTINCT error_detail FROM job WHERE error_code = 'attempts_exhausted'"
        return [str(row[0]) for row in self.sql(query)]

    def at_rest(self) -> bool:
        ((open_, deleting),) = self.sql(
            "SELECT count(*) FILTER (WHERE state NOT IN ('created', 'done', 'failed') "
            "OR look_again), count(*) FILTER (WHERE deleting) FROM job"
        )
        return not (open_ or deleting or self._without_job() or self._arrived())

    def _arrived(self) -> bool:
        """Whether there is media that no event has told of yet."""
        there = self.blobs()
        waiting = self.sql("SELECT container, blob FROM job WHERE state = 'created'")
        return any(blob in there.get(container, ()) for container, blob in waiting)

    def losses(self) -> list[str]:
        media = sum(item.blob in item.lost for item in self.sent)
        results = sum(len(item.lost - {item.blob}) for item in self.sent)
        lines = [f"{media} media", f"{results} results of finished jobs"]
        return [*lines, f"{len(self._back)} deletions of containers"]

    def disagreements(self) -> list[str]:
        rows = self.sql(
            "SELECT container, blob, id, state, error_code, folder, report_id, deleting FROM job"
        )
        jobs = {(row[0], row[1]): row[2:] for row in rows}
        return [
            *self._of_jobs(jobs),
            *self._of_storage(jobs),
            *self._of_tables(),
        ]

    def _of_jobs(self, jobs: dict[tuple[str, str], tuple[Any, ...]]) -> list[str]:
        wrong = []
        expected = {(item.container, item.blob): item for item in self.sent}
        for key, item in expected.items():
            if item.container in self.deleted:
                if key in jobs and item.container not in self._back:
                    wrong.append(f"{key} was deleted and has a job")
                continue
            if key not in jobs:
                if item.blob not in item.lost:
                    wrong.append(f"{key} was acknowledged and has no job")
                continue
            _, state, code, *_ = jobs[key]
            ended = "done" if item.good else "failed"
            never_came = code in LOST_CODES or state == "created"
            if state != ended and not (item.lost and never_came):
                wrong.append(f"{key} is {state} ({code}), not {ended}")
        unasked = [
            key
            for key, (_, state, code, *_) in jobs.items()
            if key not in expected
            and key[0] not in self._back
            and state != "created"  # of an address whose answer was lost: it ends with its time
            and code != "upload_incomplete"
        ]
        return wrong + [f"{key} has a job that nobody asked for" for key in unasked]

    def _of_storage(self, jobs: dict[tuple[str, str], tuple[Any, ...]]) -> list[str]:
        there, wrong = self.blobs(), []
        expected = {(item.container, item.blob): item for item in self.sent}
        promised = {key[0] for key, row in jobs.items() if row[1] in ("created", "failed")}
        allowed: dict[str, set[str]] = defaultdict(set)
        for (container, blob), (number, state, _code, folder, *_) in jobs.items():
            item = expected.get((container, blob)) or Expected(container, blob, good=True)
            allowed[container] |= {blob, *_results(folder), *_results(folder, OPTIONAL)}
            missing = {blob, *_results(folder)} - there.get(container, set())
            missing -= item.lost | item.excused
            if state == "done" and missing:
                wrong.append(f"{number} is done without {sorted(missing)}")
        for container, names in there.items():
            if container in self._back or (not names and container in promised):
                continue
            if container not in allowed:
                wrong.append(f"{container} has no job, and in it {sorted(names)}")
            elif extra := names - allowed[container]:
                wrong.append(f"{container} has {sorted(extra)} left")
        return wrong

    def _of_tables(self) -> list[str]:
        """Rows per report: one report a finished job, all of its frames once, nothing else."""
        queries = {
            "done without a whole report": "SELECT count(*) FROM job LEFT JOIN extraction "
            "USING (report_id) WHERE state = 'done' AND extraction.report_id IS NULL",
            "reports without a job": "SELECT count(*) FROM action_unit_report r WHERE NOT EXISTS "
            "(SELECT 1 FROM job WHERE report_id = r.id) AND id NOT IN "
            "(SELECT report_id FROM earlier_report)",
            "reports whose frames are not all there": "SELECT count(*) FROM extraction e WHERE "
            "frames <> (SELECT count(DISTINCT frame) FROM frame_measurement f "
            "WHERE f.report_id = e.report_id)",
            "keys with two jobs": "SELECT count(*) FROM (SELECT 1 FROM job WHERE idempotency_key "
            "IS NOT NULL GROUP BY idempotency_key HAVING count(*) > 1) AS twice",
            "leases of ended jobs": "SELECT count(*) FROM job WHERE state IN ('done', 'failed') "
            "AND lease_owner IS NOT NULL",
        }
        counts = {what: int(self.sql(query)[0][0]) for what, query in queries.items()}
        return [f"{count} {what}" for what, count in counts.items() if count]

    def _without_job(self) -> int:
        known = {str(row[0]) for row in self.sql("SELECT container FROM job")}
        return sum(bool(names) and name not in known for name, names in self.blobs().items())


def _results(folder: str, names: frozenset[str] = RESULTS) -> set[str]:
    prefix = "" if folder in AT_ROOT else folder
    return {prefix + name for name in names}


class Doors:
    """Sends media by every way there is, as a client that does not give up."""

    def __init__(self, stack: Stack, account: Account, folder: Path, chance: random.Random) -> None:
        self._stack, self._account, self._chance = stack, account, chance
        self._http = httpx.Client(base_url=stack.http, timeout=60, trust_env=False)
        self._storage = BlobServiceClient.from_connection_string(stack.storage)
        self._good = {
            "face.jpg": media_factory.picture(folder / "face.jpg").read_bytes(),
            "clip.mp4": Clip(seconds=1).write(folder / "clip.mp4").read_bytes(),
            "table.csv": tables.openface(frames=40),
        }
        self._bad = self._good["face.jpg"][:2000]
        self.requests: Counter[str] = Counter()
        self.refused: list[str] = []  # good requests

    def run(self, jobs: int) -> None:
        ways = [self._upload, self._upload, self._address, self._container]
        while len(self._account.sent) < jobs:
            self._chance.choice(ways)()
            if self._chance.random() < 0.1:
                self._delete()

    def _medium(self) -> tuple[str, bytes, bool]:
        name = self._chance.choice(sorted(self._good))
        good = self._chance.random() > 0.1
        return (name, self._good[name], True) if good else ("broken.jpg", self._bad, False)

    def _upload(self) -> None:
        """Repeated with its key until there is an answer. What is broken is refused at the door."""
        name, content, good = self._medium()
        kills = self._account.storage_kills
        key = str(uuid.UUID(int=self._chance.getrandbits(128)))
        answer = self._insist(
            lambda: self._http.post(
                "/api/upload",
                files={"file": (name, content)},
                data={"avatar": "Ada"},
                headers={"Idempotency-Key": key},
            ),
            "upload",
        )
        if good and self._taken(answer, "upload"):
            self._account.acknowledged(Expected(answer.json()["container"], name, good=True), kills)

    def _address(self) -> None:
        """Azurite may forget the container of an address when it is killed: that is its loss."""
        name, content, good = self._medium()
        kills = self._account.storage_kills
        wanted = {"filename": name, "size": len(content), "avatar": "Ada"}
        answer = self._insist(lambda: self._http.post("/api/upload-url", json=wanted), "upload-url")
        if not self._taken(answer, "upload-url"):
            return
        promise = answer.json()
        sent = self._insist(
            lambda: httpx.put(
                promise["upload_url"], content=content, headers=promise["headers"], trust_env=False
            ),
            "PUT",
        )
        expected = Expected(promise["id"], name, good=good)
        if not sent.is_success:
            expected.lost.add(expected.blob)
        self._account.acknowledged(expected, kills)

    def _container(self) -> None:
        """Another program's, with one to three media."""
        name = f"others-{uuid.UUID(int=self._chance.getrandbits(128))}"
        client = self._storage.get_container_client(name)
        for number in range(self._chance.randint(1, 3)):
            _, content, good = self._medium()
            kills = self._account.storage_kills
            self._persist(partial(_put, client, f"take {number}", content))
            self._account.acknowledged(Expected(name, f"take {number}", good=good), kills)

    def _delete(self) -> None:
        own = [
            item.container
            for item in self._account.sent
            if not item.container.startswith("others-")
            and item.container not in self._account.deleted
        ]
        if own:
            chosen = self._chance.choice(own)
            self._insist(lambda: self._http.delete(f"/api/jobs/{chosen}"), "DELETE")
            self._account.deleted.add(chosen)

    def _taken(self, answer: httpx.Response, what: str) -> bool:
        if not answer.is_success:
            self.refused.append(f"{what} was refused: {answer.status_code} {answer.text}")
        return answer.is_success

    def _insist(self, request: Callable[[], httpx.Response], what: str) -> httpx.Response:
        """The first answer that says something about the request."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.requests[what] += 1
            try:
                answer = request()
            except httpx.TransportError:
                time.sleep(0.3)
                continue
            if answer.status_code < 500:
                return answer
            time.sleep(0.3)
        raise SystemExit(f"{what}: no answer for {PATIENCE:.0f} s")

    def _persist(self, action: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.requests["SDK"] += 1
            try:
                action()
            except AzureError:
                time.sleep(0.3)
            else:
                return
        raise SystemExit(f"storage: no answer for {PATIENCE:.0f} s")


def _put(client: ContainerClient, blob: str, content: bytes) -> None:
    if not client.exists():
        client.create_container()
    client.upload_blob(blob, content, overwrite=True)
