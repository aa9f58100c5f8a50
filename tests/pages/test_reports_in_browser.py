"""Looking at reports, comparing builds and making parameter sets, as a person does it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests import faces
from tests.end_to_end.service import Service
from tests.media_factory import Clip
from tests.pages.browser import WAIT, started
from tests.pages.conftest import OpenPage
from tests.pages.shown import SET, Shown

expect.set_options(timeout=WAIT)

CONFLICT = "409 (Conflict)"


def position(page: Page) -> float:
    return float(page.locator("video").evaluate("video => video.currentTime"))


def until(page: Page, condition: str) -> None:
    """Wait for something to be true of every `video` of the page."""
    page.wait_for_function(
        f"() => [...document.querySelectorAll('video')].every(video => {condition})"
    )


def slowly(page: Page) -> None:
    """Its clips play at a tenth of their speed, so that a busy machine can keep up."""
    page.evaluate("document.querySelectorAll('video').forEach(v => { v.playbackRate = 0.1; })")


def ready(page: Page) -> None:
    until(page, "video.readyState >= 2")
    expect(page.locator(".playhead")).to_be_visible()


def test_a_click_on_a_violation_plays_it(
    open_page: OpenPage, service: Service, shown: Shown
) -> None:
    page = open_page(f"/reports/{shown.clip['report']}")
    ready(page)
    report = service.http.get(f"/api/reports/{shown.clip['report']}").json()
    result = next(r for r in report["faces"][0]["results"] if r["measure"] == "AU25.level")
    violation = max(result["violations"], key=lambda item: float(item["end"] - item["start"]))
    middle = (violation["start"] + violation["end"]) / 2
    chart = page.locator(".tl[data-au=AU25] .tl-chart")
    chart.scroll_into_view_if_needed()
    box: Any = chart.bounding_box()
    slowly(page)
    page.mouse.click(box["x"] + box["width"] * middle / 3.0, box["y"] + box["height"] / 2)
    page.wait_for_function(
        f"() => document.querySelector('video').currentTime > {violation['start']}"
    )
    until(page, "video.paused")
    assert violation["start"] < position(page) < violation["end"] + 0.5


def test_arrow_keys_step_frames_and_a_click_goes_to_a_moment(
    open_page: OpenPage, shown: Shown
) -> None:
    page = open_page(f"/reports/{shown.clip['report']}")
    ready(page)
    for key, frame in (("ArrowRight", 2), ("Shift+ArrowRight", 12), ("ArrowLeft", 11)):
        page.keyboard.press(key)
        expect(page.locator(".now-at")).to_contain_text(f"frame {frame}")
    page.get_by_role("button", name="One frame on").click()
    expect(page.locator(".now-at")).to_contain_text("frame 12")
    chart = page.locator(".tl[data-au=AU12] .tl-chart")  # in no set: nothing is shaded
    chart.scroll_into_view_if_needed()
    box: Any = chart.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 10)
    page.wait_for_function(
        "() => Math.abs(document.querySelector('video').currentTime - 1.5) < 0.05"
    )
    expect(page.locator(".tl[data-au=AU12] .tl-value")).to_have_text(re.compile(r"\d\.\d\d"))


def test_values_under_the_pointer_are_those_of_the_csv(
    open_page: OpenPage, service: Service, shown: Shown
) -> None:
    page = open_page(f"/reports/{shown.clip['report']}")
    lines = service.http.get(shown.clip["links"]["openface_csv"]).text.splitlines()
    column = [name.strip() for name in lines[0].split(",")].index("AU25_r")
    measured = float(lines[1 + 30].split(",")[column])  # the frame at 1.2 s
    chart = page.locator(".tl[data-au=AU25] .tl-chart")
    chart.scroll_into_view_if_needed()
    box: Any = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 1.2 / 3.0, box["y"] + 10)
    expect(page.locator(".tl[data-au=AU25] .tl-value")).to_have_text(f"{measured:.2f}")


def test_dragging_looks_closer_and_back(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(f"/reports/{shown.clip['report']}")
    chart = page.locator(".tl[data-au=AU25] .tl-chart")
    chart.scroll_into_view_if_needed()
    box: Any = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 2 / 3, box["y"] + 12, steps=3)
    page.mouse.up()
    expect(page.get_by_role("link", name="Show the whole clip")).to_be_visible()
    start = float(page.locator(".timelines").get_attribute("data-from") or 0)
    assert abs(start - 1.0) < 0.02
    page.get_by_role("link", name="Show the whole clip").click()
    expect(page.locator(".timelines")).to_have_attribute("data-from", "0.0")


def test_the_box_follows_the_face(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(f"/reports/{shown.clip['report']}")
    ready(page)
    box = page.locator(".overlay .box")
    page.get_by_label("Box").check()
    expect(box).to_have_count(1)
    assert page.locator(".overlay").bounding_box() == page.locator("video").bounding_box()
    assert not page.locator(".print-only").first.is_visible()
    before = box.get_attribute("y") or ""
    page.evaluate("document.querySelector('video').currentTime = 1")  # nearer by then, and aside
    expect(box).not_to_have_attribute("y", before)
    page.get_by_label("Box").uncheck()
    expect(box).to_have_count(0)


def test_every_download_is_there(open_page: OpenPage, shown: Shown) -> None:
    page = open_page(f"/reports/{shown.clip['report']}")
    page.locator(".menu summary").click()
    links = page.locator(".menu li a")
    expect(links).to_have_count(6)
    starts = ("face,", "{", "<?xml", "#", "frame", "")
    for link, start in zip(links.all(), starts, strict=True):
        with page.expect_download() as download:
            link.click()
        assert download.value.path().read_bytes().startswith(start.encode())


def test_a_measurement_is_held_to_another_set(
    open_page: OpenPage, service: Service, media: Path, shown: Shown
) -> None:
    job = service.measure(media / "face.jpg", avatar="Held")
    page = open_page(f"/reports/{job['report']}")
    expect(page.locator("#verdict")).to_have_text("Measured, and held to no parameter set")
    page.select_option("#hold-to", SET)
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(f"**/reports/{job['report']}-*")
    expect(page.locator("#verdict")).to_contain_text(SET)


def test_a_set_is_made_tried_and_changed(
    open_page: OpenPage, service: Service, shown: Shown
) -> None:
    page = open_page("/parameter-sets", expected=(CONFLICT,))
    page.get_by_role("link", name="New set").click()
    page.get_by_label("Name").fill(SET)  # taken
    page.select_option("[data-add]", "AU25.level")
    first = page.locator(".edit-row").first
    first.get_by_label("At least").fill("3")
    first.get_by_label("At most").fill("2")
    expect(first.locator("[data-error]")).to_contain_text("lower (3) is above upper (2)")
    first.get_by_label("At least").fill("0")
    expect(first.locator("[data-band]")).to_have_text("0 to 2")
    before = first.locator(".band").get_attribute("width")
    first.get_by_label("At most").fill("4")
    expect(first.locator("[data-band]")).to_have_text("0 to 4")
    assert first.locator(".band").get_attribute("width") != before
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-problem]")).to_contain_text("is there already")
    page.get_by_label("Name").fill("Made by hand")
    page.get_by_role("button", name="Which measurements would pass?").click()
    expect(page.locator("[data-preview-place] tbody tr").first).to_be_visible()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/parameter-sets/Made%20by%20hand")
    page.get_by_role("link", name="Edit").click()
    row = page.locator(".edit-row").first
    row.get_by_label("Given as").select_option("reference")
    row.get_by_role("spinbutton", name="Reference").fill("2")
    row.get_by_label("± %").fill("25")
    expect(row.locator("[data-band]")).to_have_text("1.5 to 2.5")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/parameter-sets/Made%20by%20hand")
    expect(page.locator(".title .sub")).to_contain_text("Version 2")
    stored = service.http.get("/api/parameter-sets/Made by hand").json()
    assert (stored["version"], stored["parameters"][0]["deviation_percent"]) == (2, 25)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url("**/parameter-sets")
    assert service.http.get("/api/parameter-sets/Made by hand").status_code == 404


def test_a_set_is_learned_from_measurements(
    open_page: OpenPage, service: Service, shown: Shown
) -> None:
    page = open_page(f"/reports/{shown.clip['report']}")
    page.get_by_role("link", name="Make a set from this measurement").click()
    expect(page.get_by_role("alert").first).to_contain_text("It needs the face at 60 px")
    page.locator(f"input[name=from][value='{shown.earlier['report']}']").check()
    page.get_by_label("deviate from the mean").check()
    page.get_by_role("button", name="Learn", exact=True).click()
    expect(page.get_by_role("heading", name="Learned from 2 measurements")).to_be_visible()
    page.get_by_label("Name").fill("Like Grace")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/parameter-sets/Like%20Grace")
    stored = service.http.get("/api/parameter-sets/Like Grace").json()
    assert sorted(stored["learned"]["reports"]) == [shown.earlier["report"], shown.clip["report"]]


def test_a_set_comes_and_goes_as_a_file(open_page: OpenPage, tmp_path: Path, shown: Shown) -> None:
    page = open_page("/parameter-sets", expected=("400 (Bad Request)",))
    page.get_by_role("link", name=SET).click()
    page.locator(".menu summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV for a spreadsheet").click()
    copy = tmp_path / "copy.csv"
    text = download.value.path().read_text(encoding="utf-8-sig")
    copy.write_text(text.replace(SET, "Imported"))
    page.goto("/parameter-sets")
    started(page).set_input_files("#import", copy)
    page.wait_for_url("**/parameter-sets/Imported")
    expect(page.locator(".params tbody tr")).to_have_count(2)
    copy.write_text('{"name": 5}')
    page.goto("/parameter-sets")
    started(page).set_input_files("#import", copy.rename(tmp_path / "bad.json"))
    expect(page.locator("[data-import-problem]")).to_contain_text("bad.json")


def test_several_faces_are_told_apart(
    open_page: OpenPage, service: Service, tmp_path: Path
) -> None:
    clip = Clip(seconds=2, size=(480, 240), scene=faces.collage(2, 1)).write(tmp_path / "two.mp4")
    job = service.measure(clip, avatar="Two of them", type="VM")
    page = open_page(f"/reports/{job['report']}")
    ready(page)
    page.get_by_label("Boxes").check()
    expect(page.locator(".overlay .box")).to_have_count(2)
    expect(page.locator(".overlay .box-number")).to_have_text(["0", "1"])
    places = [float(box.get_attribute("x") or 0) for box in page.locator(".overlay .box").all()]
    chosen = float(page.locator(".overlay .box.chosen").get_attribute("x") or 0)
    page.get_by_role("link", name="Face 1").click()
    page.wait_for_url("**face=1")
    ready(page)
    page.get_by_label("Boxes").check()
    expect(page.locator(".overlay .box")).to_have_count(2)
    now = float(page.locator(".overlay .box.chosen").get_attribute("x") or 0)
    assert sorted([chosen, now]) == sorted(places)


def test_timelines_without_a_clip_are_read_by_keys(
    open_page: OpenPage, service: Service, shown: Shown, tmp_path: Path
) -> None:
    copy = tmp_path / "openface.csv"
    copy.write_bytes(service.http.get(shown.clip["links"]["openface_csv"]).content)
    job = service.measure(copy, avatar="Measured elsewhere")
    page = open_page(f"/reports/{job['report']}")
    assert page.locator("video").count() == 0
    chart = page.get_by_role("group", name="Timelines")
    chart.focus()
    page.keyboard.press("Shift+ArrowRight")
    value = page.locator(".tl[data-au=AU25] .tl-value")
    column = copy.read_text().splitlines()[0].replace(" ", "").split(",").index("AU25_r")
    measured = float(copy.read_text().splitlines()[11].split(",")[column])
    expect(value).to_have_text(f"{measured:.2f}")
    page.keyboard.press("+")
    expect(page.locator(".timelines")).not_to_have_attribute("data-to", "3.0")
    expect(chart).to_be_focused()
    page.keyboard.press("-")
    expect(page.locator(".timelines")).to_have_attribute("data-from", "0.0")
