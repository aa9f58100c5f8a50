"""The files of a measurement's frames in its job's container.

The rows of a measurement with more than MAX_ROWS_IN_DATABASE of them are only there. Where another
program measured, in whatever dialect, its file stays as it is and the canonical ones stand beside
it, below `normalised/`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.jobs.outputs import Outputs
from shared.measurements.files import CONTENT_TYPES, FrameFiles, facts_in
from shared.measurements.model import Facts
from shared.platform import blob_names, scratch
from shared.platform.errors import Code, MediaError, Problem
from shared.platform.storage import Storage


def store_normalised(storage: Storage, outputs: Outputs, folder: Path) -> None:
    """Put the canonical files of `folder` beside what another program measured."""
    for name, content_type in CONTENT_TYPES.items():
        if (folder / name).exists():
            blob = outputs.private(blob_names.NORMALISED_PREFIX + name)
            storage.upload_file(outputs.container, blob, folder / name, content_type)


@contextmanager
def stored(
    storage: Storage, outputs: Outputs | None, number: int, facts: Facts
) -> Iterator[FrameFiles]:
    """The files of measurement `number`, of which `facts` are stored; on this disk for so long.

    Raises Problem `frames_gone` where they are no longer there, also while they are read.
    """
    if outputs is None:
        raise _gone(number, "its job and its files were deleted, or its media was replaced")
    normalised = outputs.private(blob_names.NORMALISED_PREFIX)
    with scratch.folder("frames") as folder:
        found = _fetched(storage, outputs.container, outputs.result(""), folder, facts) or _fetched(
            storage, outputs.container, normalised, folder, facts
        )
        if found is None:
            raise _gone(number, "its files in storage were deleted or replaced")
        try:
            yield found
        except MediaError:  # it could be read once: this is another file
            raise _gone(number, "its files in storage were replaced") from None


def _fetched(
    storage: Storage, container: str, prefix: str, folder: Path, facts: Facts
) -> FrameFiles | None:
    """The files with this prefix; None where they are not there or do not belong together."""
    measurement = folder / blob_names.MEASUREMENT_BLOB
    extraction = folder / blob_names.EXTRACTION_BLOB
    signals = folder / blob_names.SIGNALS_BLOB
    wanted = (extraction, measurement, signals) if facts.signals else (extraction, measurement)
    if not all(storage.download_if_there(container, prefix + path.name, path) for path in wanted):
        return None
    if facts_in(extraction, measurement) is None:
        return None
    return FrameFiles(measurement, signals if facts.signals else None, facts)


def _gone(number: int, why: str) -> Problem:
    return Problem(
        Code.FRAMES_GONE,
        f"The frames of measurement {number} cannot be read: {why}. What was reported of it stays. "
        "To analyse it again, upload the media anew.",
    )
