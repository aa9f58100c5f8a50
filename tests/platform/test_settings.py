"""Settings are read once, checked, and documented."""

import pytest

from local.paths import ROOT
from shared.platform.settings import STORAGE, Settings, SettingsError, read
from tests.leaks import WEBHOOK_SECRET

GOOD = {"DATABASE_URL": "postgresql://u:secret@db/x", STORAGE: "AccountKey=secret;"}


def test_defaults_are_enough() -> None:
    settings = read(GOOD)
    assert settings.engine == "mediapipe"
    assert settings.processes >= 1


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({STORAGE: " "}, STORAGE),
        ({"ENGINE_PROCESSES": "two"}, "ENGINE_PROCESSES"),
        ({"LEASE_SECONDS": "-1"}, "LEASE_SECONDS"),
        ({"CONFIDENCE_THRESHOLD": "1.5"}, "CONFIDENCE_THRESHOLD"),
        ({"DATABASE_AUTH": "kerberos"}, "DATABASE_AUTH must be 'password' or 'entra'"),
        ({"WEBHOOK_SECRET": "secret"}, "WEBHOOK_SECRET must be whsec_ and the base64"),
        ({"WEBHOOK_URL": "https://hooks.example"}, "WEBHOOK_URL needs WEBHOOK_SECRET"),
        (
            {"WEBHOOK_URL": "http://hooks.example", "WEBHOOK_SECRET": WEBHOOK_SECRET},
            "WEBHOOK_URL must begin with https://",
        ),
        ({"API_ACCESS": "nobody"}, "API_ACCESS must be 'keys' or 'entra'"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read(GOOD | wrong)


def test_identity_based_access_needs_no_connection_string() -> None:
    environment = {
        "DATABASE_URL": "x",
        f"{STORAGE}__blobServiceUri": "https://a.blob.example",
        f"{STORAGE}__queueServiceUri": "https://a.queue.example",
    }
    assert read(environment).storage_blob_uri == "https://a.blob.example"


def test_all_that_is_wrong_is_named_at_once_without_its_value() -> None:
    with pytest.raises(SettingsError) as wrong:
        read({"LEASE_SECONDS": "secret"})
    text = str(wrong.value)
    assert all(name in text for name in ("DATABASE_URL", STORAGE, "LEASE_SECONDS"))
    assert "secret" not in text


def test_white_space_is_no_value() -> None:
    settings = read(GOOD | {"LEASE_SECONDS": " ", "ENGINE": " csv "})
    assert (settings.lease_seconds, settings.engine) == (60, "csv")


def test_no_secret_can_be_logged() -> None:
    settings = read(GOOD | {f"{STORAGE}__blobServiceUri": "https://secret.example"})
    for text in (str(settings), repr(settings)):
        assert "secret" not in text
        assert "max_upload_mb=95" in text


def test_what_is_made_by_hand_asks_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEASE_SECONDS", "7")
    assert Settings.model_validate(GOOD).lease_seconds == 60
    assert read(GOOD).lease_seconds == 60


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    for item in Settings.model_fields.values():
        default = "empty" if item.default == "" else f"`{item.default}`"
        row = f"| `{item.alias}` | {default} | {item.description} |"
        assert row in page, f"docs/settings.md lacks this row:\n{row}"
