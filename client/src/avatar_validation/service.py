"""The service over HTTP: one place that asks, tries again, and turns problems into sentences."""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx

from avatar_validation import __version__
from avatar_validation.errors import ClientError, Refused
from avatar_validation.retrying import Patience

DEFAULT_ADDRESS = "http://localhost:7071"
URL_VARIABLE = "AVATAR_VALIDATION_URL"
KEY_VARIABLE = "AVATAR_VALIDATION_KEY"
TOKEN_VARIABLE = "AVATAR_VALIDATION_TOKEN"  # noqa: S105
KEY_HEADER = "x-functions-key"

CONNECT_TIMEOUT = 10.0  # [s]
ANSWER_TIMEOUT = 240.0  # [s]; Azure's front end cuts off at 230

LARGEST_PART = 200  # items that the service gives at once

Json = dict[str, Any]


class Service:
    """Talks to one service. Everything raises ClientError, in words, and nothing else."""

    def __init__(
        self, address: str, key: str | None, token: str | None, patience: Patience
    ) -> None:
        self.address = checked_address(address)
        self.patience = patience
        headers = {"User-Agent": f"avatar-validation/{__version__}"}
        if key:
            headers[KEY_HEADER] = checked_secret(key, f"The key in --key or {KEY_VARIABLE}")
        if token:
            secret = checked_secret(token, f"The token in {TOKEN_VARIABLE}")
            headers["Authorization"] = f"Bearer {secret}"
        self._http = httpx.Client(
            base_url=self.address,
            headers=headers,
            timeout=httpx.Timeout(ANSWER_TIMEOUT, connect=CONNECT_TIMEOUT),
        )

    def __enter__(self) -> "Service":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask(lambda: self._http.get(path, **options))

    def get_json(self, path: str, **options: Any) -> Json:
        return body(self.get(path, **options))

    def send(
        self, method: str, path: str, *, repeatable: bool = True, **options: Any
    ) -> httpx.Response:
        """A request that changes something."""
        return self.ask(lambda: self._http.request(method, path, **options), repeatable=repeatable)

    def ask(self, send: Callable[[], httpx.Response], *, repeatable: bool = True) -> httpx.Response:
        """A good answer. Raises Refused with what the service says, Away when it says nothing."""
        who = f"The service at {self.address}"
        try:
            response = self.patience.retried(send, who, repeatable=repeatable)
        except httpx.HTTPError as error:
            raise ClientError(f"{who} gave an answer that cannot be read: {error}.") from None
        if response.is_success:
            return response
        raise _refusal(response, self.address)

    def items(self, path: str, limit: int | None = None, **asked: Any) -> list[Json]:
        """The first items of a list, or all, over as many of its parts as that takes."""
        found: list[Json] = []
        while limit is None or len(found) < limit:
            size = LARGEST_PART if limit is None else min(limit - len(found), LARGEST_PART)
            page = self.get_json(path, params={**asked, "limit": size})
            found += page["items"]
            if page["next"] is None:
                break
            asked = dict(parse_qsl(urlsplit(page["next"]).query))
        return found

    def page(self, *parts: str) -> str:
        """The address of a page for a browser."""
        return "/".join((self.address, *(part(text) for text in parts)))

    def job(self, job_id: str) -> Json:
        return self.get_json(f"/api/jobs/{part(job_id)}")


def part(text: str) -> str:
    """Any text as one part of a path."""
    return quote(text, safe="")


def query(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a request asks for: without what was not given (None)."""
    return {name: value for name, value in values.items() if value is not None}


def set_path(name: str) -> str:
    """Of a parameter set."""
    return f"/api/parameter-sets/{part(name)}"


def body(response: httpx.Response) -> Json:
    """The JSON object in an answer."""
    try:
        found = response.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        kind = response.headers.get("Content-Type", "no content type")
        raise ClientError(
            f"{_without_query(response.url)} answered {response.status_code} with {kind} instead "
            f"of JSON: is this the address of the service? It is set by --url or {URL_VARIABLE}."
        )
    return found


def checked_address(address: str) -> str:
    """An http(s) address without a slash at its end."""
    address = address.strip().rstrip("/")
    try:
        found = urlsplit(address)
        fits = found.scheme in ("http", "https") and found.hostname and found.port != 0
        httpx.URL(address)
    except (ValueError, httpx.InvalidURL):
        fits = False
    if not fits or found.query or found.fragment or found.username or found.password:
        raise ClientError(
            "The service's address must be like https://name.azurewebsites.net, without a query "
            f"or a password in it. It is set by --url or {URL_VARIABLE}."
        )
    return address


def checked_secret(text: str, what: str) -> str:
    text = text.strip()
    if not text or not text.isascii() or not text.isprintable():
        raise ClientError(f"{what} is not one: it has odd characters.")
    return text


def _refusal(response: httpx.Response, address: str) -> ClientError:
    status = response.status_code
    if response.is_redirect:
        target = response.headers.get("Location", "").partition("?")[0]
        return ClientError(
            f"{address} sends its visitors on to {target}. Give that service's address by --url "
            f"or {URL_VARIABLE}; the key is sent nowhere else."
        )
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if isinstance(problem, dict) and isinstance(problem.get("code"), str):
        detail = str(problem.get("detail") or problem.get("title"))
        return Refused(status, problem["code"], detail, problem)
    if status in (401, 403):
        return Refused(
            status,
            "access_refused",
            f"{address} does not let us in ({status}). Set {KEY_VARIABLE} to a function key of "
            f"the service or, where callers sign in, {TOKEN_VARIABLE} to an access token for it.",
        )
    where = _without_query(response.url)
    if status == httpx.codes.NOT_FOUND:
        return Refused(
            status,
            "not_found",
            f"There is nothing at {where}: is {address} the address of the service? "
            f"It is set by --url or {URL_VARIABLE}.",
        )
    return Refused(status, f"http_{status}", f"{where} answered {status} without saying why.")


def _without_query(url: httpx.URL) -> str:
    return str(url).partition("?")[0]
