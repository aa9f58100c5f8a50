"""What a page costs on the server beside its own bare SQL.

A page is asked for once to note every statement that it sends, COPY included. Then the page, and
those statements alone, sent by the plain driver and read to their end, run in turn: "beside" is
what rendering, the analysis' arrays and SQLAlchemy add. The embedded PostgreSQL is started for
this, with 10,000 jobs, clips of ten minutes (18,000 frames), and a million measurements of other
avatars. Where a page is slower than it may be, the benchmark fails.

    python3 dev.py bench pages [--rounds 15] [--write]
"""

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import azure.functions as func
import psycopg2
import sqlalchemy as sa
from psycopg2.extensions import connection, cursor

from benchmarks._document import machine, write
from local.paths import ROOT
from local.ports import ANY
from local.stack import Stack
from shared.analysis.parameter_sets import ParameterSet
from shared.api.http import Handler
from shared.app import App, build
from shared.measurements.action_units import INTENSITIES
from shared.pages import avatar_page, avatars_page, jobs_page, report_page
from shared.platform.settings import STORAGE, read
from shared.reports import parameter_sets, reports
from tests import recorded

DOCUMENT: Final = ROOT / "docs" / "performance.md"
JOBS: Final = 10_000
FRAMES: Final = 18_000  # ten minutes
BUILDS, CLIPS = 20, 10  # of the avatar that is looked at
ELSEWHERE: Final = 1_000_000  # measurements of other avatars, each with a job and a verdict
AZURITE: Final = "UseDevelopmentStorage=true"  # not asked: none of these pages shows a blob
MOST: Final = 10.0  # times its own bare SQL that a page may take: the same on any machine


@dataclass(frozen=True, slots=True)
class Statement:
    """One that a page sent."""

    text: str
    values: Any
    copy: bool

    def send(self, bare: connection) -> None:
        with bare.cursor() as own:
            if self.copy:
                own.copy_expert(self.text, io.BytesIO())
                return
            own.execute(self.text, self.values)
            if own.description is not None:
                own.fetchall()


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians [s], and the size of the page [bytes]."""

    page: float
    bare: float
    beside: float
    statements: int
    size: int


class Notebook:
    """The statements that connections of an engine send while `notes` is a list."""

    def __init__(self, engine: sa.Engine) -> None:
        self.notes: list[Statement] | None = None
        book = self

        class Noting(cursor):
            def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002  # psycopg2's
                if book.notes is not None:
                    book.notes.append(Statement(query, vars, copy=False))
                super().execute(query, vars)

            def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
                if book.notes is not None:
                    book.notes.append(Statement(sql, None, copy=True))
                super().copy_expert(sql, file, size)

        def attach(made: Any, _: object) -> None:
            made.cursor_factory = Noting

        sa.event.listen(engine, "connect", attach)

    def of(self, action: Callable[[], object]) -> list[Statement]:
        found: list[Statement] = []
        self.notes = found
        action()
        self.notes = None
        return found


def request(query: Mapping[str, str] | None = None, **route: str) -> func.HttpRequest:
    return func.HttpRequest(
        method="GET",
        url="http://bench/",
        headers={"Accept": "text/html"},
        params=dict(query or {}),
        route_params=route,
        body=b"",
    )


def make_jobs(app: App) -> None:
    insert = sa.text(
        "INSERT INTO job"
        " (id, container, state, avatar, name, filename, blob, upload_until, created) SELECT"
        " gen_random_uuid(), 'c' || n, CASE n % 50 WHEN 0 THEN 'failed' ELSE 'done' END,"
        " 'Ada ' || n % 40, 'build ' || n, 'clip.mp4', 'clip.mp4', now(),"
        " now() - n * interval '1 minute' FROM generate_series(1, :count) AS n"
    )
    with app.database.begin() as session:
        session.execute(insert, {"count": JOBS})


def make_others(app: App) -> None:
    """Rows of a thousand avatars, each with a hundred builds of ten clips."""
    statements = (
        """INSERT INTO action_unit_report (avatar, name, url, type)
           SELECT 'Other ' || n % 1000, 'build ' || n / 1000 % 100, 'u', 'VS'
           FROM generate_series(1, :count) AS n""",
        """INSERT INTO job
           (id, container, state, avatar, name, type, filename, blob, upload_until, report_id)
           SELECT gen_random_uuid(), 'o' || id, 'done', avatar, name, type,
           'take-' || id / 100000 || '.mp4', 'x', now(), id
           FROM action_unit_report WHERE avatar LIKE 'Other %'""",
        """INSERT INTO analysis_report (report_id, parameter_set_id, verdict, report)
           SELECT r.id, (SELECT min(id) FROM parameter_set),
           CASE r.id % 9 WHEN 0 THEN 'fail' ELSE 'pass' END, '{}'
           FROM action_unit_report AS r WHERE avatar LIKE 'Other %'""",
    )
    for statement in statements:
        with app.database.begin() as session:
            session.execute(sa.text(statement), {"count": ELSEWHERE})
            session.execute(sa.text("ANALYZE"))  # else foreign keys are checked by reading it all


def give_jobs(app: App) -> None:
    """The avatar's measurements come from files of ten names."""
    statement = (
        "INSERT INTO job (id, container, state, avatar, name, type, filename, blob, upload_until,"
        " report_id) SELECT gen_random_uuid(), 'a' || id, 'done', avatar, name, type,"
        " 'take-' || id % :clips || '.mp4', 'x', now(), id FROM action_unit_report"
        " WHERE avatar = 'Ada'"
    )
    with app.database.begin() as session:
        session.execute(sa.text(statement), {"clips": CLIPS})


