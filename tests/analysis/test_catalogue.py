"""The catalogue and its document."""

import re
from pathlib import Path

import pytest

from benchmarks._document import block
from shared.analysis.catalogue import CATALOGUE, IMAGES, VIDEOS, markdown
from shared.analysis.gates import GATES
from shared.analysis.measures import ONE_PERSON
from shared.analysis.parameter_sets import MAX_PARAMETERS
from shared.engines.mediapipe.signals import NAMES
from shared.measurements.action_units import PRESENCES

ROOT = Path(__file__).parents[2]


def test_the_document_is_the_catalogues() -> None:
    written = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")
    assert written == markdown(), "run `python -m shared.analysis.catalogue > docs/measures.md`"


@pytest.mark.parametrize("measure", CATALOGUE.values(), ids=lambda measure: measure.code)
def test_entries_are_complete(measure: object) -> None:
    entry = CATALOGUE[getattr(measure, "code", "")]
    assert re.fullmatch(r"[A-Za-z0-9_.]+", entry.code), "a code stands in URLs and CSV files"
    assert entry.words
    assert entry.unit
    assert entry.source
    assert entry.definition.endswith((".", ")"))
    assert entry.types in (ONE_PERSON, VIDEOS, IMAGES | VIDEOS)
    assert set(entry.aus) <= set(PRESENCES)
    assert entry.tolerance > 0
    assert entry.upper is None or entry.lower is None or entry.lower < entry.upper


def test_what_is_called_no_difference_is_beyond_the_noise() -> None:
    """What clips of one still face are apart in, as docs/validity.md has it, is no difference."""
    table = block(ROOT / "docs" / "validity.md", "noise of measures").splitlines()
    head, _, *rows = (line.strip("| ").split(" | ") for line in table if line.startswith("|"))
    noise = {row[0].strip("`"): dict(zip(head, row, strict=True)) for row in rows}
    assert len(noise) > 50
    for code in noise.keys() - {"longest_still"}:
        told = noise[code]
        assert float(told["tolerance"]) == CATALOGUE[code].tolerance, code
        assert float(told["CRF 28: apart"]) <= CATALOGUE[code].tolerance, code


def test_a_set_can_hold_every_measure() -> None:
    assert len(CATALOGUE) == 17 * 4 + 1 + 11 + 19 + 5 + len(GATES) <= MAX_PARAMETERS


def test_signals_are_those_of_the_engine() -> None:
    needed = {signal for entry in CATALOGUE.values() for signal in entry.signals}
    assert needed <= set(NAMES)
