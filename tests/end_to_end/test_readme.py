"""The README's commands do what it says, and its links lead somewhere."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from local.paths import ROOT
from tests.end_to_end.service import Service

README = (ROOT / "README.md").read_text()


def commands(name: str) -> str:
    """The shell block that follows `<!-- run: name -->`."""
    found = re.search(rf"<!-- run: {name} -->\n```sh\n(.*?)```", README, re.DOTALL)
    assert found, f"README.md has no block {name}"
    return found[1]


def run(service: Service, folder: Path, *names: str) -> str:
    """The blocks one after the other, pasted into one shell in a folder with the samples."""
    script = "".join(commands(name) for name in names)
    (folder / "samples").symlink_to(ROOT / "samples")
    result = subprocess.run(
        ["bash", "-ec", script.replace("http://localhost:7071", service.stack.http)],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None, reason="curl is not installed: `apt-get install curl`"
)


@needs_curl
def test_upload_and_read(service: Service, tmp_path: Path) -> None:
    text = run(service, tmp_path, "upload", "read")
    job = service.job(text.partition("\n")[0])
    assert (job["avatar"], job["name"], job["state"]) == ("Ada", "build 41", "done")
    assert '"state":"done"' in text
    assert '"AU12"' in text
    assert (tmp_path / "openface.csv").read_text().startswith("frame,face_id,timestamp")


@needs_curl
def test_upload_url(service: Service, tmp_path: Path) -> None:
    run(service, tmp_path, "upload-url")
    answer = json.loads((tmp_path / "upload.json").read_text())
    assert answer["method"] == "PUT"
    assert answer["headers"]["x-ms-blob-type"] == "BlockBlob"
    job = service.wait(answer["id"])
    assert (job["state"], job["media"]["filename"]) == ("done", "take 1.mp4")


@pytest.mark.parametrize(
    "page", ["README.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{page} links to {target}"


def test_every_page_is_linked_from_the_readme() -> None:
    pages = {f"docs/{path.name}" for path in Path(ROOT / "docs").glob("*.md")}
    linked = set(re.findall(r"\((docs/[a-z-]+\.md)\)", README))
    assert pages <= linked
