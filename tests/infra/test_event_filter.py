"""Event Grid's filter lets through exactly what the pipeline wants to be told of.

The filter's meaning is Event Grid's: every advanced filter must hold; a "not" operator fails when
any of its values fits; letters are compared regardless of case.
"""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.platform.blob_names import OUR_FOLDER, RESULT_BLOBS, wants_event
from tests.infra.bicep import INFRA, Resource, build

CREATED = "Microsoft.Storage.BlobCreated"
CONTAINER = "1b671a64-40d5-491e-99b0-da01ff1f3341"
MOST_VALUES = 25  # of all filters of a subscription together; Event Grid's limit
NOT: dict[str, Callable[[str, str], bool]] = {
    "StringNotBeginsWith": str.startswith,
    "StringNotEndsWith": str.endswith,
    "StringNotContains": str.__contains__,
}


@pytest.fixture(scope="module")
def compiled() -> Resource:
    return build(INFRA / "event-subscription.bicep")


@pytest.fixture(scope="module")
def subscription(compiled: Resource) -> Resource:
    variables: dict[str, str] = compiled["variables"]
    (resource,) = [
        item for item in compiled["resources"] if item["type"].endswith("/eventSubscriptions")
    ]
    properties: Resource = resource["properties"]
    for item in properties["filter"]["advancedFilters"]:
        item["values"] = [_evaluated(value, variables) for value in item["values"]]
    return properties


def _evaluated(value: str, variables: dict[str, str]) -> str:
    """`[format('{0}rest', variables('name'))]` as the text that it stands for."""
    if not value.startswith("["):
        return value
    _, pattern, _, name, _ = value.split("'")
    return pattern.format(variables[name])


def passes(filters: Resource, event_type: str, container: str, blob: str) -> bool:
    event = {"subject": f"/blobServices/default/containers/{container}/blobs/{blob}".lower()}
    return event_type in filters["includedEventTypes"] and all(
        not NOT[item["operatorType"]](event[item["key"].lower()], value.lower())
        for item in filters["advancedFilters"]
        for value in item["values"]
    )


@pytest.mark.parametrize(
    ("container", "blob"),
    [
        (CONTAINER, "face.jpg"),
        (CONTAINER, "openface.csv"),
        ("abcdefghij", "folder/take 1.mp4"),
        (CONTAINER, "media-signals.csv"),
        ("abcdefghij", "thumbnail.jpg"),
        ("abcdefghij", "segments/take 1.mp4"),
        ("abcdefghij", "normalised/take 1.mp4"),
        ("azure", "webjobs.mp4"),
    ],
)
def test_media_and_measurements_pass(subscription: Resource, container: str, blob: str) -> None:
    assert passes(subscription["filter"], CREATED, container, blob)


@pytest.mark.parametrize(
    ("container", "blob"),
    [
        ("azure-webjobs-hosts", "timers/x/status"),
        ("azure-webjobs-secrets", "app/host.json"),
        ("azure-functions-x", "a.mp4"),
        ("insights-logs-storageread", "x.json"),
        ("$logs", "blob/2026/11/23/000000.log"),
        ("$web", "index.html"),
        (CONTAINER, f"{OUR_FOLDER}segments/0001.csv"),
        (CONTAINER, f"{OUR_FOLDER}{CONTAINER}/openface.csv"),
        *((CONTAINER, name) for name in sorted(RESULT_BLOBS - {"openface.csv"})),
    ],
)
def test_the_hosts_and_our_own_do_not(subscription: Resource, container: str, blob: str) -> None:
    assert not passes(subscription["filter"], CREATED, container, blob)


def test_only_new_blobs_are_told(subscription: Resource) -> None:
    for event_type in ("Microsoft.Storage.BlobDeleted", "Microsoft.Storage.BlobTierChanged"):
        assert not passes(subscription["filter"], event_type, CONTAINER, "face.jpg")


@given(
    container=st.from_regex(r"[a-z0-9$][a-z0-9-]{2,20}", fullmatch=True)
    | st.sampled_from(["azure-webjobs-a", "insights-a", "azure-functions-a", "azure-webjobs"]),
    blob=st.from_regex(r"[a-z0-9._-]{1,20}", fullmatch=True)
    | st.sampled_from(
        [*sorted(RESULT_BLOBS), f"{OUR_FOLDER}a", "segments/a", "thumbnail.jpg", "segments"]
    ),
)
@example(container="azure-webjobs-", blob="a")
def test_the_filter_and_the_pipeline_agree(
    subscription: Resource, container: str, blob: str
) -> None:
    """Of blobs in folders that another program made, the filter may drop more."""
    told = passes(subscription["filter"], CREATED, container, blob)
    assert told == wants_event(container, blob)


def test_event_grid_takes_the_filter(subscription: Resource) -> None:
    filters = subscription["filter"]["advancedFilters"]
    assert sum(len(item["values"]) for item in filters) <= MOST_VALUES
    assert all(item["operatorType"] in NOT for item in filters)


def test_what_cannot_be_delivered_is_tried_for_a_day_and_kept(subscription: Resource) -> None:
    assert subscription["retryPolicy"] == {
        "maxDeliveryAttempts": 30,
        "eventTimeToLiveInMinutes": 1440,
    }
    dead_letters = subscription["deadLetterWithResourceIdentity"]
    assert dead_letters["identity"]["type"] == "SystemAssigned"
    assert dead_letters["deadLetterDestination"]["endpointType"] == "StorageBlob"


def test_the_webhook_is_the_blob_triggers_over_tls(subscription: Resource) -> None:
    destination = subscription["destination"]["properties"]
    url = "https://{0}/runtime/webhooks/blobs?functionName=Host.Functions.on_blob_uploaded&code={1}"
    assert url in destination["endpointUrl"]
    assert destination["minimumTlsVersionAllowed"] == "1.2"


def test_the_key_is_a_secret_of_the_deployment(compiled: Resource) -> None:
    assert compiled["parameters"]["webhookKey"]["type"] == "securestring"
    assert "outputs" not in compiled
