"""What the app's spans, metrics and log records are called; docs/operations.md lists the same.

Alert rules and queries in infra/ look for these names, so a change here is a change there.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SERVICE: Final = "avatar-validation"  # `service.name`, where nothing else is said
SCOPE: Final = "avatar"  # the instrumentation scope of spans and metrics

# Attributes. Values are numbers and words of ours, never what a user typed: no name of a file, an
# avatar, a build or a set.
JOB: Final = "avatar.job.id"
JOB_STATE: Final = "avatar.job.state"
JOB_TYPE: Final = "avatar.job.type"
STEP: Final = "avatar.step.name"
ATTEMPT: Final = "avatar.step.attempt"
OUTCOME: Final = "avatar.step.outcome"
ENGINE: Final = "avatar.engine.name"
ENGINE_VERSION: Final = "avatar.engine.version"
FRAMES: Final = "avatar.frames"
FRAME_RATE: Final = "avatar.frames_per_second"
FACES: Final = "avatar.faces"
SEGMENT: Final = "avatar.segment"
SEGMENTS: Final = "avatar.segments"
TIMER: Final = "avatar.maintenance.timer"
WEBHOOK_OUTCOME: Final = "avatar.webhook.outcome"
ERROR: Final = "avatar.error.code"  # a code of the API, else the exception's class

UNKNOWN: Final = "unknown"  # the type of a job whose content has not been looked at


class SpanName(StrEnum):
    """One word per kind of work."""

    UPLOAD = "upload"
    UPLOAD_URL = "upload_url"
    ADOPT = "adopt"
    EXTRACT = "extract"
    ANALYSE = "analyse"
    MEASURE = "measure"
    ENGINE_PROBE = "engine.probe"
    ENGINE_THUMBNAIL = "engine.thumbnail"
    ENGINE_STILLS = "engine.stills"
    ENGINE_PLAN = "engine.plan"
    ENGINE_MEASURE = "engine.measure"
    ENGINE_JOIN = "engine.join"
    POISONED = "poisoned"
    GIVE_UP = "give_up"
    RECONCILE = "reconcile"
    ADOPT_LOST = "adopt_lost"
    WEBHOOK = "webhook"


class StepOutcome(StrEnum):
    """How an attempt at a step ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"  # the job has failed
    RETRYING = "retrying"  # this attempt has; the host tries again
    STOPPED = "stopped"  # the job was deleted or taken over


class WebhookOutcome(StrEnum):
    """What came of one try to send a webhook."""

    DELIVERED = "delivered"
    RETRYING = "retrying"
    GIVEN_UP = "given_up"


class Instrument(StrEnum):
    """The instruments of OpenTelemetry that are used."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    OBSERVED_COUNTER = "observed counter"
    OBSERVED_GAUGE = "observed gauge"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's name, kind, unit (UCUM) and help."""

    name: str
    kind: Instrument
    unit: str
    help: str
    attributes: tuple[str, ...] = ()
    buckets: tuple[float, ...] | None = None


OPEN_JOBS: Final = Metric(
    "avatar.job.open",
    Instrument.OBSERVED_GAUGE,
    "{job}",
    "Jobs that have not ended.",
    (JOB_STATE, JOB_TYPE),
)
OLDEST_WAITING: Final = Metric(
    "avatar.job.oldest_waiting",
    Instrument.OBSERVED_GAUGE,
    "s",
    "How long the job that waits longest for a step has been waiting; 0 where none waits.",
)
ENDED_JOBS: Final = Metric(
    "avatar.job.ended",
    Instrument.COUNTER,
    "{job}",
    "Jobs that have ended: done, or failed with a code.",
    (JOB_STATE, JOB_TYPE, ERROR),
)
STEP_DURATION: Final = Metric(
    "avatar.step.duration",
    Instrument.HISTOGRAM,
    "s",
    "How long an attempt at a step took.",
    (STEP, OUTCOME),
    (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200, 1800),
)
FRAMES_PER_SECOND: Final = Metric(
    "avatar.engine.frames_per_second",
    Instrument.HISTOGRAM,
    "{frame}/s",
    "Frames of a clip that its engine processes measured in a second, all together.",
    (ENGINE,),
    (1, 2, 5, 10, 20, 40, 60, 80, 100, 150, 200, 300, 500, 1000),
)
ENGINE_RESTARTS: Final = Metric(
    "avatar.engine.restarts",
    Instrument.OBSERVED_COUNTER,
    "{process}",
    "Engine processes that crashed, hung or were stopped with their job, and were replaced.",
)
SETBACKS: Final = Metric(
    "avatar.maintenance.setbacks",
    Instrument.COUNTER,
    "{thing}",
    "Things that a timer could not deal with and passed over: a job or a container, each time.",
    (TIMER, ERROR),
)
WEBHOOKS: Final = Metric(
    "avatar.webhook.tries",
    Instrument.COUNTER,
    "{try}",
    "Tries to send a webhook: delivered, to be repeated, or given up.",
    (WEBHOOK_OUTCOME,),
)
METRICS: Final = (
    OPEN_JOBS,
    OLDEST_WAITING,
    ENDED_JOBS,
    STEP_DURATION,
    FRAMES_PER_SECOND,
    ENGINE_RESTARTS,
    SETBACKS,
    WEBHOOKS,
)
