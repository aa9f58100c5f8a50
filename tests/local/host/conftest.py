"""A host for the tests that only ask it, and a maker of hosts for those that stop or kill one."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.local.host.process import HostProcess
from tests.stack import Services


class NewHost(Protocol):
    """Makes a host, not started; it is gone after the test."""

    def __call__(self, **settings: str) -> HostProcess: ...


@pytest.fixture(scope="session")
def host(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    process = HostProcess(tmp_path_factory.mktemp("host"), services.storage, {})
    process.start()
    yield process
    process.close()


@pytest.fixture
def new_host(services: Services, tmp_path: Path) -> Iterator[NewHost]:
    with ExitStack() as made:

        def make(**settings: str) -> HostProcess:
            process = HostProcess(tmp_path, services.storage, settings)
            made.callback(process.close)
            return process

        yield make
