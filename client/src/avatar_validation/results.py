"""What came of each file or job, and the exit code that follows from all of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from avatar_validation.errors import ClientError
from avatar_validation.service import Json
from avatar_validation.words import tally

ENDED = ("done", "failed")


class Exit(IntEnum):
    """The exit codes, from docs/client.md."""

    PASS = 0
    FAIL = 1
    ERROR = 2
    INCONCLUSIVE = 3


class Outcome(Enum):
    """Of one file. MEASURED: there was no parameter set to hold it to."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    MEASURED = "measured"
    SUBMITTED = "submitted"
    ERROR = "error"


_EXITS = {
    Outcome.PASS: Exit.PASS,
    Outcome.MEASURED: Exit.PASS,
    Outcome.FAIL: Exit.FAIL,
    Outcome.ERROR: Exit.ERROR,
    Outcome.INCONCLUSIVE: Exit.INCONCLUSIVE,
}

_WORST_FIRST = (Exit.FAIL, Exit.ERROR, Exit.INCONCLUSIVE, Exit.PASS)
"""A verdict that fails stays one whatever else went wrong: who lets errors pass must not let it."""

_VERDICTS_WORST_FIRST = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)


@dataclass
class Result:
    """One file on its way, or one job that is asked for."""

    label: str
    job: Json | None = None
    error: Json | None = None
    """`code` and `detail`, where the tool or the service failed."""
    reports: list[Json] = field(default_factory=list)
    known: bool = False
    """The job was done already when its file was submitted."""
    held_anew: bool = False
    """It was known, and its measurement was held to sets now."""

    @property
    def pending(self) -> bool:
        """The job is there, and not at its end."""
        return self.error is None and self.job is not None and self.job["state"] not in ENDED

    @property
    def job_id(self) -> str | None:
        return None if self.job is None else str(self.job["id"])

    def fail(self, error: ClientError) -> None:
        self.error = {"code": error.code, "detail": str(error)}

    def update(self, job: Json) -> None:
        self.job = job
        if job["state"] == "failed":
            self.error = dict(job["error"])

    @property
    def outcome(self) -> Outcome:
        if self.error is not None or self.job is None:
            return Outcome.ERROR
        if self.pending:
            return Outcome.SUBMITTED
        verdicts = [Outcome(report["verdict"]) for report in self.reports]
        return min(verdicts, key=_VERDICTS_WORST_FIRST.index, default=Outcome.MEASURED)

    @property
    def page(self) -> tuple[str, ...]:
        """Where the service's pages show it; empty where there is no job."""
        if self.job is None:
            return ()
        if self.job["state"] == "done":
            return "reports", str(self.job["report"])
        return "jobs", str(self.job["id"])

    def as_json(self, page: str | None) -> Json:
        return {
            "file": self.label,
            "outcome": self.outcome.value,
            "known": self.known,
            "page": page,
            "error": self.error,
            "job": self.job,
            "reports": self.reports,
        }


_COUNTED = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "fail",
    Outcome.INCONCLUSIVE: "inconclusive",
    Outcome.MEASURED: "only measured",
    Outcome.SUBMITTED: "not at the end",
    Outcome.ERROR: "not measured",
}


def total(results: Iterable[Result]) -> str:
    """As "7 pass, 2 fail, 1 inconclusive"."""
    return tally(Counter(result.outcome for result in results), _COUNTED)


def exit_code(results: Iterable[Result], submitted: Exit = Exit.PASS) -> Exit:
    """The one that counts most. `submitted` is that of a job that is not at its end."""
    exits = {**_EXITS, Outcome.SUBMITTED: submitted}
    return worst(exits[result.outcome] for result in results)


def worst(exits: Iterable[Exit]) -> Exit:
    return min(exits, key=_WORST_FIRST.index)
