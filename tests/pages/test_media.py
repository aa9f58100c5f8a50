"""Media reach a player in pieces, and nobody's upload becomes a document of ours."""

import io
from pathlib import Path
from urllib.request import urlopen

import azure.functions as func
import pytest
from azure.storage.blob import BlobProperties, ContentSettings
from PIL import Image

from shared.api import jobs
from shared.app import App
from shared.database.tables import Job
from shared.media.formats import Kind, MediaFacts
from shared.pages import media, static_files, still, thumbnail
from shared.platform import blob_names
from shared.platform.errors import Code, Problem
from shared.platform.storage import Storage
from tests import media_factory
from tests.media_factory import Clip
from tests.pages.made import job
from tests.pages.requests import get

CONTENT = bytes(range(256)) * 40


def ranged(app: App, job_id: object, header: str, **headers: str) -> func.HttpResponse:
    request = get(headers={"Range": header, **headers}, id=str(job_id))
    return media.show(request, app)


def pixels(jpeg: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
        return image.size


def test_a_range_is_a_piece(app: App) -> None:
    found = job(app, content=CONTENT)
    for header, start, end in (
        ("bytes=0-9", 0, 9),
        ("bytes=100-", 100, len(CONTENT) - 1),
        ("bytes=-5", len(CONTENT) - 5, len(CONTENT) - 1),
        ("bytes=-99999", 0, len(CONTENT) - 1),
        ("bytes=10000-99999", 10_000, len(CONTENT) - 1),
    ):
        response = ranged(app, found.id, header)
        assert response.status_code == 206
        assert response.get_body() == CONTENT[start : end + 1]
        assert response.headers["Content-Range"] == f"bytes {start}-{end}/{len(CONTENT)}"


def test_no_answer_is_larger_than_a_piece(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "PIECE_BYTES", 1000)
    found = job(app, content=CONTENT)
    read = b""
    while len(read) < len(CONTENT):  # as a player goes on
        response = ranged(app, found.id, f"bytes={len(read)}-")
        assert len(response.get_body()) <= 1000
        read += response.get_body()
    assert read == CONTENT


def test_a_range_beyond_the_end_is_refused(app: App) -> None:
    found = job(app, content=CONTENT)
    response = ranged(app, found.id, f"bytes={len(CONTENT)}-")
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


def test_without_a_range_that_holds_all_of_it_comes(app: App) -> None:
    found = job(app, content=CONTENT)
    for header in ("", "bytes=x-y", "bytes=9-0", "items=0-9", "bytes=0-1,5-6"):
        response = ranged(app, found.id, header)
        assert (response.status_code, response.get_body()) == (200, CONTENT)
    changed = ranged(app, found.id, "bytes=0-9", **{"If-Range": '"another"'})
    assert (changed.status_code, changed.get_body()) == (200, CONTENT)
    etag = changed.headers["ETag"]
    assert ranged(app, found.id, "bytes=0-9", **{"If-Range": etag}).status_code == 206
    again = media.show(get(headers={"If-None-Match": etag}, id=str(found.id)), app)
    assert (again.status_code, again.get_body()) == (304, b"")


def test_what_is_too_large_for_one_answer_comes_from_storage(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "MAX_INLINE_BYTES", 1000)
    found = job(app, content=CONTENT)
    response = media.show(get(id=str(found.id)), app)
    assert response.status_code == 302
    assert response.headers["Location"].startswith(app.storage.url(found.container, found.blob))
    assert "sp=r&" in response.headers["Location"]  # to read, and nothing else


def test_what_comes_from_storage_is_what_we_found_it_to_be(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An uploader's type would let HTML be a document of the storage's origin."""
    monkeypatch.setattr(media, "MAX_INLINE_BYTES", 10)
    page = b"<script>alert(1)</script>"
    found = job(app, content=page, filename="x.html", media=None)
    app.storage.blob(found.container, found.blob).set_http_headers(
        ContentSettings(content_type="text/html", content_disposition="inline")
    )
    answer = media.show(get(id=str(found.id)), app)
    assert answer.headers["Cache-Control"] == "no-store"
    with urlopen(answer.headers["Location"]) as response:
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["Content-Disposition"].startswith("attachment; ")
        assert response.read() == page


def test_a_large_measurement_comes_as_a_file(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MAX_INLINE_BYTES", 10)
    found = job(app, content=b"<html>" * 10, blob=blob_names.MEASUREMENT_BLOB)
    answer = jobs.openface_csv(get(id=str(found.id)), app)
    assert answer.headers["Cache-Control"] == "no-store"
    with urlopen(answer.headers["Location"]) as response:
        assert response.headers["Content-Type"] == "text/csv"
        assert response.headers["Content-Disposition"].startswith("attachment; ")
    monkeypatch.undo()
    assert jobs.openface_csv(get(id=str(found.id)), app).headers["Cache-Control"] == "no-store"


def test_media_are_never_a_document(app: App) -> None:
    page = b"<script>alert(1)</script>"
    name = '"; filename=x.html\r\nX: y<é>.html'
    unknown = job(app, content=page, filename=name, media=None)
    response = media.show(get(id=str(unknown.id)), app)
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Security-Policy"].endswith("sandbox")
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=UTF-8''")
    assert not set('"\r\n<> ') & set(disposition.partition("''")[2])
    saved = job(app, content=b"x", media=MediaFacts("PNG", Kind.IMAGE, 1))
    request = get(query={"download": ""}, id=str(saved.id))
    assert media.show(request, app).headers["Content-Disposition"].startswith("attachment")


def test_media_that_is_gone_is_not_found(app: App) -> None:
    with pytest.raises(Problem) as problem:
        media.show(get(id=str(job(app).id)), app)
    assert problem.value.code is Code.NOT_FOUND


@pytest.mark.parametrize("header", ["", "bytes=0-9"])
def test_media_that_goes_while_it_is_asked_for_is_not_found(
    app: App, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    """Its job may be deleted between the two questions to storage."""
    found = job(app, content=CONTENT)
    look = Storage.properties

    def look_last(storage: Storage, container: str, blob: str) -> BlobProperties:
        properties = look(storage, container, blob)
        storage.delete_container(container)
        return properties

    monkeypatch.setattr(Storage, "properties", look_last)
    with pytest.raises(Problem) as problem:
        ranged(app, found.id, header)
    assert problem.value.code is Code.NOT_FOUND


def test_a_thumbnail_is_made_once_and_kept(app: App, tmp_path: Path) -> None:
    picture = media_factory.picture(tmp_path / "face.jpg", size=(960, 640))
    found = job(app, content=picture.read_bytes())
    first = thumbnail.thumbnail(get(id=str(found.id)), app)
    assert first.mimetype == "image/jpeg"
    kept = app.storage.piece(found.container, blob_names.THUMBNAIL_BLOB, 0, 10**6)
    assert first.get_body() == kept
    assert pixels(kept) == (240, 160)
    app.storage.delete_blob(found.container, found.blob)  # it is not made again
    assert thumbnail.thumbnail(get(id=str(found.id)), app).get_body() == kept


def test_a_clips_thumbnail_is_its_first_picture(app: App, tmp_path: Path) -> None:
    clip = Clip(seconds=1, size=(320, 160)).write(tmp_path / "clip.mp4")
    facts = MediaFacts("MP4", Kind.VIDEO, clip.stat().st_size)
    found = job(app, content=clip.read_bytes(), blob="clip.mp4", media=facts)
    response = thumbnail.thumbnail(get(id=str(found.id)), app)
    assert pixels(response.get_body()) == (240, 120)


def clip_of(app: App, path: Path) -> Job:
    facts = MediaFacts("AVI", Kind.VIDEO, path.stat().st_size, duration=2.0, fps=25.0)
    return job(app, content=path.read_bytes(), blob=path.name, media=facts)


def test_stills_are_made_some_at_a_time_and_kept(app: App, tmp_path: Path) -> None:
    clip = Clip(seconds=2, size=(320, 160)).write(tmp_path / "clip.avi")
    found = clip_of(app, clip)
    first = still.still(get(query={"t": "0.5"}, id=str(found.id)), app)
    assert pixels(first.get_body()) == (320, 160)
    kept = app.storage.blobs(found.container, blob_names.STILL_PREFIX)
    assert len(kept) == still.AT_ONCE
    app.storage.delete_blob(found.container, found.blob)  # the next ones are there
    for time in ("0.5", "0.54", "0.7"):
        response = still.still(get(query={"t": time}, id=str(found.id)), app)
        assert response.mimetype == "image/jpeg"
    beyond = still.still(get(query={"t": "1.9"}, id=str(found.id)), app)
    assert beyond.headers["Content-Type"] == "image/svg+xml"


def test_not_too_many_stills_are_kept(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(still, "KEPT", still.AT_ONCE)
    found = clip_of(app, Clip(seconds=2).write(tmp_path / "clip.avi"))
    for time in ("0", "1", "1e6"):
        response = still.still(get(query={"t": time}, id=str(found.id)), app)
        assert response.mimetype == "image/jpeg"
    assert len(app.storage.blobs(found.container, blob_names.STILL_PREFIX)) == still.AT_ONCE


@pytest.mark.parametrize("time", ["-1", "nan", "1e9", "x"])
def test_a_still_is_of_a_time(app: App, time: str) -> None:
    with pytest.raises(Problem) as problem:
        still.still(get(query={"t": time}, id=str(job(app).id)), app)
    assert problem.value.code is Code.INVALID_FIELD


@pytest.mark.parametrize(
    "name",
    ["{folder}/x.jpg", "a/b/x.jpg", "x" * 300 + ".jpg", "...", "a\\b\r\nx", "-rf"],
)
def test_a_blobs_name_never_becomes_a_path(app: App, tmp_path: Path, name: str) -> None:
    """Another program's container holds blobs of any name: what is written goes where we say."""
    picture = media_factory.picture(tmp_path / "face.jpg").read_bytes()
    folder = tmp_path / "somebody's"
    folder.mkdir()
    (folder / "x.jpg").write_bytes(b"theirs")
    blob = name.format(folder=folder)
    found = job(app, content=picture, blob=blob)
    response = thumbnail.thumbnail(get(id=str(found.id)), app)
    assert response.mimetype == "image/jpeg"
    assert pixels(response.get_body())
    assert (folder / "x.jpg").read_bytes() == b"theirs"
    assert {path.name for path in tmp_path.rglob("*")} == {"face.jpg", folder.name, "x.jpg"}


def test_a_name_with_dots_reaches_no_other_container(app: App, tmp_path: Path) -> None:
    other = job(app, content=media_factory.picture(tmp_path / "face.jpg").read_bytes())
    found = job(app, content=None, blob=f"../{other.container}/{other.blob}")
    response = thumbnail.thumbnail(get(id=str(found.id)), app)
    assert response.headers["Content-Type"] == "image/svg+xml"
    with pytest.raises(Problem) as problem:
        media.show(get(id=str(found.id)), app)
    assert problem.value.code is Code.NOT_FOUND


@pytest.mark.parametrize(
    "values",
    [
        {"media": None},
        {"media": MediaFacts("CSV", Kind.CSV, 5), "content": b"frame"},
        {"content": b"\xff\xd8\xff not a picture"},
        {},  # its media is gone
    ],
)
def test_without_a_picture_there_is_an_icon(app: App, values: dict[str, object]) -> None:
    response = thumbnail.thumbnail(get(id=str(job(app, **values).id)), app)
    assert response.get_body() == static_files.files()["no-picture.svg"].content
    assert response.headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path",
    ["", "../templates/base.html", "vendor/README.md", "/etc/passwd", "..%2fapp.css", "app.css/"],
)
def test_no_other_file_can_be_had(app: App, path: str) -> None:
    request = func.HttpRequest("GET", "http://x/", route_params={"path": path}, body=b"")
    with pytest.raises(Problem) as problem:
        static_files.serve(request, app)
    assert problem.value.status == 404


def test_an_address_with_the_version_is_kept_for_ever(app: App) -> None:
    def ask(path: str, **headers: str) -> func.HttpResponse:
        request = func.HttpRequest(
            "GET", "http://x/", route_params={"path": path}, headers=headers, body=b""
        )
        return static_files.serve(request, app)

    versioned = static_files.address("live.js").removeprefix("/static/")
    assert "immutable" in ask(versioned).headers["Cache-Control"]
    plain = ask("live.js")
    assert plain.headers["Cache-Control"] == "no-cache"
    assert ask("live.js", **{"If-None-Match": plain.headers["ETag"]}).status_code == 304
