"""Parameter sets as files: JSON and CSV. What is exported is imported as the same set, exactly.

The CSV is for spreadsheets: the set's own fields first, one a line, then a table of parameters
under a line of column names. Empty lines, and empty cells at the end of a line, mean nothing.

    name,Neutral portrait
    engine,mediapipe

    measure,reference,deviation_percent,deviation_absolute,lower,upper,allow_low_validity,optional
    AU12.level,,,,,0.5,,

A set of mode `natural` has two fields more, `mode` and `natural`; the latter is JSON in one cell,
but for the person's recordings, which have a line each: a cell of a spreadsheet holds 32,767
characters.

    recording,"{""report"": 17, ...}"

`from_json` raises pydantic's ValidationError, as every body of a request does; `csv_values` raises
Problem `invalid_csv` where the file is not of that form.
"""

import csv
import io
import json
from typing import Final

from pydantic_core import from_json as nested

from shared.analysis.cells import neutral, plain
from shared.analysis.natural_sets import Natural
from shared.analysis.parameter_sets import Parameter, ParameterSet
from shared.platform.errors import Code, Problem

SET_FIELDS: Final = tuple(name for name in ParameterSet.model_fields if name != "parameters")
_OF_NATURAL: Final = ("mode", "natural")
COLUMNS: Final = tuple(Parameter.model_fields)
UTF8: Final = "utf-8-sig"  # spreadsheets write a byte order mark

RECORDING: Final = "recording"

MAX_LINES: Final = 2000  # more than a set can fill; the rest is not read


def to_json(parameter_set: ParameterSet) -> bytes:
    """Indented; what has its default is left out, but for the two shares that decide a verdict."""
    kept = {"required_share", "min_face_share"}
    values = parameter_set.model_dump(mode="json", exclude_defaults=True)
    values |= {name: getattr(parameter_set, name) for name in kept}
    ordered = {name: values[name] for name in ParameterSet.model_fields if name in values}
    text = json.dumps(ordered, ensure_ascii=False, indent=2, allow_nan=False)
    return (text + "\n").encode()


def from_json(data: bytes) -> ParameterSet:
    return ParameterSet.model_validate_json(data)


def to_csv(parameter_set: ParameterSet) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for name in SET_FIELDS:
        value = getattr(parameter_set, name)
        if value is not None and (parameter_set.natural is not None or name not in _OF_NATURAL):
            writer.writerow([name, _cell(value)])
    for recording in parameter_set.natural.recordings if parameter_set.natural else ():
        writer.writerow([RECORDING, recording.model_dump_json(exclude_defaults=True)])
    writer.writerow([])
    writer.writerow(COLUMNS)
    for parameter in parameter_set.parameters:
        writer.writerow([_cell(getattr(parameter, name)) for name in COLUMNS])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    """Floats in full (`repr`), so that none changes on the way; nothing for what is not set."""
    if value is None or value is False:
        return ""
    if isinstance(value, Natural):
        return value.model_dump_json(exclude_defaults=True, exclude={"recordings"})
    if isinstance(value, str):
        return neutral(value)
    return "true" if value is True else str(value)


def csv_values(data: bytes) -> dict[str, object]:
    """The values in a CSV, not yet checked: what `ParameterSet.model_validate` takes."""
    values: dict[str, object] = {}
    parameters: list[dict[str, str]] = []
    recordings: list[object] = []
    columns: list[str] | None = None
    for line, cells in _lines(data):
        if columns is not None:
            parameters.append(_parameter(line, columns, cells))
        elif cells[0].strip() == "measure":
            columns = _columns(line, cells)
        elif cells[0].strip() == RECORDING:
            recordings.append(_json(line, ",".join(cells[1:])))
        else:
            name, value = _field(line, cells)
            if name in values:
                raise _refusal(line, f"{name} is given twice. Keep one.")
            values[name] = _json(line, value) if name == "natural" else value
    if columns is None:
        raise Problem(
            Code.INVALID_CSV, "There is no table of parameters: no line begins with `measure`."
        )
    if recordings:
        values["natural"] = _with_recordings(values.get("natural"), recordings)
    return {**values, "parameters": parameters}


def _with_recordings(natural: object, recordings: list[object]) -> dict[str, object]:
    if not isinstance(natural, dict):
        raise Problem(
            Code.INVALID_CSV, "There are recordings, and no line `natural` that says how to judge."
        )
    given = natural.get("recordings", [])
    return {
        **natural,
        "recordings": [*(given if isinstance(given, list) else [given]), *recordings],
    }


def _lines(data: bytes) -> list[tuple[int, list[str]]]:
    """Line numbers and cells, without empty lines and without empty cells at the end."""
    try:
        reader = csv.reader(io.StringIO(data.decode(UTF8), newline=""), strict=True)
        found = []
        for cells in reader:
            while cells and not cells[-1].strip():
                cells.pop()
            if cells:
                found.append((reader.line_num, cells))
            if len(found) > MAX_LINES:
                raise Problem(Code.INVALID_CSV, f"The file has more than {MAX_LINES} lines.")
    except UnicodeDecodeError:
        raise Problem(Code.INVALID_CSV, "The file is not UTF-8. Save it as CSV UTF-8.") from None
    except csv.Error as error:
        raise Problem(Code.INVALID_CSV, f"The file is not a CSV: {error}.") from None
    return found


def _field(line: int, cells: list[str]) -> tuple[str, str]:
    name = cells[0].strip()
    if name not in SET_FIELDS:
        raise _refusal(
            line, f"{name[:40]!r} is no field of a set. These are: {', '.join(SET_FIELDS)}."
        )
    if len(cells) > 2:
        raise _refusal(
            line, f"{name} has {len(cells) - 1} values. Put a value with commas in quotes."
        )
    return name, plain(cells[1]) if len(cells) == 2 else ""


def _json(line: int, value: str) -> object:
    """What a cell holds; None for an empty one."""
    try:
        return nested(value) if value.strip() else None
    except ValueError:
        raise _refusal(line, "Its second cell is not JSON.") from None


def _columns(line: int, cells: list[str]) -> list[str]:
    columns = [cell.strip() for cell in cells]
    for column in columns:
        if column not in COLUMNS:
            raise _refusal(line, f"{column[:40]!r} is no column. These are: {', '.join(COLUMNS)}.")
    if len(set(columns)) < len(columns):
        raise _refusal(line, "A column stands there twice. Keep one.")
    return columns


def _parameter(line: int, columns: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) > len(columns):
        raise _refusal(line, f"It has {len(cells)} cells; there are {len(columns)} columns.")
    pairs = zip(columns, cells, strict=False)  # empty cells at the end were cut off
    return {column: cell.strip() for column, cell in pairs if cell.strip()}


def _refusal(line: int, detail: str) -> Problem:
    return Problem(Code.INVALID_CSV, f"Line {line}: {detail}")
