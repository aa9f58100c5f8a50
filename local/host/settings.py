"""What the host is told: host.json, local.settings.json, app settings and `%NAME%` in bindings.

Precedence is the real host's: an environment variable wins over local.settings.json, and
`AzureFunctionsJobHost__a__b__c` in the environment wins over `a.b.c` in host.json. Host.json keys
are read without regard to case. An unknown key is ignored, as the real host does.
"""

import hashlib
import json
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from local.host import HostError

STORAGE: Final = "AzureWebJobsStorage"  # the connection of the host's own queues and blobs
OVERRIDE_PREFIX: Final = "AzureFunctionsJobHost__"
MAX_HOST_ID: Final = 32  # [characters] so that the names of the host's queues stay legal
MAX_BATCH: Final = 32  # messages that Azure Storage hands out in one call
MIN_POLLING: Final = timedelta(milliseconds=100)  # as the real host
MIN_TIMEOUT: Final = timedelta(seconds=1)  # as the real host
MAX_BODY_BYTES: Final = (
    104_857_600  # as the real host; FUNCTIONS_REQUEST_BODY_SIZE_LIMIT sets another
)

_TIMESPAN = re.compile(
    r"(?:(?P<d>\d+)\.)?(?P<h>\d{1,2}):(?P<m>\d{1,2})(?::(?P<s>\d{1,2}(?:\.\d+)?))?"
)
_SETTING = re.compile(r"%([^%]+)%")


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How a queue is read; the names and defaults are those of `extensions.queues`."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    retry_delay: timedelta = timedelta(0)  # `visibilityTimeout`: until a failed message is retried
    max_polling_interval: timedelta = timedelta(minutes=1)
    base64: bool = True  # `messageEncoding`


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What host.json and the environment say, with the real host's defaults."""

    host_id: str
    route_prefix: str = "api"
    function_timeout: timedelta | None = timedelta(minutes=30)
    queues: QueueLimits = field(default_factory=QueueLimits)
    blobs: QueueLimits = field(default_factory=QueueLimits)
    log_levels: Mapping[str, str] = field(default_factory=dict)
    max_body_bytes: int = MAX_BODY_BYTES
    threads: int | None = None  # of synchronous functions; None is Python's default


def load_local_settings(app_dir: Path) -> dict[str, Any]:
    """Put the `Values` of local.settings.json into the environment where not set already.

    Returns the whole file; an absent file is an empty one.
    """
    settings = _read_json(app_dir / "local.settings.json", required=False)
    if settings.get("IsEncrypted"):
        raise HostError(
            "local.settings.json is encrypted; decrypt it with 'func settings decrypt' first."
        )
    values = settings.get("Values") or {}
    if not isinstance(values, dict):
        raise HostError("'Values' in local.settings.json must be an object of names and texts.")
    for name, value in values.items():
        os.environ.setdefault(name, value if isinstance(value, str) else json.dumps(value))
    return settings


def load_host_settings(app_dir: Path, environ: Mapping[str, str] = os.environ) -> HostSettings:
    """Read host.json with the overrides of the environment."""
    config = _lower(_read_json(app_dir / "host.json", required=True))
    if config.get("version") != "2.0":
        raise HostError('host.json must say "version": "2.0".')
    for name, value in environ.items():
        if name.lower().startswith(OVERRIDE_PREFIX.lower()):
            _override(config, name[len(OVERRIDE_PREFIX) :].lower().split("__"), value)
    try:
        return _host_settings(config, app_dir, environ)
    except (TypeError, ValueError) as error:
        raise HostError(f"host.json or an app setting cannot be used: {error}.") from error


