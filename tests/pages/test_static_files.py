"""Modules name each other relative to themselves, so that a version's module loads its own."""

import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest

from shared.pages import static_files

NAMED = re.compile(r"""(?:\bfrom |\bimport\(?|^  "\[.*\]": )\s*"([^"]+)\"""", re.MULTILINE)


def scripts() -> dict[str, str]:
    return {
        name: file.content.decode()
        for name, file in static_files.files().items()
        if name.endswith(".js")
    }


@pytest.fixture
def forgotten() -> Iterator[None]:
    """What was read of the files is read anew, in the test and after it."""
    found = (static_files.files, static_files.version)
    for read in found:
        read.cache_clear()
    yield
    for read in found:
        read.cache_clear()


def test_modules_name_files_that_are_served() -> None:
    named = {
        normpath(join(dirname(name), target)): target
        for name, text in scripts().items()
        for target in NAMED.findall(text)
    }
    assert all(target.startswith(("./", "../")) for target in named.values()), named
    assert set(named) | {"app.js"} == set(scripts())  # and no file that nothing loads


def test_a_module_that_changes_is_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgotten: None
) -> None:
    """Also one that only another module names: no browser pairs an old one with a new one."""
    for name, text in scripts().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    static_files.files.cache_clear()
    monkeypatch.setattr(static_files, "FOLDER", tmp_path)
    before = static_files.address("app.js")
    (tmp_path / "viewer" / "paths.js").write_text("export {};\n")
    static_files.files.cache_clear()
    static_files.version.cache_clear()
    assert static_files.address("app.js") != before
