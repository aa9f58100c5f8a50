"""Pictures of the pages for README and docs, taken of the real app.

    .local/venv/bin/python -m local.screenshots [FOLDER]

Starts a stack of its own, measures generated clips of the sample face (a NASA photograph in the
public domain), and takes each page in the system's Chromium, once what it shows is there. Pictures
are reduced to a palette.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from local.functions_host import HostKind
from local.paths import ROOT
from local.ports import ANY
from local.stack import Stack
from tests import faces
from tests.faces import Pixels, Scene
from tests.media_factory import Clip
from tests.pages.browser import MISSING, launch, program

FOLDER = ROOT / "docs" / "images"
WIDTH, HEIGHT, TALL = 1280, 900, 1450  # of the window [px]
PHONE = 390
LIMIT = 120.0  # [s] for one job
PLAYABLE = (
    "() => [...document.querySelectorAll('video')].every(v => v.readyState >= 4 && !v.seeking)"
    " && [...document.images].every(image => image.complete || image.loading === 'lazy')"
)
SET = "Speaks like build 38"


def slower(speed: float) -> Scene:
    def scene(moment: float, width: int, height: int) -> Pixels:
        return faces.speaking(moment * speed, width, height)

    return scene


BUILDS: dict[str, Scene] = {  # their greeting; the other clips are the same in each
    "build 38": faces.speaking,
    "build 39": slower(0.9),
    "build 40": slower(1.1),
    "build 41": faces.frozen(slower(0.8), 4.0, 7.5),  # it freezes
    "build 42": slower(1.05),
}
OTHERS: dict[str, Scene] = {"farewell.mp4": slower(0.95), "question.mp4": slower(1.2)}


class Service:
    """The app over HTTP."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=60, trust_env=False)

    def post(self, address: str, body: Any) -> Any:
        return self._http.post(address, json=body).raise_for_status().json()

    def submit(self, path: Path, **fields: str) -> dict[str, Any]:
        with path.open("rb") as file:
            response = self._http.post("/api/upload", files={"file": file}, data=fields)
        job: dict[str, Any] = response.raise_for_status().json()
        return job

    def measure(self, path: Path, **fields: str) -> dict[str, Any]:
        job = self.submit(path, **fields)
        deadline = time.monotonic() + LIMIT
        while job["state"] not in ("done", "failed"):
            if time.monotonic() > deadline:
                raise SystemExit(f"{path.name} was not measured in {LIMIT:g} s.")
            time.sleep(0.1)
            job = self._http.get(f"/api/jobs/{job['id']}").raise_for_status().json()
        return job


@dataclass(frozen=True, slots=True)
class Camera:
    """Takes pages of one stack into a folder."""

    browser: Browser
    base: str
    folder: Path

    def shoot(
        self,
        name: str,
        address: str,
        prepare_page: Callable[[Page], None] | None = None,
        *,
        width: int = WIDTH,
        height: int = HEIGHT,
        scheme: Literal["light", "dark"] = "light",
    ) -> None:
        context = self.browser.new_context(
            base_url=self.base, viewport={"width": width, "height": height}, color_scheme=scheme
        )
        page = context.new_page()
        page.goto(address)
        page.wait_for_function(PLAYABLE)
        if prepare_page is not None:
            prepare_page(page)
            page.wait_for_function(PLAYABLE)
        settle(page)
        target = self.folder / f"{name}.png"
        with Image.open(io.BytesIO(page.screenshot())) as picture:
            small = picture.convert("RGB").quantize(256, kmeans=2, dither=Image.Dither.NONE)
            small.save(target, optimize=True)
        context.close()
        print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")


def settle(page: Page) -> None:
    """The controls of a player fade out; a picture between two frames of that is none."""
    page.mouse.move(0, 0)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 300)))")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="default: docs/images")
    folder: Path = parser.parse_args().folder
    if program() is None:
        raise SystemExit(MISSING)
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="avatar-screenshots-") as name,
        Stack(Path(name) / "stack", ports=ANY, host=HostKind.BUILTIN, throw_away=True) as stack,
        sync_playwright() as playwright,
    ):
        stack.start()
        service = Service(stack.http)
        jobs = prepare(service, Path(name))
        browser = launch(playwright)
        take(Camera(browser, stack.http, folder), service, jobs, Path(name))
        browser.close()


def prepare(service: Service, media: Path) -> dict[str, dict[str, Any]]:
    """Builds of an avatar, held to a set that was learned from the first two of them."""
    jobs = {}
    clips = []
    for build, scene in BUILDS.items():
        for name, shown in (OTHERS | {"greeting.mp4": scene}).items():
            path = Clip(seconds=12, size=(480, 360), scene=shown).write(media / name)
            jobs[build] = service.measure(path, avatar="Ada", name=build)
            clips.append(jobs[build]["report"])
    first = [jobs[build]["report"] for build in ("build 38", "build 39")]
    service.post("/api/parameter-sets", {"name": SET, "from_reports": first, "coverage": 0.95})
    for report in clips:
        service.post("/api/reports", {"report": report, "parameter_sets": [SET]})
    service.measure(faces.SAMPLE, avatar="Portrait", name="astronaut", type="IW")
    four = Clip(seconds=8, size=(640, 480), scene=faces.collage(2, 2)).write(media / "panel.mp4")
    service.measure(four, avatar="Panel", name="take 3", type="VM", parameter_set=SET)
    empty = Clip(seconds=1, scene=faces.empty).write(media / "landscape.mp4")
    service.measure(empty, avatar="Ada", name="build 42")
    return jobs


def take(camera: Camera, service: Service, jobs: dict[str, dict[str, Any]], media: Path) -> None:
    report = f"/reports/{jobs['build 41']['report']}"

    def look(page: Page) -> None:
        page.evaluate("document.querySelector('video').removeAttribute('controls')")
        page.evaluate("document.querySelector('video').currentTime = 5")
        page.get_by_label("Box").check()
        page.locator(".overlay .box").wait_for()

    def measuring(page: Page) -> None:
        page.locator(".progress-words", has_text="left").first.wait_for()

    camera.shoot("report", report, look, height=TALL)
    camera.shoot("report-dark", report, look, height=TALL, scheme="dark")
    camera.shoot("report-phone", report, look, width=PHONE)
    camera.shoot("avatar", "/avatars/Ada", height=1150)
    camera.shoot("comparison", "/avatars/Ada?from=build+40&to=build+41")
    camera.shoot("parameter-set", f"/parameter-sets/{quote(SET)}/edit")
    long = Clip(seconds=60, size=(480, 360)).write(media / "monologue.mp4")
    service.submit(long, avatar="Ada", name="build 43", parameter_set=SET)
    camera.shoot("jobs", "/", measuring)
    job = service.submit(long, avatar="Ada", name="build 44", parameter_set=SET)
    camera.shoot("job", f"/jobs/{job['id']}", measuring)


if __name__ == "__main__":
    main()
