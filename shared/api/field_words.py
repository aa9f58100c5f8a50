"""What is wrong with a field, as a person would say it: pydantic's kinds of errors in words."""

from typing import Any, Final

from pydantic_core import ErrorDetails

_SAID: Final = {
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "string_too_long": "may have at most {max_length} characters",
    "missing": "is missing",
    "extra_forbidden": "is not known here",
}
_KINDS: Final = {
    "float_": "must be a number",
    "int_": "must be a whole number",
    "finite_": "must be a number",
    "bool_": "must be true or false",
}
"""By how the kind begins."""


def wrong(error: ErrorDetails, many: float = 1) -> str:
    """To be read behind the field's name. Limits are shown `many` times: 100 of a percentage."""
    kind = error["type"]
    if kind in _SAID:
        return _SAID[kind].format(**_limits(error.get("ctx", {}), many))
    for beginning, said in _KINDS.items():
        if kind.startswith(beginning):
            return said
    return error["msg"].removeprefix("Value error, ")


def _limits(given: dict[str, Any], many: float) -> dict[str, Any]:
    return {
        name: value.replace("'", "")
        if isinstance(value, str)
        else value * many
        if name in ("ge", "le")
        else value
        for name, value in given.items()
    }
