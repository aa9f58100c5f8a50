"""The documents' map of the house is the house, and no room of it too large."""

import ast
import re
from pathlib import Path

import pytest

from local.paths import ROOT

DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()

OURS = ("shared", "local", "infra", "benchmarks", "migrations", "client", "web", "tests")
NAMED = re.compile(rf"`((?:{'|'.join(OURS)})/[a-z\d_./-]*)`")
PACKAGES = sorted(path.parent for path in (ROOT / "shared").glob("*/__init__.py"))
TRIGGERS = sorted(
    path.parent for path in ROOT.glob("*/__init__.py") if "blueprint" in path.read_text()
)
PYTHON = [
    path
    for folder in ("shared", "client", "local", "infra", "benchmarks", *(p.name for p in TRIGGERS))
    for path in sorted((ROOT / folder).rglob("*.py"))
]
MAX_LINES, MAX_FUNCTION_LINES = 450, 60
SQL = re.compile(r"^(?:from|import) (?:sqlalchemy|psycopg2).*$", re.MULTILINE)


def test_modules_and_functions_stay_small() -> None:
    assert len(PYTHON) > 200
    for path in PYTHON:
        text = path.read_text()
        assert text.count("\n") <= MAX_LINES, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                assert lines <= MAX_FUNCTION_LINES, f"{path}: {node.name}"


def test_triggers_bind_and_call() -> None:
    modules = [ROOT / "function_app.py", *(path / "__init__.py" for path in TRIGGERS)]
    assert sum(path.read_text().count("\n") for path in modules) < 200


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_what_a_document_names_is_there(document: Path) -> None:
    named = NAMED.findall(document.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_package_and_trigger_is_named() -> None:
    assert len(PACKAGES) > 5
    assert len(TRIGGERS) == 5
    for folder in (*PACKAGES, *TRIGGERS):
        assert f"`{folder.relative_to(ROOT)}/`" in ARCHITECTURE


def test_nothing_but_the_app_stands_flat_in_shared() -> None:
    flat = {path.name for path in (ROOT / "shared").glob("*.py")}
    assert flat == {"__init__.py", "app.py"}


@pytest.mark.parametrize(
    "folder", ["shared/api", "shared/pages", "shared/pipeline", *(path.name for path in TRIGGERS)]
)
def test_triggers_pages_api_and_pipeline_hold_no_sql(folder: str) -> None:
    """A session is handed on; what is asked of it is the domain's."""
    modules = list((ROOT / folder).glob("*.py"))
    assert modules
    for module in modules:
        found = set(SQL.findall(module.read_text()))
        assert found <= {"from sqlalchemy.orm import Session"}, module.name


def test_the_arrows_in_the_document_are_those_that_are_checked() -> None:
    contracts = (ROOT / "pyproject.toml").read_text()
    drawn = re.search(r"```\ntriggers → (.+?)```", ARCHITECTURE, re.DOTALL)
    assert drawn is not None
    floors = [sorted(re.findall(r"\w+", floor)) for floor in drawn.group(1).split("→")]
    layers = re.search(r"layers = \[\n(.+?)\n\]", contracts, re.DOTALL)
    assert layers is not None
    checked = [sorted(re.findall(r"shared\.(\w+)", line)) for line in layers.group(1).split("\n")]
    assert floors == checked[1:]
