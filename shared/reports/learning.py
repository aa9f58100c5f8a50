"""A parameter set learned from stored measurements. Nothing is stored here.

What a natural set keeps of a face stands beside its measures since it was analysed, so that no
frame is read again, and a hundred recordings are learned from in seconds. Measurements that were
analysed before that are read whole, as they are for every other set.
"""

import uuid
from collections.abc import Iterable, Iterator

from sqlalchemy.orm import Session

from shared.analysis import learning
from shared.analysis.catalogue import CATALOGUE
from shared.analysis.learning import Footage, Learned, LearnOptions, Sample, footage
from shared.analysis.measures import Group
from shared.analysis.natural_learning import Kept
from shared.database.extractions import facts_of
from shared.measurements.model import MediaType
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
        found[measurement.id] = measurement

    sound = any(CATALOGUE[code].group is Group.SOUND for code in options.measures or ())

    def footages() -> Iterator[Footage]:
        for measurement in found.values():
            stored = _stored(session, measurement) if options.coverage is not None else None
            yield stored or footage(
                measurement.load(session, storage, sound=sound), measurement.id, _name(measurement)
            )

    return learning.learn(options, footages()), tuple(found)


def _stored(session: Session, measurement: Measurement) -> Footage | None:
    """Without its frames; None where that was not kept."""
    faces = reports.measured_faces(session, measurement.id)
    samples = tuple(
        Sample(face.seen_share, face.confident_frames, Kept.model_validate(face.kept))
        for face in faces
        if face.kept is not None
    )
    if not samples or len(samples) < len(faces):
        return None
    return Footage(
        MediaType(measurement.report.type),
        facts_of(measurement.extraction),
        samples,
        measurement.id,
        _name(measurement),
    )


def _name(measurement: Measurement) -> str:
    """By which people know the recording."""
    filename = measurement.job.filename if measurement.job else None
    return filename or measurement.report.name
