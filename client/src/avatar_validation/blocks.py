"""A file into a storage account in pieces, through a SAS address: Put Block, then Put Block List.

A single PUT of a large file is bounded, and a connection that breaks costs all of it. Of blocks
only the broken one is sent again. The blob, and with it the event that starts the job, appears when
the list of blocks is committed.
"""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import httpx

from avatar_validation.errors import ClientError
from avatar_validation.retrying import PASSING, Patience

BLOCK_BYTES = 8 * 1024 * 1024  # a blob may have 50,000 blocks: files of up to 390 GB
BLOCK_TIMEOUT = 120.0  # [s] for one block to be taken

_PASSING = PASSING | {408, 500}  # storage says 500 where an operation took too long
_STORAGE = "The storage"

Watch = Callable[[int, int], None]
"""Told how many bytes are sent, of how many."""


def send(path: Path, size: int, address: str, patience: Patience, watch: Watch) -> None:
    """The file's first `size` bytes, which must be all of it, as the blob behind the address.

    Raises ClientError.
    """
    with httpx.Client(timeout=httpx.Timeout(BLOCK_TIMEOUT, connect=10)) as http:
        ids: list[str] = []
        sent = 0
        with path.open("rb") as file:
            for content in _blocks(file):
                ids.append(_block_id(len(ids)))
                query = {"comp": "block", "blockid": ids[-1]}
                _put(http, address, query, content, patience)
                sent += len(content)
                watch(sent, size)
        if sent != size:
            raise ClientError(
                f"{path} has changed while it was sent: it had {size} bytes, now {sent}. "
                "Submit it when it is complete."
            )
        _put(http, address, {"comp": "blocklist"}, _list_of(ids), patience)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while content := file.read(BLOCK_BYTES):
        yield content


def _block_id(number: int) -> str:
    """All ids of a blob must be of one length."""
    return base64.b64encode(f"{number:08}".encode()).decode()


def _list_of(ids: list[str]) -> bytes:
    entries = "".join(f"<Latest>{block_id}</Latest>" for block_id in ids)
    return f'<?xml version="1.0" encoding="utf-8"?><BlockList>{entries}</BlockList>'.encode()


def _put(
    http: httpx.Client, address: str, query: dict[str, str], content: bytes, patience: Patience
) -> None:
    url = httpx.URL(address).copy_merge_params(query)
    response = patience.retried(lambda: http.put(url, content=content), _STORAGE, passing=_PASSING)
    if response.status_code == httpx.codes.FORBIDDEN:
        raise ClientError(
            "The storage does not take the upload (403). The address for it holds for a limited "
            "time, and a network's firewall may be in the way. Submit the file again."
        )
    if not response.is_success:
        code = response.headers.get("x-ms-error-code", "no reason given")
        raise ClientError(f"The storage refused the upload ({response.status_code}, {code}).")
