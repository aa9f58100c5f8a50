"""The list of avatars, the grid of an avatar's builds, and what can be chosen in it."""

import re

import azure.functions as func
import pytest

from shared.app import App
from shared.database.tables import State
from shared.pages.avatar_page import ROWS, avatar_page
from shared.pages.avatars_page import avatars_page
from shared.platform.errors import Code, Problem
from tests.builds import clip
from tests.pages.requests import BASE, get
from tests.pages.test_handlers import text
from tests.statements import counted


def shown(app: App, query: str = "", avatar: str = "Ada") -> func.HttpResponse:
    """The avatar's page; a form's fields may be repeated."""
    request = get(f"/avatars/{avatar}", name=avatar)
    fields = dict(pair.split("=", 1) for pair in query.split("&") if pair)
    return avatar_page(
        func.HttpRequest(
            method="GET",
            url=f"{BASE}/avatars/{avatar}?{query}",
            headers=request.headers,
            params={name: value.replace("+", " ") for name, value in fields.items()},
            route_params={"name": avatar},
            body=b"",
        ),
        app,
    )


def words(page: str) -> str:
    """As it is read."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_one_failed_clip_shows_in_the_list(app: App) -> None:
    """And what came off worse than in the build before is named."""
    clip(app, "41", "take-1.mp4", A="pass")
    clip(app, "41", "take-2.mp4", A="pass")
    clip(app, "42", "take-1.mp4", A="fail")
    clip(app, "42", "take-2.mp4", A="pass")
    page = text(avatars_page(get("/avatars"), app))
    assert "42 Fail 1 fail, 1 pass" in words(page)
    assert "41: 2 pass" in page  # the mark of the build before
    assert "take-1.mp4 pass → fail" in words(page)
    assert 'href="/avatars/Ada?from=41&amp;to=42"' in page


def test_a_build_without_a_name_is_said_in_words(app: App) -> None:
    clip(app, "default", "take-1.mp4", State.FAILED, measured=False)
    for page in (text(avatars_page(get("/avatars"), app)), text(shown(app))):
        assert "unnamed build" in page
        assert "default" not in words(page)
        assert "Not measured" in page


def test_builds_are_columns_and_clips_are_rows(app: App) -> None:
    _, before = clip(app, "41", "take-1.mp4", A="pass")
    clip(app, "41", "take-2.mp4", A="inconclusive")
    _, after = clip(app, "42", "take-1.mp4", A="fail")
    failed, _ = clip(app, "42", "take-3.mp4", State.FAILED, measured=False)
    page = text(shown(app))
    columns = re.findall(r'name="build" value="([^"]+)"', page)
    assert columns == ["42", "41"]
    rows = page[page.index("<tbody>") : page.index("</tbody>")].split("</tr>")[:-1]
    assert [words(row).split()[0] for row in rows] == ["take-1.mp4", "take-2.mp4", "take-3.mp4"]
    assert f'href="/reports/{after}"' in rows[0]
    assert f'href="/reports/{before}"' in rows[0]
    assert "Fail : take-1.mp4 of 42 worse than in the build before" in words(rows[0])
    assert rows[0].count('name="measurement"') == 2
    assert rows[1].count("not in this build") == 1
    assert f'href="/jobs/{failed}"' in rows[2]
    assert 'name="measurement"' not in rows[2]


def test_exactly_what_is_marked_is_compared(app: App) -> None:
    """The address carries the measurements' numbers, or the builds' names."""
    clip(app, "41", "take-1.mp4")
    _, second = clip(app, "41", "take-2.mp4")
    _, other = clip(app, "42", "take-1.mp4")
    answer = shown(app, f"measurement={other}&measurement={second}&set=/")
    assert answer.status_code == 303
    wanted = f"/avatars/Ada?set=%2F&from_measurement={second}&to_measurement={other}"
    assert answer.headers["Location"] == wanted
    answer = shown(app, "build=42&build=41")
    assert answer.headers["Location"] == "/avatars/Ada?from=41&to=42"


@pytest.mark.parametrize(
    "query", ["measurement=1", "build=41", "measurement=1&build=41", "build=1&build=2&build=3"]
)
def test_two_of_a_kind_must_be_marked(app: App, query: str) -> None:
    clip(app, "41", "take-1.mp4")
    assert "Mark two clips, or two builds: these" in text(shown(app, query))


def test_what_is_no_number_is_refused(app: App) -> None:
    with pytest.raises(Problem) as refused:
        shown(app, "measurement=x&measurement=1")
    assert refused.value.code is Code.INVALID_FIELD


def test_builds_and_clips_go_on(app: App) -> None:
    for build in range(9):
        clip(app, f"build {build}", "take.mp4")
    for number in range(ROWS):
        clip(app, "build 8", f"take-{number:02}.mp4")
    page = text(shown(app))
    assert page.count('name="build"') == 8
    assert page.count('th scope="row" class="clip"') == ROWS
    (more,) = re.findall(r'href="[^"?]+\?([^"]+)">More clips', page)
    rest = text(shown(app, more))
    assert rest.count('th scope="row" class="clip"') == 1
    (older,) = re.findall(r'href="[^"?]+\?([^"]+)">Older builds', page)
    assert re.findall(r'name="build" value="([^"]+)"', text(shown(app, older))) == ["build 0"]


def test_more_builds_are_no_more_queries(app: App) -> None:
    def asked() -> tuple[int, int]:
        with counted(app) as grid:
            shown(app)
        with counted(app) as listed:
            avatars_page(get("/avatars"), app)
        return len(grid), len(listed)

    for build in ("1", "2"):
        clip(app, build, "take-1.mp4", A="pass")
    before = asked()
    for number in range(10):
        clip(app, str(3 + number // 2), f"take-{number % 2}.mp4", A="pass", B="fail")
        clip(app, "1", "take-1.mp4", avatar=f"Ada {number}")
    assert asked() == before
