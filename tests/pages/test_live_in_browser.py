"""Pages follow what runs, and leave the service alone otherwise.

The page's clock is the test's: seconds pass when it says so.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.end_to_end.service import Service
from tests.pages.browser import WAIT, opened
from tests.pages.conftest import OpenPage
from tests.pages.shown import Shown

if TYPE_CHECKING:
    from tests.stack import NewStack

expect.set_options(timeout=WAIT)

AWAY = ("503 (Service Unavailable)",)


def is_live(address: str) -> bool:
    path = urlsplit(address).path
    return path.endswith("/live") or path.startswith("/live/")


class Followed:
    """A page, its clock stopped, and what it asked of the service since it was loaded."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.asked: list[Request] = []
        page.clock.install()
        page.goto(address)
        page.clock.pause_at(page.evaluate("Date.now() / 1000 + 60"))
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if is_live(request.url):
            self.asked.append(request)

    def see(self, *, hidden: bool) -> None:
        """As a browser does where the reader turns to another tab, or comes back."""
        self.page.evaluate(
            "hidden => { Object.defineProperty(document, 'hidden', { value: hidden,"
            " configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }",
            hidden,
        )

    def pass_seconds(self, count: int) -> int:
        """How often it asks meanwhile."""
        self.asked.clear()
        for _ in range(count):
            self.page.clock.run_for(1000)
            self.page.evaluate("fetch('/static/app.css')")  # what was asked before it is noted now
        return len(self.asked)

    def next_request(self) -> Request:
        """The next time that it asks, which is put off by an answer that is on its way."""
        ends = time.monotonic() + WAIT / 1000
        while not self.pass_seconds(1):
            assert time.monotonic() < ends
        return self.asked[0]


@pytest.fixture
def waiting(service: Service) -> str:
    """The id of a job whose media never comes: it runs as long as the test does."""
    body = {"filename": "never.mp4", "size": 1000, "avatar": "Follower"}
    job_id: str = service.http.post("/api/upload-url", json=body).raise_for_status().json()["id"]
    return job_id


@pytest.mark.parametrize("address", ["/jobs/{id}", "/?avatar=Follower"])
def test_what_runs_is_asked_for_once_a_second_and_not_behind_another_tab(
    open_page: OpenPage, waiting: str, address: str
) -> None:
    followed = Followed(open_page("about:blank"), address.format(id=waiting))
    followed.next_request()
    assert followed.pass_seconds(10) <= 10
    followed.see(hidden=True)
    assert followed.pass_seconds(20) == 0
    followed.see(hidden=False)
    followed.next_request()


def test_what_did_not_change_costs_an_answer_without_a_body(
    open_page: OpenPage, service: Service, waiting: str
) -> None:
    followed = Followed(open_page("about:blank"), f"/jobs/{waiting}")
    first = followed.next_request().response()
    assert first is not None
    etag = first.all_headers()["etag"]
    assert followed.next_request().all_headers()["if-none-match"] == etag
    again = service.http.get(f"/jobs/{waiting}/live", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("kind", ["done", "jobs"])
def test_where_nothing_runs_nothing_is_asked(open_page: OpenPage, shown: Shown, kind: str) -> None:
    address = {"done": shown.addresses()["done"], "jobs": "/?state=failed"}[kind]
    followed = Followed(open_page("about:blank"), address)
    assert followed.pass_seconds(20) == 0


def test_a_job_that_is_deleted_meanwhile_is_said_to_be_gone(
    open_page: OpenPage, service: Service, waiting: str
) -> None:
    page = open_page(f"/jobs/{waiting}", expected=("404 (Not Found)",))
    service.http.delete(f"/api/jobs/{waiting}").raise_for_status()
    expect(page.get_by_role("heading", name="There is no such job")).to_be_visible()


def test_an_outage_is_a_page_and_passes(new_stack: NewStack, browser: Browser) -> None:
    """On an installation of its own, whose database goes away and comes back."""
    stack = new_stack()
    stack.start()
    with opened(browser, stack.http, stack.blob_endpoint) as (page, watch):
        watch.expected.extend(AWAY)
        page.goto("/")
        stack.stop_database()
        answer = page.goto("/")
        assert answer is not None
        assert (answer.status, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert "retry-after" in answer.headers
        expect(page.locator(".problem-status")).to_have_text("503")
        stack.start_database()
        page.get_by_role("link", name="Try again").click()
        expect(page.locator(".upload")).to_be_visible()
