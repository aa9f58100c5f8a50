"""What to do about a job that was not measured."""

from shared.api.job_bodies import Error
from shared.pages.advice import failure
from shared.platform.errors import STATUS, Code


def test_a_retry_is_offered_where_it_helps() -> None:
    helps = {
        code
        for code in STATUS
        if (found := failure(Error(code=code, detail=""))) and found.retry_helps
    }
    assert {Code.ATTEMPTS_EXHAUSTED, Code.ENGINE_FAILED, Code.ENGINE_UNAVAILABLE} <= helps
    assert not helps & {Code.NO_FACE_FOUND, Code.UNDECODABLE_MEDIA, Code.UPLOAD_INCOMPLETE}


def test_there_is_something_to_do_about_a_missing_face() -> None:
    found = failure(Error(code=Code.NO_FACE_FOUND, detail=""))
    assert found is not None
    assert found.steps
    assert failure(None) is None
