"""An OPENFACE_HOME with stand-ins for the programs (`fake_openface.py`) and empty models."""

import hashlib
import json
import stat
import sys
from pathlib import Path
from typing import Any

TOOLS = ("FaceLandmarkImg", "FeatureExtraction", "FaceLandmarkVidMulti")
_STAND_IN = Path(__file__).with_name("fake_openface.py")


class OpenFaceHome:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "model" / "patch_experts").mkdir(parents=True)
        for name in ("main_ceclm_general.txt", "main_clnf_general.txt"):
            (folder / "model" / name).touch()
        self.patches = folder / "model" / "patch_experts" / "cen_patches_1.00_of.dat"
        self.patches.touch()
        for tool in TOOLS:
            program = folder / tool
            program.write_text(f"#!{sys.executable} -IS\n{_STAND_IN.read_text()}")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self._replay: dict[str, dict[str, Any]] = {}
        self._write()

    def make_old(self, tool: str) -> None:
        """The program is from before 2.0: other options, and nothing written without `-of`."""
        program = self.folder / tool
        program.write_text(program.read_text().replace("-out_dir", "-of") + "# -outroot\n")

    def replay(self, media: Path, table: Path | bytes, *, seconds: float = 0) -> None:
        """From now on the media gives this table; a clip's takes that long to write [s]."""
        if isinstance(table, bytes):
            content, table = table, self.folder / f"table-{len(self._replay)}.csv"
            table.write_bytes(content)
        self._set(media, {"table": str(table), "seconds": seconds})

    def misbehave(self, media: Path, how: str) -> None:
        """`hang`, `abort`, or an exit code."""
        self._set(media, {"misbehave": how})

    def calls(self) -> list[dict[str, Any]]:
        lines = (self.folder / "calls.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def _set(self, media: Path, what: dict[str, Any]) -> None:
        self._replay[hashlib.sha256(media.read_bytes()).hexdigest()] = what
        self._write()

    def _write(self) -> None:
        (self.folder / "replay.json").write_text(json.dumps(self._replay))
