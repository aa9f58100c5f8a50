"""JSON, CSV, Markdown and JUnit, with names that are made to break them."""

import csv
import io
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.analysis.judging import judge
from shared.analysis.measuring import measure
from shared.analysis.parameter_sets import ParameterSet
from shared.analysis.rendering import COLUMNS, RENDERINGS
from shared.analysis.report import Report, Subject
from shared.analysis.report_markdown import code, escaped
from shared.measurements.model import MediaType
from tests.analysis.synthetic import SUBJECT, clip, clock, face, recording

HOSTILE = "=1+1|`` <img src=x> @team #1 \x01\x0b\ufffe\U0001f642\n**b** ]]> & \"'"


@pytest.fixture(scope="module")
def report() -> Report:
    leaves = lambda t: np.where((t > 1) & (t < 3), 4.0, 1.0)  # noqa: E731
    faces = (
        face(clock(25, 12), {"AU25": leaves, "AU12": 2.0}),
        face(clock(25, 1), face_id=1),
    )
    measured = measure(
        recording(*faces, media_type=MediaType.VM, duration=12.0, warnings=("A | b",))
    )
    parameter_set = ParameterSet.model_validate(
        {
            "name": "Neutral <portrait> | @team `x`",
            "engine": "openface",
            "parameters": [
                {"measure": "AU12.level", "reference": 2.0, "deviation_percent": 25.0},
                {"measure": "AU25.level", "upper": 2.0},
                {"measure": "eye_asymmetry", "upper": 0.2},
            ],
        }
    )
    subject = Subject(avatar=HOSTILE, name=HOSTILE)
    return judge(parameter_set, measured, subject, version=2, allow_engine_mismatch=True)


def rendered(report: Report, kind: str) -> str:
    return RENDERINGS[kind].render(report).decode()


def test_json_is_the_report(report: Report) -> None:
    text = rendered(report, "json")
    assert Report.model_validate_json(text) == report
    assert json.loads(text)["faces"][0]["results"][1]["violations"] == [
        {"start": 1.04, "end": 3.0, "worst": 4.0, "at": 1.04}
    ]


def test_csv_has_a_line_for_each_parameter_and_face(report: Report) -> None:
    lines = list(csv.DictReader(io.StringIO(rendered(report, "csv"), newline="")))
    assert tuple(lines[0]) == COLUMNS
    assert [line["measure"] for line in lines] == ["AU12.level", "AU25.level", "eye_asymmetry", ""]
    assert lines[0]["outcome"] == "within"
    assert (lines[0]["lower"], lines[0]["upper"], lines[0]["value"]) == ("1.5", "2.5", "2.0")
    assert lines[1]["violation_times"] == "1.040-3.000 s, worst 4 at 1.040 s"
    assert lines[2]["value"] == ""
    assert lines[3]["judged"] == "false"
    assert lines[3]["reason"].startswith("It was seen for 8 %")


def test_markdown_says_what_is_wrong_first(report: Report) -> None:
    text = rendered(report, "md")
    assert text.index("Not within (1)") < text.index("Not measured (1)") < text.index("Within (1)")
    assert "worst 4 at 1.040 s" in text
    assert "come from openface" in text
    assert "A \\| b" in text
    assert "#### Face 1: not judged" in text
    tables = [line for line in text.splitlines() if line.startswith("| `")]
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in tables] == [6, 6, 6]


def test_markdown_lists_the_worst_violations() -> None:
    heights = np.array([2.5, 4.0, 3.0, 3.5, 2.6])
    leaves = lambda t: np.where(t % 2 < 1, heights[(t // 2).astype(int) % 5], 1.0)  # noqa: E731
    parameters = [{"measure": "AU25.level", "upper": 2.0}]
    parameter_set = ParameterSet.model_validate(
        {"name": "A", "engine": "mediapipe", "parameters": parameters}
    )
    text = rendered(judge(parameter_set, clip(25, 10, {"AU25": leaves}), SUBJECT), "md")
    starts = [text.index(f"{start}.000-{start + 1}.000 s, worst") for start in (2, 4, 6)]
    assert starts == sorted(starts)
    assert "and 2 more" in text


def test_markdown_names_are_only_names(report: Report) -> None:
    text = rendered(report, "md")
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    assert "<img" not in outside
    assert "**b**" not in outside
    assert not re.search(r"@\w", outside)
    assert "\x01" not in text


@given(st.text(max_size=60))
def test_code_spans_hold_any_text(text: str) -> None:
    span = code(text)
    fence = re.match("`+", span)
    assert fence is not None
    inside = span[len(fence[0]) : -len(fence[0])]
    assert span == fence[0] + inside + fence[0]
    assert fence[0] not in re.findall("`+", inside)
    assert "\n" not in span


@given(st.text(max_size=60))
def test_escaped_text_is_one_line_without_markup(text: str) -> None:
    assert not re.search(r"(?<!\\)(\\\\)*[<>|*`_\[\]]", escaped(text))
    assert "\n" not in escaped(text)


def test_junit_counts_and_tells(report: Report) -> None:
    suites = ElementTree.fromstring(rendered(report, "xml"))
    first, second = suites.findall("testsuite")
    assert (first.get("tests"), first.get("failures"), first.get("skipped")) == ("3", "1", "1")
    cases = {case.get("name"): case for case in first.findall("testcase")}
    assert list(cases["AU12.level"]) == []
    failure = cases["AU25.level"].find("failure")
    assert failure is not None
    assert failure.text is not None
    assert "1.040-3.000 s, worst 4 at 1.040 s" in failure.text
    skipped = cases["eye_asymmetry"].find("skipped")
    assert skipped is not None
    assert "eye_opening_right" in (skipped.get("message") or "")
    assert second.find("testcase/skipped") is not None
    properties = {item.get("name"): item.get("value") for item in first.iter("property")}
    assert properties["verdict"] == "fail"
    assert "openface" in (properties["notice 1"] or "")
    assert properties["avatar"] == HOSTILE.replace("\x01\x0b\ufffe", "\ufffd" * 3)


def test_a_report_without_faces_is_not_a_success(report: Report) -> None:
    empty = report.model_copy(update={"faces": ()})
    suites = ElementTree.fromstring(rendered(empty, "xml"))
    assert suites.find("testsuite/testcase/skipped") is not None
    assert "No face was seen" in rendered(empty, "md")


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=50))
def test_any_name_renders(name: str) -> None:
    series = face(np.zeros(1), {"AU12": 2.0})
    measured = measure(recording(series, media_type=MediaType.IP))
    parameter_set = ParameterSet.model_validate(
        {"name": "A", "engine": "mediapipe", "parameters": [{"measure": "AU12.level", "lower": 1}]}
    )
    made = judge(parameter_set, measured, Subject(avatar=name, name=name))
    ElementTree.fromstring(rendered(made, "xml"))
    assert json.loads(rendered(made, "json"))["subject"]["avatar"] == name
    assert rendered(made, "md").startswith("### `")
