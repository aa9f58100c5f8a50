"""Every name leads to an engine of that name."""

import pytest

from shared.engines import registry


@pytest.mark.parametrize("name", registry.NAMES)
def test_engines_are_found(name: str) -> None:
    engine = registry.FACTORIES[name]()
    assert engine.name == name
    assert all(problem.endswith(".") for problem in engine.problems())
