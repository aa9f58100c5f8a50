"""What the client does where the service, the network or the user breaks something."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import Stack
from tests.client.running import Client, Within
from tests.client.unsteady import Act, Unsteady, answer, lose_answer, lose_request, pass_on
from tests.end_to_end.service import Service

KEY = "a-function-key-that-nobody-may-see"


def problem(status: int, code: str) -> Act:
    body = json.dumps({"code": code, "detail": "Because."}).encode()
    return answer(status, {"Content-Type": "application/problem+json"}, body)


@pytest.fixture
def gateway(stack: Stack) -> Iterator[Unsteady]:
    with Unsteady(stack.http) as gateway:
        yield gateway


@pytest.fixture
def behind(gateway: Unsteady, tmp_path: Path) -> Client:
    """A client whose requests take the way through the gateway."""
    return Client(gateway.address, tmp_path)


def test_a_lost_answer_makes_no_second_job(
    behind: Client, gateway: Unsteady, service: Service, media: Path
) -> None:
    gateway.next(lose_request, lose_answer)
    jobs = service.rows()
    run = behind.run("submit", media / "face.jpg", "--avatar", "Lost answers", "--no-wait")
    assert run.returncode == 0, run.stderr
    assert run.stderr.count("trying again") == 2
    assert service.rows() == jobs + 1
    keys = {request.headers["idempotency-key"] for request in gateway.requests}
    assert len(gateway.requests) == 3
    assert len(keys) == 1


def test_it_waits_as_long_as_it_is_asked_to(behind: Client, gateway: Unsteady, media: Path) -> None:
    gateway.next(answer(429, {"Retry-After": "1"}), answer(503), pass_on, answer(502))
    run = behind.run("submit", media / "face.jpg", "--avatar", "Patience")
    assert run.returncode == 0, run.stderr
    assert "takes no more for now (429); trying again in 1.0 s" in run.stderr
    assert "(503)" in run.stderr
    assert "(502)" in run.stderr  # while following the job


def test_it_does_not_wait_longer_than_patience(behind: Client, gateway: Unsteady) -> None:
    gateway.next(answer(503, {"Retry-After": "600"}))
    run = behind.run("status", "x", "--patience", "5")
    assert run.returncode == 2
    assert "it asks to wait 600 s, more than --patience allows" in run.stderr


def test_a_service_that_is_not_there(tmp_path: Path, media: Path) -> None:
    with socket.socket() as free:  # bound and never listening: nobody else gets the port
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        client = Client(address, tmp_path)
        files = (media / "face.jpg", media / "grey.jpg")
        found = client.json(
            "submit", *files, "--avatar", "Ada", "--patience", "1", "--junit", "out.xml"
        )
    assert found["exit_code"] == 2
    assert [result["outcome"] for result in found["results"]] == ["error", "error"]
    for result in found["results"]:
        assert result["error"]["code"] == "service_away"
        assert address in result["error"]["detail"]
        assert "Connection refused" in result["error"]["detail"]
    assert (tmp_path / "out.xml").read_text().count("<error ") == 2


def test_the_service_goes_away_meanwhile(
    behind: Client, gateway: Unsteady, service: Service, media: Path
) -> None:
    gateway.next(pass_on, *[lose_request] * 20)
    run = behind.run("submit", media / "face.jpg", "--avatar", "Away", "--patience", "1")
    assert run.returncode == 2
    (job,) = service.http.get("/api/jobs?avatar=Away").json()["items"]
    assert f"avatar-validation status {job['id']} --wait" in run.stdout


def test_the_key_opens_the_service_and_stays_secret(
    stack: Stack, tmp_path: Path, media: Path
) -> None:
    command = ("submit", media / "face.jpg", "--avatar", "Keys", "--no-wait")
    with Unsteady(stack.http, key=KEY) as gateway:
        without = Client(gateway.address, tmp_path).run(*command)
        wrong = Client(gateway.address, tmp_path, AVATAR_VALIDATION_KEY=KEY + "x").run(*command)
        right = Client(gateway.address, tmp_path, AVATAR_VALIDATION_KEY=KEY).run(*command)
        given = Client(gateway.address, tmp_path).run(*command, "--key", KEY, "--json")
    for run in (without, wrong):
        assert run.returncode == 2
        assert "does not let us in (401). Set AVATAR_VALIDATION_KEY" in run.stdout
    for run in (right, given):
        assert run.returncode == 0, run.stderr
    for run in (without, wrong, right, given):
        assert KEY not in run.stdout + run.stderr


def test_an_access_token(behind: Client, gateway: Unsteady, media: Path) -> None:
    token = "an-access-token-that-nobody-may-see"
    behind.environment["AVATAR_VALIDATION_TOKEN"] = token
    run = behind.run("submit", media / "face.jpg", "--avatar", "Tokens", "--no-wait")
    assert run.returncode == 0, run.stderr
    assert [request.headers["authorization"] for request in gateway.requests] == [f"Bearer {token}"]
    assert token not in run.stdout + run.stderr


@pytest.mark.parametrize("key", ["a\nb", "schlüssel", "  "])
def test_a_key_that_is_none(within: Within, key: str) -> None:
    run = within.run("status", "x", "--key", key)
    assert run.returncode == 2
    assert "odd characters" in run.stderr
    assert key.strip() not in run.stderr or not key.strip()


def test_the_key_goes_to_nobody_else(stack: Stack, tmp_path: Path) -> None:
    with Unsteady(stack.http) as other, Unsteady(stack.http) as gateway:
        gateway.next(answer(307, {"Location": f"{other.address}/api/jobs/x?code=secret"}))
        run = Client(gateway.address, tmp_path).run("status", "x", "--key", KEY)
        assert run.returncode == 2
        assert f"sends its visitors on to {other.address}" in run.stderr
        assert "secret" not in run.stderr
        assert other.requests == []


@pytest.mark.parametrize(
    "address",
    ["localhost:7071", "ftp://a", "http://", "http://a:b@c", "http://a:99999", "http://a?code=k"],
)
def test_an_address_that_is_none(within: Within, address: str) -> None:
    run = within.run("status", "x", "--url", address)
    assert run.returncode == 2
    assert "must be like https://name.azurewebsites.net" in run.stderr


def test_another_program_at_the_address(within: Within, gateway: Unsteady) -> None:
    page = answer(200, {"Content-Type": "text/html"}, b"<html>hello</html>")
    gateway.next(page, answer(404), answer(500))
    for words in ("text/html instead of JSON", "There is nothing at", "answered 500"):
        run = within.run("status", "x", "--url", gateway.address)
        assert run.returncode == 2
        assert words in run.stderr


def test_answers_that_nobody_foresaw(within: Within, gateway: Unsteady) -> None:
    gateway.next(answer(200, {"Content-Type": "application/json"}, b'{"hello": 1}'))
    run = within.run("status", "x", "--url", gateway.address)
    assert run.returncode == 2
    assert "Is the client as new as the service?" in run.stderr


def test_a_job_that_is_deleted_meanwhile(within: Within, gateway: Unsteady, media: Path) -> None:
    gateway.next(pass_on, pass_on, problem(404, "job_not_found"))
    files = (media / "face.jpg", media / "grey.jpg")
    found = within.json("submit", *files, "--avatar", "Deleted", "--url", gateway.address)
    gone, other = found["results"]
    assert found["exit_code"] == 2
    assert (gone["error"]["code"], other["outcome"]) == ("job_not_found", "measured")


def test_a_service_that_reads_keys_in_another_way(
    within: Within, gateway: Unsteady, media: Path
) -> None:
    gateway.next(problem(409, "idempotency_conflict"))
    found = within.json("submit", media / "face.jpg", "--avatar", "Keys", "--url", gateway.address)
    assert "Add --again" in found["results"][0]["error"]["detail"]


def test_a_name_that_is_no_text(client: Client, service: Service, media: Path) -> None:
    """Linux allows any bytes in the name of a file."""
    name = os.fsdecode(b"take \xff.jpg")
    (client.folder / name).write_bytes((media / "face.jpg").read_bytes())
    run = client.run("submit", name, "--avatar", "Bytes", "--junit=out.xml", "--markdown=out.md")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("take ?.jpg: measured")
    (job,) = service.http.get("/api/jobs?avatar=Bytes").json()["items"]
    assert job["filename"] == "take ?.jpg"
    wrong = client.run("submit", name, "--avatar", os.fsdecode(b"\xff"))
    assert wrong.returncode == 2
    assert "bytes that are not UTF-8" in wrong.stderr


def test_ctrl_c(client: Client, service: Service, media: Path) -> None:
    run = client.interrupt("submit", media / "clip.mp4", "--avatar", "Interrupted", when="job ")
    assert run.returncode == 130
    (job,) = service.http.get("/api/jobs?avatar=Interrupted").json()["items"]
    assert run.stderr.endswith(
        "Stopped. In the service 1 job may go on; to follow:\n"
        f"avatar-validation status {job['id']} --wait\n"
    )
    assert "Traceback" not in run.stderr
    service.wait(job["id"])


def test_a_wait_that_is_too_long(client: Client, media: Path) -> None:
    found = client.json("submit", media / "clip.mp4", "--avatar", "Slow", "--timeout", "0.001")
    assert found["exit_code"] == 2
    (result,) = found["results"]
    assert result["error"]["code"] == "timed_out"
    assert f"avatar-validation status {result['job']['id']} --wait" in result["error"]["detail"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["submit", "nothing.mp4", "--avatar", "A"], "There is no file nothing.mp4."),
        (["submit", ".", "--avatar", "A"], "There is no image and no clip in the folder ."),
        (["sets", "put", "."], ". is a folder."),
        (["list", "--limit", "0"], "'0' is not a whole number above 0"),
        (["submit", __file__, "--avatar", "A", "--junit", "no/out.xml"], "There is no folder"),
        (["submit", __file__, "--avatar", "A", "--no-wait", "--junit", "x"], "nothing to write"),
        (["submit", __file__], "required: --avatar"),
        (["status", "x", "--patience", "-1"], "'-1' is not a number above 0"),
        (["status", "../../jobs"], "There is no job with this id."),
        (["status"], "required: ID"),
        ([], "required: COMMAND"),
    ],
)
def test_what_the_user_got_wrong(within: Within, arguments: list[str], words: str) -> None:
    run = within.run(*arguments)
    assert run.returncode == 2
    assert words in run.stderr


def test_errors_are_json_too(client: Client) -> None:
    found = client.json("status", "x")
    assert found["error"]["code"] == "job_not_found"


def test_a_reader_that_has_seen_enough(client: Client) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    run = client.run("status", "x", "--json", stdout=writing)
    os.close(writing)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert "Exception" not in run.stderr
