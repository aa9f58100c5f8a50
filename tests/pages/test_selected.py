"""Many jobs at once: counted first, then done."""

from urllib.parse import urlencode

import azure.functions as func
import pytest
import sqlalchemy as sa

from shared.app import App
from shared.database.tables import Job, State
from shared.pages import selected
from shared.platform.errors import Code, Problem
from tests.pages.made import job
from tests.pages.requests import BASE


def form(*pairs: tuple[str, object]) -> func.HttpRequest:
    return func.HttpRequest(
        "POST", f"{BASE}/selected", headers={"Accept": "text/html"}, body=urlencode(pairs).encode()
    )


def text(response: func.HttpResponse) -> str:
    return response.get_body().decode()


def left(app: App) -> int:
    with app.database.begin() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Job)) or 0


def test_deleting_is_counted_before_it_is_done(app: App) -> None:
    names = ("<b>.jpg", "b.jpg", "c.jpg")
    states = (State.DONE, State.FAILED, State.EXTRACTING)
    jobs = [job(app, filename=n, state=s) for n, s in zip(names, states, strict=True)]
    job(app)
    chosen = [("job", item.id) for item in jobs]
    asked = text(selected.selected(form(("do", "delete"), *chosen), app))
    assert "Delete 3 jobs?" in asked
    assert "0 measurements with all reports" in asked
    assert "1 is being worked on" in asked
    assert "&lt;b&gt;.jpg" in asked
    assert left(app) == 4
    done = selected.selected(form(("do", "delete"), ("confirmed", "true"), *chosen), app)
    assert "<h1>3 deleted</h1>" in text(done)
    assert left(app) == 1


def test_what_cannot_be_judged_is_named(app: App) -> None:
    chosen = [("job", job(app, filename="never.mp4", state=State.FAILED).id)]
    assert "None of them was measured" in text(
        selected.selected(form(("do", "judge"), *chosen), app)
    )
    done = selected.selected(form(("do", "judge"), ("confirmed", "true"), *chosen), app)
    assert "<h1>0 judged again</h1>" in text(done)
    assert "never.mp4" in text(done)


def test_nothing_chosen_is_said(app: App) -> None:
    assert "Nothing is chosen" in text(selected.selected(form(("do", "delete")), app))
    unknown = ("job", "00000000-0000-4000-8000-000000000000")
    gone = selected.selected(form(("do", "delete"), ("confirmed", "true"), unknown), app)
    assert "Nothing is chosen" in text(gone)


@pytest.mark.parametrize(
    "pairs",
    [
        [("do", "destroy")],
        [("do", "delete"), ("job", "x")],
        [("do", "delete"), ("other", "x")],
        [("do", "delete"), *(("job", "x") for _ in range(selected.MAX_FIELDS))],
    ],
)
def test_other_forms_are_refused(app: App, pairs: list[tuple[str, object]]) -> None:
    with pytest.raises(Problem) as problem:
        selected.selected(form(*pairs), app)
    assert problem.value.code in (Code.INVALID_FIELD, Code.UNKNOWN_FIELD, Code.BAD_REQUEST)
