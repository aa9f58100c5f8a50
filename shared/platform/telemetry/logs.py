"""Log records of the app as OpenTelemetry's.

OpenTelemetry's own handler sends everything that a record carries, the messages of exceptions
among it, and those quote what users typed and addresses with signatures. This one sends the line
that the console shows, the job's id, and of an exception its class and where it was raised.
"""

import logging
import traceback
from typing import Final

from opentelemetry._logs import LoggerProvider, LogRecord, SeverityNumber

from shared.platform.telemetry import names
from shared.platform.telemetry.context import current_job

OURS: Final = ("avatar", "shared")  # the loggers of the app; other libraries' are not sent

_SEVERITIES: Final = {
    logging.DEBUG: SeverityNumber.DEBUG,
    logging.INFO: SeverityNumber.INFO,
    logging.WARNING: SeverityNumber.WARN,
    logging.ERROR: SeverityNumber.ERROR,
    logging.CRITICAL: SeverityNumber.FATAL,
}


class Handler(logging.Handler):
    """Passes records on to a provider, which sends them from a thread of its own."""

    def __init__(self, provider: LoggerProvider) -> None:
        super().__init__(logging.INFO)
        self._provider = provider

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._provider.get_logger(record.name).emit(_translated(record))
        except Exception:  # the boundary of logging: it never breaks what it tells of
            self.handleError(record)


def attach(provider: LoggerProvider) -> None:
    """Send what the app's loggers write from now on; where it went before, it still goes."""
    handler = Handler(provider)
    for name in OURS:
        logging.getLogger(name).addHandler(handler)


def _translated(record: logging.LogRecord) -> LogRecord:
    attributes: dict[str, str | int] = {}
    job = getattr(record, "job", None) or current_job()
    if job:
        attributes[names.JOB] = str(job)
    if record.exc_info and record.exc_info[0]:
        kind, _, trace = record.exc_info
        attributes["exception.type"] = kind.__name__
        attributes["exception.stacktrace"] = "".join(traceback.format_tb(trace))
    return LogRecord(
        timestamp=int(record.created * 1e9),
        severity_text=record.levelname,
        severity_number=_SEVERITIES.get(record.levelno, SeverityNumber.UNSPECIFIED),
        body=record.getMessage(),
        attributes=attributes,
    )
