"""Log categories and their levels."""

import logging

import pytest

from local.host.logs import CategoryFilter, category_of, current_function

LEVELS = {
    "default": "Warning",
    "Function": "Information",
    "Function.loud.User": "Trace",
    "Function.quiet": "None",
}


@pytest.mark.parametrize(
    ("category", "level"),
    [
        ("Host", logging.WARNING),
        ("Function.any", logging.INFO),
        ("Function.any.User", logging.INFO),
        ("Function.loud.User", 1),
        ("Function.loud", logging.INFO),
        ("function.quiet.User", logging.CRITICAL + 1),
        ("Functions", logging.WARNING),
    ],
)
def test_the_longest_category_counts(category: str, level: int) -> None:
    assert CategoryFilter(LEVELS).level_of(category) == level


def test_what_a_function_logs_is_its_own() -> None:
    record = logging.LogRecord("any", logging.INFO, "", 0, "text", None, None)
    assert category_of(record) == "Host"
    token = current_function.set("upload")
    try:
        assert category_of(record) == "Function.upload.User"
    finally:
        current_function.reset(token)
