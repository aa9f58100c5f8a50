"""A stand-in for the ingestion endpoint of Application Insights: keeps the envelopes that come."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class Insights:
    address: str
    envelopes: list[Json] = field(default_factory=list)

    def rows(self, kind: str) -> list[Json]:
        """`baseData` of all envelopes of a kind, such as RemoteDependencyData, with the trace."""
        return [
            each["data"]["baseData"] | {"operation_Id": each["tags"].get("ai.operation.id")}
            for each in list(self.envelopes)
            if each["data"]["baseType"] == kind
        ]


@contextmanager
def ingesting() -> Iterator[Insights]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            sent = json.loads(body)
            insights.envelopes += sent
            answer = {"itemsReceived": len(sent), "itemsAccepted": len(sent), "errors": []}
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    insights = Insights(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, name="ingestion")
    thread.start()
    try:
        yield insights
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
