"""Every page, in every way of looking at it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Response

from tests.end_to_end.service import Service
from tests.pages.browser import DESK, PHONE, WALL, violations
from tests.pages.conftest import OpenPage
from tests.pages.shown import HOSTILE, HOSTILE_SET, Shown

pytestmark = pytest.mark.thorough

NOT_FOUND = "404 (Not Found)"  # the console's words for the page that shows it
MAX_WEIGHT = 300_000  # [bytes] of a page with its scripts and styles, without media


OPEN_ALL = (
    "document.querySelectorAll('details:not(.menu):not(.picker)')"
    ".forEach(element => element.open = true)"
)
KINDS = (
    *("jobs", "nothing fits", "done", "failed", "deleting", "clip", "picture", "avatars"),
    *("avatar", "compared", "compared clips", "sets", "set", "editor", "learned", "unknown"),
    *("stops", "short", "natural set", "natural editor"),
)
"""One of each kind of page; the others differ in their content only."""


def overflows(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )


def test_axe_finds_nothing_on_any_page(open_page: OpenPage, shown: Shown) -> None:
    page = open_page("/", expected=(NOT_FOUND,))
    found = {}
    for name in KINDS:
        page.goto(shown.addresses()[name])
        page.evaluate(OPEN_ALL)
        found[name] = violations(page)
    assert not {name: items for name, items in found.items() if items}


def test_colours_can_be_read_in_the_dark(open_page: OpenPage, shown: Shown) -> None:
    page = open_page("/", expected=(NOT_FOUND,), color_scheme="dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(14, 19, 24)"
    found = {}
    for name in KINDS:
        page.goto(shown.addresses()[name])
        page.evaluate(OPEN_ALL)
        found[name] = violations(page, "color-contrast", "link-in-text-block")
    assert not {name: items for name, items in found.items() if items}


def test_nothing_is_wider_than_the_screen(open_page: OpenPage, shown: Shown) -> None:
    page = open_page("/", expected=(NOT_FOUND,))
    wide = []
    for name, address in shown.addresses().items():
        page.goto(address)
        for width in (PHONE, DESK, WALL):
            page.set_viewport_size({"width": width, "height": 800})
            if overflows(page):
                wide.append((name, width))
    assert not wide


@pytest.mark.parametrize("name", KINDS)
def test_pages_are_light(open_page: OpenPage, shown: Shown, name: str) -> None:
    """Of a browser that comes for the first time, and has kept nothing."""
    page = open_page("about:blank", expected=(NOT_FOUND,))
    received: list[Response] = []
    page.on("response", lambda response: received.append(response))  # noqa: PLW0108
    page.goto(shown.addresses()[name], wait_until="networkidle")
    weight = sum(
        response.request.sizes()["responseBodySize"]
        for response in received
        if "/media" not in response.url and "/thumbnail" not in response.url
    )
    assert 10_000 < weight < MAX_WEIGHT


def test_every_page_can_be_read_without_scripts(open_page: OpenPage, shown: Shown) -> None:
    page = open_page("/", expected=(NOT_FOUND,), java_script_enabled=False)
    for address in shown.addresses().values():
        page.goto(address)
        assert page.locator("main h1").count() == 1
        assert page.locator(".js-only:visible").count() == 0
    page.goto(shown.addresses()["clip"])
    assert page.locator("svg.timeline path.trace").count() > 10
    assert page.locator("svg.bullet").first.is_visible()
    page.goto(shown.addresses()["avatar"])
    page.get_by_label("build 1", exact=True).check()
    page.get_by_role("button", name="Compare").click()
    assert page.get_by_role("alert").is_visible()  # one build is not two
    page.get_by_label("build 1", exact=True).check()
    page.get_by_label("build 2", exact=True).check()
    page.get_by_role("button", name="Compare").click()
    assert page.get_by_role("heading", name="build 1 against build 2").is_visible()


def test_a_job_comes_and_goes_without_scripts(
    open_page: OpenPage, service: Service, media: Path
) -> None:
    page = open_page("/", java_script_enabled=False)
    page.set_input_files("#file", media / "face.jpg")
    page.fill("#avatar", "Scriptless")
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/jobs/*")
    assert page.get_by_role("heading", name="face.jpg").is_visible()
    job = service.wait(page.url.rsplit("/", 1)[-1])
    assert (job["state"], job["avatar"], job["name"]) == ("done", "Scriptless", "default")
    page.get_by_role("link", name="Delete").click()
    page.locator(".confirm").get_by_role("button", name="Delete").click()
    page.wait_for_url("**/")
    assert service.http.get(f"/api/jobs/{job['id']}").status_code == 404


def test_names_are_text_wherever_they_stand(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(shown.addresses()["hostile job"])
    assert page.locator("h1").inner_text() == f"{HOSTILE}.jpg"
    page.goto(shown.addresses()["hostile report"])
    assert HOSTILE_SET in page.locator("#verdict").inner_text()
    page.goto(shown.addresses()["hostile avatar"])
    assert page.locator("h1").inner_text() == HOSTILE[:50]
    page.goto(shown.addresses()["hostile set"])
    assert page.locator("h1").inner_text() == HOSTILE_SET
    page.goto("/avatars")
    page.get_by_role("link", name=HOSTILE[:50]).click()
    page.wait_for_selector("figure.card")
    assert page.locator("h1").inner_text() == HOSTILE[:50]
    assert page.locator("main img[src=x]").count() == 0


def test_what_is_not_there_is_a_page_too(open_page: OpenPage) -> None:
    page = open_page("/no/such/page", expected=(NOT_FOUND, "400 (Bad Request)"))
    assert page.get_by_role("heading", name="There is nothing at this address").is_visible()
    page.goto("/?state=unheard-of")
    assert page.locator(".problem-status").inner_text() == "400"
    page.get_by_role("link", name="Go to the jobs").click()
    assert page.locator("h1").inner_text() == "Jobs"


def test_a_report_prints_as_a_document(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(shown.addresses()["clip"])
    page.emulate_media(media="print")
    assert page.locator("#verdict").is_visible()
    assert page.locator("svg.bullet").first.is_visible()
    assert page.locator(".framed .print-only").is_visible()  # in the place of the player
    assert page.locator(".unit-list table").is_visible()  # although it is not open on the screen
    for gone in (".bar", "video", ".player", ".menu", "[data-hold]", ".playhead"):
        assert not page.locator(gone).first.is_visible(), gone
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_the_keyboard_reaches_what_a_pointer_does(open_page: OpenPage, shown: Shown) -> None:
    page = open_page("/")
    page.keyboard.press("Tab")
    assert page.locator(".skip").evaluate("e => e === document.activeElement")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        name, *outlines = page.evaluate(
            "(e => [e.id || e.textContent.trim().slice(0, 40), getComputedStyle(e).outlineStyle,"
            " getComputedStyle(e.parentElement).outlineStyle])(document.activeElement)"
        )
        if page.evaluate("document.activeElement === document.body"):
            break  # the end of the page
        reached.add(name)
        assert set(outlines) != {"none"}, name
    assert {"file", "avatar", "name", "type", "Upload", "by-state"} <= reached
    assert f"job-{shown.clip['id']}" in reached
