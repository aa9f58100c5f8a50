"""A report in the forms that other programs and people read. Same report, same bytes.

    RENDERINGS["json" | "csv" | "md" | "xml"].render(report) -> bytes

Names (of an avatar, a build, a set) come from strangers: each form neutralises what would be syntax
in it. The CSV has none of them, only codes and our own words, so no cell is a formula.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from shared.analysis.cells import neutral
from shared.analysis.report import FaceReport, Report, Result
from shared.analysis.report_junit import junit
from shared.analysis.report_markdown import markdown
from shared.analysis.report_text import intervals

COLUMNS: Final = (
    *("face", "seen_share", "judged", "measure", "words", "unit", "outcome", "value"),
    *("lower", "upper", "margin", "margin_bands", "at", "share_within", "required_share"),
    *("violations", "violation_times", "validity", "optional", "reason"),
    *("group", "expected", "z"),
)


@dataclass(frozen=True, slots=True)
class Rendering:
    content_type: str
    render: Callable[[Report], bytes]


def as_json(report: Report) -> bytes:
    return (report.model_dump_json(indent=2) + "\n").encode()


def as_csv(report: Report) -> bytes:
    """One line for each parameter and face; one for a face that was not judged."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    for face in report.faces:
        if not face.judged:
            writer.writerow(_neutral(_face_cells(face) | {"reason": face.reason}))
        for result in face.results:
            writer.writerow(_neutral(_face_cells(face) | _result_cells(result)))
    return text.getvalue().encode()


def _face_cells(face: FaceReport) -> dict[str, object]:
    return {"face": face.face, "seen_share": face.seen_share, "judged": _word(face.judged)}


def _result_cells(result: Result) -> dict[str, object]:
    """What is None becomes an empty cell; the values of windows are in the JSON alone."""
    left_out = {"violations", "violation_count", "windows", "window_times"}
    cells = result.model_dump(exclude=left_out, mode="json")
    return cells | {
        "optional": _word(result.optional),
        "violations": result.violation_count,
        "violation_times": "; ".join(intervals(result)),
    }


def _neutral(cells: dict[str, object]) -> dict[str, object]:
    return {name: neutral(v) if isinstance(v, str) else v for name, v in cells.items()}


def _word(value: bool) -> str:
    return "true" if value else "false"


RENDERINGS: Final = MappingProxyType(
    {
        "json": Rendering("application/json", as_json),
        "csv": Rendering("text/csv; charset=utf-8", as_csv),
        "md": Rendering("text/markdown; charset=utf-8", markdown),
        "xml": Rendering("application/xml", junit),
    }
)
