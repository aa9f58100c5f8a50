"""The README's commands do what it says, and its links lead somewhere."""

import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from avatar_validation.retrying import Patience
from avatar_validation.service import Service as ClientService
from avatar_validation.uploads import Fields
from local.commands import demo
from local.paths import ROOT, SAMPLE, SAMPLE_CLIP
from local.runfile import Run
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


def test_the_printed_example(service: Service) -> None:
    """What README shows of `dev.py demo` is what the command says, but for ids and times."""
    found = re.search(r"\$ python3 dev.py demo\n.*?\n\n(.*?)\nThe service", README, re.DOTALL)
    assert found
    said = iter(_said_of_samples(service).splitlines())
    for line in found[1].splitlines():
        if line.strip() not in ("", "…"):
            words, shown = _figures(line)
            real = next((figures for other, figures in map(_figures, said) if other == words), None)
            assert real is not None, f"the demo does not say, after what stands before it: {line}"
            assert real == pytest.approx(shown, abs=0.05, rel=0.05), line


def _said_of_samples(service: Service) -> str:
    said, stack = io.StringIO(), service.stack
    run = Run(stack.http, stack.storage, stack.database, stack.blob_endpoint, "builtin", 0, "")
    console = Console(file=said, width=200, highlight=False)
    with ClientService(stack.http, None, None, Patience(60, lambda _: None)) as client:
        for sample in (SAMPLE_CLIP, SAMPLE):
            demo.measure(sample, Fields("demo"), client, run, console)
    return said.getvalue()


def _figures(line: str) -> tuple[str, list[float]]:
    """Its words, and its numbers; ids, ports and seconds are left out."""
    line = re.sub(
        r"[\da-f]{8}-[\da-f-]{27}|measurement \d+|:\d+/|\d+\.\d+ s\b|[▏▎▍▌▋▊▉█]", "", line
    )
    number = r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]|\.\d)"
    words = " ".join(re.sub(number, "#", line).split())
    return words, [float(each) for each in re.findall(number, line)]


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
