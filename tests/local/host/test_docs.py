"""docs/local-host.md beside what the program says of itself."""

import re

import pytest

from local.host.__main__ import parse_arguments
from local.paths import ROOT


def test_every_option_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    described = set(re.findall(r"^\| `(--[a-z-]+)`", _document(), re.MULTILINE))
    assert options == described


def test_no_row_lacks_a_cell() -> None:
    rows = [line for line in _document().splitlines() if line.startswith("|")]
    assert rows
    for row in rows:
        assert row.count("|") == 4, row


def _document() -> str:
    return (ROOT / "docs" / "local-host.md").read_text()
