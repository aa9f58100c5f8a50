"""Names of containers and blobs: whose they are, and how a user's file name becomes one.

Knows nothing of the storage account; the local event relay uses it as well.
"""

import re
import unicodedata
from typing import Final

MAX_BLOB_NAME: Final = 100  # keeps action_unit_report.url within its 300 characters

MEASUREMENT_BLOB: Final = "openface.csv"
SIGNALS_BLOB: Final = "signals.csv"
SOUND_BLOB: Final = "sound.bin"
EXTRACTION_BLOB: Final = "extraction.json"
REPORT_BLOB: Final = "report.json"
RESULT_BLOBS: Final = frozenset(
    {MEASUREMENT_BLOB, SIGNALS_BLOB, SOUND_BLOB, EXTRACTION_BLOB, REPORT_BLOB}
)
OUR_FOLDER: Final = "avatar-validation/"
"""Below it is what nobody but the pipeline writes: other programs have thumbnails of their own."""
THUMBNAIL_BLOB: Final = "thumbnail.jpg"  # this and the following below a job's folder
SEGMENT_PREFIX: Final = "segments/"
NORMALISED_PREFIX: Final = "normalised/"
STILL_PREFIX: Final = "stills/"
PRIVATE_PREFIXES: Final = (SEGMENT_PREFIX, NORMALISED_PREFIX, STILL_PREFIX)

MAX_STORED_NAME: Final = 1024  # characters, as Blob Storage has it and the job's column
_DOTS: Final = frozenset({".", ".."})
TRIAL_CONTAINER: Final = "azure-webjobs-health-check"  # whose prefix no event is sent for
_HOST_CONTAINER: Final = re.compile(r"^(\$.*|azure-webjobs-.*|insights-.*|azure-functions-.*)$")


def is_host_container(container: str) -> bool:
    """True for the containers that Azure and the Functions host keep for themselves."""
    return _HOST_CONTAINER.match(container) is not None


def is_our_output(blob: str) -> bool:
    """True for names that are the pipeline's, in whatever container."""
    return blob in RESULT_BLOBS or blob.startswith(OUR_FOLDER)


def wants_event(container: str, blob: str) -> bool:
    """Whether the pipeline must be told that this blob appeared.

    The event subscription filters by the same rule; an event that comes all the same is ignored.
    """
    ours = is_our_output(blob) and blob != MEASUREMENT_BLOB
    return not ours and not is_host_container(container)


def is_addressable(blob: str) -> bool:
    """Whether a blob of this name can be had by it, and a job's row hold it.

    `..` in an address is resolved on the way, so that it would name a blob of another container;
    PostgreSQL has no NUL and no half of a surrogate pair.
    """
    held = all(character != "\0" and unicodedata.category(character) != "Cs" for character in blob)
    return held and 0 < len(blob) <= MAX_STORED_NAME and not _DOTS & set(re.split(r"[/\\]", blob))


def composed(name: str) -> str:
    """Normalisation form C: an é of one character and an e with its accent are the same name."""
    return unicodedata.normalize("NFC", name)


def blob_name(filename: str, extension: str) -> str:
    """A safe blob name that a person still recognises as `filename`.

    ASCII letters, digits, `.`, `-` and `_`; at most MAX_BLOB_NAME long; never empty, hidden, a
    path or one of our own outputs. The extension is the content's, whatever the name said.
    """
    base = filename.replace("\\", "/").rsplit("/", 1)[-1]
    stem = base.rsplit(".", 1)[0] if "." in base.strip(".") else base
    ascii_stem = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_stem).strip(".-_")[: MAX_BLOB_NAME - 20]
    name = f"{safe.strip('.-_') or 'media'}{extension}"
    return f"media-{name}" if is_our_output(name) else name
