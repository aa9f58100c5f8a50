"""What is exported is imported as the same set, exactly."""

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.analysis.catalogue import CATALOGUE
from shared.analysis.default_sets import ALIVE
from shared.analysis.interchange import csv_values, from_json, to_csv, to_json
from shared.analysis.natural_measures import NATURAL
from shared.analysis.natural_sets import Natural, OwnRecording, SeenValue
from shared.analysis.parameter_sets import Parameter, ParameterSet
from shared.platform.errors import Code, Problem


def from_csv(data: bytes) -> ParameterSet:
    return ParameterSet.model_validate(csv_values(data))


CODES = st.sampled_from(sorted(CATALOGUE))
SHARES = st.floats(0, 1)


@st.composite
def parameters(draw: st.DrawFn, code: str) -> Parameter:
    entry = CATALOGUE[code]
    numbers = st.floats(entry.lower or 0.0, 1e6 if entry.upper is None else entry.upper)
    flags = {"allow_low_validity": draw(st.booleans()), "optional": draw(st.booleans())}
    against = draw(st.integers(1, 2**63 - 1)) if entry.relative else None
    if draw(st.booleans()):
        return Parameter(
            measure=code,
            reference=draw(numbers),
            deviation_percent=draw(st.floats(0, 1000)),
            deviation_absolute=draw(st.none() | st.floats(0, 1000)),
            **flags,
            against=against,
        )
    low, high = sorted((draw(numbers), draw(numbers)))
    keep = draw(st.sampled_from(["both", "lower", "upper"]))
    return Parameter(
        measure=code,
        lower=None if keep == "upper" else low,
        upper=None if keep == "lower" else high,
        **flags,
        against=against,
    )


@st.composite
def parameter_sets(draw: st.DrawFn) -> ParameterSet:
    codes = draw(st.lists(CODES, min_size=1, max_size=5, unique=True))
    texts = st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="/\\"),
        max_size=40,
    )
    lines = st.text(st.sampled_from("ab \"',;\n\té="), max_size=30)
    return ParameterSet(
        name="n" + draw(texts),
        description=draw(lines),
        engine=draw(st.sampled_from(["mediapipe", "openface", "py-feat"])),
        required_share=draw(SHARES),
        min_face_share=draw(SHARES),
        parameters=tuple(draw(parameters(code)) for code in codes),
    )


quickly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quickly
@given(parameter_sets())
def test_json_and_csv_keep_a_set(parameter_set: ParameterSet) -> None:
    assert from_json(to_json(parameter_set)) == parameter_set
    assert from_csv(to_csv(parameter_set)) == parameter_set


def test_the_csv_is_made_for_spreadsheets() -> None:
    text = (
        "\ufeffname,Neutral portrait,,,,,,\r\nengine,mediapipe\r\n,,,\r\n"
        "measure, lower,upper,optional\r\nAU12.level,,0.5,\r\n\r\njitter,,0.2,true\r\n"
    )
    assert from_csv(text.encode()) == ParameterSet(
        name="Neutral portrait",
        engine="mediapipe",
        parameters=(
            Parameter(measure="AU12.level", upper=0.5),
            Parameter(measure="jitter", upper=0.2, optional=True),
        ),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "no line begins with `measure`"),
        (b"name,x\n", "no line begins with `measure`"),
        (b"nam,x\nmeasure,lower\n", "Line 1: 'nam' is no field"),
        (b"name,x\nname,y\nmeasure,lower\n", "Line 2: name is given twice"),
        (b"name,a,b\nmeasure,lower\n", "Line 1: name has 2 values"),
        (b"measure,low\n", "Line 1: 'low' is no column"),
        (b"measure,lower,lower\n", "Line 1: A column stands there twice"),
        (b"measure,lower\njitter,1,2\n", "Line 2: It has 3 cells"),
        (b'measure,lower\njitter,"1\n', "not a CSV"),
        (b"measure,lower\n\xff\n", "not UTF-8"),
        (b"measure,lower\n" + b"jitter,1\n" * 3000, "more than 2000 lines"),
        (b"natural,{\nmeasure\n", "Line 1: Its second cell is not JSON"),
        (b"recording,{\nmeasure\n", "Line 1: Its second cell is not JSON"),
        (b"recording,{}\nmeasure\n", "no line `natural`"),
        (b"natural,5\nrecording,{}\nmeasure\n", "no line `natural`"),
    ],
)
def test_files_that_are_refused(text: bytes, says: str) -> None:
    with pytest.raises(Problem) as refused:
        csv_values(text)
    assert refused.value.code is Code.INVALID_CSV
    assert says in refused.value.detail


def test_a_set_of_many_recordings_fits_into_cells() -> None:
    values = {
        code: SeenValue(mean=-1.234567, windows=7) for code in [entry.code for entry in NATURAL]
    }
    recordings = tuple(
        OwnRecording(report=number, name=f'take "{number}", b', seconds=60.0, values=values)
        for number in range(1, 301)
    )
    wanted = ALIVE.model_copy(update={"natural": Natural(recordings=recordings)})
    written = to_csv(wanted)
    assert from_csv(written) == wanted
    rows = list(csv.reader(io.StringIO(written.decode(), newline="")))
    assert max(len(cell) for row in rows for cell in row) < 32_767  # as spreadsheets hold
    assert from_json(to_json(wanted)) == wanted


def test_recordings_that_are_none_are_refused_by_the_set() -> None:
    text = 'name,x\nengine,y\nmode,natural\nnatural,"{""recordings"": 5}"\nrecording,7\nmeasure\n'
    with pytest.raises(ValidationError) as refused:
        from_csv(text.encode())
    assert [error["loc"][:3] for error in refused.value.errors()] == [
        ("natural", "recordings", 0),
        ("natural", "recordings", 1),
    ]


@pytest.mark.parametrize("cell", ["nan", "inf", "wide", "1,5"])
def test_cells_that_are_no_numbers_are_named(cell: str) -> None:
    text = f'name,x\nengine,mediapipe\nmeasure,lower\njitter,"{cell}"\n'
    with pytest.raises(ValidationError) as refused:
        from_csv(text.encode())
    assert refused.value.errors()[0]["loc"] == ("parameters", 0, "lower")


ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "parameter-sets").glob("*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_as_we_write_them(path: Path) -> None:
    parameter_set = from_json(path.read_bytes())
    assert path.read_bytes() == to_json(parameter_set)
    assert parameter_set.description, "an example says where its numbers are from"


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 3


def test_the_examples_in_the_documentation_work() -> None:
    text = (ROOT / "docs" / "parameter-sets.md").read_text(encoding="utf-8")
    as_json, parameter = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    (as_csv,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    bounds = {item.measure: item.bounds for item in from_json(as_json.encode()).parameters}
    assert bounds["AU12.level"] == (1.5, 2.5)
    assert Parameter.model_validate_json(parameter).against == 17
    assert bounds["AU25.level"] == (0, 0.3)
    assert [item.measure for item in from_csv(as_csv.encode()).parameters] == [
        "AU12.level",
        "blinks_per_minute",
        "jitter",
    ]
    for path in EXAMPLES:
        assert f"`{path.name}`" in text
