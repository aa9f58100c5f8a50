"""Media in an HTTP request: multipart/form-data, or a raw body with its fields in the query.

The body is in memory already (the host hands it over whole); the file in it goes to disk in small
pieces, so nothing of its size is held a second time. Where the disk has no room for it the
request is refused with 503 before anything is written.
"""

import io
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from shared.api.http import parse, refuse_encoded, refuse_other_text
from shared.pipeline.upload_fields import Fields, check_key
from shared.pipeline.uploads import Upload
from shared.platform import disk
from shared.platform.errors import Code, FieldError, Problem

MAX_PARTS: Final = 40  # parts of a form; there are 6 fields, of which one may be given 20 times
MAX_FIELD_BYTES: Final = 512 * 1024  # text fields of a form together; also the parser's buffer
REPEATABLE: Final = frozenset({"parameter_set"})
PIECE_BYTES: Final = 1024 * 1024


def read_upload(
    req: func.HttpRequest, folder: Path, limit: int, *, blank_is_absent: bool = False
) -> Upload:
    """The upload in a request, its file in `folder`. Raises Problem.

    `limit` is the most bytes the body may have. Browsers send every field of a form, also one that
    was left empty: `blank_is_absent` takes it for not given.
    """
    refuse_encoded(req)
    length = req.headers.get("Content-Length")
    if length is None or not length.isdigit():
        raise Problem(Code.LENGTH_REQUIRED, "Send the request with a Content-Length header.")
    if max(int(length), len(req.get_body())) > limit:
        raise Problem(
            Code.FILE_TOO_LARGE,
            f"The request may have at most {limit} bytes. "
            "Larger files: ask POST /api/upload-url for an address to upload to.",
        )
    try:
        disk.ask(folder, len(req.get_body()))
    except disk.DiskTooSmallError as error:
        raise Problem(
            Code.FILE_TOO_LARGE, f"The disk of this deployment has only {error}."
        ) from None
    key = check_key(req.headers.get("Idempotency-Key"))
    mimetype, parameters = parse_options_header(req.headers.get("Content-Type"))
    if mimetype == "multipart/form-data":
        _refuse_query(req)
        fields, filename, path = _multipart(req, parameters, folder)
    else:
        fields, filename, path = _raw(req, folder)
    if path.stat().st_size == 0:
        raise Problem(Code.EMPTY_FILE, "The file is empty. Send the media's content.")
    if blank_is_absent:
        fields = {name: value for name, value in fields.items() if value not in ("", [""])}
    traceparent = req.headers.get("traceparent")
    return Upload(parse(Fields, fields), filename, path, key, traceparent)


def _refuse_query(req: func.HttpRequest) -> None:
    """What would be ignored is not taken: the caller believes it counts."""
    if names := list(query_fields(req)):
        raise Problem(
            Code.UNKNOWN_FIELD,
            "The fields of a form stand in the form, not in the query.",
            errors=tuple(FieldError(name[:100], "stands in the query") for name in names),
        )


def _multipart(
    req: func.HttpRequest, parameters: dict[str, str], folder: Path
) -> tuple[dict[str, Any], str, Path]:
    opened: list[IO[bytes]] = []

    def open_file(*_: object, **__: object) -> IO[bytes]:
        opened.append((folder / f"part-{len(opened)}").open("w+b"))
        return opened[-1]

    body = req.get_body()
    parser = FormDataParser(
        stream_factory=open_file,
        max_form_memory_size=MAX_FIELD_BYTES,
        max_form_parts=MAX_PARTS,
        silent=False,
    )
    try:
        _, form, files = parser.parse(
            io.BytesIO(body), "multipart/form-data", len(body), parameters
        )
    except (ValueError, RequestEntityTooLarge):
        raise Problem(
            Code.BAD_REQUEST,
            "The body is not valid multipart/form-data, or has too many or too large fields.",
        ) from None
    finally:
        for part in opened:
            part.close()
    file = _only_file(files)
    texts = (text for name, values in form.lists() for text in (name, *values))
    refuse_other_text("", file.filename or "", *texts)
    return _fields(form), file.filename or "", Path(file.stream.name)


def _only_file(files: MultiDict[str, FileStorage]) -> FileStorage:
    found = [(name, file) for name, file in files.items(multi=True)]
    if len(found) > 1:
        raise Problem(Code.TOO_MANY_FILES, "Send one file per request, as the field `file`.")
    if not found:
        raise Problem(Code.MISSING_FILE, "Send the media as the field `file`, with a file name.")
    name, file = found[0]
    if name != "file":
        raise Problem(
            Code.UNKNOWN_FIELD,
            "The file must be sent as the field `file`.",
            errors=(FieldError(name[:100], "is no field for a file"),),
        )
    return file


def _raw(req: func.HttpRequest, folder: Path) -> tuple[dict[str, Any], str, Path]:
    body = memoryview(req.get_body())
    if not body:
        raise Problem(
            Code.MISSING_FILE,
            "The request has no body. Send the media as multipart/form-data or as the body itself.",
        )
    path = folder / "body"
    with path.open("wb") as file:
        for start in range(0, len(body), PIECE_BYTES):
            file.write(body[start : start + PIECE_BYTES])
    fields = _fields(query_fields(req))
    return fields, str(fields.pop("filename", "upload")), path


def query_fields(req: func.HttpRequest) -> MultiDict[str, str]:
    """The query's fields, repeated ones included (`req.params` keeps only one of them).

    Without `code`, which is the function's key in Azure.
    """
    text = urlsplit(req.url).query
    refuse_other_text(text)
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARTS)
    except ValueError:
        raise Problem(Code.BAD_REQUEST, f"The query has more than {MAX_PARTS} fields.") from None
    return MultiDict((name, value) for name, value in pairs if name != "code")


def _fields(form: MultiDict[str, str]) -> dict[str, Any]:
    """One value per field, a list for those that may be repeated."""
    fields: dict[str, Any] = {}
    for name, values in form.lists():
        if name in REPEATABLE:
            fields[name] = values
        elif len(values) > 1:
            raise Problem(
                Code.INVALID_FIELD,
                "A field was given more than once.",
                errors=(FieldError(name[:100], "was given more than once"),),
            )
        else:
            fields[name] = values[0]
    return fields
