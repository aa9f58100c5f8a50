"""A gateway in front of a real service that fails when it is told to, as gateways and networks do.

    with Unsteady(stack.http) as gateway:
        gateway.next(answer(503, {"Retry-After": "1"}), LOSE_ANSWER)
        ...                                     # via gateway.address

Requests for which nothing is told are passed on. Every request is kept in `requests`.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import httpx


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]  # names in small letters
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes = b""


Act = Callable[[Request, Callable[[], Answer]], Answer | None]
"""Gets the request, and what passes it on. None: the connection is closed without an answer."""


def answer(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Act:
    return lambda request, forward: Answer(status, headers or {}, body)


def lose_request(request: Request, forward: Callable[[], Answer]) -> None:
    """The service never hears of it."""


def lose_answer(request: Request, forward: Callable[[], Answer]) -> None:
    """The service does it, but its answer is lost."""
    assert forward().status < 400


def pass_on(request: Request, forward: Callable[[], Answer]) -> Answer:
    return forward()


class Unsteady:
    """See the module. `key`: requests without it get what Azure answers, 401 without a body."""

    def __init__(self, target: str, key: str | None = None) -> None:
        self.requests: list[Request] = []
        self._acts: deque[Act] = deque()
        self._target = target
        self._key = key
        self._http = httpx.Client(timeout=240, trust_env=False)
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                gateway._serve(self)

            do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the library's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def next(self, *acts: Act) -> None:
        """What becomes of the next requests, in this order."""
        self._acts.extend(acts)

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length", "0"))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(handler.command, handler.path, headers, handler.rfile.read(length))
        self.requests.append(request)
        if self._key is not None and headers.get("x-functions-key") != self._key:
            act = answer(401)
        else:
            act = self._acts.popleft() if self._acts else pass_on
        found = act(request, lambda: self._forward(request))
        if found is None:
            handler.close_connection = True
            return
        handler.send_response_only(found.status)
        for name, value in found.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(found.body)))
        handler.end_headers()
        handler.wfile.write(found.body)

    def _forward(self, request: Request) -> Answer:
        headers = {n: v for n, v in request.headers.items() if n not in ("host", "connection")}
        response = self._http.request(
            request.method, self._target + request.path, headers=headers, content=request.body
        )
        kept = ("content-type", "location", "etag", "retry-after", "x-ms-error-code")
        found = {name: response.headers[name] for name in kept if name in response.headers}
        return Answer(response.status_code, found, response.content)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._http.close()
