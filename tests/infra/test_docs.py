"""The pages about Azure say what the files in infra/ say."""

import json
import re
from pathlib import Path

import pytest

from local.paths import ROOT
from shared.platform.errors import Code
from shared.platform.telemetry import SpanName, names
from tests.infra.bicep import INFRA, Deployment

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
DEPLOYMENT = (ROOT / "docs" / "deployment.md").read_text()
QUERIES = sorted((INFRA / "queries").glob("*.kql"))

PHRASES = {
    # what a query looks for in messages -> the source that writes it
    "waiting-jobs": ("reconcile: %s, going on with it", "shared/pipeline/reconciliation.py"),
    "refused-schema": ("class SchemaError(", "shared/database/schema.py"),
    "outages": ("%s is away, trying again in", "shared/platform/outages.py"),
}


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
def test_every_query_is_explained(query: Path) -> None:
    text = query.read_text()
    assert text.startswith("// "), "its first line says what it answers"
    assert f"```kusto\n{text.rstrip()}\n```" in OPERATIONS


@pytest.mark.parametrize("name", PHRASES)
def test_queries_look_for_what_the_app_writes(name: str) -> None:
    phrase, source = PHRASES[name]
    assert phrase.strip('"') in (ROOT / source).read_text()


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
def test_queries_look_for_names_that_are_sent(query: Path) -> None:
    text = query.read_text()
    attributes = {value for name, value in vars(names).items() if name.isupper()}
    assert set(re.findall(r'customDimensions\["([^"]+)"\]', text)) <= attributes
    named = re.findall(r'\bname [=!]= "([^"]+)"', text)
    for listed in re.findall(r"\bname in \(([^)]+)\)", text):
        named += re.findall(r'"([^"]+)"', listed)
    sent = {span.value for span in SpanName} | {metric.name for metric in names.METRICS}
    assert set(named) <= sent
    for code in re.findall(r'error\.code"\] == "([a-z_]+)"', text):
        assert Code(code)


def test_every_metric_is_in_the_docs() -> None:
    for metric in names.METRICS:
        by = ", ".join(f"`{name}`" for name in metric.attributes) or "–"
        row = f"| `{metric.name}` | {metric.kind}, {metric.unit} | {by} | {metric.help} |"
        assert row in OPERATIONS, row


def test_every_attribute_is_in_the_docs() -> None:
    attributes = {
        value
        for name, value in vars(names).items()
        if name.isupper() and isinstance(value, str) and value.startswith("avatar.")
    }
    for attribute in attributes:
        assert f"`{attribute}`" in OPERATIONS, attribute


def test_every_span_is_in_the_docs() -> None:
    for span in SpanName:
        assert re.search(rf"\b{re.escape(span)}\b", OPERATIONS), span


def test_every_alert_has_its_line(private: Deployment) -> None:
    kinds = ("Microsoft.Insights/scheduledQueryRules", "Microsoft.Insights/metricAlerts")
    names = {item["name"] for kind in kinds for item in private.of(kind)}
    described = set(re.findall(r"^\| `([a-z-]+)` \|", OPERATIONS, flags=re.MULTILINE))
    assert names == described


def test_alerts_reach_somebody_where_an_address_is_given(
    public: Deployment, private: Deployment
) -> None:
    assert public.of("Microsoft.Insights/actionGroups") == []
    group = private.one("Microsoft.Insights/actionGroups")
    receivers = group["properties"]["emailReceivers"]
    assert [receiver["emailAddress"] for receiver in receivers] == ["operator@example.org"]
    for rule in private.of("Microsoft.Insights/scheduledQueryRules"):
        assert rule["properties"]["actions"]["actionGroups"] == [group["id"]]


def test_every_variable_of_a_deployment_is_listed() -> None:
    text = (INFRA / "main.bicepparam").read_text()
    defaults = dict(re.findall(r"readEnvironmentVariable\('(\w+)'(?:, '([^']*)')?\)", text))
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| ", DEPLOYMENT, flags=re.MULTILINE))
    assert rows.keys() == defaults.keys()
    who_deploys = {"DATABASE_ADMIN_OBJECT_ID", "DATABASE_ADMIN_NAME"}
    for name, default in defaults.items():
        if name not in who_deploys and not name.startswith("AZURE_"):
            assert rows[name] == (f"`{default}`" if default else "empty"), name


def test_the_workbook_shows_the_queries(public: Deployment) -> None:
    data = json.loads(public.one("Microsoft.Insights/workbooks")["properties"]["serializedData"])
    shown = {item["content"].get("query") for item in data["items"]}
    on_alerts_only = {"failure-share", "heartbeat", "refused-schema"}
    for query in QUERIES:
        assert (query.read_text() in shown) is (query.stem not in on_alerts_only), query.stem
