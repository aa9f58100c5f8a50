"""A parameter set learned from stored measurements. Nothing is stored here."""

import uuid
from collections.abc import Iterable, Iterator

from sqlalchemy.orm import Session

from shared.analysis import learning
from shared.analysis.catalogue import CATALOGUE
from shared.analysis.learning import Learned, LearnOptions
from shared.analysis.measures import Group
from shared.analysis.measuring import MeasuredRecording
from shared.platform.storage import Storage
from shared.reports import reports
from shared.reports.reports import Measurement


def learn(
    session: Session,
    storage: Storage,
    options: LearnOptions,
    references: Iterable[int | uuid.UUID],
) -> tuple[Learned, tuple[int, ...]]:
    """From these measurements, each once; and their numbers. One at a time is in memory.

    Raises Problem where one is not there, its frames are gone, or they do not fit together.
    """
    found: dict[int, Measurement] = {}
    for reference in references:
        measurement = reports.locate(session, reference)
        found[measurement.report.id] = measurement

    sound = any(CATALOGUE[code].group is Group.SOUND for code in options.measures or ())

    def recordings() -> Iterator[MeasuredRecording]:
        for measurement in found.values():
            yield measurement.load(session, storage, sound=sound)

    return learning.learn(options, recordings()), tuple(found)
