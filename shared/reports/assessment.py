"""The verdict in the second stage: which sets a job's measurement is held to, and what comes of it.

    sets that the job names   all of them, also those that were archived meanwhile
    none, but a default       the default of the measurement's type, where it is for this engine
                              (somebody's choice, else the product's own set, "Alive")
    neither                   a measurement without a verdict, which is a valid result

A job that names a set asks for a verdict. Where that cannot be had (the set was deleted, or is for
another engine) the job fails with the reason, so that nothing that waits for a verdict takes its
absence for a pass. The measurement is stored all the same.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.measurements.model import MediaType
from shared.measurements.versions import Origin
from shared.platform.errors import Problem
from shared.platform.storage import Storage
from shared.reports import parameter_sets, reports
from shared.reports.reports import Measurement, SetVerdict


@dataclass(frozen=True, slots=True)
class Assessment:
    words: str  # for the trace
    refusal: Problem | None = None


def assess(session: Session, storage: Storage, measurement: Measurement) -> Assessment:
    """Compute and store all measures, and one report for each set."""
    found = reports.measured(session, storage, measurement)
    names = measurement.job.parameter_sets if measurement.job else []
    if names:
        try:
            chosen = parameter_sets.resolve(session, names, archived=True)
            reports.hold(session, storage, measurement, found, chosen)
        except Problem as problem:
            return Assessment("no verdict", problem)
        return Assessment(_verdicts(session, measurement))
    default = parameter_sets.default(session, MediaType(measurement.report.type))
    if default is None:
        return Assessment("held to no parameter set")
    if not default.content.origin.agrees_with(Origin.of(found.facts)):
        return Assessment(
            f"held to no parameter set: the default, {default.content.name!r}, is for "
            f"{default.content.origin}"
        )
    reports.hold(session, storage, measurement, found, [default])
    return Assessment(_verdicts(session, measurement))


def _verdicts(session: Session, measurement: Measurement) -> str:
    found = reports.verdicts(session, [measurement.id])[measurement.id]
    return ", ".join(f"{item.parameter_set}: {_said(item)}" for item in found)


def _said(item: SetVerdict) -> str:
    return f"{item.verdict} ({item.words})" if item.words else item.verdict
