"""Verdicts: in the second stage, and whenever somebody wants them later.

In the second stage (`assess`) a job's measurement is held to

    sets that the job names   all of them, also those that were archived meanwhile
    none, but a default       the default of the measurement's type, where it is for this engine
                              (somebody's choice, else the product's own set, "Alive")
    neither                   a measurement without a verdict, which is a valid result

A job that names a set asks for a verdict. Where that cannot be had (the set was deleted, or is for
another engine) the job fails with the reason, so that nothing that waits for a verdict takes its
absence for a pass. The measurement is stored all the same.

Later (`again`) it is held to the sets that are named then.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.app import App
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


def again(
    app: App,
    reference: int | uuid.UUID,
    names: Sequence[str],
    *,
    allow_engine_mismatch: bool = False,
) -> tuple[list[SetVerdict], bool]:
    """Hold a measurement to sets, without measuring it again: to all of them or to none.

    The verdicts in the order of the names, and whether one of them is new. `reference` is the
    measurement's number, or its job's id. Raises Problem.
    """
    with app.database.begin() as session:
        measurement = reports.locate(session, reference, lock=True)
        chosen = parameter_sets.resolve(session, names)
        ids = {item.id for item in chosen}
        before = reports.verdicts(session, [measurement.id], ids).get(measurement.id, [])
        found = reports.measured(session, app.storage, measurement)
        reports.hold(
            session,
            app.storage,
            measurement,
            found,
            chosen,
            allow_engine_mismatch=allow_engine_mismatch,
        )
        after = reports.verdicts(session, [measurement.id], ids)[measurement.id]
        reports.publish(app, session, measurement)
    by_set = {item.set_id: item for item in after}
    return [by_set[item.id] for item in chosen], len(before) != len(chosen)


def _verdicts(session: Session, measurement: Measurement) -> str:
    found = reports.verdicts(session, [measurement.id])[measurement.id]
    return ", ".join(f"{item.parameter_set}: {_said(item)}" for item in found)


def _said(item: SetVerdict) -> str:
    return f"{item.verdict} ({item.words})" if item.words else item.verdict
