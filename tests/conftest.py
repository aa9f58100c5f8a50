"""Fixtures for all tests; what they give is said in `tests.stack`."""

from tests.stack import database, empty_database, new_stack, run_folder, services, stack, template

__all__ = [
    "database",
    "empty_database",
    "new_stack",
    "run_folder",
    "services",
    "stack",
    "template",
]