def expectations() -> ParameterSet:
    """Every level is out for a good part of the time: reports full of violations."""
    levels = [{"measure": f"{au}.level", "lower": 0.0, "upper": 2.0} for au in INTENSITIES]
    return ParameterSet.model_validate(
        {"name": "Levels", "engine": "openface", "parameters": levels}
    )


def make_reports(app: App) -> dict[int, int]:
    """Measurements of ten minutes, by how many faces they have; and an avatar of many builds."""
    with app.database.begin() as session:
        chosen = parameter_sets.add(session, expectations(), None)
    found = {}
    wanted = [(faces, FRAMES, "Long", f"{faces} faces") for faces in (1, 4)]
    wanted += [(1, 250, "Ada", f"build {number // CLIPS}") for number in range(BUILDS * CLIPS)]
    for number, (faces, frames, avatar, name) in enumerate(wanted):
        with app.database.begin() as session:
            stored = recorded.measurement(
                session, frames, faces=faces, avatar=avatar, name=name, seed=number
            )
            measured = reports.measured(session, app.storage, stored)
            reports.hold(session, app.storage, stored, measured, [chosen])
            if avatar == "Long":
                found[faces] = stored.report.id
    return found


def cost(
    app: App, bare: connection, book: Notebook, asked: tuple[Handler, func.HttpRequest], rounds: int
) -> Cost:
    handler, wanted = asked

    def page() -> func.HttpResponse:
        return handler(wanted, app)

    size = len(page().get_body())  # templates are compiled at their first use
    statements = book.of(page)

    def queries() -> None:
        for statement in statements:
            statement.send(bare)

    pairs = [(_seconds(page), _seconds(queries)) for _ in range(rounds)]
    return Cost(
        page=statistics.median(page for page, _ in pairs),
        bare=statistics.median(bare for _, bare in pairs),
        beside=statistics.median(page - bare for page, bare in pairs),
        statements=len(statements),
        size=size,
    )


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def run(folder: Path, rounds: int) -> list[tuple[str, Cost]]:
    with Stack(folder / "stack", ports=ANY, throw_away=True) as stack:
        stack.start_database()
        stack.migrate()
        app = build(read({"DATABASE_URL": stack.database, STORAGE: AZURITE}))
        book = Notebook(app.database.engine)
        make_jobs(app)
        numbers = make_reports(app)
        give_jobs(app)
        make_others(app)
        pages: list[tuple[str, Handler, func.HttpRequest]] = [
            (f"the list, of {JOBS:,} jobs", jobs_page.jobs_page, request()),
            ("the list, filtered by avatar", jobs_page.jobs_page, request({"avatar": "Ada 7"})),
            *(
                (
                    f"a report of {FRAMES:,} frames, {faces} {'face' if faces == 1 else 'faces'}",
                    report_page.report_page,
                    request(id=str(number)),
                )
                for faces, number in numbers.items()
            ),
            (
                f"an avatar of {BUILDS} builds of {CLIPS} clips",
                avatar_page.avatar_page,
                request({"set": "Levels"}, name="Ada"),
            ),
            ("the list of avatars", avatars_page.avatars_page, request()),
        ]
        bare = psycopg2.connect(stack.database)
        bare.autocommit = True
        with bare.cursor() as own:
            own.execute("ANALYZE")
        found = [
            (name, cost(app, bare, book, (handler, wanted), rounds))
            for name, handler, wanted in pages
        ]
        bare.close()
        app.close()
    return found


def table(results: Sequence[tuple[str, Cost]], rounds: int) -> str:
    lines = [
        f"On {machine()}; medians of {rounds}.",
        "",
        "| page | beside its SQL | page | its SQL alone | statements | HTML |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in results:
        lines.append(
            f"| {name} | **{1000 * found.beside:.0f} ms** | {1000 * found.page:.0f} ms | "
            f"{1000 * found.bare:.0f} ms | {found.statements} | {found.size / 1000:.0f} kB |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=15, help="default 15")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="avatar-bench-") as name:
        results = run(Path(name), arguments.rounds)
    text = table(results, arguments.rounds)
    print(text)
    if arguments.write:
        write(DOCUMENT, "pages", text)
    slow = [name for name, found in results if found.page > MOST * found.bare]
    if slow:
        raise SystemExit(f"More than {MOST:g} times its SQL: {'; '.join(slow)}.")


if __name__ == "__main__":
    main()
