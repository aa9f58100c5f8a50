"""All results as one JUnit XML file: the service's own of each report, under one root.

A file without a verdict has a suite of one test case: with an error where the tool or the service
failed, passed where it was only measured, skipped where that is still going on. CI servers tell
test cases apart by class name and name, so both begin with the file's.
"""

import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree as Xml

from avatar_validation.errors import ClientError
from avatar_validation.results import Outcome, Result
from avatar_validation.service import Json

_ILLEGAL = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # XML 1.0, production 2
)

Render = Callable[[Json], bytes]
Page = Callable[..., str]
"""The parts of a page's path to its address."""


def document(results: Sequence[Result], render: Render, page: Page) -> bytes:
    """`render` gets a report's JUnit XML from the service; suites have its page's address."""
    root = Xml.Element("testsuites", name="avatar-validation")
    for result in results:
        if result.reports:
            for report in result.reports:
                root.extend(_suites(result.label, render(report), page("reports", report["id"])))
        else:
            root.append(_suite(result, page(*result.page) if result.page else None))
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suites(label: str, content: bytes, page: str) -> list[Xml.Element]:
    try:
        found = Xml.fromstring(content)  # noqa: S314 - the service's own, which we trust anyway
    except Xml.ParseError:
        raise ClientError("The service's JUnit XML of a report cannot be read.") from None
    suites = found.findall("testsuite")
    for suite in suites:
        suite.set("name", f"{_legal(label)}: {suite.get('name')}")
        _add_page(suite, page)
        for case in suite.findall("testcase"):
            case.set("classname", f"{_class_name(label)}.{case.get('classname')}")
    return suites


def _suite(result: Result, page: str | None) -> Xml.Element:
    counted = {"errors": result.outcome is Outcome.ERROR, "skipped": result.pending}
    totals = {"tests": "1", "failures": "0", **{key: str(int(n)) for key, n in counted.items()}}
    suite = Xml.Element("testsuite", {"name": _legal(result.label), **totals, "time": "0"})
    if page is not None:
        _add_page(suite, page)
    names = {"classname": _class_name(result.label), "name": "measured", "time": "0"}
    case = Xml.SubElement(suite, "testcase", names)
    if result.error is not None:
        error = Xml.SubElement(case, "error", type=result.error["code"])
        error.set("message", _legal(result.error["detail"]))
        if result.job_id is not None:
            error.text = f"job {result.job_id}"
    elif result.job is not None and result.pending:
        Xml.SubElement(case, "skipped", message=f"The job is {result.job['state']}.")
    return suite


def _add_page(suite: Xml.Element, page: str) -> None:
    """As a property, which a schema of JUnit allows first of all in a suite."""
    properties = suite.find("properties")
    if properties is None:
        properties = Xml.Element("properties")
        suite.insert(0, properties)
    Xml.SubElement(properties, "property", name="url", value=page)


def _class_name(label: str) -> str:
    """Without dots, which CI servers take for packages."""
    return _legal(label).replace(".", "_")


def _legal(text: str) -> str:
    """What XML cannot hold, even escaped, is replaced."""
    return _ILLEGAL.sub("\ufffd", text)
