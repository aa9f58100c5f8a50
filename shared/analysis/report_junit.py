"""A report as JUnit XML, which every CI service reads.

    testsuite   a face
    testcase    a parameter of it; a failure's text holds the violations
    skipped     a parameter that was not measured, a face that was not judged

JUnit has no word for "inconclusive": that it is, says the property `verdict` of each suite.
"""

import re
from typing import Final
from xml.etree import ElementTree as Xml  # only written, nothing is parsed

from shared.analysis.report import FaceReport, Outcome, Report, Result
from shared.analysis.report_text import band, intervals, naturalness, value_of

_ILLEGAL: Final = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # XML 1.0, production 2
)

MAX_LISTED: Final = 100  # violations in one failure; report.json has all


def junit(report: Report) -> bytes:
    suites = Xml.Element("testsuites", name=_legal(f"{report.subject.avatar}: {_build(report)}"))
    for face in report.faces:
        suites.append(_suite(report, face))
    if not report.faces:
        suite = Xml.SubElement(suites, "testsuite", _totals("no face", 1, 0, 1))
        case = Xml.SubElement(suite, "testcase", name="faces", classname="faces", time="0")
        Xml.SubElement(case, "skipped", message="No face was seen.")
    Xml.indent(suites)
    return bytes(Xml.tostring(suites, encoding="utf-8", xml_declaration=True)) + b"\n"


def _legal(text: str) -> str:
    """What XML cannot hold, even escaped, is replaced."""
    return _ILLEGAL.sub("\ufffd", text)


def _build(report: Report) -> str:
    return f"{report.subject.name}, held to {report.parameter_set.name}"


def _totals(name: str, tests: int, failures: int, skipped: int) -> dict[str, str]:
    totals = {"tests": tests, "failures": failures, "errors": 0, "skipped": skipped}
    return {"name": _legal(name), **{key: str(value) for key, value in totals.items()}, "time": "0"}


def _suite(report: Report, face: FaceReport) -> Xml.Element:
    outcomes = [result.outcome for result in face.results]
    suite = Xml.Element(
        "testsuite",
        _totals(
            f"{_build(report)}, face {face.face}",
            len(outcomes) or 1,
            outcomes.count(Outcome.NOT_WITHIN),
            outcomes.count(Outcome.NOT_MEASURED) + (not face.judged),
        ),
    )
    properties = Xml.SubElement(suite, "properties")
    for name, value in {
        "avatar": report.subject.avatar,
        "build": report.subject.name,
        "engine": f"{report.engine.name} {report.engine.version}",
        "verdict": report.verdict.value,
        **({"words": said} if (said := naturalness(report)) else {}),
        **{f"notice {place}": notice for place, notice in enumerate(report.notices, 1)},
    }.items():
        Xml.SubElement(properties, "property", name=name, value=_legal(value))
    classname = _legal(f"{report.parameter_set.name}.face {face.face}")
    for result in face.results:
        suite.append(_case(result, classname))
    if not face.judged:
        case = Xml.SubElement(suite, "testcase", name="seen", classname=classname, time="0")
        Xml.SubElement(case, "skipped", message=_legal(face.reason or ""))
    return suite


def _case(result: Result, classname: str) -> Xml.Element:
    case = Xml.Element("testcase", name=result.measure, classname=classname, time="0")
    if result.outcome is Outcome.NOT_MEASURED:
        Xml.SubElement(case, "skipped", message=_legal(result.reason or ""))
    elif result.outcome is Outcome.NOT_WITHIN:
        message = f"{result.measure} ({result.words}): {result.reason}"
        failure = Xml.SubElement(case, "failure", message=_legal(message), type="not_within")
        lines = [f"value {value_of(result)}, expected {band(result)}"]
        lines += intervals(result, MAX_LISTED)
        failure.text = _legal("\n".join(lines))
    return case
