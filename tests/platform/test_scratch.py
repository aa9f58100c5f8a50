"""What a killed process leaves on the disk is removed by the next; nobody else's is."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.paths import ROOT
from shared.platform import scratch

HOLDER = """
import sys
from shared.platform import scratch
with scratch.folder("extract") as folder:
    (folder / "media").write_bytes(bytes(1000))
    print(folder, flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(place: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that has a folder with a file in it, until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(place)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())


def sweep(place: Path) -> None:
    """As a process does that starts."""
    code = "from shared.platform import scratch; scratch.sweep()"
    environment = {**os.environ, "TMPDIR": str(place)}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "avatar-of-another-program").mkdir()
    (tmp_path / f"{scratch.PREFIX}link").symlink_to(tmp_path / "avatar-of-another-program")
    with holder(tmp_path) as (living, kept), holder(tmp_path) as (killed, left):
        killed.kill()
        killed.wait()
        assert (left / "media").exists()
        sweep(tmp_path)
        assert not left.parent.exists()
        assert (kept / "media").exists()
        assert living.poll() is None
    there = sorted(path.name for path in tmp_path.iterdir())
    assert there == ["avatar-of-another-program", f"{scratch.PREFIX}link"]


def test_a_folder_goes_with_its_call() -> None:
    with scratch.folder("extract") as folder:
        (folder / "media").touch()
    assert not folder.exists()
    assert scratch.home().is_dir()


def test_nothing_else_makes_temporary_files() -> None:
    """But OpenFace's runs, in a child's own place inside its host's, and columns without a name."""
    makers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "shared").rglob("*.py")
        if re.search(r"^(import|from) tempfile", path.read_text(), re.MULTILINE)
    }
    assert makers == {
        "shared/platform/scratch.py",
        "shared/engines/openface/engine.py",
        "shared/engines/openface/installation.py",
        "shared/reports/columns.py",
    }
