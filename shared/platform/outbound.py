"""POST to an address that a caller named: it is no way into our network, and holds up nobody.

The connection goes to an IP address that was looked at, never to a name that could be resolved anew
in between; the certificate is still checked against the name. No redirect is followed, no proxy of
the environment is used, no cookie or credential is sent, and of the answer only the status is read.
"""

import http.client
import logging
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

import certifi
from pydantic_core import Url
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from shared.platform.outbound_addresses import RefusedAddressError, host_of, resolved

TIMEOUT_SECONDS: Final = 10.0  # for each step: to connect, to shake hands, to wait for a piece
DEADLINE_SECONDS: Final = 20.0  # for all steps: who answers byte by byte would hold a thread
MAX_TRIED: Final = 2  # IP addresses of one host, for one of a kind that this machine cannot reach


# it would write whole addresses where an answer's headers cannot be read
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


class UnreachableError(Exception):
    """Nobody answered, or nothing was sent. The text is words of ours."""


def post(address: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool) -> int:
    """The status of the receiver's answer, whatever it is. Raises UnreachableError.

    `address` is in the form that `outbound_addresses.checked` gave it.
    """
    url = Url(address)
    host, port = host_of(url), url.port or 0
    try:
        addresses = resolved(host, port, allow_private=allow_private)[:MAX_TRIED]
    except RefusedAddressError as error:
        raise UnreachableError(f"The address {error}.") from None
    except (OSError, UnicodeError):  # too long a label is no OSError
        raise UnreachableError("The host's name is not known.") from None
    target = f"{url.path or '/'}{f'?{url.query}' if url.query else ''}"
    named = {"Host": _host_header(url), **headers}
    last: Exception = OSError()
    for ip in addresses:
        connection = _connection(url, ip)
        with _deadline(connection):
            try:
                connection.connect()
            except (OSError, HTTPError) as error:
                last = error
                continue
            return _status(connection, target, body, named)
    raise _in_words(last)


def _status(
    connection: HTTPConnection, target: str, body: bytes, headers: Mapping[str, str]
) -> int:
    try:
        connection.request("POST", target, body, headers, preload_content=False)
        return connection.getresponse().status
    except (OSError, HTTPError, http.client.HTTPException) as error:
        raise _in_words(error) from None


def _connection(url: Url, ip: str) -> HTTPConnection:
    if url.scheme == "http":
        return HTTPConnection(ip, url.port, timeout=TIMEOUT_SECONDS)
    trusted = ssl.create_default_context()  # the system's, and what SSL_CERT_FILE names
    trusted.load_verify_locations(certifi.where())
    return HTTPSConnection(
        ip,
        url.port,
        timeout=TIMEOUT_SECONDS,
        server_hostname=host_of(url),
        ssl_context=trusted,
    )


def _host_header(url: Url) -> str:
    usual = {"http": 80, "https": 443}[url.scheme]
    return url.host or "" if url.port == usual else f"{url.host}:{url.port}"


@contextmanager
def _deadline(connection: HTTPConnection) -> Iterator[None]:
    """Cut the connection when the time is over, whatever it waits for; close it in the end."""

    def cut() -> None:
        if connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(DEADLINE_SECONDS, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.close()


def _in_words(error: Exception) -> UnreachableError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return UnreachableError("The host's certificate was not accepted.")
    if isinstance(error, ssl.SSLError):
        return UnreachableError("No secure connection could be made.")
    if isinstance(error, NewConnectionError):  # which urllib3 counts among the timeouts
        return UnreachableError("The host took no connection.")
    if isinstance(error, (TimeoutError, ConnectTimeoutError)):
        return UnreachableError("The host did not answer in time.")
    return UnreachableError("The host did not answer.")
