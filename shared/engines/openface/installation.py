"""Where OpenFace is, what it is told, and whether it works.

Programs are started by their real path, never through a symbolic link or $PATH: they look for
their models in the working directory and beside the path they were started by, and end with exit
code 1 or abort where they find none. So the working directory is theirs, too.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from shared.engines.openface.process import CompletedRun, TookTooLongError, run
from shared.measurements.model import MediaType

IMAGE_TOOL: Final = "FaceLandmarkImg"
SINGLE_TOOL: Final = "FeatureExtraction"
MULTI_TOOL: Final = "FaceLandmarkVidMulti"
TOOLS: Final[dict[MediaType, str]] = {
    MediaType.IP: IMAGE_TOOL,
    MediaType.IW: IMAGE_TOOL,
    MediaType.VS: SINGLE_TOOL,
    MediaType.VM: MULTI_TOOL,
}

OUTPUTS: Final = ("-aus", "-pose", "-gaze")
"""Pose and gaze are computed in any case; writing them costs nothing and gives signals."""

OLD_OUTPUTS: Final = ("-no2Dfp", "-no3Dfp", "-noMparams", "-q")
"""Before 2.0 all is written that is not left out, and a window opened that nobody sees."""

_NEW_OPTION: Final = b"-out_dir"  # stands in the programs from 2.0 on
_OLD_OPTIONS: Final = (b"-outroot", b"-ofdir")

CPUS_NEEDED: Final = 2  # both video tools read and measure in two threads, and hang on one CPU
SELF_TEST_SECONDS: Final = 30.0  # an image takes about 1 s, most of it for loading the models

_MODEL_TROUBLE: Final = re.compile(
    rb"(could not|couldn't|cannot|failed to|unable to) (find|load|open|read)\b"
    rb".*(model|detector|expert|predictor)|no Action Unit models",
    re.IGNORECASE,
)
_MEDIA_TROUBLE: Final = re.compile(
    rb"(could not|failed to) open the (image|video)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Installation:
    """The folder the user named, and the model, both as they stand in the settings."""

    home: str
    model: str = ""

    @classmethod
    def configured(cls, environment: Mapping[str, str] = os.environ) -> "Installation":
        return cls(
            environment.get("OPENFACE_HOME", "").strip(),
            environment.get("OPENFACE_MODEL", "").strip(),
        )

    @property
    def folder(self) -> Path:
        """Where the programs are: OPENFACE_HOME itself, or `bin` in it."""
        home = Path(self.home).expanduser().absolute()
        beside = home / "bin"
        here = any((home / tool).exists() for tool in TOOLS.values())
        return beside if not here and beside.is_dir() else home

    def program(self, tool: str) -> Path:
        return (self.folder / tool).resolve()

    def command(self, kind: MediaType, media: Path, results: Path) -> list[str]:
        """The command line that measures a file; run it in `program(...).parent`."""
        wild = ["-wild"] if kind is MediaType.IW else []
        model = ["-mloc", self.model] if self.model else []
        start = [str(self.program(TOOLS[kind])), "-f", str(media)]
        if self.is_old(TOOLS[kind]):
            return [*start, "-of", str(results / f"{media.stem}.csv"), *OLD_OUTPUTS, *model]
        return [*start, "-out_dir", str(results), *OUTPUTS, *wild, *model]

    def is_old(self, tool: str) -> bool:
        """Whether the program is from before 2.0 and knows other options: it has them in itself.

        None of them says what it knows: called without a file, old ones look for a camera.
        """
        try:
            content = self.program(tool).read_bytes()
        except OSError:
            return False
        return _NEW_OPTION not in content and any(option in content for option in _OLD_OPTIONS)

    def version(self) -> str:
        """OpenFace does not say its version anywhere, so a digest of a program stands for it."""
        for tool in (SINGLE_TOOL, IMAGE_TOOL, MULTI_TOOL):  # there may be some of them only
            with suppress(OSError), self.program(tool).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                age = "before 2.0" if self.is_old(tool) else "2.x"
                return f"{age} ({tool} {digest[:12]})"
        return ""

    def faults(self) -> list[str]:
        """Why it can measure nothing, as sentences; runs it once (about 1 s) to see.

        With some of the programs it measures some types: `lacks` says what stops the others.
        """
        if not self.home:
            return [
                "It is not set up: set OPENFACE_HOME to the folder of your OpenFace 2.x programs."
            ]
        if not Path(self.home).expanduser().is_dir():
            return ["OPENFACE_HOME names no folder on this machine."]
        tools = dict.fromkeys(TOOLS.values())
        missing = {tool: fault for tool in tools if (fault := self._missing(tool))}
        if len(missing) == len(tools):
            return list(dict.fromkeys(missing.values()))
        return [] if IMAGE_TOOL in missing else self._self_test()

    def lacks(self, kind: MediaType) -> str | None:
        """Why media of this type cannot be measured, and which can; None where they can."""
        fault = self._missing(TOOLS[kind])
        if fault is None:
            return None
        able = " and ".join(self.types()) or "nothing"
        return f"{fault} Until then OpenFace measures {able} here."

    def types(self) -> list[MediaType]:
        """The types that there is a program for."""
        return [kind for kind, tool in TOOLS.items() if self._missing(tool) is None]

    def _missing(self, tool: str) -> str | None:
        program = self.program(tool)
        if not program.is_file():
            return f"{tool} is neither in OPENFACE_HOME nor in its folder bin."
        if not os.access(program, os.X_OK):
            return f"{tool} may not be executed: run chmod +x on it."
        if tool != SINGLE_TOOL and self.is_old(tool):
            return f"{tool} is from before OpenFace 2.0 and writes no table of Action Units."
        if tool != IMAGE_TOOL and len(os.sched_getaffinity(0)) < CPUS_NEEDED:
            return "OpenFace's video programs hang on a machine with one CPU: give this one two."
        return None

    def _self_test(self) -> list[str]:
        """Measure a grey square: the models must load, and no face be found."""
        with tempfile.TemporaryDirectory(prefix="openface-test-") as name:
            folder = Path(name)
            Image.new("RGB", (64, 64), (128, 128, 128)).save(folder / "grey.png")
            (folder / "results").mkdir()
            command = self.command(MediaType.IP, folder / "grey.png", folder / "results")
            try:
                completed = run(command, deadline=SELF_TEST_SECONDS)
            except TookTooLongError:
                return [
                    f"{IMAGE_TOOL} did not measure a test image within {SELF_TEST_SECONDS:g} s."
                ]
        if fault := self.fault(IMAGE_TOOL, completed):
            return [fault]
        if completed.status and not refuses_media(completed):
            return [
                f"{IMAGE_TOOL} {completed.in_words} on a test image. Run it by hand to see why."
            ]
        return []

    def fault(self, tool: str, completed: CompletedRun) -> str | None:
        """A sentence where a run shows that the installation is broken."""
        if why := completed.start_fault:
            return f"{tool} cannot be started: {why}."
        if not _MODEL_TROUBLE.search(completed.output):
            return None
        if self.model:
            return (
                "OpenFace could not load its models. Check OPENFACE_MODEL, and that the folders "
                "model and AU_predictors are beside the programs."
            )
        return (
            "OpenFace could not load its models. Its default needs the cen_patches_*.dat files, "
            "which are fetched separately; without them set OPENFACE_MODEL to "
            "model/main_clnf_general.txt."
        )


def refuses_media(completed: CompletedRun) -> bool:
    """Whether a run says that it could not open what it was given."""
    return bool(_MEDIA_TROUBLE.search(completed.output))
