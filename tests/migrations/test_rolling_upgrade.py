"""During a rollout the version before works on the new schema: that version, from the history.

It is the state of the repository just before the newest migration came. It does a whole job, from a
blob that appears to `done`, on a database that the newest migration has changed. The job is a clip
that names no set: what the newest version holds it to by default, the one before cannot read.
"""

import io
import os
import subprocess
import sys
import tarfile
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa

from local.paths import ROOT
from shared.app import App
from shared.database.schema import REVISION
from shared.platform.settings import STORAGE
from tests.media_factory import Clip
from tests.stack import Services

WORK = """
import sys
from shared.app import build
from shared.pipeline.events import blob_uploaded
from shared.platform.settings import read

app = build(read())
container = sys.argv[1]
blob_uploaded(app, container, "face.mp4")
blob_uploaded(app, container, "openface.csv")
app.close()
"""


def git(*arguments: str) -> bytes:
    result = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    if result.returncode:
        pytest.skip(f"The history is not here: git {arguments[0]} says {result.stderr.decode()}")
    return result.stdout


@pytest.fixture(scope="module")
def version_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the version before the newest migration."""
    newest = f"migrations/versions/{REVISION}_*.py"
    added = git("log", "--diff-filter=A", "--format=%H", "--", newest).decode().split()
    commit = f"{added[-1]}^" if added else "HEAD"  # a migration that is not committed yet
    folder = tmp_path_factory.mktemp("version-before")
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_the_version_before_does_a_job_on_the_new_schema(
    version_before: Path, app: App, services: Services, database: str, tmp_path: Path
) -> None:
    assert not list((version_before / "migrations" / "versions").glob(f"{REVISION}_*.py"))
    container = str(uuid.uuid4())
    app.storage.create_container(container)
    app.storage.upload_file(
        container, "face.mp4", Clip(seconds=1).write(tmp_path / "face.mp4"), "video/mp4"
    )
    result = subprocess.run(
        [sys.executable, "-c", WORK, container],
        cwd=version_before,
        env=os.environ
        | {"PYTHONPATH": str(version_before), "DATABASE_URL": database, STORAGE: services.storage},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    with app.database.begin() as session:
        found = session.execute(
            sa.text(
                "SELECT job.state, extraction.faces FROM job JOIN extraction USING (report_id) "
                "WHERE container = :container"
            ),
            {"container": container},
        ).one()
    assert tuple(found) == ("done", 1)
    app.storage.delete_container(container)
