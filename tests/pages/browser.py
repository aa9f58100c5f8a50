"""A page in the system's Chromium, which is watched while a test uses it.

Nothing may be written to the console, no script may fail, no dialog may open (`alert(1)` would),
and no request may leave the app and its storage.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request

from local.paths import NODE

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "There is no Chromium for the tests of the pages: `apt-get install chromium`, or set CHROMIUM "
    "to the path of a Chromium or Chrome."
)
AXE = NODE / "node_modules" / "axe-core" / "axe.min.js"
PHONE, DESK, WALL = 360, 1024, 1920  # widths [px]
WAIT = 120_000  # [ms] that anything may take on a busy machine


def program() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, PROGRAMS)), None)


def launch(playwright: Playwright) -> Browser:
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses root otherwise
    return playwright.chromium.launch(executable_path=program(), args=alone)


@dataclass
class Watch:
    """What a page did that it must not do."""

    allowed: set[str]
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)  # parts of complaints that a test provokes

    def attach(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc not in self.allowed:
            self.complaints.append(f"request to {parts.netloc}")

    def check(self) -> None:
        left = [c for c in self.complaints if not any(part in c for part in self.expected)]
        assert not left, left


@contextmanager
def opened(
    browser: Browser, base: str, storage: str, *, width: int = DESK, **options: Any
) -> Iterator[tuple[Page, Watch]]:
    """A page of its own, with what may be asked of it held at the end."""
    context = browser.new_context(
        base_url=base, viewport={"width": width, "height": 800}, **options
    )
    context.set_default_timeout(WAIT)
    page = context.new_page()
    watch = Watch({urlsplit(base).netloc, urlsplit(storage).netloc})
    watch.attach(page)
    try:
        yield page, watch
    finally:
        context.close()
    watch.check()


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core finds; with `rules`, by these alone."""
    page.evaluate(Path(AXE).read_text())  # by the debugger: the page's policy allows no script tag
    options: dict[str, Any] = {"resultTypes": ["violations"]}  # else it describes all it looked at
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{item['id']}: {node['html'][:160]}  {node['failureSummary'][:300]}"
        for item in found["violations"]
        for node in item["nodes"]
    ]


def started(page: Page) -> Page:
    """The page, once its scripts serve it: a browser has loaded it before that."""
    page.locator("html.started").wait_for(state="attached")
    return page
