"""Blob Storage: one container per job, the media is the first blob in it.

Nothing here holds more than a few blocks of a file in memory. What is read are a blob's bytes as
they lie there, whatever its Content-Encoding calls them. Errors are the SDK's own;
`shared.platform.outages` knows which of them mean that storage is away.
"""

import contextlib
import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote, urlsplit, urlunsplit

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.identity import DefaultAzureCredential
from azure.storage.blob import (
    AccessPolicy,
    BlobClient,
    BlobLeaseClient,
    BlobProperties,
    BlobSasPermissions,
    BlobServiceClient,
    ContainerClient,
    ContentSettings,
    LinearRetry,
    StorageErrorCode,
    StorageStreamDownloader,
    generate_blob_sas,
)
from azure.storage.queue import QueueServiceClient, TextBase64EncodePolicy

from shared.platform.blob_names import TRIAL_CONTAINER, is_addressable, is_host_container
from shared.platform.settings import Settings

BLOCK_BYTES: Final = 4 * 1024 * 1024  # of an upload
CHUNK_BYTES: Final = 1024 * 1024  # of a download; the SDK holds about eleven times this
CONNECT_TIMEOUT_SECONDS: Final = 5
READ_TIMEOUT_SECONDS: Final = 60
CLOCK_SKEW: Final = dt.timedelta(minutes=5)  # between this clock and the storage service's

RETRY_QUEUE: Final = "job-retry"
WEBHOOK_QUEUE: Final = "webhook-delivery"
UPLOADING: Final = "uploading"  # the stored access policy that upload addresses hang on
_TRIAL_BLOCK: Final = "trial"  # always the same: a later one takes its place


