"""Claims: one at a time, kept alive, taken over when dead, lost when the job is deleted."""

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import pytest

from shared.app import App
from shared.database.tables import Job, State, Step
from shared.jobs import lifecycle, overdue, removal
from shared.jobs.lifecycle import Lease, LeaseLostError, NewJob, WorkDone
from shared.pipeline.attempt import Attempt, run
from shared.platform.errors import Code


def make(app: App, state: State = State.UPLOADED, minutes: float = 5) -> uuid.UUID:
    """A job whose upload may take so long."""
    job_id = uuid.uuid4()
    new = NewJob(
        id=job_id,
        container=str(job_id),
        state=state,
        avatar="a",
        name="default",
        filename="a.jpg",
        blob="a.jpg",
        upload_until=dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes),
    )
    with app.database.begin() as session:
        lifecycle.create(session, new)
    return job_id


def claim(
    app: App, job_id: uuid.UUID, step: Step = Step.EXTRACT, seconds: int = 60
) -> Lease | None:
    with app.database.begin() as session:
        return lifecycle.claim(session, job_id, step, seconds)


def state(app: App, job_id: uuid.UUID) -> Job:
    with app.database.begin() as session:
        return session.get_one(Job, job_id)


def test_of_twenty_claims_at_once_one_succeeds(app: App) -> None:
    job_id = make(app)
    with ThreadPoolExecutor(20) as threads:
        leases = list(threads.map(lambda _: claim(app, job_id), range(20)))
    assert sum(lease is not None for lease in leases) == 1


@pytest.mark.parametrize("ended", [State.DONE, State.FAILED])
@pytest.mark.parametrize("step", [Step.EXTRACT, Step.ANALYSE])
def test_an_ended_job_cannot_be_claimed(app: App, ended: State, step: Step) -> None:
    assert claim(app, make(app, ended), step) is None


def test_analysis_waits_for_the_measurement(app: App) -> None:
    job_id = make(app)
    claim(app, job_id)
    assert claim(app, job_id, Step.ANALYSE) is None


def test_a_dead_lease_is_taken_over_and_its_owner_notices(app: App) -> None:
    job_id = make(app)
    dead = claim(app, job_id, seconds=0)
    assert dead is not None
    living = claim(app, job_id)
    assert living is not None
    assert living.attempt == 2
    with pytest.raises(LeaseLostError), app.database.begin() as session:
        lifecycle.renew(session, dead, 60)
    with pytest.raises(LeaseLostError), app.database.begin() as session:
        lifecycle.advance(session, dead, State.EXTRACTED, "late")
    with app.database.begin() as session:
        lifecycle.give_back(session, dead, "late")  # quiet
    assert state(app, job_id).state == State.EXTRACTING


def test_a_renewed_lease_is_not_taken_over(app: App) -> None:
    job_id = make(app)
    lease = claim(app, job_id, seconds=0)
    assert lease is not None
    with app.database.begin() as session:
        lifecycle.renew(session, lease, 60, WorkDone(3))
    assert claim(app, job_id) is None
    assert state(app, job_id).progress == asdict(WorkDone(3))


def test_a_given_back_job_counts_its_attempts_and_keeps_the_error(app: App) -> None:
    job_id = make(app)
    for attempt in (1, 2):
        lease = claim(app, job_id)
        assert lease is not None
        assert lease.attempt == attempt
        with app.database.begin() as session:
            lifecycle.give_back(session, lease, f"error {attempt}")
    assert state(app, job_id).error_detail == "error 2"


def test_attempts_start_anew_with_the_next_stage(app: App) -> None:
    job_id = make(app)
    lease = claim(app, job_id)
    assert lease is not None
    with app.database.begin() as session:
        lifecycle.advance(session, lease, State.EXTRACTED, "ok")
    following = claim(app, job_id, Step.ANALYSE)
    assert following is not None
    assert following.attempt == 1


def test_deleting_takes_the_job_from_who_works_on_it(app: App) -> None:
    job_id = make(app)
    lease = claim(app, job_id)
    assert lease is not None
    with app.database.begin() as session:
        assert removal.begin(session, job_id)
        assert lifecycle.visible(session, job_id) is None
    with pytest.raises(LeaseLostError), app.database.begin() as session:
        lifecycle.renew(session, lease, 60)
    assert claim(app, job_id) is None


def test_a_failure_is_final_and_can_be_restarted(app: App) -> None:
    job_id = make(app)
    with app.database.begin() as session:
        assert lifecycle.fail(session, job_id, Step.EXTRACT, Code.NO_FACE_FOUND, "none")
        assert not lifecycle.fail(session, job_id, Step.EXTRACT, Code.INTERNAL, "again")
    assert state(app, job_id).error_code == Code.NO_FACE_FOUND
    with app.database.begin() as session:
        assert lifecycle.restart(session, job_id, State.UPLOADED)
        assert not lifecycle.restart(session, job_id, State.UPLOADED)
    assert state(app, job_id).error_code is None


def test_stale_jobs_are_found_once(app: App) -> None:
    dead = make(app)
    claim(app, dead, seconds=0)
    unfinished = make(app, State.CREATED, minutes=0)
    running = make(app)
    claim(app, running)
    ended = make(app, State.DONE)
    with app.database.begin() as session:
        found = {job.id for job in overdue.stale(session, 0, 100)}
    assert {dead, unfinished} <= found
    assert not {running, ended} & found


def test_a_stage_whose_job_is_gone_stops_quietly(app: App) -> None:
    job_id = make(app)
    came_so_far = []

    def work(attempt: Attempt) -> None:
        with app.database.begin() as session:
            session.delete(session.get_one(Job, job_id))
        came_so_far.append("deleted")
        attempt.job()
        came_so_far.append("found")

    run(app, job_id, Step.EXTRACT, work)
    assert came_so_far == ["deleted"]
