"""Files in blocks, into a real Azurite behind a network that loses some."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.storage.blob import BlobSasPermissions, ContainerClient, generate_blob_sas

from avatar_validation import blocks
from avatar_validation.errors import Away, ClientError
from avatar_validation.retrying import Patience
from tests.client.unsteady import Request, Unsteady, answer, lose_answer, lose_request, pass_on
from tests.stack import Services

SIZE = 2 * blocks.BLOCK_BYTES + 5


@pytest.fixture
def container(services: Services) -> Iterator[ContainerClient]:
    with ContainerClient.from_connection_string(services.storage, "blocks") as container:
        container.create_container()
        yield container
        container.delete_container()


@pytest.fixture
def gateway(container: ContainerClient) -> Iterator[Unsteady]:
    parts = urlsplit(container.url)
    with Unsteady(f"{parts.scheme}://{parts.netloc}") as gateway:
        yield gateway


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(i % 251 for i in range(1000)) * (SIZE // 1000) + bytes(SIZE % 1000))
    return path


def address(container: ContainerClient, gateway: Unsteady, hours: float = 1) -> str:
    """As the service hands it out, but by way of the gateway."""
    token = generate_blob_sas(
        account_name=str(container.account_name),
        container_name=container.container_name,
        blob_name="media.bin",
        account_key=container.credential.account_key,
        permission=BlobSasPermissions(write=True),
        expiry=datetime.now(UTC) + timedelta(hours=hours),
    )
    return f"{gateway.address}{urlsplit(container.url).path}/media.bin?{token}"


def block_of(request: Request) -> str:
    return request.path.partition("blockid=")[2]


def test_only_what_was_lost_is_sent_again(
    container: ContainerClient, gateway: Unsteady, file: Path
) -> None:
    second_block = (answer(503), lose_answer, pass_on)
    gateway.next(pass_on, *second_block, pass_on, answer(500))
    notes: list[str] = []
    seen: list[int] = []
    blocks.send(
        *(file, SIZE, address(container, gateway), Patience(30, notes.append)),
        lambda sent, size: seen.append(sent),
    )
    assert container.download_blob("media.bin").readall() == file.read_bytes()
    assert seen == [blocks.BLOCK_BYTES, 2 * blocks.BLOCK_BYTES, SIZE]
    sent = [block_of(request) for request in gateway.requests]
    first, second, third = dict.fromkeys(block for block in sent if block)
    assert sent == [first, second, second, second, third, "", ""]
    assert len(notes) == 3


def test_the_address_has_run_out(container: ContainerClient, gateway: Unsteady, file: Path) -> None:
    with pytest.raises(ClientError, match=r"does not take the upload \(403\)") as found:
        blocks.send(
            *(file, SIZE, address(container, gateway, hours=-1), Patience(5, print)),
            lambda sent, size: None,
        )
    assert "sig=" not in str(found.value)


def test_the_storage_is_away(container: ContainerClient, gateway: Unsteady, file: Path) -> None:
    gateway.next(*[lose_request] * 20)
    with pytest.raises(Away, match="The storage cannot be reached") as found:
        blocks.send(
            *(file, SIZE, address(container, gateway), Patience(1, lambda text: None)),
            lambda sent, size: None,
        )
    assert "sig=" not in str(found.value)


def test_a_file_that_grows(container: ContainerClient, gateway: Unsteady, file: Path) -> None:
    with pytest.raises(ClientError, match="has changed while it was sent"):
        blocks.send(
            *(file, SIZE - 1, address(container, gateway), Patience(5, print)),
            lambda sent, size: None,
        )
    assert list(container.list_blob_names()) == []
