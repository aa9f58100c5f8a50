"""The limits that a deployment sets, added up: memory, disk and connections of one instance.

Figures of one instance that are not ours to set, in megabytes, stand at the top.
"""

import json
from dataclasses import dataclass

import pytest

from local.paths import ROOT
from shared.database.connection import POOL_SIZE
from shared.engines.pool import PROBE_PROCESSES
from shared.platform.disk import RESERVE_BYTES
from shared.platform.settings import Settings, read
from tests.infra.bicep import Deployment

CORE_MEMORY = 2048  # a core comes with so much on Flex Consumption and on Container Apps
REPLICA_CORES = 2
FLEX_DISK = 800  # temporary files of a Flex Consumption instance
REPLICA_DISK = 8 * 1024  # of a replica with more than one core

# Measured on the real worker: without a request, with one upload of 90 MB, with eight of them.
WORKER_IDLE, WORKER_ONE_UPLOAD, WORKER_EIGHT_UPLOADS = 127, 483, 1800
HOST_IDLE = 300  # the .NET host; not measured here, a generous guess
HOST_COPIES = 2  # of a request's body that it holds: as it came, and as the message to the worker

POSTGRES_RESERVES = 15
MAX_CONNECTIONS = {"Standard_B1ms": 50, "Standard_B2s": 429}


@dataclass(frozen=True)
class Instance:
    """What one instance may have to do at once."""

    settings: Settings
    requests: int
    blobs: int
    retries: int

    def receiving(self) -> float:
        """Memory of host and worker while every request is an upload as large as may be."""
        first = WORKER_ONE_UPLOAD - WORKER_IDLE
        further = (WORKER_EIGHT_UPLOADS - WORKER_ONE_UPLOAD) / 7
        host = HOST_IDLE + self.requests * HOST_COPIES * self.settings.max_upload_mb
        return host + WORKER_IDLE + first + (self.requests - 1) * further

    def probing(self) -> int:
        """At most one per request that is an upload."""
        return min(PROBE_PROCESSES, self.requests) * self.settings.engine_memory_mb

    def measuring(self, cores: int) -> int:
        """A process for each core."""
        return cores * self.settings.engine_memory_mb

    def spooled(self) -> float:
        return self.requests * self.settings.max_upload_mb + RESERVE_BYTES / 2**20

    def fetched(self, stages: int) -> float:
        return stages * (self.settings.max_media_mb + RESERVE_BYTES / 2**20)


def instance(deployment: Deployment) -> Instance:
    given = deployment.settings()
    prefix = "AzureFunctionsJobHost__extensions__"
    queue = [given[f"{prefix}queues__{name}"] for name in ("batchSize", "newBatchThreshold")]
    return Instance(
        settings=read(given),
        requests=int(given[f"{prefix}http__maxConcurrentRequests"]),
        blobs=int(given[f"{prefix}blobs__maxDegreeOfParallelism"]),
        retries=sum(map(int, queue)),
    )


@pytest.mark.parametrize("variant", ["functions", "half-made"])
def test_flex_consumption_has_the_memory(deployments: dict[str, Deployment], variant: str) -> None:
    """Requests, blob events and retries are groups with instances of their own."""
    flex = deployments[variant]
    site = flex.one("Microsoft.Web/sites")["properties"]["functionAppConfig"]
    scale = site["scaleAndConcurrency"]
    memory, one = scale["instanceMemoryMB"], instance(flex)
    assert scale["triggers"]["http"]["perInstanceConcurrency"] == one.requests
    assert one.receiving() + one.probing() <= memory
    assert HOST_IDLE + WORKER_IDLE + one.measuring(memory // CORE_MEMORY) <= memory


def test_flex_consumption_has_the_disk(public: Deployment) -> None:
    one = instance(public)
    assert one.spooled() <= FLEX_DISK
    assert one.fetched(one.blobs) <= FLEX_DISK
    assert one.fetched(one.retries) <= FLEX_DISK


def test_a_replica_has_memory_and_disk_for_all_at_once(container: Deployment) -> None:
    app = container.one("Microsoft.App/containerApps")["properties"]["template"]
    resources, one = app["containers"][0]["resources"], instance(container)
    memory = REPLICA_CORES * CORE_MEMORY
    assert (resources["cpu"], resources["memory"]) == (REPLICA_CORES, f"{memory // 1024}Gi")
    assert one.receiving() + one.probing() + one.measuring(REPLICA_CORES) <= memory
    assert one.spooled() + one.fetched(one.blobs + one.retries) <= REPLICA_DISK


def test_the_database_has_the_connections(deployment: Deployment) -> None:
    sku = deployment.one("Microsoft.DBforPostgreSQL/flexibleServers")["sku"]["name"]
    each = 2 * POOL_SIZE  # kept, and as many again for a moment
    assert instances(deployment) * each <= MAX_CONNECTIONS[sku] - POSTGRES_RESERVES


def test_a_small_database_bounds_the_instances(deployments: dict[str, Deployment]) -> None:
    """40 are asked for; the platform takes any number from 1 on."""
    assert instances(deployments["half-made"]) == 1


def instances(deployment: Deployment) -> int:
    for site in deployment.of("Microsoft.Web/sites"):
        scale = site["properties"]["functionAppConfig"]["scaleAndConcurrency"]
        return int(scale["maximumInstanceCount"])
    app = deployment.one("Microsoft.App/containerApps")["properties"]["template"]
    return int(app["scale"]["maxReplicas"])


def test_the_threads_are_enough(public: Deployment) -> None:
    """Each function that runs blocks one."""
    one = instance(public)
    threads = int(public.settings()["PYTHON_THREADPOOL_THREAD_COUNT"])
    webhooks = one.retries  # every queue is read as the retry queue is
    others = 4  # two timers and both poison queues
    assert one.requests + one.blobs + one.retries + webhooks + others <= threads


def test_host_json_leaves_the_limits_to_the_deployment() -> None:
    extensions = json.loads((ROOT / "host.json").read_text())["extensions"]
    assert "maxConcurrentRequests" not in extensions["http"]


def test_every_queue_that_a_trigger_reads_is_made(public: Deployment) -> None:
    queues = {
        item["name"].rsplit("/", 1)[-1]
        for item in public.of("Microsoft.Storage/storageAccounts/queueServices/queues")
    }
    read = {"job-retry", "job-retry-poison", "webhook-delivery", "webjobs-blobtrigger-poison"}
    assert queues == read


def test_entra_without_an_app_registration_is_keys(deployments: dict[str, Deployment]) -> None:
    given = deployments["half-made"].settings()
    assert given["API_ACCESS"] == "keys"
    assert "WEBSITE_AUTH_ENABLED" not in given
