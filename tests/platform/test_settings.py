"""Settings are read once, checked, and documented."""

from dataclasses import fields
from pathlib import Path

import pytest

from shared.platform.settings import STORAGE, Settings, SettingsError, read

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
        ({"DATABASE_AUTH": "kerberos"}, "DATABASE_AUTH must be one of: password, entra"),
        ({"API_ACCESS": "nobody"}, "API_ACCESS must be one of: keys, entra"),
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


def test_no_secret_can_be_logged() -> None:
    text = str(read(GOOD).loggable())
    assert "secret" not in text
    assert "MAX_UPLOAD_MB" in text


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    for item in fields(Settings):
        default = f"`{item.default}`" if item.default != "" else "empty"
        secret = " *Secret.*" if item.metadata["secret"] else ""
        row = f"| `{item.metadata['name']}` | {default} | {item.metadata['help']}{secret} |"
        assert row in page, f"docs/settings.md lacks this row:\n{row}"
