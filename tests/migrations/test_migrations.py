"""The schema: built and taken down on a database with rows, in step with the models."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from shared.app import App
from shared.database.connection import driver_url
from shared.database.tables import ActionUnitReport, Base, Job, State
from shared.measurements.model import MediaType
from shared.reports import parameter_sets, reports
from tests import recorded
from tests.jobs.test_lifecycle import make
from tests.reports.test_parameter_sets import content
from tests.stack import migrate

FIXED_COLUMNS = {
    # name: (type, nullable, default) of action_unit_report, which other programs rely on
    "id": ("BIGINT", False, None),
    "name": ("VARCHAR(100)", False, "'default'::character varying"),
    "url": ("VARCHAR(300)", False, None),
    "date": ("DATE", False, "CURRENT_DATE"),
    "avatar": ("VARCHAR(50)", False, None),
    "type": ("VARCHAR(2)", False, "'IP'::character varying"),
}


def test_the_shared_table_is_exactly_as_agreed(app: App) -> None:
    columns = sa.inspect(app.database.engine).get_columns("action_unit_report")
    found = {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in columns}
    assert found == FIXED_COLUMNS


def test_url_and_avatar_alone_make_a_report(app: App) -> None:
    with app.database.begin() as session:
        row = session.execute(
            sa.text(
                "INSERT INTO action_unit_report (url, avatar) VALUES ('u', 'a') "
                "RETURNING name, type, date = current_date"
            )
        ).one()
    assert tuple(row) == ("default", "IP", True)


def test_another_program_may_choose_the_id(app: App) -> None:
    with app.database.begin() as session:
        session.execute(
            sa.text("INSERT INTO action_unit_report (id, url, avatar) VALUES (77, 'u', 'a')")
        )


def test_down_and_up_again_with_rows(app: App, database: str) -> None:
    make(app)
    app.database.close()
    migrate(database, "downgrade", "base")
    engine = sa.create_engine(driver_url(database))
    assert sa.inspect(engine).get_table_names() == ["alembic_version"]
    migrate(database)
    assert set(Base.metadata.tables) <= set(sa.inspect(engine).get_table_names())
    engine.dispose()


def test_measurements_outlive_their_reports(app: App, database: str) -> None:
    """Down to before parameter sets and up again: sets and reports go, measurements stay."""
    with app.database.begin() as session:
        stored = recorded.measurement(session)
        found = reports.measured(session, app.storage, stored)
        reports.hold(
            session, app.storage, stored, found, [parameter_sets.add(session, content(), None)]
        )
    app.database.close()
    migrate(database, "downgrade", "0001")
    migrate(database)
    with app.database.begin() as session:
        for table, rows in (("frame_measurement", 50), ("analysis_result", 0), ("parameter", 0)):
            assert session.scalar(sa.text(f"SELECT count(*) FROM {table}")) == rows
        again = reports.locate(session, stored.report.id)
        reports.hold(
            session, app.storage, again, found, [parameter_sets.add(session, content(), None)]
        )


def test_sets_from_before_are_of_the_engines_first_version(app: App, database: str) -> None:
    """And what was held to them stays readable."""
    with app.database.begin() as session:
        stored = recorded.measurement(session)
        found = reports.measured(session, app.storage, stored)
        for name, engine in (("Ours", "MediaPipe"), ("Theirs", "openface")):
            wanted = content(name).model_copy(update={"engine": engine})
            held = [parameter_sets.add(session, wanted, None)]
            reports.hold(session, app.storage, stored, found, held, allow_engine_mismatch=True)
    app.database.close()
    migrate(database, "downgrade", "0003")
    migrate(database)
    with app.database.begin() as session:
        versions = {
            name: parameter_sets.resolve(session, [name])[0].content.engine_version
            for name in ("Ours", "Theirs")
        }
        assert versions == {"Ours": 1, "Theirs": None}
        kept = reports.locate(session, stored.report.id)
        assert len(reports.verdicts(session, [kept.report.id])[kept.report.id]) == 2


def test_natural_sets_go_and_alive_comes_back(app: App, database: str) -> None:
    """Down to before natural sets and up again: what was held to one goes with it."""
    with app.database.begin() as session:
        stored = recorded.measurement(session)
        found = reports.measured(session, app.storage, stored)
        other = parameter_sets.add(session, content(), None)
        alive = parameter_sets.resolve(session, ["Alive"])
        held = [*alive, other]
        reports.hold(session, app.storage, stored, found, held, allow_engine_mismatch=True)
    app.database.close()
    migrate(database, "downgrade", "0004")
    with app.database.begin() as session:
        assert list(session.scalars(sa.text("SELECT name FROM parameter_set"))) == [
            other.content.name
        ]
        assert session.scalar(sa.text("SELECT count(*) FROM analysis_report")) == 1
    app.database.close()
    migrate(database)
    with app.database.begin() as session:
        again = parameter_sets.default(session, MediaType.VS)
        assert again is not None
        assert (again.content, again.version) == (alive[0].content, 1)
        assert parameter_sets.resolve(session, ["A set"])[0].content == other.content


@pytest.mark.parametrize("name", ["ALIVE", "Mine"])
def test_alive_overwrites_nobodys_set_or_choice(app: App, database: str, name: str) -> None:
    with app.database.begin() as session:
        alive = parameter_sets.find(session, "Alive")
        assert alive is not None
        parameter_sets.remove(session, alive)
        mine = parameter_sets.add(session, content(name), None)
        parameter_sets.make_default(session, mine, [MediaType.VS])
    app.database.close()
    migrate(database, "downgrade", "0004")
    migrate(database)
    with app.database.begin() as session:
        chosen = [parameter_sets.default(session, each) for each in (MediaType.VS, MediaType.VM)]
    names = [each.content.name if each else None for each in chosen]
    assert names == [name, None if name == "ALIVE" else "Alive"]


def test_two_spellings_of_one_name_become_one(app: App, database: str) -> None:
    grows = "\u0958" * 50  # of two characters each when composed
    given = ["Rene\u0301", "Ren\u00e9", "Zo\u00eb", grows]
    with app.database.begin() as session:
        for avatar in given:
            session.add(ActionUnitReport(url="u", avatar=avatar, name="u\u0308ber"))
        session.add(
            Job(
                id=uuid.UUID(int=1),
                container="c",
                state=State.DONE,
                avatar="Rene\u0301",
                name="u\u0308ber",
                filename="u\u0308ber.jpg",
                blob="uber.jpg",
                upload_until=dt.datetime.now(dt.UTC),
            )
        )
    for _ in range(2):  # it may run again
        app.database.close()
        migrate(database, "downgrade", "0006")
        migrate(database)
        with app.database.begin() as session:
            found = session.scalars(sa.select(ActionUnitReport.avatar).order_by("id")).all()
            assert found == ["Ren\u00e9", "Ren\u00e9", "Zo\u00eb", grows]
            assert set(session.scalars(sa.select(ActionUnitReport.name))) == {"\u00fcber"}
            job = session.scalars(sa.select(Job)).one()
            assert (job.avatar, job.name) == ("Ren\u00e9", "\u00fcber")
            assert (job.filename, job.blob) == ("\u00fcber.jpg", "uber.jpg")


def test_the_models_and_the_migrations_agree(database: str) -> None:
    migrate(database, "check")
