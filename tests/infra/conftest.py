"""The deployments that are looked at, evaluated once per test run."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import once
from tests.infra.bicep import Deployment, command, snapshot

WEBHOOKS = {
    "WEBHOOK_SECRET": "whsec_cGxhbnRlZDogdGhlIHNlY3JldCBvZiB3ZWJob29rcw==",
    "WEBHOOK_URL": "https://hooks.example/planted",
}
VARIANTS: dict[str, dict[str, str]] = {
    "functions": {},
    "functions-private": {
        "PRIVATE_NETWORK": "true",
        "ALWAYS_READY_INSTANCES": "1",
        "AUTH_CLIENT_ID": "11111111-1111-1111-1111-111111111111",
        "RETENTION_DAYS": "30",
        "ALERT_EMAIL": "operator@example.org",
        **WEBHOOKS,
    },
    "container": {
        "HOSTING": "containerApps",
        "PRIVATE_NETWORK": "true",
        "ALLOWED_IP_ADDRESSES": "192.0.2.1, 192.0.2.2",
        "AUTH_CLIENT_ID": "11111111-1111-1111-1111-111111111111",
        "API_ACCESS": "entra",
        **WEBHOOKS,
    },
    "half-made": {  # entra, nothing to sign in with; small instances, too many for the database
        "INSTANCE_MEMORY_MB": "2048",
        "API_ACCESS": "entra",
        "DATABASE_SKU_NAME": "Standard_B1ms",
        "MAXIMUM_INSTANCES": "40",
    },
}


@pytest.fixture(scope="session")
def deployments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Deployment]:
    command()  # skips here, not in a thread

    def evaluate(folder: Path) -> None:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(snapshot, map(folder.joinpath, VARIANTS), VARIANTS.values()))

    folder = once.folder(tmp_path_factory, "deployments", evaluate)
    return {name: Deployment(folder / name) for name in VARIANTS}


@pytest.fixture(params=VARIANTS)
def deployment(request: pytest.FixtureRequest, deployments: dict[str, Deployment]) -> Deployment:
    """Each of the variants in turn."""
    return deployments[request.param]


@pytest.fixture
def public(deployments: dict[str, Deployment]) -> Deployment:
    """Flex Consumption, reachable over the internet by who has a right to: the default."""
    return deployments["functions"]


@pytest.fixture
def private(deployments: dict[str, Deployment]) -> Deployment:
    """Flex Consumption in a private network, with signing in and retention."""
    return deployments["functions-private"]


@pytest.fixture
def container(deployments: dict[str, Deployment]) -> Deployment:
    """Container Apps in a private network that two addresses may reach."""
    return deployments["container"]
