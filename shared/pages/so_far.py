"""What is known of a clip while it is measured: the stretches of it that are done.

A long clip is measured in segments, which the pipeline keeps until the job is done. Each is joined
by itself here, in a process that no measuring waits for, when somebody looks on; what comes of it
is kept beside them and goes with them. A face's own neutral is known of the whole only, so the
report's curves lie a little otherwise: the page says so.
"""

import io
import logging
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from azure.core.exceptions import ResourceNotFoundError
from markupsafe import Markup
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.app import App
from shared.database.tables import Job
from shared.engines.base import Task
from shared.jobs import outputs
from shared.measurements.action_units import INTENSITIES, INTENSITY_MAX, WORDS
from shared.measurements.csv import Block
from shared.measurements.files import FrameFiles
from shared.measurements.model import MediaType, Segment
from shared.pages import timelines
from shared.pages.timelines import Lines, Window
from shared.pipeline.tasks import options
from shared.platform import blob_names, scratch
from shared.platform.errors import EngineError, MediaError

SHOWN: Final = ("AU01", "AU04", "AU06", "AU12", "AU25", "AU45")
"""Of each part of the face what tells most: brows, cheeks, lips, lids."""

POINTS: Final = 600  # over the whole clip
FEWEST, MOST = 4, 90  # points of a stretch
AT_ONCE: Final = 2  # stretches that are joined for one answer; the others come with the next ones
DEADLINE: Final = 20.0  # [s]
KEPT: Final = "so-far.json"  # beside the segments

_SEGMENT: Final = re.compile(r".*/(?P<measured>[0-9a-f]{16})/\d{5}", re.ASCII)
_logger = logging.getLogger("avatar.pages")


class Stretch(BaseModel):
    """A segment as it is drawn; without points where no face was seen."""

    blob: str  # its own
    times: list[float]  # [s]
    values: list[list[float]]  # [points, SHOWN]; means


class Curve(BaseModel, arbitrary_types_allowed=True):
    au: str
    words: str
    chart: Markup
    top: float  # of its scale; the same for all


_STRETCHES: Final = TypeAdapter(list[Stretch])


def curves(app: App, job: Job, duration: float) -> list[Curve]:
    """What is known so far; empty before the first segment is done."""
    found = [item for item in _stretches(app, job, duration) if item.times]
    if not found:
        return []
    found.sort(key=lambda item: item.times[0])
    times = np.concatenate([item.times for item in found])
    values = np.concatenate([item.values for item in found])
    starts = np.cumsum([len(item.times) for item in found])[:-1]
    top = min(max(math.ceil(float(values.max()) * 2) / 2, 1.0), INTENSITY_MAX)
    lines = Lines(Window(0.0, duration).x(times), values, starts, columns=False)
    return [
        Curve(
            au=au,
            words=WORDS[au],
            chart=timelines.chart(timelines.path(lines, place, top), top, f"{WORDS[au]} so far"),
            top=top,
        )
        for place, au in enumerate(SHOWN)
    ]


def _stretches(app: App, job: Job, duration: float) -> list[Stretch]:
    blobs = _measured(app.storage.blobs(job.container, _segments(job)))
    known = [item for item in _kept(app, job) if item.blob in blobs]
    missing = [blob for blob in blobs if blob not in {item.blob for item in known}]
    new = [_joined(app, job, blob, duration) for blob in missing[:AT_ONCE]]
    if new:
        _keep(app, job, [*known, *new])
    return [*known, *new]


def _segments(job: Job) -> str:
    """What the names of the job's segments begin with."""
    return outputs.of(job).private(blob_names.SEGMENT_PREFIX)


def _measured(blobs: Sequence[str]) -> list[str]:
    """Of segments that were measured in several ways, those of the way that has most of them."""
    found = [match for blob in blobs if (match := _SEGMENT.fullmatch(blob))]
    ways = Counter(match["measured"] for match in found)
    chosen = max(ways, key=lambda way: ways[way], default="")
    return [match[0] for match in found if match["measured"] == chosen]


def _kept(app: App, job: Job) -> list[Stretch]:
    try:
        return _STRETCHES.validate_json(
            b"".join(app.storage.open(job.container, _segments(job) + KEPT))
        )
    except (ResourceNotFoundError, ValidationError):
        return []


def _keep(app: App, job: Job, found: list[Stretch]) -> None:
    """Two that look on at once may each keep what the other has not: it is made again."""
    content = io.BytesIO(_STRETCHES.dump_json(found))
    try:
        app.storage.upload(job.container, _segments(job) + KEPT, content, "application/json")
    except ResourceNotFoundError:
        _logger.info("nothing is kept: the job is being deleted")


def _joined(app: App, job: Job, blob: str, duration: float) -> Stretch:
    stretch = Stretch(blob=blob, times=[], values=[])
    with scratch.folder("so-far") as folder:
        segment = folder / "segment"
        if not app.storage.download_if_there(job.container, blob, segment):
            return stretch
        task = Task(segment, MediaType(job.type or MediaType.VS), options(app.settings))
        engine = job.engine or app.settings.engine
        try:
            facts = app.engines.join(
                engine, task, [(Segment(0), segment)], folder, aside=True, deadline=DEADLINE
            )
            files = FrameFiles(folder / blob_names.MEASUREMENT_BLOB, None, facts)
            times, values = _thinned([block for block, _ in files.pairs()], duration)
        except (MediaError, EngineError) as error:  # also where no face is in it
            _logger.info("nothing to show of a segment: %s", error.code)
            return stretch
    return stretch.model_copy(update={"times": times, "values": values})


def _thinned(blocks: Sequence[Block], duration: float) -> tuple[list[float], list[list[float]]]:
    """Of the face that is seen most: means over columns of equal numbers of frames."""
    faces = np.concatenate([block.faces[block.successes] for block in blocks])
    if not len(faces):
        return [], []
    face = int(np.bincount(faces).argmax())
    places = [INTENSITIES.index(au) for au in SHOWN]
    seen = [block.successes & (block.faces == face) for block in blocks]
    pairs = list(zip(blocks, seen, strict=True))
    times = np.concatenate([block.timestamps[mine] for block, mine in pairs])
    values = np.concatenate([block.intensities[mine][:, places] for block, mine in pairs])
    points = int(np.clip(POINTS * (times[-1] - times[0]) / duration, FEWEST, MOST))
    parts = np.array_split(np.arange(len(times)), min(points, len(times)))
    return (
        [round(float(times[part].mean()), 3) for part in parts],
        [np.round(values[part].mean(axis=0), 2).tolist() for part in parts],
    )
