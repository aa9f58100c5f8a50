"""Who is sent to: the receivers that the environment names."""

import os
from collections.abc import Mapping
from typing import Final

APPLICATION_INSIGHTS: Final = "APPLICATIONINSIGHTS_CONNECTION_STRING"
OTLP: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
RECEIVERS: Final = (APPLICATION_INSIGHTS, OTLP)


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a receiver is named. `OTEL_SDK_DISABLED` is OpenTelemetry's own switch."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return any(environment.get(name, "").strip() for name in RECEIVERS)
