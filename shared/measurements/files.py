"""A measurement's frames as files: `openface.csv`, `signals.csv` and `extraction.json`.

They stand in the job's container. The rows of a measurement with more than MAX_ROWS_IN_DATABASE of
them are only there. Where another program measured, in whatever dialect, its file stays as it is
and the canonical ones stand beside it, below `normalised/`.

`extraction.json` names the digest of its CSV, so a file that was replaced since is not taken for
what was measured.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.measurements import csv
from shared.measurements.csv import Block
from shared.measurements.csv.blocks import Matrix
from shared.measurements.model import Facts, Options
from shared.platform import blob_names
from shared.platform.errors import Code, MediaError, Problem
from shared.platform.storage import Storage

THRESHOLD: Final = "confidence_threshold"  # in `Facts.settings`
COUNTED_BYTES: Final = 1024 * 1024  # read at a time

CONTENT_TYPES: Final = {
    blob_names.SIGNALS_BLOB: "text/csv",
    blob_names.EXTRACTION_BLOB: "application/json",
    blob_names.MEASUREMENT_BLOB: "text/csv",
}
_FACTS: Final = TypeAdapter(Facts)


class _Digest(BaseModel):
    csv_sha256: str


@dataclass(frozen=True, slots=True)
class FrameFiles:
    """A measurement on this machine's disk, in the canonical form."""

    measurement: Path
    signals: Path | None
    facts: Facts

    def rows(self) -> int:
        """How many rows the measurement has, without reading what is in them."""
        count = 0
        with self.measurement.open("rb") as file:
            while data := file.read(COUNTED_BYTES):
                count += data.count(b"\n")
        return max(count - 1, 0)  # its header

    def pairs(self, max_frames: int = csv.MAX_FRAME) -> Iterator[tuple[Block, Matrix]]:
        """All rows, with their signals. Raises MediaError where a file is not as it must be.

        Which of them are confident follows from the threshold that the measurement names.
        """
        threshold = self.facts.settings[THRESHOLD]
        options = Options(float(cast("float", threshold)), max_frames=max_frames)
        blocks = csv.blocks(self.measurement, options)
        return csv.paired(blocks, self.signals)


def facts_of(extraction: Path, measurement: Path) -> Facts | None:
    """What `extraction.json` says; None where it speaks of another CSV, or is none of ours."""
    content = extraction.read_bytes()
    with measurement.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        named = _Digest.model_validate_json(content).csv_sha256
        return _FACTS.validate_json(content) if named == digest else None
    except ValidationError:  # a container is open to other programs
        return None


def store_normalised(storage: Storage, container: str, folder: Path) -> None:
    """Put the canonical files of `folder` beside what another program measured."""
    for name, content_type in CONTENT_TYPES.items():
        if (folder / name).exists():
            blob = blob_names.NORMALISED_PREFIX + name
            storage.upload_file(container, blob, folder / name, content_type)


@contextmanager
def stored(
    storage: Storage, container: str | None, number: int, facts: Facts
) -> Iterator[FrameFiles]:
    """The files of measurement `number`, of which `facts` are stored; on this disk for so long.

    Raises Problem `frames_gone` where they are no longer there, also while they are read.
    """
    if container is None:
        raise _gone(number, "its job and its files were deleted")
    with tempfile.TemporaryDirectory(prefix="avatar-frames-") as folder:
        found = _fetched(storage, container, "", Path(folder), facts) or _fetched(
            storage, container, blob_names.NORMALISED_PREFIX, Path(folder), facts
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
    if facts_of(extraction, measurement) is None:
        return None
    return FrameFiles(measurement, signals if facts.signals else None, facts)


def _gone(number: int, why: str) -> Problem:
    return Problem(
        Code.FRAMES_GONE,
        f"The frames of measurement {number} cannot be read: {why}. What was reported of it stays. "
        "To analyse it again, upload the media anew.",
    )
