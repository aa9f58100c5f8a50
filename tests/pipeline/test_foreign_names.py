"""Names that strangers give to blobs: read as names, never as places on our disk."""

import ast
import io
import uuid
from pathlib import Path

import pytest

from local.paths import ROOT
from shared.app import App
from shared.database.tables import Job, State
from shared.jobs import containers
from shared.pipeline import adoption, events
from shared.platform import blob_names
from tests import media_factory

GIVEN = frozenset({"blob", "filename", "container", "blob_name", "container_name", "avatar"})
"""Attributes and variables that hold what somebody else called something."""

JOINS = frozenset({"joinpath", "with_name", "Path", "PurePath"})


def _is_given(node: ast.AST) -> bool:
    for part in ast.walk(node):
        name = part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "")
        if name in GIVEN:
            return True
    return False


def _joins_paths(called: ast.expr) -> bool:
    """`os.path.join`, and not that of texts or of tables."""
    return ast.unparse(called).endswith("path.join")


def _paths_of_names(source: str) -> list[int]:
    """Lines in which a path is joined with a name of another's."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            joined: list[ast.expr] = [node.right]
        elif isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            joined = list(node.args) if name in JOINS or _joins_paths(called) else []
        else:
            continue
        found += [node.lineno for item in joined if _is_given(item)]
    return found


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("Path(folder) / job.blob", True),
        ("folder.joinpath(found.filename)", True),
        ("Path(job.filename)", True),
        ("os.path.join(folder, client.blob_name)", True),
        ('Path(folder) / f"{job.blob}.jpg"', True),
        ('Path(folder) / "media"', False),
        ("folder / blob_names.THUMBNAIL_BLOB", False),
        ('", ".join(blob)', False),
        ("select(job).join(other, job.blob == other.blob)", False),
    ],
)
def test_the_kind_is_recognised(line: str, caught: bool) -> None:
    assert bool(_paths_of_names(line)) is caught


def test_no_module_makes_a_path_of_a_name_of_anothers() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for folder in ("shared", "upload_http", "on_blob_uploaded", "maintenance", "pages_http")
        for path in (ROOT / folder).rglob("*.py")
        for line in _paths_of_names(path.read_text())
        if path.name not in ("extract.py", "frame_files.py")  # their `blob` is a constant of ours
    }
    assert found == set()


NAMES = ["/etc/x.jpg", "a/b.jpg", "x" * 300 + ".jpg", "b\\c.jpg", "顔 1.jpg", "a%2f.jpg"]


@pytest.mark.parametrize("name", NAMES)
def test_a_foreign_blob_is_measured_whatever_its_name(app: App, tmp_path: Path, name: str) -> None:
    container = f"foreign-{uuid.uuid4()}"
    app.storage.create_container(container)
    content = media_factory.picture(tmp_path / "face.jpg").read_bytes()
    app.storage.upload(container, name, io.BytesIO(content), "image/jpeg")
    events.blob_uploaded(app, container, name)
    job = _job(app, container)
    assert (job.state, job.blob, job.error_detail) == (State.EXTRACTED, name, None)


@pytest.mark.parametrize(
    "name",
    ["../x.jpg", "a/../../other/x.jpg", ".", "a\\..\\b", "a\0b.jpg", "\ud800.jpg", "x" * 1025],
)
def test_a_name_that_no_row_can_hold_is_left_alone(app: App, name: str) -> None:
    assert not blob_names.is_addressable(name)
    assert adoption.adopt(app, "foreign", name) is None


def _job(app: App, container: str) -> Job:
    with app.database.begin() as session:
        found = containers.first(session, container)
    assert found is not None
    return found
