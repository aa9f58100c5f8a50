"""Chaos: jobs by every door while host, engines, storage, database and relay are killed (SIGKILL).

Afterwards SQL and storage must agree in every count, and no temporary file may be left. Azurite
writes what it keeps in memory only every few seconds: what it had acknowledged and lost when it was
killed is found by looking right after each of its restarts, and is counted apart. Azure's storage
acknowledges only what is kept.

    python3 dev.py bench chaos [--jobs 100] [--kills 60] [--seed N]

Exits 1 where something does not agree. The same seed gives the same jobs and the same kills; what
they meet depends on the machine.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import httpx
import psutil

from benchmarks._chaos_jobs import Account, Doors
from local.errors import StackError
from local.functions_host import HostKind
from local.ports import ANY
from local.stack import Stack

SETTINGS: Final = {
    "LEASE_SECONDS": "10",
    "RECONCILE_AFTER_SECONDS": "5",
    "OUTAGE_PATIENCE_SECONDS": "60",
    "LOCAL_HOST_MESSAGE_LEASE": "12",
}
TIMERS: Final = ("reconcile", "adopt_lost")
QUIET_LIMIT: Final = 1800.0  # [s] until the last job has ended
VICTIMS: Final = ("host", "engines", "Azurite", "PostgreSQL", "relay")


class Killer:
    """Kills one part after the other, and starts it again."""

    def __init__(self, stack: Stack, chance: random.Random, account: Account) -> None:
        self._stack, self._chance, self._account = stack, chance, account
        self.kills: Counter[str] = Counter()

    def run(self, kills: int) -> None:
        order = [VICTIMS[number % len(VICTIMS)] for number in range(kills)]
        self._chance.shuffle(order)
        for victim in order:
            time.sleep(self._chance.uniform(0.2, 3.0))
            self._kill(victim)
            self.kills[victim] += 1

    def _kill(self, victim: str) -> None:
        if victim == "engines":
            for process in psutil.Process(self._stack.host_pid).children(recursive=True):
                _quietly(process.kill)
            return
        name = {"host": "The Functions host", "relay": "The event relay"}.get(victim, victim)
        (part,) = [part for part in self._stack.parts() if part[0].name == name]
        part[0].kill()
        start = part[1]
        if victim == "Azurite":
            self._account.storage_was_killed(lambda: _again(start))
        else:
            _again(start)


def _quietly(action: Callable[[], None]) -> None:
    try:
        action()
    except psutil.NoSuchProcess:
        return


def _again(start: Callable[[], None]) -> None:
    """A port or a lock may be held for a moment by what is just dying."""
    for _ in range(20):
        try:
            start()
        except StackError as error:
            print(f"  again: {str(error).splitlines()[0]}")
            time.sleep(1)
        else:
            return
    raise SystemExit("A part that was killed does not start again.")


def settle(stack: Stack, account: Account) -> None:
    """Let the timers run until every job has ended and there is nothing left to find."""
    deadline = time.monotonic() + QUIET_LIMIT
    quiet = 0
    while quiet < 3:
        if time.monotonic() > deadline:
            raise SystemExit(f"Jobs are still open after {QUIET_LIMIT:.0f} s: {account.states()}")
        for timer in TIMERS:
            httpx.post(f"{stack.http}/admin/functions/{timer}", json={}, trust_env=False)
        time.sleep(6)
        quiet = quiet + 1 if account.at_rest() else 0


def chaos(folder: Path, jobs: int, kills: int, seed: int) -> list[str]:
    """What does not agree; empty if all is well. Prints what was done and found."""
    temporary = folder / "tmp"
    temporary.mkdir()
    settings = SETTINGS | {"TMPDIR": str(temporary)}
    with Stack(folder / "stack", ports=ANY, host=HostKind.BUILTIN, settings=settings) as stack:
        stack.start()
        account = Account(stack)
        doors = Doors(stack, account, folder, random.Random(f"{seed} jobs"))  # noqa: S311
        killer = Killer(stack, random.Random(f"{seed} kills"), account)  # noqa: S311
        with ThreadPoolExecutor(1) as threads:
            feeding = threads.submit(doors.run, jobs)
            killer.run(kills)
            feeding.result()
        print(f"kills: {dict(killer.kills)}; requests: {dict(doors.requests)}")
        settle(stack, account)
        print(f"jobs: {account.states()}")
        for line in account.exhausted():
            print(f"tried in vain: {line}")
        for line in account.losses():
            print(f"lost by Azurite when it was killed: {line}")
        wrong = doors.refused + account.disagreements()
        stack.kill_host()
        stack.start_host()
        # an app that begins to work sweeps what killed processes left
        httpx.get(f"{stack.http}/api/health", timeout=60, trust_env=False)
        stack.stop_host()
        left = [path.name for path in temporary.iterdir() if path.name.startswith("avatar-")]
    return wrong + [f"temporary: {name}" for name in left]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}: {arguments.jobs} jobs, {arguments.kills} kills")
    with tempfile.TemporaryDirectory(prefix="bench-chaos-") as name:
        wrong = chaos(Path(name), arguments.jobs, arguments.kills, arguments.seed)
    for line in wrong:
        print(f"DOES NOT AGREE: {line}")
    print("SQL and storage agree." if not wrong else f"{len(wrong)} things do not agree.")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
