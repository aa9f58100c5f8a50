"""`local.settings.json.example` fits what `dev.py services` starts."""

import json

from local.azurite import connection_string
from local.paths import SETTINGS_EXAMPLE
from local.ports import Ports
from local.postgres import url


def test_the_example_names_the_usual_addresses() -> None:
    values = json.loads(SETTINGS_EXAMPLE.read_text())["Values"]
    assert values == {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "AzureWebJobsStorage": connection_string(Ports()),
        "AZURE_STORAGE_CONNECTION_STRING": connection_string(Ports()),
        "DATABASE_URL": url(Ports().database),
    }
