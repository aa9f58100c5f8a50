"""Bytes that are not UTF-8 are refused, two writings of a name are one, bounds are bounds."""

import base64
import json
import unicodedata
from pathlib import Path
from urllib.parse import quote

import azure.functions as func
import pytest

from shared.api import avatars, jobs, reports
from shared.api.forms import read_upload
from shared.app import App
from shared.pages import media
from shared.pipeline.upload_fields import Fields, UploadUrlRequest, shown
from shared.platform.errors import Code, Problem
from tests.pages.made import job
from tests.pages.requests import get

LATIN = b"Zo\xeb"
NFC, NFD = "Ren\u00e9", "Rene\u0301"


def form(field: bytes, value: bytes, filename: bytes = b"a.jpg") -> func.HttpRequest:
    body = (
        b"--x\r\nContent-Disposition: form-data; name=file; filename=\"" + filename + b"\"\r\n\r\n"
        b"\xff\xd8\xff\r\n--x\r\nContent-Disposition: form-data; name=\"" + field + b"\"\r\n\r\n"
        + value + b"\r\n--x--\r\n"
    )  # fmt: skip
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(len(body)),
    }
    return func.HttpRequest("POST", "http://x/api/upload", headers=headers, body=body)


@pytest.mark.parametrize(
    "request_",
    [
        form(b"avatar", LATIN),
        form(LATIN, b"Ada"),
        form(b"avatar", b"Ada", LATIN + b".jpg"),
        func.HttpRequest(
            "POST",
            "http://x/api/upload?avatar=" + quote(LATIN),
            headers={"Content-Length": "3"},
            body=b"\xff\xd8\xff",
        ),
    ],
    ids=["value", "name", "file name", "query"],
)
def test_an_upload_in_latin_1_is_refused(tmp_path: Path, request_: func.HttpRequest) -> None:
    with pytest.raises(Problem, match=r"UTF-8|not valid multipart") as refused:
        read_upload(request_, tmp_path, 10_000)
    assert refused.value.status == 400


def test_queries_in_latin_1_are_refused(app: App) -> None:
    asked = func.HttpRequest(
        "GET",
        "http://x/api/jobs?avatar=" + quote(LATIN),
        params={"avatar": LATIN.decode("utf-8", "replace")},
        body=b"",
    )
    with pytest.raises(Problem, match="UTF-8"):
        jobs.list_jobs(asked, app)
    with pytest.raises(Problem, match="UTF-8"):
        avatars.avatar_of(get(name=LATIN.decode("utf-8", "replace")))


def test_two_writings_of_a_name_are_one(app: App, tmp_path: Path) -> None:
    assert Fields(avatar=NFD, name=NFD) == Fields(avatar=NFC, name=NFC)
    assert UploadUrlRequest(avatar="a", filename=NFD, size=1).filename == NFC
    assert shown(NFD) == NFC
    assert avatars.avatar_of(get(name=NFD)) == NFC
    received = read_upload(form(b"avatar", NFD.encode()), tmp_path, 10_000)
    assert received.fields.avatar == NFC
    job(app, avatar=NFC)
    found = jobs.list_jobs(get(query={"avatar": NFD}), app)
    assert len(json.loads(found.get_body())["items"]) == 1


def test_composing_comes_before_counting() -> None:
    long = unicodedata.normalize("NFD", "é" * 50)
    assert len(Fields(avatar=long).avatar) == 50


@pytest.mark.parametrize("year", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_cursor_at_the_end_of_the_calendar_is_refused(app: App, year: str) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    for handler, place in ((jobs.list_jobs, [year, nobody]), (reports.list_reports, [year, 1, 1])):
        cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
        with pytest.raises(Problem) as refused:
            handler(get(query={"cursor": cursor}), app)
        assert refused.value.code is Code.INVALID_FIELD


def test_a_range_of_five_thousand_digits_is_refused(app: App) -> None:
    found = job(app, content=b"x" * 100)
    for header in ("bytes=" + "9" * 5000 + "-", "bytes=0-" + "9" * 5000, "bytes=-" + "9" * 5000):
        with pytest.raises(Problem) as refused:
            media.show(get(headers={"Range": header}, id=str(found.id)), app)
        assert refused.value.status == 400
    beyond = media.show(get(headers={"Range": "bytes=" + "9" * 100 + "-"}, id=str(found.id)), app)
    assert beyond.status_code == 416
