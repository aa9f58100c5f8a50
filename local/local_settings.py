"""`local.settings.json`: what `func start` gives the app. Written once, never overwritten."""

import json
from collections.abc import Iterator

from local.paths import SETTINGS_EXAMPLE, SETTINGS_FILE
from local.stack import Stack


def provide(stack: Stack) -> Iterator[str]:
    """Write the file where there is none. Returns lines to show."""
    wanted = {
        "AzureWebJobsStorage": stack.storage,
        "AZURE_STORAGE_CONNECTION_STRING": stack.storage,
        "DATABASE_URL": stack.database,
    }
    if not SETTINGS_FILE.exists():
        example = json.loads(SETTINGS_EXAMPLE.read_text(encoding="utf-8"))
        example["Values"] |= wanted
        with SETTINGS_FILE.open("x", encoding="utf-8") as file:
            file.write(json.dumps(example, indent=2) + "\n")
        yield f"{SETTINGS_FILE.name} is written."
        return
    try:
        values = json.loads(SETTINGS_FILE.read_text(encoding="utf-8")).get("Values", {})
    except (ValueError, AttributeError):
        yield f"{SETTINGS_FILE.name} is not valid JSON; func start will refuse it."
        return
    for name, value in wanted.items():
        if values.get(name) != value:
            yield f"{SETTINGS_FILE.name} has another {name} than what runs here:\n  {value}"
