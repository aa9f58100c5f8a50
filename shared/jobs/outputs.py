"""Which blobs a job writes, and where in its container.

                     results (`openface.csv`, ...)      thumbnail, stills, segments, normalised
    the first job    at the container's root            below `avatar-validation/`
    a further one    below `avatar-validation/ID/`      below `avatar-validation/ID/`

Only another program's container can have further jobs. `folder`, a column of the job, is the right
side. It is empty for jobs of before migration 0010, which have all at the root.
"""

import uuid
from dataclasses import dataclass

from shared.database.tables import Job
from shared.platform import blob_names

AT_ROOT = ("", blob_names.OUR_FOLDER)
"""Folders of jobs whose results are at the root: a container has one of them at most."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """The places of one job's outputs."""

    container: str
    folder: str

    @property
    def at_root(self) -> bool:
        return self.folder in AT_ROOT

    def result(self, name: str) -> str:
        """The blob of a result, such as `openface.csv`."""
        return name if self.at_root else self.folder + name

    def private(self, name: str) -> str:
        """The blob of what only the pipeline reads."""
        return self.folder + name

    def single(self) -> list[str]:
        """Names of all that the job may have written, but for those below `prefixes`."""
        results = [self.result(name) for name in sorted(blob_names.RESULT_BLOBS)]
        return [*results, self.private(blob_names.THUMBNAIL_BLOB)]

    def prefixes(self) -> list[str]:
        """What the names of the job's other blobs begin with."""
        return [self.private(name) for name in blob_names.PRIVATE_PREFIXES]

    def include(self, blob: str) -> bool:
        return blob in self.single() or blob.startswith(tuple(self.prefixes()))


def of(job: Job) -> Outputs:
    return Outputs(job.container, job.folder)


def media_number(container: str, blob: str) -> uuid.UUID:
    """Always the same for this blob: the id of its job, unless that is the container's first."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{container}/{blob}")


def folder_of_further(number: uuid.UUID) -> str:
    return f"{blob_names.OUR_FOLDER}{number}/"
