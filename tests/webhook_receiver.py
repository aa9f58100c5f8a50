"""A real HTTP server on this machine that takes webhooks, and answers as it is told to."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """A POST as it came."""

    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(slots=True)
class Receiver:
    """What has come to `address`, and what the next ones are answered."""

    address: str
    messages: list[Message] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)  # then always 204
    location: str | None = None
    while_it_waits: Callable[[], None] | None = None  # done before a message is answered
    malformed: bool = False  # the headers of its answers
    drips: int = 0  # how often it says "continue" before it answers

    def of(self, event: str) -> list[Message]:
        return [message for message in self.messages if message.json["type"] == event]

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.messages.append(Message(handler.path, headers, body))
        if self.while_it_waits is not None:
            self.while_it_waits()
        for _ in range(self.drips):
            handler.send_response_only(100)
            handler.end_headers()
            threading.Event().wait(0.05)
        if self.malformed:
            handler.wfile.write(b"HTTP/1.1 204 No Content\r\nno colon\r\n\r\n")
            return
        handler.send_response(self.statuses.pop(0) if self.statuses else 204)
        if self.location is not None:
            handler.send_header("Location", self.location)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.take(self)

        def do_GET(self) -> None:  # who follows a redirect comes so
            receiver.take(self)

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Who hangs up is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    port = server.server_address[1]
    receiver = Receiver(f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}")
    thread = threading.Thread(target=server.serve_forever, name="webhook-receiver")
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
