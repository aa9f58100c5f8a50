"""Blob names are safe, transfers stay small in memory, addresses allow no more than they should."""

import datetime as dt
import tracemalloc
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from azure.core.exceptions import ResourceNotFoundError
from hypothesis import given
from hypothesis import strategies as st

from shared.app import App
from shared.platform.blob_names import (
    MAX_BLOB_NAME,
    OUR_FOLDER,
    RESULT_BLOBS,
    blob_name,
    is_host_container,
)
from shared.platform.storage import BLOCK_BYTES

SAFE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("face.jpeg", "face.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\me\\my face.png", "my-face.jpg"),
        ("Zoë's “take” 3.mov", "Zoe-s-take-3.jpg"),
        ("😀😀.jpg", "media.jpg"),
        ("...", "media.jpg"),
        ("", "media.jpg"),
        (".hidden", "hidden.jpg"),
    ],
)
def test_names_stay_recognisable(filename: str, name: str) -> None:
    assert blob_name(filename, ".jpg") == name


@pytest.mark.parametrize("filename", ["openface.csv", "signals.csv", "../openface.CSV"])
def test_our_own_outputs_cannot_be_taken(filename: str) -> None:
    assert blob_name(filename, ".csv").startswith("media-")


@given(st.text(max_size=400))
def test_any_name_becomes_a_safe_one(filename: str) -> None:
    name = blob_name(filename, ".webm")
    assert set(name) <= SAFE
    assert name.endswith(".webm")
    assert len(name) <= MAX_BLOB_NAME
    assert name[0] not in ".-_"
    assert name not in RESULT_BLOBS
    assert not name.startswith(OUR_FOLDER)


@pytest.mark.parametrize("name", ["$logs", "azure-webjobs-hosts", "insights-logs-auditevent"])
def test_the_hosts_containers_are_known(name: str) -> None:
    assert is_host_container(name)
    assert not is_host_container(str(uuid.uuid4()))


@pytest.fixture
def container(app: App) -> Iterator[str]:
    name = str(uuid.uuid4())
    app.storage.create_container(name)
    yield name
    app.storage.delete_container(name)


def test_90_megabytes_pass_through_a_few(app: App, container: str, tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    with source.open("wb") as file:
        for block in range(90):
            file.write(bytes([block]) * MEGABYTE)
    tracemalloc.start()
    try:
        app.storage.upload_file(container, "media.mp4", source, "video/mp4")
        app.storage.download(container, "media.mp4", target)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * BLOCK_BYTES
    assert target.stat().st_size == 90 * MEGABYTE
    with target.open("rb") as file:
        file.seek(-1, 2)
        assert file.read() == bytes([89])


def test_creating_and_deleting_twice_is_fine(app: App) -> None:
    name = str(uuid.uuid4())
    for _ in range(2):
        app.storage.create_container(name)
    for _ in range(2):
        app.storage.delete_container(name)
    assert app.storage.blobs(name) == []


def test_a_missing_blob_is_said(app: App, container: str, tmp_path: Path) -> None:
    with pytest.raises(ResourceNotFoundError):
        app.storage.download(container, "nothing", tmp_path / "x")
    assert not app.storage.download_if_there(container, "nothing", tmp_path / "x")
    app.storage.delete_blob(container, "nothing")


def test_the_head_of_a_short_or_empty_blob(app: App, container: str, tmp_path: Path) -> None:
    for content in (b"", b"abc"):
        path = tmp_path / "x"
        path.write_bytes(content)
        app.storage.upload_file(container, "x", path, "text/plain")
        assert app.storage.head(container, "x", 4096) == content


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60, trust_env=False) as client:
        yield client


def test_an_upload_address_writes_one_blob_and_reads_none(
    app: App, container: str, http: httpx.Client
) -> None:
    expires = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    address = app.storage.write_url(container, "a.mp4", expires)
    kind = {"x-ms-blob-type": "BlockBlob"}
    assert http.put(address, content=b"x", headers=kind).status_code == 201
    assert http.get(address).status_code == 403
    assert http.delete(address).status_code == 403
    other = address.replace("a.mp4", "b.mp4")
    assert http.put(other, content=b"x", headers=kind).status_code == 403


def test_an_expired_address_is_worth_nothing(app: App, container: str, http: httpx.Client) -> None:
    past = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    address = app.storage.write_url(container, "a.mp4", past)
    kind = {"x-ms-blob-type": "BlockBlob"}
    assert http.put(address, content=b"x", headers=kind).status_code == 403


def test_an_address_shows_no_credential(app: App, container: str) -> None:
    assert "?" not in app.storage.url(container, "a b.jpg")
    assert app.storage.url(container, "a b.jpg").endswith(f"/{container}/a%20b.jpg")
