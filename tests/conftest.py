"""Fixtures of all tests. Those with real services are in `tests.stack`.

No test may write a secret: `tests.leaks` looks for those that the stacks have.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import hypothesis
import pytest

from shared.app import App, build
from shared.engines.pool import EnginePool
from shared.platform.settings import STORAGE, Settings, read

if TYPE_CHECKING:  # pytest rewrites the module when it loads it as a plugin
    from tests.stack import Services

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

# A run in the background of a shell is started with Ctrl-C ignored, and would hand that down to all
# that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.leaks", "tests.stack"]


@pytest.fixture(scope="session")
def engine_pool() -> Iterator[EnginePool]:
    """Warm engine processes for every test that measures, for to start one takes a second.

    Tests that break engines have pools of their own.
    """
    limit = Settings.model_fields["engine_memory_mb"].default
    with closing(EnginePool(2, memory_limit_mb=limit)) as made:
        yield made


@pytest.fixture
def app(services: Services, database: str, engine_pool: EnginePool) -> Iterator[App]:
    """The app's parts on real storage and a database of its own, without a host."""
    parts = build(
        read(
            {
                "DATABASE_URL": database,
                STORAGE: services.storage,
                "LEASE_SECONDS": "60",
                "RECONCILE_AFTER_SECONDS": "0",
                "OUTAGE_PATIENCE_SECONDS": "60",
            }
        )
    )
    yield replace(parts, engines=engine_pool)
    parts.close()
