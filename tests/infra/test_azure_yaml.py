"""Which service azd deploys: its conditions, as azd expands them, held against HOSTING.

The conditions must not depend on what provisioning writes into the environment: azd asks them
before it from 1.25 on. Only variables that a person sets count here.
"""

import re
from collections.abc import Mapping

import pytest
import yaml

from infra import deploy
from infra.deploy import DeployError
from local.paths import ROOT
from tests.infra.bicep import Deployment

PROJECT = yaml.safe_load((ROOT / "azure.yaml").read_text())
TRUE = {"1", "true", "yes"}  # in small letters, capitals or mixed, as azd has it
TAG = {"flexConsumption": "functions", "containerApps": "container"}


def enabled(variables: Mapping[str, str]) -> list[str]:
    """The services that azd deploys with these variables."""

    def value(found: re.Match[str]) -> str:
        return variables.get(found[1], "") or found[2]

    return [
        name
        for name, service in PROJECT["services"].items()
        if re.sub(r"\$\{(\w+)=(\w+)\}", value, service["condition"]).lower() in TRUE
    ]


def environment(hosting: str) -> dict[str, str]:
    return {"HOSTING": hosting, **deploy.SERVICES[hosting]}


def test_nothing_set_is_flex_consumption() -> None:
    deploy.check({})
    assert enabled({}) == ["functions"]


@pytest.mark.parametrize("hosting", TAG)
def test_one_service_is_deployed_and_it_is_the_right_one(hosting: str) -> None:
    deploy.check(environment(hosting))
    assert enabled(environment(hosting)) == [TAG[hosting]]


@pytest.mark.parametrize(("before", "after"), [tuple(TAG), tuple(reversed(TAG))])
def test_switching_half_way_is_refused_and_says_how(before: str, after: str) -> None:
    """What the last deployment left, and only HOSTING changed."""
    with pytest.raises(DeployError) as refused:
        deploy.check(environment(before) | {"HOSTING": after})
    said = dict(re.findall(r"azd env set (\w+) (\w+)", str(refused.value)))
    deploy.check(environment(before) | {"HOSTING": after} | said)
    assert enabled(said) == [TAG[after]]


def test_another_word_is_refused() -> None:
    with pytest.raises(DeployError, match="flexConsumption or containerApps"):
        deploy.check({"HOSTING": "vm"})


def test_defaults_are_those_of_the_file() -> None:
    text = "".join(service["condition"] for service in PROJECT["services"].values())
    assert dict(re.findall(r"\$\{(\w+)=(\w+)\}", text)) == deploy.CONDITIONS


def test_provisioning_changes_no_condition(deployment: Deployment) -> None:
    assert not deploy.CONDITIONS.keys() & deployment.outputs.keys()


def test_what_is_deployed_is_where_it_is_provisioned(deployment: Deployment) -> None:
    kinds = ("Microsoft.Web/sites", "Microsoft.App/containerApps")
    (tag,) = (
        item["tags"]["azd-service-name"] for item in deployment.resources if item["type"] in kinds
    )
    assert tag == TAG[deployment.outputs["APP_HOSTING"]]
