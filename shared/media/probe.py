"""Whether a file can be measured: it is opened with native decoders.

They meet hostile input here, so this runs in a child process only: `EnginePool.probe`.
"""

from pathlib import Path

from shared.measurements.model import Options
from shared.media.clip import probe_clip
from shared.media.formats import Kind, MediaFacts, sniff_file
from shared.media.pictures import displayed_size


def probe(path: Path, options: Options) -> MediaFacts:
    """Open the file as far as needed to know that it can be measured.

    An image is decoded whole, of a video one picture; a CSV is only recognised, its rows are
    checked where they are read.

    Raises MediaError with the code and sentence of the refusal.
    """
    found = sniff_file(path)
    size = path.stat().st_size
    if found.kind is Kind.IMAGE:
        width, height = displayed_size(path, options)
        return MediaFacts(found.name, found.kind, size, width, height)
    if found.kind is Kind.VIDEO:
        return probe_clip(path, options)
    return MediaFacts(found.name, found.kind, size)
