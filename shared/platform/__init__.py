"""What every part stands on: settings, errors, storage, telemetry, and waiting for outages."""
