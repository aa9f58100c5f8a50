"""`submit` and `status` against the running service."""

import os
import pty
import re
import subprocess
import threading
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from tests.client.running import LIMIT, Client
from tests.end_to_end.service import Json, Service
from tests.stack import NewStack


def test_a_file_is_measured(client: Client, service: Service, media: Path) -> None:
    run = client.run(
        *("submit", media / "face.jpg", "--avatar", "Measured", "--name", "build 41"),
        *("--type", "IW", "--engine", "mediapipe", "--junit", "out.xml", "--markdown", "out.md"),
    )
    assert run.returncode == 0, run.stderr
    (job_id,) = re.findall(r"face\.jpg: measured; no parameter set .* \(job (.*)\)\n", run.stdout)
    job = service.job(job_id)
    assert (job["avatar"], job["name"], job["type"]) == ("Measured", "build 41", "IW")
    steps = re.findall(r"^face\.jpg: (\w+) succeeded in \d+\.\d s: ", run.stderr, re.MULTILINE)
    assert steps == ["upload", "extract", "analyse"]
    assert "\x1b" not in run.stdout + run.stderr
    (case,) = Xml.parse(client.folder / "out.xml").findall("testsuite/testcase")
    assert case.attrib == {"classname": "face_jpg", "name": "measured", "time": "0"}
    assert list(case) == []
    assert "`face.jpg` was measured" in (client.folder / "out.md").read_text()


def test_a_clip_is_held_to_alive(client: Client, media: Path) -> None:
    """Where no set is named: the best that is said is that no fault was found."""
    files = [media / "living.mp4", media / "clip.mp4"]
    outputs = ("--junit", "out.xml", "--markdown", "out.md")
    run = client.run("submit", *files, "--avatar", "Alive", *outputs)
    assert run.returncode == 3, run.stderr  # the other is too short
    living, short = run.stdout.split("clip.mp4: ")
    assert living.startswith("living.mp4: pass (job ")
    assert "  Alive, version 1: pass, no fault found, within human range; deviation " in living
    assert short.startswith("inconclusive (job ")
    assert short.count("not measured: ") == 1  # one reason, said once
    assert "It needs 3.5 s more of footage with the face at 60 px between the eyes." in short
    said = "No fault found, within human range."
    properties = Xml.parse(client.folder / "out.xml").findall("testsuite/properties/property")
    assert any(str(item.get("value")).startswith(said) for item in properties)
    assert said in (client.folder / "out.md").read_text()


def test_one_bad_file_stops_no_other(client: Client, media: Path) -> None:
    files = [media / name for name in ("page.jpg", "empty.jpg", "face.jpg")]
    found = client.json(
        "submit", *files, "--avatar=Bad files", "--junit=out.xml", "--markdown=out.md"
    )
    assert found["exit_code"] == 2
    refused, failed, good = found["results"]
    assert [result["file"] for result in found["results"]] == [file.name for file in files]
    assert (refused["error"]["code"], refused["job"]) == ("unsupported_media", None)
    assert (failed["error"]["code"], failed["job"]["state"]) == ("no_face_found", "failed")
    assert (good["outcome"], good["job"]["state"]) == ("measured", "done")
    assert found["total"] == "1 only measured, 2 not measured"
    errors = Xml.parse(client.folder / "out.xml").findall("testsuite/testcase/error")
    assert [error.get("type") for error in errors] == ["unsupported_media", "no_face_found"]
    assert errors[1].get("message") == failed["error"]["detail"]
    text = (client.folder / "out.md").read_text()
    assert text.count("has no verdict") == 2
    assert "`no_face_found`" in text


def test_submit_now_and_look_later(client: Client, service: Service, media: Path) -> None:
    found = client.json("submit", media / "clip.mp4", "--avatar", "Later", "--no-wait")
    (result,) = found["results"]
    assert (found["exit_code"], result["outcome"]) == (0, "submitted")
    job_id = result["job"]["id"]
    later = client.run("status", job_id, "--wait")
    assert later.returncode == 3, later.stderr
    page = f"{service.stack.http}/reports/{service.job(job_id)['report']}"
    assert later.stdout.startswith(
        f"clip.mp4: inconclusive (job {job_id})\n  {page}\n  Alive, version 1: inconclusive, too "
    )


