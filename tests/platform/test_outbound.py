"""Sending to real receivers: what is sent, what is not followed, what is said of a failure."""

import datetime as dt
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.platform import outbound
from shared.platform.outbound import UnreachableError, post
from tests.webhook_receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For localhost, signed by itself: certificate and key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def test_what_is_sent(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the environment names a proxy, which could resolve the name anew."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    receiver.statuses = [202]
    status = post(f"{receiver.address}/a?b=c", b"{}", {"X-One": "1"}, allow_private=True)
    (message,) = receiver.messages
    assert status == 202
    assert (message.path, message.body) == ("/a?b=c", b"{}")
    assert message.headers["host"] == receiver.address.removeprefix("http://")
    assert message.headers["x-one"] == "1"


def test_no_redirect_is_followed(receiver: Receiver) -> None:
    with receiving() as inside:
        receiver.statuses, receiver.location = [302], f"{inside.address}/inside"
        assert post(receiver.address, b"{}", {}, allow_private=True) == 302
        assert inside.messages == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
def test_nothing_is_sent_into_the_network(receiver: Receiver, host: str) -> None:
    address = receiver.address.replace("127.0.0.1", host)
    with pytest.raises(UnreachableError, match="leads into a private network"):
        post(address, b"{}", {}, allow_private=False)
    assert receiver.messages == []


def test_the_certificate_is_the_names(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to an IP address; name and certificate are the host's all the same."""
    asked: list[str | None] = []
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    tls.sni_callback = lambda _, name, __: asked.append(name)
    with receiving(tls) as receiver:
        with pytest.raises(UnreachableError, match="certificate was not accepted"):
            post(receiver.address, b"{}", {}, allow_private=True)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert post(receiver.address, b"{}", {}, allow_private=True) == 204
        other = receiver.address.replace("localhost", "127.0.0.1")
        with pytest.raises(UnreachableError, match="certificate was not accepted"):
            post(other, b"{}", {}, allow_private=True)
        (message,) = receiver.messages
    assert message.headers["host"] == receiver.address.removeprefix("https://")
    assert asked[:2] == ["localhost", "localhost"]


def test_who_never_comes_to_the_end_is_cut_off(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the time that a single step may take: each piece comes soon enough."""
    monkeypatch.setattr(outbound, "DEADLINE_SECONDS", 0.5)
    receiver.drips = 600
    with pytest.raises(UnreachableError, match="did not answer"):
        post(receiver.address, b"{}", {}, allow_private=True)


def test_no_log_has_the_whole_address(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    receiver.malformed = True
    assert post(f"{receiver.address}/secret", b"{}", {}, allow_private=True) == 204
    assert "secret" not in caplog.text


def test_names_and_hosts_that_are_not_there(receiver: Receiver) -> None:
    with pytest.raises(UnreachableError, match="name is not known"):
        post("https://no-such-host.invalid/", b"{}", {}, allow_private=False)
    with pytest.raises(UnreachableError, match="name is not known"):
        post(f"https://{'a' * 70}.example/", b"{}", {}, allow_private=False)
    with receiving() as gone:
        pass
    with pytest.raises(UnreachableError, match="took no connection"):
        post(gone.address, b"{}", {}, allow_private=True)