class Storage:
    """The storage account of the jobs."""

    def __init__(self, settings: Settings) -> None:
        options: dict[str, Any] = {
            "connection_timeout": CONNECT_TIMEOUT_SECONDS,
            "read_timeout": READ_TIMEOUT_SECONDS,
            # brief: a caller is told soon, and a stage waits by `outages`
            "retry_policy": LinearRetry(backoff=1, retry_total=2, random_jitter_range=0),
        }
        blob_options: dict[str, Any] = {
            **options,
            "max_single_put_size": BLOCK_BYTES,
            "max_block_size": BLOCK_BYTES,
            "max_single_get_size": CHUNK_BYTES,
            "max_chunk_get_size": CHUNK_BYTES,
        }
        if settings.storage_connection:
            text = settings.storage_connection
            self._blobs = BlobServiceClient.from_connection_string(text, **blob_options)
            self._queues = QueueServiceClient.from_connection_string(text, **options)
        else:
            identity = DefaultAzureCredential()
            self._blobs = BlobServiceClient(settings.storage_blob_uri, identity, **blob_options)
            self._queues = QueueServiceClient(settings.storage_queue_uri, identity, **options)

    def create_container(self, container: str, metadata: dict[str, str] | None = None) -> None:
        """Create the container; one that exists already is left as it is."""
        try:
            self._blobs.create_container(container, metadata=metadata)
        except ResourceExistsError:
            return

    def delete_container(self, container: str, *, though_leased: bool = False) -> None:
        """Delete the container and all that is in it; one that is gone already is fine."""
        client = self._blobs.get_container_client(container)
        with contextlib.suppress(ResourceNotFoundError):
            _though_leased(client, client.delete_container, breaks=though_leased)

    def upload(
        self,
        container: str,
        blob: str,
        source: BinaryIO,
        content_type: str,
        metadata: dict[str, str] | None = None,
        *,
        overwrite: bool = True,
    ) -> None:
        """Write `source` to the blob, block by block. The blob appears when all of it is there.

        Not `overwrite`: raises an HttpResponseError where it is there already.
        """
        self.blob(container, blob).upload_blob(
            source,
            overwrite=overwrite,
            content_settings=ContentSettings(content_type=content_type),
            metadata=metadata,
            max_concurrency=1,
        )

    def upload_file(
        self,
        container: str,
        blob: str,
        path: Path,
        content_type: str,
        metadata: dict[str, str] | None = None,
        *,
        overwrite: bool = True,
    ) -> None:
        with path.open("rb") as source:
            self.upload(container, blob, source, content_type, metadata, overwrite=overwrite)

    def download(self, container: str, blob: str, target: Path, *, etag: str | None = None) -> None:
        """Stream the blob to the file `target`. Raises ResourceNotFoundError.

        A file that is there is written over: its room was set aside for the blob. All of it is of
        one ETag: the SDK asks for the later pieces by that of the first. Raises
        ResourceModifiedError where the blob is not of `etag`.
        """
        stream = self._read(container, blob, **_only(etag))
        with target.open("r+b" if target.exists() else "wb") as file:
            for chunk in stream.chunks():
                file.write(chunk)
            file.truncate()

    def download_if_there(self, container: str, blob: str, target: Path) -> bool:
        """As `download`; False where there is no such blob."""
        try:
            self.download(container, blob, target)
        except ResourceNotFoundError:
            return False
        return True

    def open(self, container: str, blob: str) -> Iterator[bytes]:
        """The blob's content in blocks. Raises ResourceNotFoundError before the first one."""
        return iter(self._read(container, blob).chunks())

    def head(self, container: str, blob: str, size: int) -> bytes:
        """The first `size` bytes. Raises ResourceNotFoundError."""
        if self.size(container, blob) == 0:
            return b""  # a range of an empty blob is an error
        return self.piece(container, blob, 0, size)

    def piece(
        self, container: str, blob: str, offset: int, size: int, *, etag: str | None = None
    ) -> bytes:
        """`size` bytes from `offset`, or as many as there are.

        Raises ResourceNotFoundError, and ResourceModifiedError where the blob is not of `etag`.
        """
        found = self._read(container, blob, offset=offset, length=size, **_only(etag))
        data: bytes = found.readall()
        return data

    def _read(self, container: str, blob: str, **options: Any) -> StorageStreamDownloader[bytes]:
        """Without decoding: the SDK would decode each piece of an encoded blob by itself."""
        return self.blob(container, blob).download_blob(
            max_concurrency=1, decompress=False, **options
        )

    def size(self, container: str, blob: str) -> int:
        """The blob's length in bytes. Raises ResourceNotFoundError."""
        return int(self.properties(container, blob).size)

    def properties(self, container: str, blob: str) -> BlobProperties:
        """Raises ResourceNotFoundError."""
        return self.blob(container, blob).get_blob_properties()

    def etag(self, container: str, blob: str) -> str:
        """Raises ResourceNotFoundError."""
        return str(self.properties(container, blob).etag)

    def container_metadata(self, container: str) -> dict[str, str]:
        """Raises ResourceNotFoundError."""
        found = self._blobs.get_container_client(container).get_container_properties().metadata
        return dict(found or {})

    def blobs(self, container: str, prefix: str = "") -> list[str]:
        """Names of the container's blobs; none if the container is gone."""
        client = self._blobs.get_container_client(container)
        try:
            return list(client.list_blob_names(name_starts_with=prefix))
        except ResourceNotFoundError:
            return []

    def has(self, container: str, blob: str) -> bool:
        """Whether the blob is there; False also where the container is gone."""
        return blob in self.blobs(container, blob)

    def etags(self, container: str) -> dict[str, str]:
        """The ETags of the container's blobs, by their names; none if the container is gone.

        In quotes, as `etag` has them: a listing leaves them out.
        """
        client = self._blobs.get_container_client(container)
        try:
            return {str(item.name): f'"{item.etag}"' for item in client.list_blobs()}
        except ResourceNotFoundError:
            return {}

    def is_empty(self, container: str) -> bool:
        """Whether no blob is in it; True also where the container is gone."""
        client = self._blobs.get_container_client(container)
        try:
            return next(client.list_blob_names(results_per_page=1), None) is None
        except ResourceNotFoundError:
            return True

    def delete_blob(self, container: str, blob: str, *, though_leased: bool = True) -> None:
        """Delete one blob and its snapshots; one that is gone already is fine.

        Whoever holds an upload address may have taken an endless lease: it is broken, unless
        `though_leased` is false.
        """
        client = self.blob(container, blob)
        with contextlib.suppress(ResourceNotFoundError):
            _though_leased(
                client,
                lambda: client.delete_blob(delete_snapshots="include"),
                breaks=though_leased,
            )

    def containers(self) -> Iterator[list[str]]:
        """Names of all containers that are not the host's, some thousand at a time."""
        for page in self._blobs.list_containers().by_page():
            yield [item.name for item in page if not is_host_container(item.name)]

    def blob(self, container: str, blob: str) -> BlobClient:
        """Raises ResourceNotFoundError for a name whose address would be another blob's."""
        if not is_addressable(blob):
            raise ResourceNotFoundError("no blob can be had by this name")
        return self._blobs.get_blob_client(container, blob)

    @property
    def origin(self) -> str:
        """Scheme, host and port of the blob service."""
        parts = urlsplit(self._blobs.url)
        return f"{parts.scheme}://{parts.netloc}"

    def url(self, container: str, blob: str) -> str:
        """The blob's address without any credential."""
        parts = urlsplit(self._blobs.url)
        path = f"{parts.path.rstrip('/')}/{container}/{quote(blob)}"
        return urlunsplit((parts.scheme, parts.netloc, path, "", ""))

    def write_url(self, container: str, blob: str, expires: dt.datetime) -> str:
        """An address with which this one blob can be written, and nothing read, until `expires`.

        Or until `end_writing`, where the account's key signs it: an address that an identity has
        signed knows no stored access policy.
        """
        if not self._account_key:
            return self._signed_url(container, blob, BlobSasPermissions(write=True), expires)
        start = dt.datetime.now(dt.UTC) - CLOCK_SKEW
        self._allow(container, {UPLOADING: AccessPolicy("w", start=start, expiry=expires)})
        return self._signed_url(container, blob, policy=UPLOADING)

    def end_writing(self, container: str) -> None:
        """No address that `write_url` gave for a blob of this container is good any more."""
        if self._account_key:
            self._allow(container, {})

    def _allow(self, container: str, policies: dict[str, AccessPolicy]) -> None:
        self._blobs.get_container_client(container).set_container_access_policy(policies)

    @property
    def _account_key(self) -> str | None:
        """None where an identity signs."""
        return getattr(self._blobs.credential, "account_key", None)

    def read_url(
        self, container: str, blob: str, expires: dt.datetime, content_type: str, disposition: str
    ) -> str:
        """An address with which this one blob can be read until `expires`.

        Type and disposition are signed with it: what an uploader called the blob's type would let
        HTML be a document of the storage's origin.
        """
        permission = BlobSasPermissions(read=True)
        return self._signed_url(
            container,
            blob,
            permission,
            expires,
            content_type=content_type,
            disposition=disposition,
        )

    def _signed_url(
        self,
        container: str,
        blob: str,
        permission: BlobSasPermissions | None = None,
        expires: dt.datetime | None = None,
        *,
        policy: str | None = None,
        content_type: str | None = None,
        disposition: str | None = None,
    ) -> str:
        """For `permission` until `expires`, or as the container's `policy` says."""
        start = dt.datetime.now(dt.UTC) - CLOCK_SKEW if expires else None
        account_key = self._account_key
        delegation = (
            self._blobs.get_user_delegation_key(start, expires + CLOCK_SKEW)
            if start and expires and not account_key
            else None
        )
        token = generate_blob_sas(
            account_name=str(self._blobs.account_name),
            container_name=container,
            blob_name=blob,
            account_key=account_key,
            user_delegation_key=delegation,
            permission=permission,
            start=start,
            expiry=expires,
            policy_id=policy,
            content_type=content_type,
            content_disposition=disposition,
        )
        return f"{self.url(container, blob)}?{token}"

    def enqueue_retry(self, job_id: str) -> None:
        """Ask the retry queue's function to go on with a job."""
        self._enqueue(RETRY_QUEUE, job_id)

    def enqueue_webhook(self, delivery_id: uuid.UUID, seconds: int = 0) -> None:
        """Ask the webhook queue's function to send a delivery, so long from now."""
        # a second more: the database's clock, by which it must be due, may be behind
        self._enqueue(WEBHOOK_QUEUE, str(delivery_id), seconds + 1 if seconds else 0)

    def _enqueue(self, name: str, text: str, seconds: int = 0) -> None:
        """A message that can be seen after `seconds`, of which a week has the most."""
        queue = self._queues.get_queue_client(name, message_encode_policy=TextBase64EncodePolicy())
        try:
            queue.send_message(text, visibility_timeout=seconds)
        except ResourceNotFoundError:
            with contextlib.suppress(ResourceExistsError):  # another instance was quicker
                queue.create_queue()
            queue.send_message(text, visibility_timeout=seconds)

    def version(self) -> str:
        """The service's API version. Raises where storage cannot be reached.

        Asks for a page of containers, because the app's role in Azure allows that; asking for the
        service's properties would take the right to change the account.
        """
        seen: list[str] = []
        pages = self._blobs.list_containers(
            results_per_page=1,
            raw_response_hook=lambda r: seen.append(
                r.http_response.headers.get("x-ms-version", "")
            ),
        ).by_page()
        next(pages, None)
        return seen[-1] if seen else ""

    def try_write(self) -> None:
        """Write as an upload does. Raises the SDK's errors where storage takes nothing.

        A block of one byte that no blob is made of: there is no event, and nothing to be removed.
        """
        trial = self.blob(TRIAL_CONTAINER, "trial")
        try:
            trial.stage_block(_TRIAL_BLOCK, b"0")
        except ResourceNotFoundError:  # the first time
            self.create_container(TRIAL_CONTAINER)
            trial.stage_block(_TRIAL_BLOCK, b"0")

    def close(self) -> None:
        self._blobs.close()
        self._queues.close()


def _only(etag: str | None) -> dict[str, Any]:
    """The condition that a blob is of this ETag; none where it is None."""
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}


def _though_leased(
    client: BlobClient | ContainerClient, action: Callable[[], None], *, breaks: bool = True
) -> None:
    """Do it, where `breaks` also to what somebody has leased: that lease ends at once."""
    try:
        action()
    except HttpResponseError as error:
        if not breaks or getattr(error, "error_code", "") != StorageErrorCode.LEASE_ID_MISSING:
            raise
        BlobLeaseClient(client).break_lease(lease_break_period=0)
        action()
