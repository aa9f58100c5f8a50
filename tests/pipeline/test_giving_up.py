"""The poison queue: a job that was tried has failed; one that no try reached is taken up again."""

import pytest

from shared.app import App
from shared.database.tables import State, Step
from shared.jobs import lifecycle, overdue
from shared.pipeline import events
from shared.platform.errors import Code
from tests.jobs.test_lifecycle import make


@pytest.mark.parametrize(
    ("attempts", "state", "code"),
    [(0, State.UPLOADED, None), (1, State.FAILED, Code.ATTEMPTS_EXHAUSTED)],
)
def test_giving_up(app: App, attempts: int, state: State, code: Code | None) -> None:
    job_id = make(app)
    for _ in range(attempts):
        with app.database.begin() as session:
            lease = lifecycle.claim(session, job_id, Step.EXTRACT, 60)
            assert lease is not None
            lifecycle.give_back(session, lease, "an error")
    events.give_up_blob(app, str(job_id), "a.jpg")
    with app.database.begin() as session:
        job = lifecycle.get(session, job_id)
        assert job is not None
        assert (job.state, job.error_code) == (state, code)
        stale = [found.id for found in overdue.stale(session, 0, 10)]
    assert (job_id in stale) is (attempts == 0)
