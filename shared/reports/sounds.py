"""A stored clip's sound: `sound.bin` in its job's container, if it is what was heard.

    never listened to    an image, a measurement made elsewhere or before there was sound
    silent               the clip has no sound
    gone                 the container, or the file in it, was deleted
    damaged or replaced  its digest is not the one that the measurement names; this is said aloud

None of them is an error: what rests on sound is then not measured, with the reason.
"""

from dataclasses import dataclass
from typing import Final

from azure.core.exceptions import ResourceNotFoundError

from shared.analysis.series import NO_SOUND
from shared.jobs.outputs import Outputs
from shared.measurements import sound as sounds
from shared.measurements.files import SOUND
from shared.measurements.model import Facts
from shared.measurements.sound import Sound
from shared.platform import blob_names
from shared.platform.storage import Storage


@dataclass(frozen=True, slots=True)
class StoredSound:
    sound: Sound | None
    reason: str = ""  # why there is none
    notice: str | None = None  # for whoever reads the report


NOT_ASKED: Final = StoredSound(None, "The clip's sound was not looked at.")
_DAMAGED: Final = (
    "The clip's sound (sound.bin in the job's container) is damaged or was replaced, so nothing is "
    "told from it."
)


def fetch(storage: Storage, outputs: Outputs | None, facts: Facts) -> StoredSound:
    """Reads no more than a sound may have: 4.1 MB for an hour, 12.4 MB at most."""
    if SOUND not in facts.settings:
        return StoredSound(None, "Nobody listened to the clip when it was measured.")
    named = facts.settings[SOUND]
    if named is None:
        return StoredSound(None, NO_SOUND)
    if outputs is None:
        return StoredSound(None, "The clip's sound was deleted with its job.")
    try:
        data = storage.head(
            outputs.container, outputs.result(blob_names.SOUND_BLOB), sounds.MAX_BYTES + 1
        )
    except ResourceNotFoundError:
        return StoredSound(None, "The clip's sound is no longer in its job's container.")
    found = sounds.from_bytes(data) if sounds.digest(data) == named else None
    return StoredSound(None, _DAMAGED, _DAMAGED) if found is None else StoredSound(found)
