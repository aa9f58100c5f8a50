"""Measurements straight in the database, for tests of what is made from them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from shared.analysis.series import FaceSeries
from shared.database.extractions import insert_entries, insert_extraction
from shared.database.frames import copy_frames
from shared.database.tables import ActionUnitReport
from shared.measurements.action_units import INTENSITIES, PRESENCES
from shared.measurements.csv import Block, paired
from shared.measurements.model import Facts, MediaType
from shared.reports import reports
from tests.analysis.synthetic import by_unit

FPS = 25.0
AUS = len(INTENSITIES)
ROWS_AT_ONCE = 5000


def blocks(intensities: NDArray[np.float64], faces: int = 1) -> Iterator[Block]:
    """Every face in every frame; [frames, AUS] intensities, which all faces share."""
    rows = len(intensities) * faces
    for start in range(0, rows, ROWS_AT_ONCE):
        number = np.arange(start, min(start + ROWS_AT_ONCE, rows))
        frame = (number // faces).astype(np.int32)
        yield Block(
            frames=frame + 1,
            faces=(number % faces).astype(np.int32),
            timestamps=frame / FPS,
            confidences=np.full(len(number), 0.98),
            successes=frame % 10 != 9,
            intensities=intensities[frame],
            presences=(frame % (1 << len(PRESENCES))).astype(np.int32),
            signals=np.empty((len(number), 0)),
        )


def waves(frames: int, seed: int = 1) -> NDArray[np.float64]:
    """Smooth movement of all Action Units, within 0..5, at the resolution of a CSV."""
    time = np.arange(frames)[:, None] / FPS
    random = np.random.default_rng(seed)
    speeds, phases = random.uniform(0.1, 1, AUS), random.uniform(0, 6, AUS)
    found: NDArray[np.float64] = np.round(2.5 + 2.5 * np.sin(6.28 * speeds * time + phases), 2)
    return found


def series(frames: int, faces: int = 1) -> list[FaceSeries]:
    """The same as the analysis takes it."""
    rows = list(blocks(waves(frames), faces))

    def of(face: int, column: str, dtype: type[np.generic]) -> NDArray[Any]:
        parts = [getattr(block, column)[block.faces == face] for block in rows]
        found: NDArray[Any] = np.concatenate(parts).astype(dtype)
        return found

    return [
        FaceSeries(
            face,
            timestamps=of(face, "timestamps", np.float64),
            success=of(face, "successes", np.bool_),
            intensities=by_unit(of(face, "intensities", np.float32)),
            presences=of(face, "presences", np.int32),
        )
        for face in range(faces)
    ]


def facts(frames: int, faces: int = 1) -> Facts:
    return Facts(
        engine="openface",
        version="2.2.0",
        settings={},
        frames=frames,
        fps=FPS,
        duration=frames / FPS,
        faces=faces,
    )


def measurement(
    session: Session,
    frames: int = 50,
    *,
    faces: int = 1,
    avatar: str = "Ada",
    name: str = "default",
    seed: int = 1,
) -> reports.Measurement:
    """A stored clip, as the second stage stores it; no job, no container."""
    report = ActionUnitReport(url="u", avatar=avatar, name=name, type=MediaType.VM)
    session.add(report)
    session.flush()
    known = facts(frames, faces)
    summaries = copy_frames(session, report.id, paired(blocks(waves(frames, seed), faces), None))
    insert_extraction(session, report.id, known)
    insert_entries(session, report.id, summaries, known)
    return reports.locate(session, report.id)
