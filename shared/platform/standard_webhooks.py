"""Signatures of webhooks, as https://www.standardwebhooks.com has them (version 1, symmetric).

A secret is `whsec_` and the base64 of 24 to 64 random bytes. What is signed with HMAC-SHA256 is
`id.timestamp.body`. While a secret is changed there are two, and a signature of each: a receiver
takes a message of which one is right.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

PREFIX: Final = "whsec_"
KEY_BYTES: Final = range(24, 65)


def keys(secrets: str) -> tuple[bytes, ...]:
    """The keys in secrets that stand apart by white space. Raises ValueError, without quoting."""
    return tuple(map(_key, secrets.split()))


def headers(
    signing: tuple[bytes, ...], identifier: str, moment: int, body: bytes
) -> dict[str, str]:
    """The headers of a message that is sent at `moment` [s since 1970]."""
    content = f"{identifier}.{moment}.".encode() + body
    signatures = (hmac.digest(key, content, hashlib.sha256) for key in signing)
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(signature).decode()}" for signature in signatures
        ),
    }


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(PREFIX) or len(key) not in KEY_BYTES:
        raise ValueError(
            f"must be {PREFIX} and the base64 of {KEY_BYTES.start} to {KEY_BYTES.stop - 1} bytes"
        )
    return key
