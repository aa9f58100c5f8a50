"""Bringing a file to the service: in one request, or, where it is too large, to its storage.

A request carries an Idempotency-Key made from the name, the content and the fields. However often
it is sent, also by a later run, it is the same job. An upload through the storage has no such key:
every one is a job of its own.
"""

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from avatar_validation import blocks
from avatar_validation.blocks import Watch
from avatar_validation.errors import ClientError, Refused
from avatar_validation.inputs import Input
from avatar_validation.jobs import again
from avatar_validation.service import Json, Service, body

DIRECT_BYTES = 94 * 1024 * 1024
"""A larger file is not tried in one request: the service takes bodies of 95 MB unless it is set up
otherwise. A lower limit is learned from its refusal."""


@dataclass(frozen=True)
class Fields:
    """What is said about each file; a field that is None is left to the service."""

    avatar: str
    name: str | None = None
    type: str | None = None
    engine: str | None = None
    parameter_set: tuple[str, ...] = ()
    webhook: str | None = None

    def given(self) -> Json:
        every: dict[str, Any] = {
            "avatar": self.avatar,
            "name": self.name,
            "type": self.type,
            "engine": self.engine,
            "parameter_set": list(self.parameter_set),
            "webhook": self.webhook,
        }
        return {name: value for name, value in every.items() if value}


class Uploader:
    """Sends files that the same is said about. `nonce` makes jobs of their own of known files."""

    def __init__(self, service: Service, fields: Fields, nonce: str = "") -> None:
        self._service = service
        self._fields = fields
        self._nonce = nonce
        self._direct_bytes = DIRECT_BYTES

    def send(self, item: Input, watch: Watch) -> Json:
        """The job. Raises ClientError."""
        path = item.path
        try:
            size = path.stat().st_size
            if size <= self._direct_bytes:
                try:
                    return self._direct(item, watch)
                except Refused as refused:
                    if refused.status != httpx.codes.REQUEST_ENTITY_TOO_LARGE:
                        raise
                    self._direct_bytes = size - 1
            return self._through_storage(item, size, watch)
        except OSError as error:
            raise ClientError(f"{path} cannot be read: {error.strerror or error}.") from None

    def _direct(self, item: Input, watch: Watch) -> Json:
        headers = {"Idempotency-Key": self._key(item)}
        service, fields = self._service, self._fields.given()
        with _Watched(item.path, watch) as file:
            # the content decides what it is, so nothing is made up from the name
            part_of_form = (item.name, file, "application/octet-stream")
            try:
                response = service.send(
                    *("POST", "/api/upload"),
                    files={"file": part_of_form},
                    data=fields,
                    headers=headers,
                )
            except Refused as refused:
                raise _explained(refused) from None
        job = body(response)
        return again(service, job) if job["state"] == "failed" else job

    def _through_storage(self, item: Input, size: int, watch: Watch) -> Json:
        request = {**self._fields.given(), "filename": item.name, "size": size}
        promise = body(self._service.send("POST", "/api/upload-url", json=request))
        blocks.send(item.path, size, str(promise["upload_url"]), self._service.patience, watch)
        return self._service.job(str(promise["id"]))

    def _key(self, item: Input) -> str:
        digest = hashlib.sha256()
        with item.path.open("rb") as file:
            while piece := file.read(1024 * 1024):
                digest.update(piece)
        said = json.dumps([item.name, self._fields.given(), self._nonce], sort_keys=True)
        digest.update(said.encode())
        return f"avatar-validation-{digest.hexdigest()}"


class _Watched(io.FileIO):
    """A file that tells how far it has been read."""

    def __init__(self, path: Path, watch: Watch) -> None:
        super().__init__(path)
        self._watch = watch
        self._size = path.stat().st_size

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(-1 if size is None else size) or b""
        self._watch(self.tell(), self._size)
        return content


def _explained(refused: Refused) -> Refused:
    """Nobody who uses the client has chosen an idempotency key."""
    if refused.code != "idempotency_conflict":
        return refused
    return Refused(
        refused.status,
        refused.code,
        "The service knows this upload, but with other content or fields; an update of the service "
        "can cause that. Add --again to measure the file as a job of its own.",
    )