def test_a_job_that_is_not_at_its_end(client: Client, service: Service) -> None:
    """Its media was announced and never sent."""
    request = {"filename": "a.mp4", "size": 10, "avatar": "Unsent"}
    job_id = service.http.post("/api/upload-url", json=request).json()["id"]
    run = client.run("status", job_id, "--junit", "out.xml", "--markdown", "out.md")
    page = f"{service.stack.http}/jobs/{job_id}"
    assert (run.returncode, run.stdout) == (3, f"a.mp4: created (job {job_id})\n  {page}\n")
    (suite,) = Xml.parse(client.folder / "out.xml").findall("testsuite")
    assert suite.get("skipped") == "1"
    assert suite.find("testcase/skipped") is not None
    assert "`a.mp4` is not at its end" in (client.folder / "out.md").read_text()
    waited = client.run("status", job_id, "--wait", "--timeout", "0.5")
    assert waited.returncode == 2
    assert "Not at its end after 0.5 s (--timeout)." in waited.stdout


def test_a_known_file_is_not_measured_again(client: Client, service: Service, media: Path) -> None:
    command = ("submit", media / "face.jpg", "--avatar", "Known")
    first, second, other, again = (
        client.json(*command, *more)["results"][0]["job"]["id"]
        for more in ((), (), ("--name", "build 2"), ("--again",))
    )
    assert first == second
    assert len({first, other, again}) == 3


def test_a_failed_job_is_run_again(client: Client, service: Service, media: Path) -> None:
    command = ("submit", media / "empty.jpg", "--avatar", "Empty")
    first, second = (client.json(*command)["results"][0]["job"] for _ in range(2))
    assert first["id"] == second["id"]
    assert [_starts(job) for job in (first, second)] == [1, 2]
    assert second["error"]["code"] == "no_face_found"


def _starts(job: Json) -> int:
    return sum(line["happening"] == "started" for line in job["steps"][1]["log"])


def test_a_file_above_the_service_s_limit(new_stack: NewStack, tmp_path: Path, media: Path) -> None:
    """It is refused once, then it goes through the storage, in more than one block."""
    stack = new_stack(settings={"MAX_UPLOAD_MB": "1", "MAX_MEDIA_MB": "20"})
    stack.start()
    large, too_large = tmp_path / "large.mp4", tmp_path / "too-large.mp4"
    for path, size in ((large, 9 * 2**20), (too_large, 21 * 2**20)):
        path.write_bytes((media / "clip.mp4").read_bytes() + _free_box(size))
    found = Client(stack.http, tmp_path).json("submit", large, too_large, "--avatar", "Large")
    good, refused = found["results"]
    assert good["outcome"] == "inconclusive"
    assert good["job"]["media"]["size"] == large.stat().st_size
    assert good["job"]["media"]["frames"] == 25
    assert refused["error"]["code"] == "file_too_large"
    assert "20 MB" in refused["error"]["detail"]


def _free_box(size: int) -> bytes:
    """What a player skips at the end of an MP4."""
    return size.to_bytes(4, "big") + b"free" + bytes(size - 8)


@pytest.mark.parametrize("no_color", [False, True])
def test_on_a_terminal(client: Client, media: Path, *, no_color: bool) -> None:
    """A line that moves; plain ones where NO_COLOR is set."""
    environment = client.environment | {"TERM": "xterm", "COLUMNS": "100"}
    if no_color:
        environment["NO_COLOR"] = "1"
    ours, theirs = pty.openpty()
    seen: list[bytes] = []
    reader = threading.Thread(target=_read_all, args=(ours, seen))
    reader.start()
    command = Client.command("submit", media / "clip.mp4", "--avatar", "Terminal", "--again")
    code = subprocess.run(
        command, stdout=theirs, stderr=theirs, env=environment, check=False, timeout=LIMIT
    ).returncode
    os.close(theirs)
    reader.join()
    os.close(ours)
    text = b"".join(seen).decode()
    assert code == 3, text  # too short for a verdict
    assert ("\x1b" in text) is not no_color
    assert ("extract succeeded" in text) is no_color
    assert "clip.mp4: " in text
    assert "inconclusive" in text


def _read_all(terminal: int, seen: list[bytes]) -> None:
    while True:
        try:
            seen.append(os.read(terminal, 4096))
        except OSError:  # the other end was closed
            return
