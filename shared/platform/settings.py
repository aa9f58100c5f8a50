"""Settings: one table of name, type, default and help, read once from the environment.

`docs/settings.md` lists the same table; a test holds them together. A missing or malformed
setting stops the start with the setting's name. Only names in `LOGGED` may be logged: the rest
hold secrets or addresses.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

STORAGE: Final = "AZURE_STORAGE_CONNECTION_STRING"
"""The environment variable of the storage connection, and the name of the triggers' connection."""


class DatabaseAuth(StrEnum):
    """How the app proves to the database who it is."""

    PASSWORD = "password"  # noqa: S105  # in the URL, or none where the server asks for none
    ENTRA = "entra"


class ApiAccess(StrEnum):
    """Whom the API answers in Azure."""

    KEYS = "keys"
    ENTRA = "entra"


class SettingsError(Exception):
    """A setting is missing or cannot be read; the text names it."""


def _setting(name: str, default: Any, help_text: str, *, secret: bool = False) -> Any:
    metadata = {"name": name, "help": help_text, "secret": secret}
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, slots=True)
class Settings:
    """One field per setting; the environment variable's name is in the field's metadata."""

    database_url: str = _setting(
        "DATABASE_URL",
        "",
        "PostgreSQL to write to: `postgresql://user:password@host:port/name`. Required.",
        secret=True,
    )
    database_auth: DatabaseAuth = _setting(  # noqa: RUF009  # as all the others
        "DATABASE_AUTH",
        DatabaseAuth.PASSWORD,
        "How the app proves who it is to the database: `password`, or `entra` for tokens of its "
        "identity, over TLS with a checked certificate.",
    )
    storage_connection: str = _setting(
        STORAGE,
        "",
        "Connection string of the storage account for jobs. Required, unless identity-based access "
        f"is used: then `{STORAGE}__blobServiceUri` and `{STORAGE}__queueServiceUri`.",
        secret=True,
    )
    storage_blob_uri: str = _setting(
        f"{STORAGE}__blobServiceUri",
        "",
        "Blob endpoint for identity-based access, instead of a connection string.",
    )
    storage_queue_uri: str = _setting(
        f"{STORAGE}__queueServiceUri",
        "",
        "Queue endpoint for identity-based access, instead of a connection string.",
    )
    engine: str = _setting(
        "ENGINE", "mediapipe", "The engine that measures when an upload names none."
    )
    engine_processes: int = _setting(
        "ENGINE_PROCESSES", 0, "Engine processes kept warm; 0 is one per core."
    )
    engine_memory_mb: int = _setting(
        "ENGINE_MEMORY_MB", 4096, "Memory one engine process may take [MB]; 0 is unlimited."
    )
    openface_home: str = _setting(
        "OPENFACE_HOME", "", "Folder of your own OpenFace 2.x binaries; empty: not there."
    )
    openface_model: str = _setting(
        "OPENFACE_MODEL", "", "Landmark model that OpenFace is told to use (`-mloc`), optional."
    )
    confidence_threshold: float = _setting(
        "CONFIDENCE_THRESHOLD", 0.7, "Frames less sure than this count for no summary [0..1]."
    )
    max_upload_mb: int = _setting(
        "MAX_UPLOAD_MB",
        95,
        "Largest body of `POST /api/upload` [MB]; the host itself refuses above about 100 MB.",
    )
    max_media_mb: int = _setting(
        "MAX_MEDIA_MB", 2048, "Largest file that may be uploaded through an upload URL [MB]."
    )
    max_megapixels: int = _setting(
        "MAX_MEGAPIXELS", 50, "Largest picture or frame that is decoded [megapixels]."
    )
    max_video_frames: int = _setting(
        "MAX_VIDEO_FRAMES", 216_000, "Longest clip [frames]; 216000 is two hours at 30 fps."
    )
    upload_url_minutes: int = _setting(
        "UPLOAD_URL_MINUTES", 60, "How long an upload URL can be used [minutes]."
    )
    measure_timeout_seconds: int = _setting(
        "MEASURE_TIMEOUT_SECONDS",
        1500,
        "Longest time for measuring one segment of a clip [s]; below the host's functionTimeout.",
    )
    lease_seconds: int = _setting(
        "LEASE_SECONDS",
        60,
        "How long a stage holds a job without a sign of life before another may take it [s].",
    )
    reconcile_after_seconds: int = _setting(
        "RECONCILE_AFTER_SECONDS",
        120,
        "How long a job may wait for its event before the reconcile timer starts it [s].",
    )
    outage_patience_seconds: int = _setting(
        "OUTAGE_PATIENCE_SECONDS",
        60,
        "How long a running stage waits for storage or database to come back [s].",
    )
    api_access: ApiAccess = _setting(  # noqa: RUF009  # as all the others
        "API_ACCESS",
        ApiAccess.KEYS,
        "Who may call the API in Azure: `keys`, who has a function key; `entra`, who has signed in "
        "(App Service Authentication must be on).",
    )
    max_uploads_per_minute: int = _setting(
        "MAX_UPLOADS_PER_MINUTE",
        0,
        "Uploads that the whole deployment takes in a minute; more get 429. 0: no limit.",
    )
    max_open_jobs: int = _setting(
        "MAX_OPEN_JOBS",
        0,
        "Jobs that may be open (neither done nor failed) for another to be taken; above, uploads "
        "and retries get 429. 0: no limit.",
    )
    max_rows_in_database: int = _setting(
        "MAX_ROWS_IN_DATABASE",
        1_000_000,
        "Most rows of frames that one measurement writes to the database; of a larger one they "
        "stay in its job's container [rows]. 0: none are ever written.",
    )
    retention_days: int = _setting(
        "RETENTION_DAYS", 0, "Jobs are deleted this long after they ended [days]; 0 keeps them."
    )

    @property
    def processes(self) -> int:
        """Engine processes to keep: the setting, or one per core this process may use."""
        return self.engine_processes or len(os.sched_getaffinity(0))

    def loggable(self) -> dict[str, object]:
        """Names and values that may stand in a log line."""
        return {
            item.metadata["name"]: getattr(self, item.name)
            for item in fields(self)
            if not item.metadata["secret"] and "://" not in str(getattr(self, item.name))
        }


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; raises SettingsError with one sentence per thing that is wrong."""
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for item in fields(Settings):
        name, text = item.metadata["name"], environment.get(item.metadata["name"], "").strip()
        if not text:
            continue
        try:
            values[item.name] = _cast(text, type(item.default))
        except ValueError:
            wrong.append(f"{name} must be {_wanted(type(item.default))}.")
    settings = Settings(**values)
    if not settings.database_url:
        wrong.append("DATABASE_URL is not set: name the PostgreSQL database to write to.")
    if not settings.storage_connection and not settings.storage_blob_uri:
        wrong.append(f"{STORAGE} is not set: give the storage account's connection string.")
    if not 0 <= settings.confidence_threshold <= 1:
        wrong.append("CONFIDENCE_THRESHOLD must be between 0 and 1.")
    if wrong:
        raise SettingsError(" ".join(wrong))
    return settings


def _wanted(kind: type) -> str:
    if issubclass(kind, StrEnum):
        return f"one of: {', '.join(kind)}"
    return f"a {kind.__name__}"


def _cast(text: str, kind: type) -> Any:
    if kind is int:
        number = int(text)
        if number < 0:
            raise ValueError(text)
        return number
    return kind(text)
