"""Media on which the process that reads it dies: refused, by whatever way it came."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from shared.app import App
from shared.database.tables import State, Step
from shared.engines.pool import EnginePool
from shared.jobs import lifecycle
from shared.pipeline.attempt import run
from shared.pipeline.extract import extract
from shared.platform.errors import Code
from tests import media_factory
from tests.engines.odd_pool import ODD
from tests.pages.made import job


def test_the_job_fails_at_once(app: App, tmp_path: Path) -> None:
    picture = media_factory.picture(tmp_path / "face.jpg").read_bytes()
    found = job(app, state=State.UPLOADED, engine="crash", content=picture)
    with closing(EnginePool(1, command=ODD, engines=("crash",))) as engines:
        run(replace(app, engines=engines), found.id, Step.EXTRACT, extract)
    with app.database.begin() as session:
        now = lifecycle.get(session, found.id)
        assert now is not None
        assert (now.state, now.error_code) == (State.FAILED, Code.UNDECODABLE_MEDIA)
        assert now.attempts == 1
        assert "encode it anew" in (now.error_detail or "")
