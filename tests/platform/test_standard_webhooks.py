"""Signatures that other implementations make and take."""

import pytest

from shared.platform import standard_webhooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # of the specification's own example
OTHER = "whsec_cGxhbnRlZDogdGhlIHNlY3JldCBvZiB3ZWJob29rcw=="
MESSAGE = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_of_the_specification() -> None:
    signed = standard_webhooks.headers(standard_webhooks.keys(SECRET), *MESSAGE)
    assert signed == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_two_secrets_give_two_signatures() -> None:
    signed = standard_webhooks.headers(standard_webhooks.keys(f"{OTHER} {SECRET}"), *MESSAGE)
    first, second = signed["webhook-signature"].split(" ")
    assert second == SIGNATURE != first


@pytest.mark.parametrize(
    "secret",
    ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_not/base64!", "x"],
)
def test_what_is_no_secret_is_not_quoted(secret: str) -> None:
    with pytest.raises(ValueError, match="must be whsec_") as refused:
        standard_webhooks.keys(f"{SECRET} {secret}")
    assert SECRET not in str(refused.value)
