"""What strangers call things is no formula in a spreadsheet, and comes back as it was."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.analysis import interchange
from shared.analysis.cells import neutral, plain
from shared.analysis.parameter_sets import ParameterSet
from shared.platform.errors import Problem

NAMES = ["=1+1", "+49", "-x", "@SUM(A1)", '=HYPERLINK("x")', "'=1", "''-", "plain", "'a"]


@pytest.mark.parametrize("text", [*NAMES, "\t=1", "\r=1", ""])
def test_no_text_is_a_formula(text: str) -> None:
    assert not neutral(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert plain(neutral(text)) == text


@given(st.text(alphabet="'=+-@\t\r a"))
def test_nothing_is_lost(text: str) -> None:
    assert plain(neutral(text)) == text


@pytest.mark.parametrize("name", NAMES)
def test_a_sets_name(name: str) -> None:
    level = {"measure": "AU12.level", "lower": -0.5, "upper": 5.0}
    values = {"name": name, "engine": "mediapipe", "parameters": [level]}
    made = ParameterSet.model_validate(values)
    content = interchange.to_csv(made)
    for row in csv.reader(io.StringIO(content.decode(), newline="")):
        for cell in row:
            assert not cell.startswith(("=", "+", "@"))
            assert not cell.startswith("-") or float(cell) < 0
    again = ParameterSet.model_validate(interchange.csv_values(content))
    assert again == made


def test_deep_json_in_a_cell_is_refused_in_words() -> None:
    natural = "[" * 100_000
    data = f"name,x\nengine,mediapipe\nmode,natural\nnatural,{natural}\n\nmeasure\n".encode()
    with pytest.raises(Problem, match=r"not JSON|not a CSV"):
        interchange.csv_values(data)
