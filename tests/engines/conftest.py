"""A pool of odd engines."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from shared.engines.pool import EnginePool
from tests.engines.odd_pool import ODD


@pytest.fixture
def engines() -> Iterator[EnginePool]:
    with closing(EnginePool(1, command=ODD, engines=("good", "absent"))) as made:
        yield made
