"""Jobs that are asked for by their ids."""

from collections.abc import Iterable, Sequence

import httpx

from avatar_validation.errors import Refused
from avatar_validation.results import Result
from avatar_validation.service import Json, Service, body, part


def of_ids(service: Service, ids: Iterable[str]) -> list[Json]:
    """Each once. Raises ClientError where one is not there."""
    return [service.job(job_id) for job_id in dict.fromkeys(ids)]


def labels(jobs: Sequence[Json]) -> list[str]:
    """The files' names, with the jobs' ids where that alone tells them apart."""
    names = [str(job["media"]["filename"]) for job in jobs]
    return [
        name if names.count(name) == 1 else f"{name} {job['id']}"
        for name, job in zip(names, jobs, strict=True)
    ]


def results(jobs: Sequence[Json]) -> list[Result]:
    """One for each, called as `labels` says."""
    found = [Result(label) for label in labels(jobs)]
    for job, result in zip(jobs, found, strict=True):
        result.update(job)
    return found


def again(service: Service, job: Json) -> Json:
    """A failed job, started once more."""
    try:
        return body(service.send("POST", f"/api/jobs/{part(str(job['id']))}/retry"))
    except Refused as refused:
        if refused.status != httpx.codes.CONFLICT:  # else it has been started already
            raise
        return service.job(str(job["id"]))
