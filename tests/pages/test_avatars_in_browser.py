"""An avatar's builds: looking at them, choosing two and comparing them, as a person does it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from shared.pages import figures
from tests.end_to_end.service import Service
from tests.pages.browser import WAIT
from tests.pages.conftest import OpenPage
from tests.pages.shown import AVATAR, SET, Shown
from tests.pages.test_reports_in_browser import slowly, until

expect.set_options(timeout=WAIT)

ADDRESS = f"/avatars/{AVATAR}"


def choose(page: Page, *labels: str) -> None:
    for label in labels:
        page.get_by_label(label, exact=True).check()


def test_the_list_shows_builds_as_runs(open_page: OpenPage, shown: Shown) -> None:
    page = open_page("/avatars")
    row = page.locator("tr").filter(has=page.get_by_role("link", name=AVATAR, exact=True))
    expect(row.locator(".newest")).to_contain_text("build 2")
    marks = row.get_by_role("list", name=f"Builds of {AVATAR} before, newest first")
    expect(marks.get_by_role("listitem")).to_have_text(["build 1: 1 fail"])
    unnamed = page.locator("tr").filter(has=page.get_by_role("link", name="Portrait"))
    expect(unnamed.locator(".newest")).to_contain_text("unnamed build")


def test_the_chosen_clips_are_compared_and_play_in_step(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(ADDRESS)
    choose(page, "Compare clip.mp4 of build 1", "Compare clip.mp4 of build 2")
    page.get_by_role("button", name="Compare").click()
    before, after = shown.earlier["report"], shown.clip["report"]
    page.wait_for_url(f"**{ADDRESS}?from_measurement={before}&to_measurement={after}")
    expect(page.get_by_role("heading", level=1)).to_have_text("clip.mp4")
    expect(page.locator(".sub").first).to_contain_text("build 1 against build 2")
    expect(page.locator("#compared")).to_contain_text("Nothing has clearly changed")  # the same
    page.get_by_text("2 more measures").click()
    expect(page.locator(".differences tbody tr")).to_have_count(2)
    until(page, "video.readyState >= 3")
    slowly(page)
    page.get_by_role("button", name="Play both").click()
    until(page, "video.currentTime > 0.2")
    page.get_by_role("button", name="Pause").click()
    times = page.evaluate("[...document.querySelectorAll('video')].map(v => v.currentTime)")
    assert abs(times[0] - times[1]) < 0.25
    page.get_by_role("link", name="the other way round").click()
    page.wait_for_url(f"**{ADDRESS}?from_measurement={after}&to_measurement={before}")


def test_two_builds_are_compared_clip_by_clip(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(ADDRESS)
    choose(page, "build 1", "build 2")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url(f"**{ADDRESS}?from=build+1&to=build+2")
    expect(page.get_by_role("heading", name="build 1 against build 2")).to_be_visible()
    page.select_option("#set", "/")
    page.wait_for_url("**set=%2F*")
    page.get_by_role("link", name="Side by side").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("clip.mp4")


def test_two_of_a_kind_can_be_marked(open_page: OpenPage, shown: Shown) -> None:
    """A third takes the place of the first; clips are not compared with builds."""
    page = open_page(ADDRESS)
    button = page.get_by_role("button", name="Compare")
    expect(button).to_be_disabled()
    choose(page, "build 1")
    expect(page.locator("[data-hint]")).to_have_text("Mark another build.")
    choose(page, "Compare clip.mp4 of build 2")
    expect(page.get_by_label("build 1", exact=True)).not_to_be_checked()
    expect(button).to_be_disabled()
    page.get_by_label("Compare clip.mp4 of build 1").focus()
    page.keyboard.press("Space")
    expect(button).to_be_enabled()


def test_a_small_chart_names_the_build_under_the_pointer(
    open_page: OpenPage, service: Service, shown: Shown
) -> None:
    page = open_page(ADDRESS)
    measure = page.locator(".measure").filter(has_text="AU25.level")
    card = measure.locator(".card").first
    expect(measure.locator("h3")).to_contain_text("0 to 0.4")
    values = service.http.get(f"/api/avatars/{AVATAR}").json()
    lips = next(item for item in values["measures"] if item["measure"] == "AU25.level")
    earlier = next(i for i, item in enumerate(values["items"]) if item["name"] == "build 1")
    card.locator(".spark-place").hover(position={"x": 8, "y": 20})
    expect(card.locator("figcaption")).to_contain_text("build 1, ")
    written = figures.amount(lips["values"][earlier], "intensity")
    expect(card.locator("[data-shown]")).to_have_text(written)
    page.mouse.move(0, 0)
    expect(card.locator("figcaption")).to_contain_text("clip.mp4")
    card.locator(".spark-place").click(position={"x": 8, "y": 20})
    page.wait_for_url(f"**/reports/{shown.earlier['report']}")


def test_charts_say_what_they_show(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(ADDRESS)
    legend = page.locator(".legend")
    for words in (f"what “{SET}” expects", "within", "not within", "build 1, ", "build 2, "):
        expect(legend).to_contain_text(words)
    page.get_by_text("These charts as a table").click()
    expect(page.get_by_role("table").filter(has_text="AU25.level")).to_contain_text("UTC")
