"""Reports from stored rows: the same as from the rows themselves, and few queries for many."""

import json

import azure.functions as func
import pytest
import sqlalchemy as sa

from shared.analysis.judging import judge
from shared.analysis.measuring import measure
from shared.analysis.parameter_sets import ParameterSet
from shared.analysis.report import Report
from shared.analysis.series import Recording
from shared.api import avatars
from shared.api import reports as report_routes
from shared.app import App
from shared.database.report_tables import AnalysisReport, AnalysisResult
from shared.measurements.action_units import INTENSITIES
from shared.measurements.model import MediaType
from shared.platform.errors import Code, Problem
from shared.reports import parameter_sets, reports
from shared.reports.reports import ReportId
from tests import recorded
from tests.statements import counted


def expectations(name: str, upper: float = 3.0) -> ParameterSet:
    levels = [{"measure": f"{au}.level", "lower": 0.5, "upper": upper} for au in INTENSITIES]
    return ParameterSet.model_validate({"name": name, "engine": "openface", "parameters": levels})


def hold(app: App, number: int, *names: str) -> None:
    with app.database.begin() as session:
        stored = reports.locate(session, number)
        found = reports.measured(session, app.storage, stored)
        reports.hold(session, app.storage, stored, found, parameter_sets.resolve(session, names))


def request(
    body: object = None, query: dict[str, str] | None = None, **route: str
) -> func.HttpRequest:
    return func.HttpRequest(
        method="GET" if body is None else "POST",
        url="http://localhost/",
        params=query or {},
        route_params=route,
        body=b"" if body is None else json.dumps(body).encode(),
    )


def multiply(app: App, times: int) -> None:
    """So many copies of the one measurement: quicker than making each."""
    tables = ("action_unit_report", "extraction", "measured_face", "analysis_report")
    inspector = sa.inspect(app.database.engine)
    with app.database.begin() as session:
        for table in (*tables, "analysis_result"):
            key = "id" if table == "action_unit_report" else "report_id"
            changed = {key: f"{key} + n", "name": "'build ' || n"}
            columns = [column["name"] for column in inspector.get_columns(table)]
            values = [changed.get(column, column) for column in columns]
            session.execute(
                sa.text(
                    f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "
                    f"FROM {table}, generate_series(1, {times}) n"
                )
            )
        session.execute(sa.text("ANALYZE"))


def test_a_stored_report_is_that_of_the_rows_themselves(app: App) -> None:
    frames, faces = 500, 2
    with app.database.begin() as session:
        stored = recorded.measurement(session, frames, faces=faces)
        parameter_sets.add(session, expectations("Mine"), None)
    number = stored.report.id
    hold(app, number, "Mine")
    rows = recorded.series(frames, faces)
    recording = Recording(MediaType.VM, recorded.facts(frames, faces), rows)
    expected = judge(expectations("Mine"), measure(recording), stored.subject, version=1)
    with app.database.begin() as session:
        found = session.scalars(sa.select(AnalysisReport)).one()
        results = session.scalars(sa.select(AnalysisResult)).all()
    assert Report.model_validate(found.report) == expected
    assert (found.verdict, found.score) == (expected.verdict, expected.score)
    flat = {
        (face.face, result.measure): result for face in expected.faces for result in face.results
    }
    assert len(results) == len(flat) == faces * len(INTENSITIES)
    for row in results:
        result = flat[row.face, row.measure]
        assert (row.outcome, row.value, row.margin) == (result.outcome, result.value, result.margin)
        assert row.violations == [item.model_dump() for item in result.violations]


def test_a_refused_set_leaves_no_report(app: App) -> None:
    with app.database.begin() as session:
        stored = recorded.measurement(session)
        parameter_sets.add(session, expectations("Mine"), None)
        other = expectations("Other").model_copy(update={"engine": "py-feat"})
        parameter_sets.add(session, other, None)
    with pytest.raises(Problem) as refusal:
        hold(app, stored.report.id, "Mine", "Other")
    assert refusal.value.code is Code.ENGINE_MISMATCH
    with app.database.begin() as session:
        assert session.scalars(sa.select(AnalysisReport)).all() == []


def test_a_hundred_sets_are_one_request(app: App) -> None:
    names = [f"Set {number}" for number in range(100)]
    with app.database.begin() as session:
        stored = recorded.measurement(session, 500)
        for name in names:
            parameter_sets.add(session, expectations(name, 2 + len(name) / 10), None)
    statements = []
    for wanted in (names[:10], names):
        body = {"report": stored.report.id, "parameter_sets": wanted}
        with counted(app) as seen:
            response = report_routes.make(request(body), app)
        statements.append(len(seen))
        assert response.status_code == 201
        items = json.loads(response.get_body())["items"]
        assert [item["parameter_set"] for item in items] == wanted
    assert statements[1] - statements[0] <= 3 * (len(names) - 10)  # so many for each set


def test_a_history_of_a_thousand_takes_a_few_queries(app: App) -> None:
    with app.database.begin() as session:
        parameter_sets.add(session, expectations("Mine"), None)
        first = recorded.measurement(session, 50, name="build 0")
    hold(app, first.report.id, "Mine")
    multiply(app, 999)
    for query in ({}, {"parameter_set": "mine"}):
        statements = []
        for limit in (10, 1000):
            asked = request(query={"limit": str(limit), **query}, name="Ada")
            with counted(app) as seen:
                response = avatars.show(asked, app)
            statements.append(len(seen))
        found = json.loads(response.get_body())
        assert len(found["items"]) == 1000
        assert [item["verdict"] for item in found["items"]] == ["fail"] * 1000
        assert all(len(measure["values"]) == 1000 for measure in found["measures"])
        assert len(set(statements)) == 1  # however long it is
        assert statements[0] <= 12


@pytest.mark.parametrize("reference", [10**12, 1])
def test_what_was_never_measured_cannot_be_held(app: App, reference: int) -> None:
    with app.database.begin() as session:
        session.execute(sa.text("INSERT INTO action_unit_report (url, avatar) VALUES ('u', 'a')"))
        with pytest.raises(Problem) as refusal:  # another program's row has no frames
            reports.locate(session, reference)
    assert refusal.value.code is Code.UNKNOWN_REPORT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17", ReportId(17)),
        ("17-4", ReportId(17, 4)),
        ("9" * 18, ReportId(int("9" * 18))),
        *((text, None) for text in ("", "0", "017", "17-", "17-0", "-4", "17-4-1", "9" * 19, "١٧")),
    ],
)
def test_ids_of_reports(text: str, expected: ReportId | None) -> None:
    assert ReportId.parse(text) == expected
    assert expected is None or str(expected) == text
