"""What natural sets find, as a person reads it; making and changing them."""

from __future__ import annotations

import re
from urllib.parse import quote

from playwright.sync_api import expect

from tests.end_to_end.service import Service
from tests.pages.browser import PHONE, WAIT
from tests.pages.conftest import OpenPage
from tests.pages.shown import NATURAL, Shown

expect.set_options(timeout=WAIT)


def test_a_fault_is_said_first_and_its_time_moves_the_player(
    open_page: OpenPage, shown: Shown
) -> None:
    page = open_page(shown.addresses()["stops"])
    expect(page.locator("#verdict")).to_have_text("Fail. Does not move and look as it should")
    first = page.locator(".sentences li").first
    expect(first).to_contain_text("The picture stands still: longest still picture")
    expect(page.locator(".part").first).to_contain_text(re.compile("Faults.*Fail", re.DOTALL))
    expect(page.locator(".nature .group").first).to_have_text("Faults")
    expect(page.locator("[data-lane=longest_still_picture] .violations")).to_be_attached()
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    page.evaluate("document.querySelector('video').playbackRate = 0.1")
    when = page.locator(".when a").first
    expect(when).to_have_attribute("aria-label", re.compile(r"Play longest still picture, 0:0\d"))
    when.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('video').currentTime > 1.5")


def test_every_number_has_two_digits_and_a_band(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(shown.addresses()["stops"])
    row = page.locator(".nature [data-measure=head_turning]")
    expect(row.locator(".value")).to_have_text(re.compile(r"^[\d.]{1,6}$"))
    expect(row.locator(".band-words")).to_have_text(re.compile(r"^[\d.]+ to [\d.]+$"))
    expect(row.locator(".distance")).to_have_text(re.compile("^([+\u2212][\\d.]+|0)$"))
    expect(row.locator("td").first).to_have_css("display", "table-cell")
    expect(row.locator("svg.windows .trace")).to_be_attached()
    expect(page.locator(".deviation")).to_contain_text(re.compile(r"\d+ of 100 real recordings"))


def test_what_is_missing_is_said_where_nothing_can_be(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(shown.addresses()["short"], width=PHONE)
    expect(page.locator("#verdict")).to_contain_text("Too little is known to judge how it moves")
    expect(page.locator(".verdict .because")).to_contain_text("It needs")


def test_the_verdict_is_read_without_scripts(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(shown.addresses()["stops"], java_script_enabled=False)
    moment = page.locator(".sentences a").first
    assert "t=" in (moment.get_attribute("href") or "")
    assert page.locator("svg.windows").first.is_visible()


def test_jobs_say_the_verdict_in_words(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(f"/jobs/{shown.stops['id']}")
    expect(page.locator("#verdict")).to_have_text("Fail. Does not move and look as it should")
    expect(page.locator(".sentences li").first).to_contain_text("The picture stands still")
    page.goto("/?avatar=Hedy")
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator(".jobs .said").first).to_be_visible()
    expect(page.locator(".upload")).to_contain_text("Alive")


def test_a_natural_set_says_what_it_rests_on(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(shown.addresses()["natural set"])
    expect(page.locator("#rests-on + p")).to_contain_text("this person")
    link = page.locator(".recordings a")
    expect(link).to_have_text("stops.mp4")
    assert link.get_attribute("href") == f"/reports/{shown.stops['report']}"
    page.goto("/parameter-sets/Alive")
    expect(page.locator("main")).to_contain_text("no fault found, within human range")


def test_a_natural_set_is_learned_and_changed(
    open_page: OpenPage, service: Service, shown: Shown
) -> None:
    page = open_page(f"/new-parameter-set?from={shown.stops['report']}")
    page.get_by_label("Chance may fail this many").fill("2")
    page.get_by_label("Clips to be judged are of").first.select_option("false")
    page.get_by_role("button", name="Learn", exact=True).click()
    expect(page.get_by_role("heading", name="Learned from 1 measurement")).to_be_visible()
    page.get_by_label("Name").fill("Naturally")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/parameter-sets/Naturally")
    stored = service.http.get("/api/parameter-sets/Naturally").json()
    assert (stored["mode"], stored["natural"]["same_setup"]) == ("natural", False)
    assert stored["natural"]["false_alarms"] == 0.02
    assert stored["learned"]["reports"] == [shown.stops["report"]]
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Real recordings that chance may fail").fill("80")
    page.get_by_role("button", name="Save").click()
    wrong = page.locator("[data-problem]")
    expect(wrong).to_contain_text(
        "Real recordings that chance may fail [of 100]: must be at most 50"
    )
    page.get_by_label("Real recordings that chance may fail").fill("5")
    page.get_by_text("Leave measures out").click()
    page.get_by_label("flicker").check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/parameter-sets/Naturally")
    changed = service.http.get("/api/parameter-sets/Naturally").json()
    assert (changed["version"], changed["natural"]["left_out"]) == (2, ["flicker"])
    assert changed["natural"]["recordings"] == stored["natural"]["recordings"]
    expect(page.locator("main")).to_contain_text("Left out")


def test_mistakes_are_named_by_the_labels(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(f"/parameter-sets/{quote(NATURAL)}/edit")
    page.get_by_label("Bands: every measure").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-problem]")).to_contain_text("Bands: ")
