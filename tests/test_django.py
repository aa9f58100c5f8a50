"""A Django project shares the table: the model of docs/operations.md, with a real Django."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from local.paths import ROOT
from shared.app import App
from tests.migrations.test_migrations import FIXED_COLUMNS

PAGE = (ROOT / "docs" / "operations.md").read_text()
MODEL = re.search(r"```python\n(from django\.db import models\n.*?)```", PAGE, flags=re.DOTALL)

SETTINGS = """
import os
from sqlalchemy.engine import make_url

url = make_url(os.environ["DATABASE_URL"])
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.database, "USER": url.username, "PASSWORD": url.password or "",
        "HOST": url.host, "PORT": url.port,
    }
}
INSTALLED_APPS = ["website"]
USE_TZ = True
"""
USE = """
import django

django.setup()
from website.models import ActionUnitReport

ActionUnitReport.objects.create(url="https://example.org/1", avatar="Ada")
ActionUnitReport.objects.create(url="u", avatar="Ada", name="build 2", type="VM")
theirs = ActionUnitReport.objects.get(avatar="Grace")
theirs.name = "seen"
theirs.save()
print(theirs.type, theirs.date == ActionUnitReport.objects.get(name="build 2").date)
"""


@pytest.fixture
def database(fresh_database: str) -> str:
    """Django makes tables in it."""
    return fresh_database


@pytest.fixture(params=["managed = False", "managed = True"], ids=["unmanaged", "faked"])
def website(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> Path:
    """A Django project; where it manages the table, its own migration is faked."""
    assert MODEL is not None
    package = tmp_path / "website"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "models.py").write_text(MODEL[1].replace("managed = False", request.param))
    (tmp_path / "project.py").write_text(SETTINGS)
    run(tmp_path, database, "-m", "django", "makemigrations", "website")
    fake = ["--fake"] if request.param == "managed = True" else []
    run(tmp_path, database, "-m", "django", "migrate", *fake)
    return tmp_path


def run(folder: Path, database: str, *arguments: str) -> str:
    address = make_url(database).render_as_string(hide_password=False)
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ
        | {
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "project",
            "PYTHONPATH": str(folder),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_django_reads_and_writes_the_shared_table(app: App, website: Path, database: str) -> None:
    with app.database.begin() as session:
        session.execute(
            sa.text("INSERT INTO action_unit_report (url, avatar) VALUES ('u', 'Grace')")
        )
    assert run(website, database, "-c", USE).split() == ["IP", "True"]
    with app.database.begin() as session:
        rows = session.execute(
            sa.text(
                "SELECT avatar, name, type, date = current_date FROM action_unit_report ORDER BY id"
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        ("Grace", "seen", "IP", True),
        ("Ada", "default", "IP", True),
        ("Ada", "build 2", "VM", True),
    ]
    columns = sa.inspect(app.database.engine).get_columns("action_unit_report")
    found = {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in columns}
    assert found == FIXED_COLUMNS
