"""A copy of this checkout, to run `dev.py` in without touching the data of the original."""

import shutil
from pathlib import Path

from local.bootstrap.packages import is_complete
from local.paths import LOCAL, NODE, ROOT, VENV

_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "local.settings.json")


def copy_project(folder: Path) -> Path:
    """The project's files, as they are now; nothing is installed in the copy."""
    shutil.copytree(ROOT, folder, ignore=_LEFT_OUT)
    return folder


def make_checkout(folder: Path) -> Path:
    """A copy that shares what is installed here."""
    assert is_complete(), "What is installed is out of date: run the tests with dev.py."
    copy_project(folder)
    local = folder / LOCAL.name
    local.mkdir()
    for installed in (VENV, NODE):
        (local / installed.name).symlink_to(installed)
    return folder
