"""TCP ports on this machine: the usual one when it is free, another one when it is not."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, fields

from local.errors import StackError

ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one stack. 0 stands for any free one."""

    http: int = 7071  # the usual one of Azure Functions Core Tools
    blob: int = 10000  # the usual ones of Azurite
    queue: int = 10001
    table: int = 10002
    database: int = 54329  # not 5432: a PostgreSQL of the system may have that

    def available(self) -> "Ports":
        """The same ports where they are free, others where they are not; each one is distinct."""
        holders: list[socket.socket] = []
        try:
            chosen = {}
            for field in fields(self):
                holder = _bind(getattr(self, field.name)) or _bind(0)
                assert holder is not None
                holders.append(holder)  # held until all are chosen, so that none comes twice
                chosen[field.name] = holder.getsockname()[1]
            return Ports(**chosen)
        finally:
            for holder in holders:
                holder.close()


ANY = Ports(http=0, blob=0, queue=0, table=0, database=0)


def _bind(port: int) -> socket.socket | None:
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers themselves do
    try:
        holder.bind((ADDRESS, port))
        holder.listen(1)  # with SO_REUSEADDR two may be bound to one port, but only one listens
    except OSError:
        holder.close()
        return None
    return holder


def is_free(port: int) -> bool:
    holder = _bind(port)
    if holder is not None:
        holder.close()
    return holder is not None


def answers(port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((ADDRESS, port), timeout=1):
            return True
    except OSError:
        return False


def wait_until(
    condition: Callable[[], bool], alive: Callable[[], bool], seconds: float, what: str
) -> None:
    """Poll until the condition holds. Raises StackError when time is up or `alive` says no."""
    deadline = time.monotonic() + seconds
    pause = 0.02
    while not condition():
        if not alive():
            raise StackError(f"{what} stopped while it was starting.")
        if time.monotonic() > deadline:
            raise StackError(f"{what} did not answer within {seconds:.0f} s.")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
