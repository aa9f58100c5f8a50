"""What ends a command. The text of each is a sentence for a person; it never holds the key."""

from typing import Any


class ClientError(Exception):
    """The tool or the service failed: exit code 2."""

    code = "client_error"
    """A stable word for `--json`; the service's own where the service refused."""


class Away(ClientError):
    """The service, or its storage, did not answer for as long as it was waited for."""

    code = "service_away"


class Refused(ClientError):
    """The service answered with a problem (RFC 9457), which is kept as it came."""

    def __init__(
        self, status: int, code: str, detail: str, problem: dict[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.problem = problem or {}


class MaybeDone(ClientError):
    """The connection broke after a request was sent that may not be sent twice."""

    code = "maybe_done"
