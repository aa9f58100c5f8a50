"""What a deployment makes: nothing open that should be shut, nothing missing that the app needs."""

import json
import re
from typing import Any

import pytest

from local.paths import ROOT
from shared.platform import telemetry
from shared.platform.settings import STORAGE, ApiAccess, DatabaseAuth, Settings, read
from tests.infra.bicep import Deployment, walk
from tests.infra.conftest import WEBHOOKS

STORAGE_ACCOUNTS = "Microsoft.Storage/storageAccounts"
ROLES = "Microsoft.Authorization/roleAssignments"
OPEN_PAGES = ["/runtime/webhooks/blobs", "/api/health", "/api/health/*"]

ALLOWED_ROLES = {
    # (role, on) as docs/security.md has them
    ("Storage Blob Data Contributor", "stmedia"),
    ("Storage Queue Data Contributor", "stmedia"),
    ("Storage Blob Data Owner", "sthost"),
    ("Storage Queue Data Contributor", "sthost"),
    ("Storage Table Data Contributor", "sthost"),
    ("Monitoring Metrics Publisher", "appi"),
    ("Storage Blob Data Contributor", "undelivered-events"),
}
ROLE_NAMES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": "AcrPull",
}


def test_storage_takes_no_key_and_no_stranger(deployment: Deployment) -> None:
    accounts = deployment.of(STORAGE_ACCOUNTS)
    assert len(accounts) == 2
    for account in accounts:
        properties = account["properties"]
        assert properties["allowSharedKeyAccess"] is False
        assert properties["allowBlobPublicAccess"] is False
        assert properties["allowCrossTenantReplication"] is False
        assert properties["supportsHttpsTrafficOnly"] is True
        assert properties["minimumTlsVersion"] == "TLS1_2"
    for inner in deployment.of(f"{STORAGE_ACCOUNTS}/blobServices/containers"):
        assert inner["properties"]["publicAccess"] == "None"


def test_nothing_reads_a_key(deployment: Deployment) -> None:
    text = str(deployment.resources) + str(deployment.outputs)
    assert not re.search(r"list(Account)?(Keys|Sas|Secrets|Credentials)\b", text, re.IGNORECASE)
    assert "AccountKey=" not in text
    names = {key.lower() for key, _ in walk(deployment.resources)}
    assert not names & {"administratorloginpassword", "adminpassword", "password", "sharedkey"}


def test_the_private_network_shuts_everything_else_out(private: Deployment) -> None:
    for account in private.of(STORAGE_ACCOUNTS):
        assert account["properties"]["publicNetworkAccess"] == "Disabled"
        assert account["properties"]["networkAcls"]["defaultAction"] == "Deny"
    server = private.one("Microsoft.DBforPostgreSQL/flexibleServers")
    assert server["properties"]["network"]["publicNetworkAccess"] == "Disabled"
    assert private.of("Microsoft.DBforPostgreSQL/flexibleServers/firewallRules") == []
    groups = sorted(
        connection["properties"]["groupIds"][0]
        for endpoint in private.of("Microsoft.Network/privateEndpoints")
        for connection in endpoint["properties"]["privateLinkServiceConnections"]
    )
    assert groups == ["blob", "blob", "postgresqlServer", "queue", "queue", "table"]
    site = private.one("Microsoft.Web/sites")["properties"]
    assert site["virtualNetworkSubnetId"].endswith("/subnets/app")


def test_allowed_addresses_are_let_in_and_no_other(container: Deployment) -> None:
    for account in container.of(STORAGE_ACCOUNTS):
        rules = account["properties"]["networkAcls"]
        assert rules["defaultAction"] == "Deny"
        assert [rule["value"] for rule in rules["ipRules"]] == ["192.0.2.1", "192.0.2.2"]
    rules = container.of("Microsoft.DBforPostgreSQL/flexibleServers/firewallRules")
    assert {rule["properties"]["startIpAddress"] for rule in rules} == {"192.0.2.1", "192.0.2.2"}
    assert all(
        rule["properties"]["startIpAddress"] == rule["properties"]["endIpAddress"] for rule in rules
    )


def test_without_a_private_network_the_database_lets_azure_in(public: Deployment) -> None:
    rule = public.one("Microsoft.DBforPostgreSQL/flexibleServers/firewallRules")
    assert rule["properties"] == {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}


def test_the_database_knows_identities_only(deployment: Deployment) -> None:
    server = deployment.one("Microsoft.DBforPostgreSQL/flexibleServers")["properties"]
    assert server["authConfig"]["passwordAuth"] == "Disabled"
    assert server["authConfig"]["activeDirectoryAuth"] == "Enabled"
    tls = deployment.one("Microsoft.DBforPostgreSQL/flexibleServers/configurations")
    assert tls["name"].endswith("/ssl_min_protocol_version")
    assert tls["properties"]["value"] == "TLSv1.2"
    assert len(deployment.of("Microsoft.DBforPostgreSQL/flexibleServers/administrators")) == 1


