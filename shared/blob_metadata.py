"""What a job's media and container say of it, for who finds them without the database.

`shared.adoption` reads what is written here. Keys are C# identifiers and values ASCII, as Blob
Storage wants them.
"""

from shared import telemetry
from shared.models import Job


def of_job(job: Job) -> dict[str, str]:
    """The metadata of the job's container, and of its media where the upload goes through us."""
    return {telemetry.METADATA: job.traceparent} if job.traceparent else {}
