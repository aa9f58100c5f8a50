"""The catalogue and its document."""

import re
from pathlib import Path

import pytest

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


def test_a_set_can_hold_every_measure() -> None:
    assert len(CATALOGUE) == 17 * 4 + 1 + 11 + 19 + 5 + len(GATES) <= MAX_PARAMETERS


def test_signals_are_those_of_the_engine() -> None:
    needed = {signal for entry in CATALOGUE.values() for signal in entry.signals}
    assert needed <= set(NAMES)
