"""Looks for secrets in all that a test run writes, and fails what wrote them.

The stacks of a run have secrets of their own in their settings (`STORAGE_KEY`, `DATABASE_PASSWORD`,
`WEBHOOK_SECRET`), and their clients send one (`FUNCTION_KEY`). A stack's logs are searched when it
has stopped, and what pytest captured of a test when that ends. Whatever looks like a signed address
or a connection string with a key in it counts too.

What is found is named by file and line, never quoted. Azurite's access log is not searched: it is
not ours, and it has signed addresses in it by its nature.
"""

import base64
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

STORAGE_KEY = base64.b64encode(b"planted: the key of this run's storage account".ljust(64)).decode()
DATABASE_PASSWORD = "planted-password-of-the-database"
FUNCTION_KEY = "planted-key-of-a-function"
WEBHOOK_SECRET = f"whsec_{base64.b64encode(b'planted: the secret of webhooks').decode()}"
INSIGHTS_KEY = "0e5ec2e7-aaaa-4bbb-8ccc-1d2e3f405162"

_PLANTED = {
    "the storage key": STORAGE_KEY,
    "the database password": DATABASE_PASSWORD,
    "a function key": FUNCTION_KEY,
    "the secret of webhooks": WEBHOOK_SECRET,
    "the key of Application Insights": INSIGHTS_KEY,
}
_PATTERNS = [
    *((name, re.compile(re.escape(text))) for name, text in _PLANTED.items()),
    *((name, re.compile(re.escape(quote(text, safe="")))) for name, text in _PLANTED.items()),
    ("a signature", re.compile(r"\bsig=[\w%+/=-]{20,}")),
    ("an account key", re.compile(r"\bAccountKey=[\w+/=]{20,}")),
    ("a connection string", re.compile(r"\b(SharedAccessSignature|InstrumentationKey)=\w")),
    ("a password in an address", re.compile(r"\b\w+://[^\s/:@]+:(?!\*{3}@)[^\s/:@]+@")),
]
_NOT_OURS = {"azurite.log", "azurite.log.1"}


@dataclass(frozen=True, slots=True)
class Leak:
    """Where a secret was written."""

    where: str
    line: int  # from 1
    what: str

    def __str__(self) -> str:
        return f"{self.where}, line {self.line}: {self.what}"


def search(lines: Iterable[str], where: str) -> Iterator[Leak]:
    for number, line in enumerate(lines, 1):
        for what in sorted({name for name, pattern in _PATTERNS if pattern.search(line)}):
            yield Leak(where, number, what)


def check_logs(folder: Path) -> None:
    """Raises AssertionError where a log in the folder holds a secret."""
    found: list[Leak] = []
    for path in sorted(folder.glob("**/*.log*")):
        if path.name not in _NOT_OURS:
            with path.open(encoding="utf-8", errors="replace") as lines:
                found += search(lines, path.name)
    assert not found, "\n".join(["secrets were written to the logs:", *map(str, found)])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Fail a test of which pytest captured a secret; the output itself is not shown then."""
    report = yield
    found = [leak for title, text in report.sections for leak in search(text.splitlines(), title)]
    if found:
        report.outcome = "failed"
        report.longrepr = "\n".join(["secrets were written:", *map(str, found)])
        report.sections = []
    return report
