"""Figures in the documents are those that benchmarks have written, and agree with each other."""

import re

from benchmarks import pipeline, scale
from benchmarks._document import block
from local.paths import ROOT
from shared.analysis import liveliness, windows

PERFORMANCE = ROOT / "docs" / "performance.md"


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d[\d.,]*\d|\d", text))


def test_the_readme_quotes_the_run_that_performance_has() -> None:
    quoted = numbers(block(pipeline.README, "pipeline"))
    assert len(quoted) > 4
    assert quoted <= numbers(block(PERFORMANCE, "pipeline"))


def test_the_scale_follows_from_the_speed() -> None:
    """Where this fails: `python3 dev.py bench scale --write`."""
    assert block(scale.DOCUMENT, "scale") == scale.table()


def test_the_guide_asks_for_what_the_rule_needs() -> None:
    guide = " ".join((ROOT / "docs" / "guide.md").read_text().split())
    assert f"{windows.MIN_SECONDS:g} s is the least" in guide
    assert guide.count(f"{liveliness.MIN_EYES:g} pixels between the outer corners") == 2
    assert f"At least {liveliness.MIN_FPS:g} frames a second" in guide
    assert f"at least {liveliness.MIN_FPS:g}, in the clip" in guide
