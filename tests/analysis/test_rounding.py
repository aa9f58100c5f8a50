"""Sentences of reports, as pages show them."""

import pytest

from shared.analysis.figures import rounded


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("0.268886 is above 0.098023.", "0.27 is above 0.098."),
        ("0.5523 is above 0.5517.", "0.5523 is above 0.5517."),
        ("3.64 is above 3.", "3.6 is above 3."),
        ("3.04 is above 3.", "3.04 is above 3."),
        ("AU06 and AU12 were 12.75 s apart.", "AU06 and AU12 were 13 s apart."),
        ("Within for 88.0% of the time.", "Within for 88% of the time."),
        ("-0.12345 is below 0.", "\u22120.12 is below 0."),
        ("It was not seen.", "It was not seen."),
    ],
)
def test_numbers_are_as_short_as_they_may_be(sentence: str, shown: str) -> None:
    assert rounded(sentence) == shown
