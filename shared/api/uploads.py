"""The handlers of `/api/upload` and `/api/upload-url`: media in, or where to put them."""

import datetime as dt
import uuid
from typing import Annotated, Final, Literal

import azure.functions as func
from pydantic import BaseModel, WithJsonSchema

from shared.api import jobs
from shared.api.forms import read_upload
from shared.api.http import json_response, parse_json
from shared.api.job_bodies import JobView
from shared.api.operation import (
    BINARY,
    BODY,
    JSON,
    LOCATION,
    SETS,
    Header,
    Link,
    Operation,
    json_answer,
)
from shared.app import App
from shared.pipeline import uploads
from shared.pipeline.upload_fields import MAX_KEY, Fields, FileName, UploadUrlRequest
from shared.pipeline.uploads import UploadAddress
from shared.platform import api_addresses, scratch
from shared.platform.errors import Code


class RawUpload(Fields):
    """The query of an upload whose body is the media itself."""

    filename: FileName = "upload"


class FormUpload(Fields):
    """An upload as a form."""

    file: Annotated[bytes, WithJsonSchema(BINARY)]


class UploadUrlView(BaseModel):
    id: uuid.UUID
    upload_url: str
    method: Literal["PUT"]
    headers: dict[str, str]
    expires: dt.datetime


def upload(req: func.HttpRequest, app: App) -> func.HttpResponse:
    with scratch.folder("upload") as folder:
        received = read_upload(req, folder, app.settings.max_upload_bytes)
        job = uploads.accept(app, received)
    with app.database.begin() as session:
        view = jobs.body(session, job)
    return json_response(view, 202, {"Location": view.links["self"]})


def upload_url(req: func.HttpRequest, app: App) -> func.HttpResponse:
    request = parse_json(UploadUrlRequest, req)
    view = upload_url_view(uploads.promise(app, request, req.headers.get("traceparent")))
    return json_response(view, 201, {"Location": api_addresses.job(view.id)})


def upload_url_view(address: UploadAddress) -> UploadUrlView:
    return UploadUrlView(
        id=address.job_id,
        upload_url=address.url,
        method="PUT",
        headers={"x-ms-blob-type": "BlockBlob"},
        expires=address.expires,
    )


_KEY: Final = Header(
    "Idempotency-Key",
    "Same key and same content: the same job.",
    {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[ -~]*$"},
)

_LIMITS: Final = (Code.TOO_MANY_UPLOADS, Code.TOO_MANY_OPEN_JOBS)
_MEDIA: Final = (
    Code.MISSING_FILE,
    Code.TOO_MANY_FILES,
    Code.EMPTY_FILE,
    Code.IDEMPOTENCY_CONFLICT,
    Code.STATE_CONFLICT,
    Code.LENGTH_REQUIRED,
    Code.UNDECODABLE_MEDIA,
    Code.ANIMATED_IMAGE,
    Code.IMAGE_TOO_LARGE,
    Code.VIDEO_TOO_LONG,
    Code.NO_VIDEO_STREAM,
    Code.TYPE_MISMATCH,
    Code.INVALID_CSV,
    Code.UNKNOWN_ENGINE,
    Code.ENGINE_UNAVAILABLE,
    Code.ENGINE_FAILED,
    *SETS,
)

OPERATIONS: Final = (
    Operation(
        "post",
        "/api/upload",
        "upload",
        upload,
        "jobs",
        "Submit an image, a clip or a CSV of measurements",
        {
            202: json_answer(
                JobView, "The job that measures it.", LOCATION, link=Link(jobs.OF_JOB, "id", "/id")
            )
        },
        (*BODY, *_MEDIA, *_LIMITS),
        "As a form, or the media as the body and the fields in the query. The content decides "
        "what kind of file it is, not its name or its Content-Type.",
        query=RawUpload,
        query_optional=True,
        headers=(_KEY,),
        body={"multipart/form-data": [FormUpload], "application/octet-stream": BINARY},
    ),
    Operation(
        "post",
        "/api/upload-url",
        "upload_url",
        upload_url,
        "jobs",
        "Ask for an address to upload to, for what is larger than a request may be",
        {
            201: json_answer(
                UploadUrlView, "PUT the file there.", LOCATION, link=Link(jobs.OF_JOB, "id", "/id")
            )
        },
        (*BODY, Code.UNKNOWN_ENGINE, Code.ENGINE_UNAVAILABLE, Code.STATE_CONFLICT, *SETS, *_LIMITS),
        body={JSON: [UploadUrlRequest]},
    ),
)
