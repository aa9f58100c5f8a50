"""These tests change the schema: each has a database of its own."""

import pytest


@pytest.fixture
def database(fresh_database: str) -> str:
    return fresh_database
