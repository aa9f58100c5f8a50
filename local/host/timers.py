"""Timer triggers.

Times are UTC, as in Azure. The runs of one timer never overlap. A timer with a minute or more
between its runs is monitored as in the real host: a blob keeps when it ran, and when the host
starts after a run was due, the function runs at once with `past_due`. Only one host is expected
to run: the lock by which several real hosts share a timer is left out.
"""

import asyncio
import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Final

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.functions import meta
from azure.storage.blob import BlobClient

from local.host.app import Function
from local.host.binding import TriggerData
from local.host.invoke import Invoker
from local.host.logs import log
from local.host.schedule import parse_schedule
from local.host.settings import STORAGE
from local.host.storage import blob_service, in_thread

LONGEST_SLEEP_SECONDS: Final = 60.0  # a clock that is put right, or a laptop that slept, is seen
CONTAINER: Final = "azure-webjobs-hosts"
MONITORED_FROM: Final = timedelta(minutes=1)  # shorter intervals are not monitored


class Timer:
    """One timer function; `run` for as long as the host runs."""

    def __init__(self, function: Function, invoker: Invoker, host_id: str) -> None:
        fields = function.trigger.fields
        self._function = function
        self._invoker = invoker
        self._schedule = parse_schedule(str(fields["schedule"]))
        self._at_start = bool(fields.get("runOnStartup"))
        now = datetime.now(UTC)
        following = self._schedule.next(now)
        interval = self._schedule.next(following) - following
        self._monitored = fields.get("useMonitor", True) and interval >= MONITORED_FROM
        self._stop = asyncio.Event()
        self._path = f"timers/{host_id}/Host.Functions.{function.name}/status"

    def stop(self) -> None:
        """Start no more runs; `run` returns when the one under way has ended."""
        self._stop.set()

    async def run(self) -> None:
        """Wait and call, until stopped."""
        last = await self._last_run()
        now = datetime.now(UTC)
        past_due = last is not None and self._schedule.next(last) < now
        if past_due or self._at_start:
            await self.fire(past_due=past_due)
        elif last is None:
            await self._remember(now)  # from now on a missed run is known to be missed
        while not self._stop.is_set():
            following = self._schedule.next(datetime.now(UTC))
            while (wait := (following - datetime.now(UTC)).total_seconds()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), min(wait, LONGEST_SLEEP_SECONDS))
                if self._stop.is_set():
                    return
            await self.fire(past_due=False)

    async def fire(self, *, past_due: bool) -> None:
        """One run."""
        now = datetime.now(UTC)
        following = self._schedule.next(now)
        info = {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": {"Last": now.isoformat(), "Next": following.isoformat()},
            "IsPastDue": past_due,
        }
        data = TriggerData(
            meta.Datum(json.dumps(info), "json"), reason=f"Timer fired at {now.isoformat()}"
        )
        await self._invoker.invoke(self._function, data)
        await self._remember(now)

    def _blob(self) -> BlobClient:
        return blob_service(STORAGE).get_blob_client(CONTAINER, self._path)

    async def _last_run(self) -> datetime | None:
        if not self._monitored:
            return None
        try:
            content = await in_thread(lambda: self._blob().download_blob().readall())
            return datetime.fromisoformat(json.loads(content)["Last"])
        except ResourceNotFoundError:
            return None
        except (AzureError, ValueError, KeyError) as error:
            log.warning("When '%s' last ran is not known: %s", self._function.full_name, error)
            return None

    async def _remember(self, last: datetime) -> None:
        if not self._monitored:
            return
        content = json.dumps(
            {"Last": last.isoformat(), "Next": self._schedule.next(last).isoformat()}
        )
        try:
            await in_thread(self._write, content)
        except AzureError as error:
            log.warning("The run of '%s' was not noted: %s", self._function.full_name, error)

    def _write(self, content: str) -> None:
        blob = self._blob()
        try:
            blob.upload_blob(content, overwrite=True)
        except ResourceNotFoundError:
            with contextlib.suppress(ResourceExistsError):
                blob_service(STORAGE).create_container(CONTAINER)
            blob.upload_blob(content, overwrite=True)
