"""Addresses of pages. Names that people typed are percent-encoded whole.

`.` and `..` are taken out of a path by browsers, however they are encoded, so an avatar of that
name stands in the query.
"""

import uuid
from urllib.parse import quote, urlencode


def job(job_id: uuid.UUID | str) -> str:
    return f"/jobs/{job_id}"


def upload(avatar: str, build: str) -> str:
    """The form, with this avatar and build in it."""
    return with_query("/", avatar=avatar, name=build) + "#upload"


def media(job_id: uuid.UUID | str) -> str:
    return f"/jobs/{job_id}/media"


def thumbnail(job_id: uuid.UUID | str) -> str:
    return f"/jobs/{job_id}/thumbnail"


def still(job_id: uuid.UUID | str, **query: object) -> str:
    return with_query(f"/jobs/{job_id}/still", **query)


def report(identifier: int | str, **query: object) -> str:
    """Of a measurement (its number), or of one report (`12-3`)."""
    return with_query(f"/reports/{identifier}", **query)


def avatar(name: str, **query: object) -> str:
    if name in (".", ".."):
        return with_query("/avatars", name=name, **query)
    return with_query(f"/avatars/{quote(name, safe='')}", **query)


def parameter_set(name: str, **query: object) -> str:
    return with_query(f"/parameter-sets/{quote(name, safe='')}", **query)


def with_query(path: str, **query: object) -> str:
    """`path` with those fields that have a value; `from_` stands for `from`."""
    fields = {key.rstrip("_"): value for key, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(fields, doseq=True)}" if fields else path
