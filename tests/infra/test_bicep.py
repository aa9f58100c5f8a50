"""The templates compile and lint without a word."""

import pytest

from tests.infra.bicep import INFRA, run


@pytest.mark.parametrize("template", ["main.bicep", "event-subscription.bicep"])
@pytest.mark.parametrize("check", [("build", "--stdout"), ("lint",)], ids=["build", "lint"])
def test_no_warning(template: str, check: tuple[str, ...]) -> None:
    """The modules are compiled with the template that uses them."""
    result = run(check[0], INFRA / template, *check[1:])
    assert (result.returncode, result.stderr) == (0, "")


def test_every_module_is_used() -> None:
    main = (INFRA / "main.bicep").read_text()
    texts = main + "".join(path.read_text() for path in (INFRA / "modules").glob("*.bicep"))
    for module in (INFRA / "modules").glob("*.bicep"):
        assert f"/{module.name}'" in texts or f"'{module.name}'" in texts, module.name
