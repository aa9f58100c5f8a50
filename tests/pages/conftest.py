"""A browser, and a stack with something to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import faces, media_factory, once
from tests.end_to_end.service import Service
from tests.media_factory import Clip
from tests.pages import browser as browsing
from tests.pages.shown import Shown

if TYPE_CHECKING:
    from local.stack import Stack

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """While it is there, its event loop counts as running: no longer than a module needs it."""
    if browsing.program() is None:
        pytest.skip(browsing.MISSING)
    with sync_playwright() as playwright:
        chromium = browsing.launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, stack: Stack) -> Iterator[OpenPage]:
    """Opens an address in a page of its own, which is watched to the end of the test."""
    with ExitStack() as pages:

        def at(address: str, *, expected: tuple[str, ...] = (), **options: Any) -> Page:
            page, watch = pages.enter_context(
                browsing.opened(browser, stack.http, stack.blob_endpoint, **options)
            )
            watch.expected.extend(expected)
            answer = page.goto(address)  # None for about:blank
            if answer and options.get("java_script_enabled", True):
                browsing.started(page)
            return page

        yield at


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of media, made once."""
    return once.folder(tmp_path_factory, "pages-media", _make_media)


def _make_media(folder: Path) -> None:
    media_factory.picture(folder / "face.jpg")
    media_factory.picture(folder / "empty.jpg", scene=faces.empty)
    Clip(seconds=3, size=(320, 240)).write(folder / "clip.mp4")
    stops = faces.frozen(faces.speaking, 2.0, 4.0)
    Clip(seconds=7, size=(480, 360), scene=stops).write(folder / "stops.mp4")


@pytest.fixture(scope="session")
def shown(service: Service, media: Path) -> Shown:
    """Jobs, reports and sets that many tests look at and none changes."""
    return Shown.make(service, media)
