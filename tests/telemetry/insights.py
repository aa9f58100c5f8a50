"""A stand-in for the ingestion endpoint of Application Insights: keeps the envelopes that come."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.telemetry.listening import listening

Json = dict[str, Any]


@dataclass(slots=True)
class Insights:
    address: str
    envelopes: list[Json]

    def rows(self, kind: str) -> list[Json]:
        """`baseData` of all envelopes of a kind, such as RemoteDependencyData, with the trace."""
        return [
            each["data"]["baseData"] | {"operation_Id": each["tags"].get("ai.operation.id")}
            for each in list(self.envelopes)
            if each["data"]["baseType"] == kind
        ]


@contextmanager
def ingesting() -> Iterator[Insights]:
    envelopes: list[Json] = []

    def take(_: str, body: bytes) -> tuple[str, bytes]:
        sent: list[Json] = json.loads(body)
        envelopes.extend(sent)
        answer = {"itemsReceived": len(sent), "itemsAccepted": len(sent), "errors": []}
        return "application/json", json.dumps(answer).encode()

    with listening(take) as address:
        yield Insights(address, envelopes)
