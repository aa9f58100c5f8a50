"""What to do about a job that was not measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.api.job_bodies import Error
from shared.platform.errors import STATUS, Code

_OUR_FAULT: Final = 500  # statuses from here on

_PASSING: Final = frozenset(
    {code for code, (status, _) in STATUS.items() if status >= _OUR_FAULT}
    | {Code.ENGINE_UNAVAILABLE, Code.UNKNOWN_PARAMETER_SET, Code.ENGINE_MISMATCH}
)
"""What may be another time; of everything else the same file has the same end."""

_STEPS: Final = {
    Code.UNKNOWN_PARAMETER_SET: ("Make a set of this name, or hold what was measured to another.",),
    Code.ENGINE_MISMATCH: ("Hold what was measured to a set for this engine.",),
    Code.NO_FACE_FOUND: (
        "Look at the file: is a face in it that is in focus, lit and turned to the camera?",
        "Is the face at least 24 pixels wide? Record it closer, or send the file in full size.",
        "Is it upright? A face that lies on its side is not found.",
    ),
}


@dataclass(frozen=True, slots=True)
class Failure:
    title: str
    retry_helps: bool  # else another file does
    steps: Sequence[str]  # to take before that


def failure(error: Error | None) -> Failure | None:
    """Of a job's error; None where it has none."""
    if error is None:
        return None
    code = Code(error.code) if error.code else Code.INTERNAL
    return Failure(STATUS[code][1], code in _PASSING, _STEPS.get(code, ()))
