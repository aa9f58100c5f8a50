"""What is below `web/static`: read once, served from memory, known by its content.

A page names a file as `/static/VERSION/app.css`. The version is that of all files together, so
that a module's relative import stays within it; such an address never changes its content and is
kept by browsers for a year. Any other address of a file is asked for again each time (ETag).

Only the files found at the start are served: no part of a request ever becomes a path.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

import azure.functions as func

from shared.app import App
from shared.platform.errors import Code, Problem
from shared.platform.paths import ROOT

FOLDER: Final = ROOT / "web" / "static"

TYPES: Final = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
    }
)
"""By extension; a file with another one is not served."""

FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    etag: str
    content_type: str


@cache
def files() -> Mapping[str, File]:
    """By path below the folder, with `/` between its parts."""
    found = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix in TYPES:
            content = path.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            found[path.relative_to(FOLDER).as_posix()] = File(content, etag, TYPES[path.suffix])
    return MappingProxyType(found)


@cache
def version() -> str:
    """Changes with any of the files."""
    every = "".join(f"{name}{file.etag}" for name, file in files().items())
    return hashlib.sha256(every.encode()).hexdigest()[:10]


def address(name: str) -> str:
    """Where a page finds the file. Raises KeyError where there is none."""
    _ = files()[name]
    return f"/static/{version()}/{name}"


def serve(req: func.HttpRequest, _: App) -> func.HttpResponse:
    path = req.route_params.get("path", "")
    first, _slash, rest = path.partition("/")
    file = files().get(rest if first == version() else path)
    if file is None:
        raise Problem(Code.NOT_FOUND, "There is no such file.")
    headers = {"ETag": file.etag, "Cache-Control": FOREVER if first == version() else "no-cache"}
    if req.headers.get("If-None-Match") == file.etag:
        return func.HttpResponse(status_code=304, headers=headers)
    return func.HttpResponse(file.content, headers={**headers, "Content-Type": file.content_type})
