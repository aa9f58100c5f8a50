"""A client of the HTTP API, as any other program is one: upload, follow a job, read results."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from local.errors import StackError

DIRECT_LIMIT = 90 * 1024 * 1024  # [bytes]; larger files go straight to the storage
POLL = 0.1, 1.0  # [s] between two looks at a job: at first, and for a long one
STILL_LIMIT = 600.0  # [s] without any change of the job, after which it is given up
AWAY_LIMIT = 90.0  # [s] without an answer, after which the service is given up

Json = dict[str, Any]


class Refused(Exception):
    """The service answered with a problem (RFC 9457); `problem` is its body."""

    def __init__(self, problem: Json) -> None:
        super().__init__(f"{problem.get('title')}: {problem.get('detail')}")
        self.problem = problem


class Client:
    """Talks to one service. Raises StackError where it does not answer."""

    def __init__(self, http: str) -> None:
        self.http = http
        # trust_env: a proxy of the user's network must not be asked for this machine
        self._client = httpx.Client(base_url=http, timeout=120, trust_env=False)

    def upload(self, file: Path, fields: dict[str, str]) -> Json:
        """POST the file; returns the job. A file too large for the host takes an upload URL."""
        size = file.stat().st_size
        if size > DIRECT_LIMIT:
            return self._upload_to_url(file, size, fields)
        with file.open("rb") as content:
            response = self._send(
                "POST", "/api/upload", files={"file": (file.name, content)}, data=fields
            )
        return _body(response)

    def follow(self, job: Json, changed: Callable[[Json], None]) -> Json:
        """Call `changed` with the job whenever it is another; returns it when it is at its end.

        A service that does not answer for a while is waited for: it may be starting again.
        """
        moved = answered = time.monotonic()
        seen: Json = {}
        pause, longest = POLL
        while seen.get("state") not in ("done", "failed"):
            now = time.monotonic()
            found = self._find(job["id"])
            if found is not None:
                answered = now
            if found is not None and found != seen:
                seen, moved = found, now
                changed(seen)
            if now - answered > AWAY_LIMIT:
                raise StackError(f"The service at {self.http} has not answered for a while.")
            if now - moved > STILL_LIMIT:
                raise StackError(f"The job {job['id']} has not moved for {STILL_LIMIT:.0f} s.")
            time.sleep(pause)
            pause = min(pause * 1.1, longest)
        return seen

    def action_units(self, job: Json) -> Json:
        return _body(self._send("GET", f"/api/jobs/{job['id']}/action-units"))

    def _find(self, job_id: str) -> Json | None:
        """The job; None while the service, its storage or its database is away."""
        try:
            response = self._client.get(f"/api/jobs/{job_id}")
        except httpx.TransportError:
            return None
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return None
        return _body(response)

    def _upload_to_url(self, file: Path, size: int, fields: dict[str, str]) -> Json:
        request = {"filename": file.name, "size": size, **fields}
        ticket = _body(self._send("POST", "/api/upload-url", json=request))
        with file.open("rb") as content:
            response = self._send(
                ticket["method"],
                ticket["upload_url"],
                headers={**ticket["headers"], "Content-Length": str(size)},
                content=content,
            )
        if not response.is_success:
            raise StackError(f"The storage refused the upload: {response.status_code}.")
        return {"id": ticket["id"]}

    def _send(self, method: str, url: str, **options: Any) -> httpx.Response:
        try:
            return self._client.request(method, url, **options)
        except httpx.TransportError as error:
            raise StackError(f"The service at {self.http} does not answer: {error}.") from None


def _body(response: httpx.Response) -> Json:
    try:
        body: Json = response.json()
    except ValueError:
        raise StackError(
            f"{response.request.method} {response.request.url} answered "
            f"{response.status_code} without JSON: {response.text[:200]}"
        ) from None
    if response.is_success:
        return body
    raise Refused(body)
