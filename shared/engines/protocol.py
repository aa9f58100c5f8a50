"""What the pool and its child processes say to each other: one JSON object per line.

    pool  -> child   {"id": 7, "call": "measure", "engine": "mediapipe", "task": {...}, ...}
    child -> pool    {"id": 7, "progress": 120, "outline": [...]}  any number of times, then one of
                     {"id": 7, "result": ...}
                     {"id": 7, "refusal": {"code": "...", "detail": "..."}}       MediaError
                     {"id": 7, "failure": {"code": "...", "detail": "..."}}       EngineError

A child has one call at a time; the number only shows that both speak of the same one. Both ends
are of the same version and on the same machine: paths are absolute, and no field is optional. NaN
and infinity are no JSON and are refused at the sender.
"""

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from shared.engines.base import Outline, Task
from shared.measurements.model import MediaType, Options, Segment
from shared.platform.errors import Code, EngineError, MediaError, Problem

Message = dict[str, Any]

MAX_LINE: Final = 16 * 1024 * 1024  # [bytes]; Facts of a clip with hundreds of faces are below 1 MB


MAX_LINES, MAX_PLACES, MAX_PLACE = 64, 128, 10_000  # of an outline

OUTCOMES: Final = frozenset({"result", "refusal", "failure"})


class Call(StrEnum):
    PROBE = "probe"
    THUMBNAIL = "thumbnail"
    STILLS = "stills"
    STATUS = "status"
    PLAN = "plan"
    MEASURE = "measure"
    JOIN = "join"

    @property
    def doing(self) -> str:
        """What a child is at, for sentences: "It failed while ..."."""
        return {
            Call.PROBE: "opening the file",
            Call.THUMBNAIL: "making a thumbnail",
            Call.STILLS: "making pictures of the clip",
            Call.STATUS: "loading the engine",
            Call.PLAN: "planning the work",
            Call.MEASURE: "measuring",
            Call.JOIN: "joining the segments",
        }[self]


def encode(message: Message) -> bytes:
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Message:
    """Raises ValueError for anything but an object."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message


def outline(message: Message) -> Outline:
    """Of a message of progress. Raises ValueError for anything but a few short lines."""
    lines = message.get("outline", [])
    if not isinstance(lines, list) or len(lines) > MAX_LINES:
        raise ValueError("no outline")
    for line in lines:
        if not isinstance(line, list) or len(line) > MAX_PLACES:
            raise ValueError("no line")
        if not all(isinstance(place, int) and abs(place) <= MAX_PLACE for place in line):
            raise ValueError("no places")
    return lines


def problem_to_json(problem: Problem) -> Message:
    return {"code": problem.code.value, "detail": problem.detail}


def refusal(data: Message) -> MediaError:
    return MediaError(Code(data["code"]), data["detail"])


def failure(data: Message) -> EngineError:
    return EngineError(Code(data["code"]), data["detail"])


def task_to_json(task: Task) -> Message:
    return {
        "media": str(task.media.absolute()),
        "type": task.type.value,
        "options": asdict(task.options),
    }


def task_from_json(data: Message) -> Task:
    return Task(Path(data["media"]), MediaType(data["type"]), Options(**data["options"]))


def segment_from_json(data: Message) -> Segment:
    return Segment(**data)
