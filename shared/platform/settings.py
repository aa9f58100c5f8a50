"""Settings: one table of name, type, default and help, read once from the environment.

`docs/settings.md` lists the same table; a test holds them together. A missing or malformed
setting stops the start with the setting's name. Where settings are printed, numbers and choices
are: any text may be a secret or an address.
"""

import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, LiteralString

from pydantic import Field, NonNegativeInt, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from shared.platform import outbound_addresses, standard_webhooks
from shared.platform.cores import cores

MEGABYTE: Final = 1024 * 1024  # as the limits of files count them

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


_NOT_SET: Final[dict[str, LiteralString]] = {
    "database_url": "is not set: name the PostgreSQL database to write to",
    "storage_connection": "is not set: give the storage account's connection string",
}


def _setting(name: str, default: Any, help_text: str) -> Any:
    return Field(default, alias=name, description=help_text, validate_default=True)


class Settings(BaseSettings):
    """One field per setting; its alias is the environment variable's name."""

    model_config = SettingsConfigDict(
        frozen=True, case_sensitive=True, str_strip_whitespace=True, extra="ignore"
    )

    database_url: str = _setting(
        "DATABASE_URL",
        "",
        "PostgreSQL to write to: `postgresql://user:password@host:port/name`. Required. *Secret.*",
    )
    database_auth: DatabaseAuth = _setting(
        "DATABASE_AUTH",
        DatabaseAuth.PASSWORD,
        "How the app proves who it is to the database: `password`, or `entra` for tokens of its "
        "identity, over TLS with a checked certificate.",
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
    storage_connection: str = _setting(
        STORAGE,
        "",
        "Connection string of the storage account for jobs. Required, unless identity-based access "
        f"is used: then `{STORAGE}__blobServiceUri` and `{STORAGE}__queueServiceUri`. "
        "*Secret.*",
    )
    engine: str = _setting(
        "ENGINE", "mediapipe", "The engine that measures when an upload names none."
    )
    engine_processes: NonNegativeInt = _setting(
        "ENGINE_PROCESSES", 0, "Engine processes kept warm; 0 is one per core."
    )
    engine_memory_mb: NonNegativeInt = _setting(
        "ENGINE_MEMORY_MB", 4096, "Memory one engine process may take [MB]; 0 is unlimited."
    )
    openface_home: str = _setting(
        "OPENFACE_HOME", "", "Folder of your own OpenFace 2.x binaries; empty: not there."
    )
    openface_model: str = _setting(
        "OPENFACE_MODEL", "", "Landmark model that OpenFace is told to use (`-mloc`), optional."
    )
    confidence_threshold: Annotated[float, Field(ge=0, le=1)] = _setting(
        "CONFIDENCE_THRESHOLD", 0.7, "Frames less sure than this count for no summary [0..1]."
    )
    max_upload_mb: NonNegativeInt = _setting(
        "MAX_UPLOAD_MB",
        95,
        "Largest body of `POST /api/upload` [MB]; the host itself refuses above about 100 MB.",
    )
    max_media_mb: NonNegativeInt = _setting(
        "MAX_MEDIA_MB", 2048, "Largest file that may be uploaded through an upload URL [MB]."
    )
    max_megapixels: NonNegativeInt = _setting(
        "MAX_MEGAPIXELS", 50, "Largest picture or frame that is decoded [megapixels]."
    )
    max_video_frames: NonNegativeInt = _setting(
        "MAX_VIDEO_FRAMES", 216_000, "Longest clip [frames]; 216000 is two hours at 30 fps."
    )
    upload_url_minutes: NonNegativeInt = _setting(
        "UPLOAD_URL_MINUTES", 60, "How long an upload URL can be used [minutes]."
    )
    measure_timeout_seconds: NonNegativeInt = _setting(
        "MEASURE_TIMEOUT_SECONDS",
        1500,
        "Longest time for measuring one segment of a clip [s]; below the host's functionTimeout.",
    )
    lease_seconds: NonNegativeInt = _setting(
        "LEASE_SECONDS",
        60,
        "How long a stage holds a job without a sign of life before another may take it [s].",
    )
    reconcile_after_seconds: NonNegativeInt = _setting(
        "RECONCILE_AFTER_SECONDS",
        120,
        "How long a job may wait for its event before the reconcile timer starts it [s].",
    )
    outage_patience_seconds: NonNegativeInt = _setting(
        "OUTAGE_PATIENCE_SECONDS",
        60,
        "How long a running stage waits for storage or database to come back [s].",
    )
    api_access: ApiAccess = _setting(
        "API_ACCESS",
        ApiAccess.KEYS,
        "Who may call the API in Azure: `keys`, who has a function key; `entra`, who has signed in "
        "(App Service Authentication must be on).",
    )
    max_uploads_per_minute: NonNegativeInt = _setting(
        "MAX_UPLOADS_PER_MINUTE",
        0,
        "Uploads that the whole deployment takes in a minute; more get 429. 0: no limit.",
    )
    max_open_jobs: NonNegativeInt = _setting(
        "MAX_OPEN_JOBS",
        0,
        "Jobs that may be open (neither done nor failed) for another to be taken; above, uploads "
        "and retries get 429. 0: no limit.",
    )
    max_rows_in_database: NonNegativeInt = _setting(
        "MAX_ROWS_IN_DATABASE",
        1_000_000,
        "Most rows of frames that one measurement writes to the database; of a larger one they "
        "stay in its job's container [rows]. 0: none are ever written.",
    )
    retention_days: NonNegativeInt = _setting(
        "RETENTION_DAYS", 0, "Jobs are deleted this long after they ended [days]; 0 keeps them."
    )
    webhook_secret: str = _setting(
        "WEBHOOK_SECRET",
        "",
        "What webhooks are signed with: `whsec_` and the base64 of 24 to 64 bytes; two, with a "
        "space between, while it is changed. Empty: nothing is sent. *Secret.*",
    )
    webhook_allow_private: bool = _setting(
        "WEBHOOK_ALLOW_PRIVATE",
        False,
        "Webhooks may be sent by `http` and to private, loopback and link-local addresses.",
    )
    webhook_url: str = _setting(
        "WEBHOOK_URL",
        "",
        "Where it is told of every job and build that ends, besides the `webhook` of its upload. "
        "*Secret.*",
    )

    @property
    def processes(self) -> int:
        """Engine processes to keep: the setting, or one per core that this process may use."""
        return self.engine_processes or cores()

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * MEGABYTE

    @property
    def max_media_bytes(self) -> int:
        return self.max_media_mb * MEGABYTE

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What may stand in a log line."""
        for name, value in super().__repr_args__():
            if type(value) is not str:
                yield name, value

    @field_validator("database_url", "storage_connection")
    @classmethod
    def _required(cls, value: str, info: ValidationInfo) -> str:
        """The second unless the endpoint, which is read before it, is there."""
        if not value and not info.data.get("storage_blob_uri"):
            raise PydanticCustomError("not_set", _NOT_SET[str(info.field_name)])
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _usable(cls, value: str) -> str:
        standard_webhooks.keys(value)
        return value

    @field_validator("webhook_url")
    @classmethod
    def _may_be_sent_to(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            return value
        if not info.data.get("webhook_secret"):
            raise ValueError("needs WEBHOOK_SECRET: webhooks are signed")
        allow = bool(info.data.get("webhook_allow_private"))
        return outbound_addresses.checked(value, allow_private=allow)

    @classmethod
    def settings_customise_sources(cls, *_: Any, **sources: Any) -> Any:
        """`read` alone asks the environment: what is made by hand has what it is given."""
        return (sources["init_settings"],)


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; raises SettingsError with one sentence per thing that is wrong."""
    source = EnvSettingsSource(Settings)
    source.env_vars = {name: text for name, text in environment.items() if text.strip()}
    try:
        return Settings(**source())
    except ValidationError as error:
        raise SettingsError(" ".join(map(_sentence, error.errors()))) from None


def _sentence(error: ErrorDetails) -> str:
    """Never with the value: it may be a secret."""
    name = str(error["loc"][0])
    field = Settings.model_fields.get(name)  # that of a default which will not do
    said = error["msg"].replace("Input should be", "must be").removeprefix("Value error, ")
    return f"{field.alias if field else name} {said}."