def test_telemetry_takes_no_key(deployment: Deployment) -> None:
    insights = deployment.one("Microsoft.Insights/components")["properties"]
    workspace = deployment.one("Microsoft.OperationalInsights/workspaces")["properties"]
    assert insights["DisableLocalAuth"] is True
    assert workspace["features"]["disableLocalAuth"] is True


def test_the_app_is_reached_over_tls_only(deployment: Deployment) -> None:
    for site in deployment.of("Microsoft.Web/sites"):
        assert site["properties"]["httpsOnly"] is True
        config = site["properties"]["siteConfig"]
        assert config["minTlsVersion"] == config["scmMinTlsVersion"] == "1.2"
        assert config["ftpsState"] == "Disabled"
        assert config["cors"]["allowedOrigins"] == []
    for policy in deployment.of("Microsoft.Web/sites/basicPublishingCredentialsPolicies"):
        assert policy["properties"]["allow"] is False
    for app in deployment.of("Microsoft.App/containerApps"):
        ingress = app["properties"]["configuration"]["ingress"]
        assert ingress["allowInsecure"] is False
        assert "corsPolicy" not in ingress
    for registry in deployment.of("Microsoft.ContainerRegistry/registries"):
        assert registry["properties"]["adminUserEnabled"] is False


def test_every_role_is_on_the_list_with_its_reason(deployment: Deployment) -> None:
    found = set()
    for assignment in deployment.of(ROLES):
        properties = assignment["properties"]
        assert properties["principalType"] == "ServicePrincipal"
        assert len(properties["description"]) > 20
        role = ROLE_NAMES[properties["roleDefinitionId"].rsplit("/", 1)[-1]]
        scope = _scope(assignment)
        found.add((role, re.sub(r"[a-z0-9]{13}$", "", scope).rstrip("-")))
    registry = {("AcrPull", "cr")} if deployment.of("Microsoft.App/containerApps") else set()
    assert found == ALLOWED_ROLES | registry


def test_the_list_of_roles_is_in_the_docs(container: Deployment) -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    for assignment in container.of(ROLES):
        properties = assignment["properties"]
        role = ROLE_NAMES[properties["roleDefinitionId"].rsplit("/", 1)[-1]]
        assert role in page
        assert properties["description"] in page


def _scope(resource: dict[str, Any]) -> str:
    """The name of what the role is on."""
    expression = re.match(r"\[extensionResourceId\('([^']+)'", resource["id"])
    scope = expression[1] if expression else resource["id"].split(f"/providers/{ROLES}")[0]
    return str(scope).rsplit("/", 1)[-1]


def test_the_app_starts_with_these_settings(deployment: Deployment) -> None:
    given = deployment.settings()
    settings = read(given)
    assert settings.database_auth is DatabaseAuth.ENTRA
    assert settings.storage_connection == ""
    assert "://" in settings.storage_blob_uri
    assert "://" in settings.storage_queue_uri
    assert settings.storage_blob_uri != given["AzureWebJobsStorage__blobServiceUri"]
    names = {item.alias for item in Settings.model_fields.values()}
    ours = {name for name in given if name in names}
    assert ours >= {"DATABASE_URL", "DATABASE_AUTH", "ENGINE_MEMORY_MB", "RETENTION_DAYS"}


def test_secrets_of_webhooks_are_written_nowhere(
    public: Deployment, private: Deployment, container: Deployment
) -> None:
    """Neither in a template nor, on Container Apps, in the environment that readers see."""
    assert public.secret_settings() == set()
    for deployment in (private, container):
        assert deployment.secret_settings() == {"WEBHOOK_SECRET", "WEBHOOK_URL"}
        for secret in WEBHOOKS.values():
            assert secret not in str(deployment.resources) + str(deployment.outputs)
    app = container.one("Microsoft.App/containerApps")["properties"]["configuration"]
    assert {"webhook-secret", "webhook-url"} <= {item["name"] for item in app["secrets"]}