def _host_settings(
    config: dict[str, Any], app_dir: Path, environ: Mapping[str, str]
) -> HostSettings:
    extensions = config.get("extensions", {})
    http = extensions.get("http", {})
    threads = environ.get("PYTHON_THREADPOOL_THREAD_COUNT")
    return HostSettings(
        host_id=_host_id(app_dir, environ),
        route_prefix=str(http.get("routeprefix", "api")).strip("/"),
        function_timeout=_timeout(config.get("functiontimeout", "00:30:00")),
        queues=_queue_limits(extensions.get("queues", {})),
        blobs=_blob_limits(extensions.get("blobs", {})),
        log_levels=config.get("logging", {}).get("loglevel", {}),
        max_body_bytes=int(environ.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", MAX_BODY_BYTES)),
        threads=int(threads) if threads else None,
    )


def _queue_limits(config: dict[str, Any]) -> QueueLimits:
    batch_size = _within(config, "batchsize", 16, 1, MAX_BATCH)
    cores = os.cpu_count() or 1
    encoding = str(config.get("messageencoding", "base64")).lower()
    if encoding not in ("base64", "none"):
        raise ValueError("extensions.queues.messageEncoding is 'base64' or 'none'")
    return QueueLimits(
        batch_size=batch_size,
        new_batch_threshold=_within(config, "newbatchthreshold", batch_size // 2 * cores, 0, 1000),
        max_dequeue_count=_within(config, "maxdequeuecount", 5, 1, 1000),
        retry_delay=parse_timespan(config.get("visibilitytimeout", "00:00:00")),
        max_polling_interval=_at_least(
            config.get("maxpollinginterval", "00:01:00"), MIN_POLLING, "maxPollingInterval"
        ),
        base64=encoding == "base64",
    )


def _blob_limits(config: dict[str, Any]) -> QueueLimits:
    """The limits of the queue behind the blob triggers.

    The real host splits the parallelism into batch and threshold in this way, and takes nothing
    from `extensions.queues`: a failed blob is tried again at once.
    """
    parallel = _within(config, "maxdegreeofparallelism", 8 * (os.cpu_count() or 1), 1, 1000)
    batch_size = min(MAX_BATCH, parallel // 2 + 1)
    return QueueLimits(
        batch_size=batch_size,
        new_batch_threshold=parallel - batch_size,
        max_dequeue_count=_within(config, "poisonblobthreshold", 5, 1, 1000),
    )


def _within(config: dict[str, Any], key: str, default: int, low: int, high: int) -> int:
    value = int(config.get(key, default))
    if not low <= value <= high:
        raise ValueError(f"{key} is {value}; it must be from {low} to {high}")
    return value


def _timeout(value: object) -> timedelta | None:
    """`-1` is no limit."""
    return None if value in (None, "-1") else _at_least(value, MIN_TIMEOUT, "functionTimeout")


def _at_least(value: object, least: timedelta, key: str) -> timedelta:
    time = parse_timespan(value)
    if time < least:
        raise ValueError(f"{key} is {value}; the least is {least.total_seconds()} s")
    return time


def parse_timespan(value: object) -> timedelta:
    """A .NET TimeSpan: `[days.]hh:mm[:ss[.fff]]`. Raises ValueError for anything else."""
    match = _TIMESPAN.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(f"{value!r} is not a time of the form hh:mm:ss")
    parts = match.groupdict(default="0")
    return timedelta(
        days=int(parts["d"]),
        hours=int(parts["h"]),
        minutes=int(parts["m"]),
        seconds=float(parts["s"]),
    )


def format_timespan(value: timedelta) -> str:
    """The other way round, for messages."""
    seconds = int(value.total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def resolve(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Replace every `%NAME%` of a binding's field by the app setting of that name."""

    def setting(match: re.Match[str]) -> str:
        value = environ.get(match[1])
        if value is None:
            raise HostError(f"'%{match[1]}%' in a binding: there is no app setting '{match[1]}'.")
        return value

    return _SETTING.sub(setting, text)


def connection_string(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """The storage connection of a binding; an empty name is the host's own.

    A binding may name a setting with or without the prefix `AzureWebJobs`, which wins, as in the
    real host. Identity-based connections have no meaning on a laptop and are refused.
    """
    name = name or STORAGE
    value = environ.get(f"AzureWebJobs{name}") or environ.get(name)
    if not value:
        raise HostError(
            f"The app setting '{name}' is missing. It must hold the connection string of a storage "
            "account, for example Azurite's; put it into local.settings.json or the environment."
        )
    if "AccountName=" not in value:
        raise HostError(
            f"The app setting '{name}' must be a full connection string "
            "(AccountName=...;AccountKey=...;BlobEndpoint=...;QueueEndpoint=...)."
        )
    return value


def _host_id(app_dir: Path, environ: Mapping[str, str]) -> str:
    """The stable name of this host's queues: machine and folder, like the real host's."""
    configured = environ.get("AzureFunctionsWebHost__hostid")
    if configured:
        return configured.lower()
    machine = "".join(filter(str.isalnum, platform.node().lower())) or "local"
    digest = hashlib.sha256(str(app_dir.resolve()).encode()).hexdigest()[:10]
    return f"{machine[: MAX_HOST_ID - len(digest) - 1]}-{digest}"


def _read_json(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if required:
            raise HostError(f"There is no {path.name} in {path.parent}.") from None
        return {}
    except ValueError as error:
        raise HostError(f"{path.name} is not valid JSON: {error}.") from error
    if not isinstance(content, dict):
        raise HostError(f"{path.name} must be a JSON object.")
    return content


def _lower(value: Any) -> Any:
    """Keys in lower case, but for the names of log categories."""
    if not isinstance(value, dict):
        return value
    return {
        key.lower(): item if key.lower() == "loglevel" else _lower(item)
        for key, item in value.items()
    }


def _override(config: dict[str, Any], path: list[str], value: str) -> None:
    for key in path[:-1]:
        config = config.setdefault(key, {})
        if not isinstance(config, dict):
            raise HostError(f"{OVERRIDE_PREFIX}{'__'.join(path)} does not fit into host.json.")
    config[path[-1]] = value
