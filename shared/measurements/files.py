"""A measurement as files: `openface.csv`, `signals.csv`, `sound.bin` and `extraction.json`.

`extraction.json` names the digests of its CSV and, among the settings, of its sound: a file that
was replaced since is not taken for what was measured.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.measurements import csv
from shared.measurements.csv import Block
from shared.measurements.csv.blocks import Matrix
from shared.measurements.model import Facts, Options
from shared.platform import blob_names

THRESHOLD: Final = "confidence_threshold"  # in `Facts.settings`
SOUND: Final = "sound_sha256"
"""In `Facts.settings`: the digest of `sound.bin`; None for a clip without sound. Missing where
nobody listened: images, measurements made elsewhere or before there was sound."""

COUNTED_BYTES: Final = 1024 * 1024  # read at a time

CONTENT_TYPES: Final = {
    blob_names.SIGNALS_BLOB: "text/csv",
    blob_names.SOUND_BLOB: "application/octet-stream",
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


def facts_in(extraction: Path, measurement: Path) -> Facts | None:
    """What `extraction.json` says; None where it speaks of another CSV, or is none of ours."""
    content = extraction.read_bytes()
    with measurement.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        named = _Digest.model_validate_json(content).csv_sha256
        return _FACTS.validate_json(content) if named == digest else None
    except ValidationError:  # a container is open to other programs
        return None
