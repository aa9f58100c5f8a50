"""What cannot be taken: the right status and code, one kind of body, and nothing stored."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests import media_factory
from tests.end_to_end.service import Service
from tests.media_factory import Clip

Make = Callable[[Path], Path]


@pytest.fixture
def nothing_stored(service: Service) -> Iterator[None]:
    before = service.rows(), service.containers()
    yield
    assert (service.rows(), service.containers()) == before


def check(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"].startswith("application/problem+json")
    body = response.json()
    assert set(body) - {"errors"} == {"type", "title", "status", "detail", "code"}
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"].strip()


def _bytes(content: bytes, name: str) -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return make


def _truncated_image(folder: Path) -> Path:
    return media_factory.truncated(media_factory.picture(folder / "whole.jpg"), folder / "half.jpg")


def _truncated_video(folder: Path) -> Path:
    # an MP4 as cameras write it: what tells where the pictures are stands at the end
    return media_factory.truncated(Clip().write(folder / "whole.mp4"), folder / "half.mp4")


FILES: list[tuple[str, Make, int, str]] = [
    ("empty file", _bytes(b"", "a.jpg"), 400, "empty_file"),
    ("random bytes", _bytes(b"\x8e\x11\x02\xf0\x99abcde", "a.jpg"), 415, "unsupported_media"),
    ("truncated image", _truncated_image, 422, "undecodable_media"),
    ("truncated video", _truncated_video, 422, "undecodable_media"),
    ("audio", lambda f: media_factory.sound_only(f / "a.mp4"), 422, "no_video_stream"),
    ("page", lambda f: media_factory.html(f / "a.png"), 415, "unsupported_media"),
    ("bomb", lambda f: media_factory.png_bomb(f / "a.png"), 422, "image_too_large"),
    ("zip", lambda f: media_factory.archive(f / "a.zip"), 415, "unsupported_media"),
    ("animation", lambda f: media_factory.animation(f / "a.png"), 422, "animated_image"),
]


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize(
    ("make", "status", "code"), [f[1:] for f in FILES], ids=[f[0] for f in FILES]
)
def test_files(service: Service, tmp_path: Path, make: Make, status: int, code: str) -> None:
    check(service.post(make(tmp_path)), status, code)


FIELDS: list[tuple[dict[str, Any], int, str]] = [
    ({"avatar": ""}, 400, "invalid_field"),
    ({"avatar": "   "}, 400, "invalid_field"),
    ({"avatar": "x" * 51}, 400, "invalid_field"),
    ({"avatar": "a\x00b"}, 400, "invalid_field"),
    ({"avatar": ["Ada", "Eve"]}, 400, "invalid_field"),
    ({"name": "x" * 101}, 400, "invalid_field"),
    ({"type": "XX"}, 400, "invalid_field"),
    ({"type": "VS"}, 422, "type_mismatch"),
    ({"colour": "red"}, 400, "unknown_field"),
    ({"engine": "deepface"}, 422, "unknown_engine"),
    ({"parameter_set": "nobody made this"}, 422, "unknown_parameter_set"),
    ({"parameter_set": [str(n) for n in range(30)]}, 400, "invalid_field"),
]


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize(("fields", "status", "code"), FIELDS)
def test_fields(
    service: Service, media: Path, fields: dict[str, Any], status: int, code: str
) -> None:
    check(service.post(media / "face.jpg", **fields), status, code)


@pytest.mark.usefixtures("nothing_stored")
def test_a_video_is_no_image(service: Service, media: Path) -> None:
    check(service.post(media / "one-second.mp4", type="IW"), 422, "type_mismatch")


@pytest.mark.usefixtures("nothing_stored")
def test_no_avatar(service: Service, media: Path) -> None:
    files = {"file": ("a.jpg", (media / "face.jpg").read_bytes())}
    response = service.http.post("/api/upload", files=files)
    check(response, 400, "invalid_field")
    assert response.json()["errors"][0]["field"] == "avatar"


@pytest.mark.usefixtures("nothing_stored")
def test_two_files(service: Service, media: Path) -> None:
    content = (media / "face.jpg").read_bytes()
    files = [("file", ("a.jpg", content)), ("file", ("b.jpg", content))]
    response = service.http.post("/api/upload", files=files, data={"avatar": "Ada"})
    check(response, 400, "too_many_files")


@pytest.mark.usefixtures("nothing_stored")
def test_no_file(service: Service) -> None:
    form = {"avatar": (None, "Ada")}
    check(service.http.post("/api/upload", files=form), 400, "missing_file")
    check(service.http.post("/api/upload?avatar=Ada"), 400, "missing_file")


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b"no form at all"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; na"),
    ],
)
def test_broken_forms(service: Service, content_type: str, body: bytes) -> None:
    headers = {"Content-Type": content_type}
    response = service.http.post("/api/upload", content=body, headers=headers)
    assert response.status_code == 400
    check(response, 400, response.json()["code"])


@pytest.mark.usefixtures("nothing_stored")
def test_no_length(service: Service) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"\xff\xd8\xff"

    check(service.http.post("/api/upload?avatar=Ada", content=chunks()), 411, "length_required")


@pytest.mark.usefixtures("nothing_stored")
def test_more_than_the_limit(service: Service) -> None:
    body = bytes(96 * 1024 * 1024)
    response = service.http.post("/api/upload?avatar=Ada", content=body)
    check(response, 413, "file_too_large")
    assert "upload-url" in response.json()["detail"]
    request = {"filename": "a.mp4", "size": 10**12, "avatar": "Ada"}
    check(service.http.post("/api/upload-url", json=request), 413, "file_too_large")


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "bad_request"),
        (b"[]", "invalid_field"),
        (b'{"filename": "a", "size": 0, "avatar": "a"}', "invalid_field"),
        (b'{"filename": "a", "size": 1, "avatar": "a", "x": 1}', "unknown_field"),
        (b'{"filename": "a\\u0000", "size": 1, "avatar": "a"}', "invalid_field"),
    ],
)
def test_upload_url_requests(service: Service, body: bytes, code: str) -> None:
    check(service.http.post("/api/upload-url", content=body), 400, code)


@pytest.mark.parametrize(
    ("name", "blob"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("my face.jpg", "my-face.jpg"),
        ("it's \u201cme\u201d.jpg", "it-s-me.jpg"),
        ("\U0001f600.jpg", "media.jpg"),
        ("x" * 300, "x" * 80 + ".jpg"),
    ],
)
def test_odd_names_are_kept_for_people_only(
    service: Service, media: Path, name: str, blob: str
) -> None:
    job = service.job(service.submit(media / "face.jpg", filename=name))
    assert job["media"]["filename"] == name
    assert job["media"]["blob"] == blob


@pytest.mark.parametrize(
    "address", ["jobs/x", "jobs/00000000-0000-0000-0000-000000000000", "jobs/%00"]
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_unknown_jobs(service: Service, method: str, address: str) -> None:
    check(service.http.request(method, f"/api/{address}"), 404, "job_not_found")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1000", "state=sleeping", "cursor=x", "cursor=AAAA", "colour=red"]
)
def test_odd_questions(service: Service, query: str) -> None:
    response = service.http.get(f"/api/jobs?{query}")
    check(response, 400, "unknown_field" if "colour" in query else "invalid_field")


def test_a_key_means_one_upload(service: Service, media: Path) -> None:
    files = {"file": ("a.jpg", (media / "face.jpg").read_bytes())}
    other = {"file": ("a.jpg", (media / "grey.jpg").read_bytes())}
    headers = {"Idempotency-Key": "nightly-4711"}
    first, second, third = (
        service.http.post("/api/upload", files=body, data={"avatar": avatar}, headers=headers)
        for body, avatar in ((files, "Ada"), (files, "Ada"), (files, "Eve"))
    )
    assert first.status_code == second.status_code == 202
    assert first.json()["id"] == second.json()["id"]
    check(third, 409, "idempotency_conflict")
    fourth = service.http.post("/api/upload", files=other, data={"avatar": "Ada"}, headers=headers)
    check(fourth, 409, "idempotency_conflict")
    long = service.http.post(
        "/api/upload", files=files, data={"avatar": "Ada"}, headers={"Idempotency-Key": "x" * 201}
    )
    check(long, 400, "invalid_field")


@pytest.mark.usefixtures("nothing_stored")
def test_a_client_that_leaves_half_way(service: Service) -> None:
    address = urlsplit(service.stack.http)
    with socket.create_connection((str(address.hostname), int(address.port or 80))) as connection:
        connection.sendall(
            b"POST /api/upload?avatar=Ada HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 1000\r\n\r\n\xff\xd8\xff"
        )
    assert service.http.get("/api/jobs").status_code == 200


@pytest.mark.parametrize("address", ["/api/jobs/", "/api/reports/", "/api/avatars/"])
def test_an_address_without_its_id_is_not_the_list(service: Service, address: str) -> None:
    check(service.http.get(address), 404, "not_found")
