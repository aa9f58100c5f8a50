"""Where pages get what they show from."""

import re

from shared.pages import routes
from shared.platform.paths import ROOT

SQL = re.compile(r"^(?:from|import) sqlalchemy.*$", re.MULTILINE)


def test_pages_hold_no_sql() -> None:
    """A session is handed on; what is asked of it is the domain's."""
    for module in (ROOT / "shared" / "pages").glob("*.py"):
        found = set(SQL.findall(module.read_text()))
        assert found <= {"from sqlalchemy.orm import Session"}, module.name


def test_every_function_has_one_route() -> None:
    assert len({route.name for route in routes.ROUTES}) == len(routes.ROUTES)
    assert len({(route.method, route.route) for route in routes.ROUTES}) == len(routes.ROUTES)
