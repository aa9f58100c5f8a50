"""Uploading and following jobs, as a person does it."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Page, expect

from tests import media_factory
from tests.end_to_end.service import Service
from tests.media_factory import Clip
from tests.pages.browser import DESK, PHONE, WAIT, opened, started, violations
from tests.pages.conftest import OpenPage
from tests.pages.shown import SET, Shown

if TYPE_CHECKING:
    from tests.stack import NewStack

expect.set_options(timeout=WAIT)

DROP = """(target, [name, type, base64]) => {
  const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true }));
  }
}"""


FOLLOWED = """() => {
  const said = (what) => document.querySelector(what)?.textContent ?? "";
  return document.querySelector(".overlay polyline") && said(".so-far")
    && said(".step .progress-words").includes("frames")
    && said("[data-newest]").startsWith("Measured now: 0:");
}"""
"""How far it is, what is known of it, and which picture is measured."""


def drop(page: Page, path: Path) -> None:
    content = base64.b64encode(path.read_bytes()).decode()
    page.locator(".drop").evaluate(DROP, [path.name, "", content])


def test_files_are_chosen_and_followed_to_their_end(
    open_page: OpenPage, media: Path, shown: Shown
) -> None:
    page = open_page("/")
    page.set_input_files("#file", [media / "face.jpg", media / "empty.jpg"])
    expect(page.locator(".queue li")).to_have_count(2)
    page.fill("#avatar", "Chooser")
    page.fill("#name", "build 7")
    page.locator(".picker summary").click()
    page.locator(".picker").get_by_label(SET).check()
    page.locator(".picker summary").click()
    page.get_by_role("button", name="Upload 2 files").click()
    expect(page.locator(".queue")).to_be_hidden()
    good = page.locator("tr").filter(has_text="Chooser").filter(has_text="face.jpg")
    bad = page.locator("tr").filter(has_text="Chooser").filter(has_text="empty.jpg")
    expect(good.locator(".verdict")).to_contain_text(re.compile("Pass|Fail|Inconclusive"))
    expect(bad.locator(".verdict")).to_have_text("Not measured")
    expect(bad.locator(".now")).to_contain_text("No face was found")
    expect(page.locator("#announcer")).to_contain_text(re.compile("face.jpg|empty.jpg"))
    page.reload()
    assert page.locator("#avatar").input_value() == "Chooser"  # remembered


def test_a_clip_is_dropped_and_its_steps_run(open_page: OpenPage, tmp_path: Path) -> None:
    clip = Clip(seconds=30, size=(240, 180)).write(tmp_path / "long.mp4")
    page = open_page("/")
    drop(page, clip)
    expect(page.locator(".queue .file")).to_have_text("long.mp4")
    page.fill("#avatar", "Dropper")
    page.get_by_role("button", name="Upload", exact=True).click()
    found = page.locator("tr").filter(has_text="long.mp4")
    expect(found).to_be_visible()
    found.get_by_role("link", name="long.mp4").click()
    expect(page.locator(".step-running .step-name")).to_have_text("Measure")
    page.wait_for_function(FOLLOWED)
    page.locator("#step-extract summary").click()
    expect(page.locator("#step-extract .log")).to_be_visible()  # and stays open
    expect(page.locator("#verdict")).to_be_visible()  # the page has become the report
    expect(page.locator(".state .badge")).to_have_text("Done")
    expect(page.locator("svg.timeline").first).to_be_visible()
    page.get_by_text("How it was measured").click()
    expect(page.locator(".step-succeeded")).to_have_count(3)


def test_a_file_is_pasted_and_refused_in_words(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a face")
    page = open_page("/", expected=("415 (Unsupported Media Type)",))
    page.fill("#avatar", "Paster")
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["not a face"], "notes.txt", { type: "text/plain" }));
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
        }"""
    )
    expect(page.get_by_role("button", name="Upload", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("of no kind that is known here")
    page.get_by_role("button", name="Remove notes.txt").click()
    expect(page.locator(".queue")).to_be_hidden()


def test_a_failed_job_is_retried_and_deleted(
    open_page: OpenPage, service: Service, media: Path
) -> None:
    job = service.measure(media / "empty.jpg", avatar="Retried")
    page = open_page(f"/jobs/{job['id']}")
    expect(page.get_by_role("heading", name="No face could be measured")).to_be_visible()
    expect(page.locator(".actions > *").first).to_have_text("Upload another")
    expect(page.locator(".state .badge")).to_have_class(re.compile("badge-unmeasured"))
    page.get_by_role("button", name="Retry").click()
    page.locator("#step-extract").evaluate("element => element.open = true")
    expect(page.locator("#step-extract .log-failed")).to_have_count(2)
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    page.get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("link", name="Keep it").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    page.wait_for_url("**/")
    assert service.http.get(f"/api/jobs/{job['id']}").status_code == 404


def test_the_list_is_filtered_by_what_is_chosen(open_page: OpenPage, shown: Shown) -> None:
    page = open_page("/")
    page.select_option("#by-state", "failed")
    page.wait_for_url("**state=failed*")
    expect(page.locator("tbody tr").filter(has_text="Nobody")).to_be_visible()
    expect(page.locator("tbody tr").filter(has_text="Portrait")).to_have_count(0)


def test_many_are_judged_again_and_deleted(
    open_page: OpenPage, service: Service, media: Path, shown: Shown
) -> None:
    for build in ("many 1", "many 2"):
        service.measure(media / "face.jpg", avatar="Many", name=build)
    page = open_page("/?avatar=Many&file=face")
    bar = page.locator(".many-bar")
    expect(bar).to_be_hidden()
    page.get_by_label("Choose face.jpg").first.check()
    expect(bar.locator("output")).to_have_text("1 chosen")
    page.get_by_label("Choose all on this page").check()
    expect(bar.locator("output")).to_have_text("2 chosen")
    assert not violations(page)
    bar.get_by_role("button", name="Judge again").click()
    expect(page.get_by_role("heading", name="Judge 2 measurements again?")).to_be_visible()
    assert not violations(page)
    page.get_by_label("Held to").select_option(SET)
    page.get_by_role("button", name="Judge 2 measurements").click()
    expect(page.get_by_role("heading", name="2 judged again")).to_be_visible()
    page.goto("/?avatar=Many&name=many+1")
    started(page)
    expect(page.locator("tbody .verdict")).to_have_text(re.compile("Pass|Fail|Inconclusive"))
    expect(page.locator("#name")).to_have_value("many 1")  # the form is for this build
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.get_by_label("Choose face.jpg").check()
    bar.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete 1 job").click()
    expect(page.get_by_role("heading", name="1 deleted")).to_be_visible()
    assert len(service.http.get("/api/jobs?avatar=Many").json()["items"]) == 1


def test_the_form_is_folded_on_a_phone(open_page: OpenPage, shown: Shown) -> None:
    page = open_page("/", width=PHONE)
    expect(page.locator("#file")).to_be_hidden()
    page.locator(".fold > summary").click()
    expect(page.locator("#avatar")).to_be_visible()
    page.set_viewport_size({"width": DESK, "height": 800})
    expect(page.locator(".fold > summary")).to_be_hidden()
    page.reload()
    expect(page.locator("#avatar")).to_be_visible()


def test_a_first_visit_and_a_file_that_goes_straight_to_storage(
    new_stack: NewStack, browser: Browser, tmp_path: Path
) -> None:
    """On an installation of its own, whose host takes 1 MB at most."""
    stack = new_stack(settings={"MAX_UPLOAD_MB": "1"})
    stack.start()
    large = tmp_path / "large.bmp"
    media_factory.picture(large, size=(900, 900))
    assert large.stat().st_size > 2_000_000
    with opened(browser, stack.http, stack.blob_endpoint) as (page, _):
        page.goto("/")
        assert not violations(page)
        page.goto("/avatars")
        expect(page.locator(".empty h2")).to_contain_text("No avatar")
        assert not violations(page)
        page.goto("/parameter-sets")
        expect(page.get_by_role("link", name="Alive")).to_be_visible()
        assert not violations(page)
        page.goto("/")
        page.get_by_role("button", name="Measure the sample portrait").click()
        expect(page.get_by_role("heading", name="astronaut.jpg")).to_be_visible()
        expect(page.locator(".state .badge")).to_have_text("Done")
        page.goto("/")
        with page.expect_request(lambda request: request.method == "PUT") as put:
            started(page).set_input_files("#file", large)
            page.fill("#avatar", "Large")
            page.get_by_role("button", name="Upload", exact=True).click()
        assert put.value.url.startswith(stack.blob_endpoint)
        found = page.locator("tr").filter(has_text="large.bmp")
        expect(found.locator(".verdict")).to_contain_text("Measured")
        for image in page.locator("td.thumb img").all():
            expect(image).to_have_js_property("complete", value=True)
            assert image.evaluate("element => element.naturalWidth") == 240
