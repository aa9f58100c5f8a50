"""Who is let in, and whose forms are taken."""

import json
from types import SimpleNamespace

import azure.functions as func
import pytest

from shared.api import access
from shared.pages import guard
from shared.pages.responses import respond, wants_page
from shared.platform.settings import STORAGE, read
from tests.pages.requests import BASE, get, post
from tests.routes import http_routes


@pytest.mark.parametrize(
    ("environment", "is_open"),
    [
        ({}, True),
        ({"WEBSITE_AUTH_ENABLED": "False"}, True),
        ({"WEBSITE_SITE_NAME": "pages"}, False),
        ({"WEBSITE_SITE_NAME": "pages", "WEBSITE_AUTH_ENABLED": "False"}, False),
        ({"WEBSITE_SITE_NAME": "pages", "WEBSITE_AUTH_ENABLED": "True"}, True),
        ({"CONTAINER_APP_NAME": "pages"}, False),
        ({"CONTAINER_APP_NAME": "pages", "WEBSITE_AUTH_ENABLED": "true"}, True),
    ],
)
def test_in_azure_pages_are_open_behind_authentication_only(
    environment: dict[str, str], is_open: bool
) -> None:
    assert guard.is_open(environment) is is_open


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),  # a program, which carries nobody's cookies
        ({"Origin": BASE}, False),
        ({"Origin": BASE.upper()}, False),
        ({"Origin": "http://pages.test"}, True),  # another port
        ({"Origin": "https://evil.test"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "https://www.pages.test", "X-Forwarded-Host": "www.pages.test"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.a.proxy"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site", "Origin": BASE}, True),
    ],
)
def test_a_form_of_another_site_is_known_by_its_origin(
    headers: dict[str, str], foreign: bool
) -> None:
    assert access.is_foreign(post("/upload", headers=headers)) is foreign


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),  # a browser
        ("text/html", True),
        ("*/*", False),  # curl
        ("", False),
        ("application/json", False),
        ("application/json, text/html;q=0.1", False),
        ("application/problem+json, text/html;q=0.5", False),
        ("text/*;q=0.8, application/problem+json;q=0.2", True),
        ("nonsense;;q=x", False),
    ],
)
def test_a_problem_is_a_page_for_who_likes_one_more(accept: str, page: bool) -> None:
    assert wants_page(get(headers={"Accept": accept})) is page


@pytest.fixture
def _parts(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = SimpleNamespace(
        settings=read({"DATABASE_URL": "x", STORAGE: "x"}),
        storage=SimpleNamespace(origin="http://storage.test"),
    )
    monkeypatch.setattr("shared.api.http.app", lambda: parts)


@pytest.mark.usefixtures("_parts")
def test_closed_pages_say_what_to_switch_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBSITE_SITE_NAME", "pages")
    routes = [route for route in http_routes() if not route.path.startswith("api/")]
    assert len(routes) > 20
    for route in routes:
        req = get() if route.method == "GET" else post("/")
        response = route.function(req)
        assert response.status_code == 403, route
        assert b"App Service Authentication" in response.get_body()


@pytest.mark.usefixtures("_parts")
def test_nothing_is_changed_by_a_foreign_page() -> None:
    """Of the pages and of the API alike: a website could use a developer's own service."""
    routes = [r for r in http_routes() if r.method != "GET"]
    assert len([r for r in routes if r.path.startswith("api/")]) > 5
    assert len(routes) > 15
    for route in routes:
        foreign = post("/", headers={"Origin": "https://evil.test"})
        response = route.function(
            func.HttpRequest(
                method=route.method,
                url=foreign.url,
                headers=foreign.headers,
                params={},
                route_params={},
                body=b"{}",
            )
        )
        assert response.status_code == 403, route
        assert json.loads(response.get_body())["code"] == "foreign_origin"


@pytest.mark.usefixtures("_parts")
def test_every_answer_has_the_headers_that_browsers_act_on() -> None:
    def fine(*_: object) -> func.HttpResponse:
        return func.HttpResponse("", headers={"Content-Type": "text/html"})

    def broken(*_: object) -> func.HttpResponse:
        raise ValueError("a detail that is not for people")

    for handler in (fine, broken):
        response = respond(get(), handler)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        for source in ("connect", "img", "media"):
            assert f"{source}-src 'self' http://storage.test;" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.status_code == 500
    assert b"<h1>Something went wrong on our side</h1>" in response.get_body()
    assert b"not for people" not in response.get_body()