def test_every_connection_names_the_identity(deployment: Deployment) -> None:
    given = deployment.settings()
    for connection in ("AzureWebJobsStorage", STORAGE):
        assert connection not in given, "a connection string would win over the identity"
        assert given[f"{connection}__credential"] == "managedidentity"
        assert given[f"{connection}__clientId"] == given["AZURE_CLIENT_ID"]
        for service in ("blob", "queue"):
            assert f"{connection}__{service}ServiceUri" in given
    assert "Authorization=AAD" in given["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]


def test_spans_and_logs_are_sent_once(deployment: Deployment) -> None:
    """The app sends its logs. Neither host nor worker does; the host's console shows them still."""
    given = deployment.settings()
    assert telemetry.wanted(given)
    assert not {name for name in given if name.startswith("PYTHON_") and "TELEMETRY" in name}
    host = json.loads((ROOT / "host.json").read_text())
    assert host["logging"]["OpenTelemetry"]["logLevel"] == {"Function.*.User": "None"}
    assert host["logging"]["logLevel"] == {"default": "Information"}
    assert host["telemetryMode"] == "OpenTelemetry"
    assert "applicationInsights" not in host["logging"]  # which that mode does not read


def test_settings_that_flex_consumption_refuses_are_not_there(public: Deployment) -> None:
    refused = {
        "FUNCTIONS_WORKER_RUNTIME",
        "FUNCTIONS_EXTENSION_VERSION",
        "WEBSITE_RUN_FROM_PACKAGE",
    }
    assert not refused & public.settings().keys()
    config = public.one("Microsoft.Web/sites")["properties"]["functionAppConfig"]
    assert config["runtime"] == {"name": "python", "version": "3.13"}
    assert config["scaleAndConcurrency"]["instanceMemoryMB"] == 4096


@pytest.mark.parametrize("hosting", ["private", "container"])
def test_signing_in_leaves_open_what_has_a_key_of_its_own(
    hosting: str, request: pytest.FixtureRequest
) -> None:
    deployment: Deployment = request.getfixturevalue(hosting)
    kind = "authsettingsV2" if hosting == "private" else "authConfigs"
    found = [
        item
        for item in deployment.resources
        if kind in item["type"] or item["name"].endswith(f"/{kind}")
    ]
    assert len(found) == 1
    validation = found[0]["properties"]["globalValidation"]
    settings = deployment.settings()
    with_keys = settings["API_ACCESS"] == ApiAccess.KEYS
    assert validation["excludedPaths"] == OPEN_PAGES + (["/api", "/api/*"] if with_keys else [])
    assert validation["unauthenticatedClientAction"] == "RedirectToLoginPage"
    assert settings["WEBSITE_AUTH_ENABLED"] == "True"
    registration = found[0]["properties"]["identityProviders"]["azureActiveDirectory"]
    assert "secret" not in str(registration["registration"].get("clientSecret", "")).lower()


def test_without_an_app_registration_the_pages_stay_shut(public: Deployment) -> None:
    assert "WEBSITE_AUTH_ENABLED" not in public.settings()
    assert public.settings()["API_ACCESS"] == ApiAccess.KEYS
    assert not [item for item in public.resources if "authsettings" in item["name"]]


def test_a_browser_may_only_put_and_only_from_our_pages(
    public: Deployment, private: Deployment
) -> None:
    def rules(deployment: Deployment) -> Any:
        service = deployment.one(f"{STORAGE_ACCOUNTS}/blobServices", "stmedia")
        return service["properties"]["cors"]["corsRules"]

    assert rules(public) == []
    (rule,) = rules(private)
    assert rule["allowedMethods"] == ["PUT"]
    assert rule["allowedOrigins"] != ["*"]
    assert rule["allowedHeaders"] != ["*"]


def test_retention_has_a_second_line(public: Deployment, private: Deployment) -> None:
    assert public.of(f"{STORAGE_ACCOUNTS}/managementPolicies") == []
    policy = private.one(f"{STORAGE_ACCOUNTS}/managementPolicies", "stmedia")
    (rule,) = policy["properties"]["policy"]["rules"]
    days = rule["definition"]["actions"]["baseBlob"]["delete"]["daysAfterModificationGreaterThan"]
    assert days > int(private.settings()["RETENTION_DAYS"])


def test_who_touched_media_is_logged(deployment: Deployment) -> None:
    audits = [
        item
        for item in deployment.of("Microsoft.Insights/diagnosticSettings")
        if "stmedia" in item["id"]
    ]
    assert len(audits) == 1
    categories = {log["category"] for log in audits[0]["properties"]["logs"] if log["enabled"]}
    assert categories == {"StorageRead", "StorageWrite", "StorageDelete"}


def test_the_hooks_get_what_they_ask_for(deployment: Deployment) -> None:
    asked = set(re.findall(r'_need\(azd, "(\w+)"\)', (ROOT / "infra" / "deploy.py").read_text()))
    assert asked
    assert asked <= deployment.outputs.keys()


def test_the_service_is_the_one_that_azd_deploys(deployment: Deployment) -> None:
    on_flex = bool(deployment.of("Microsoft.Web/sites"))
    kinds = ("Microsoft.Web/sites", "Microsoft.App/containerApps")
    tagged = [
        item["tags"]["azd-service-name"] for item in deployment.resources if item["type"] in kinds
    ]
    assert tagged == ["functions" if on_flex else "container"]
