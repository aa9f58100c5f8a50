"""`list`, `measures`, `retry`, `delete`, and what is said of jobs that were known before."""

import io
from pathlib import Path

import pytest

from avatar_validation.words import day
from tests.client.running import Within
from tests.client.test_sets import write_set
from tests.end_to_end.service import Service


class Terminal(io.StringIO):
    """Somebody who can be asked."""

    def isatty(self) -> bool:
        return True


def test_jobs_are_listed(within: Within, service: Service, media: Path) -> None:
    good = service.measure(media / "face.jpg", avatar="Listed", name="b 1")
    bad = service.measure(media / "empty.jpg", avatar="Listed", name="b 2")
    lines = within.run("list", "--avatar", "Listed").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [bad["id"], good["id"]]
    assert "not measured, no_face_found" in lines[1]
    assert " b 1 " in lines[2]
    found = within.json("list", "--avatar", "Listed", "--state", "done", "--limit", "1")
    assert [job["id"] for job in found["items"]] == [good["id"]]
    assert within.run("list", "--avatar", "Never listed").stdout == "There is no such job.\n"


def test_measures_without_a_set(within: Within, service: Service, media: Path) -> None:
    job = service.measure(media / "face.jpg", avatar="Measures")
    by_number, by_job = (within.run("measures", str(job[key])).stdout for key in ("report", "id"))
    assert by_number == by_job
    assert f"Measures, default: measurement {job['report']}, by mediapipe" in by_job
    assert "AU12.level     lip corner puller " in by_job
    found = within.json("measures", job["id"])
    assert found["faces"][0]["measures"][0]["measure"] == "AU01.level"
    assert within.run("measures", "0").returncode == 2


def test_the_only_report_of_a_measurement(
    within: Within, service: Service, media: Path, tmp_path: Path
) -> None:
    job = service.measure(media / "face.jpg", avatar="Only")
    number = str(job["report"])
    none = within.run("report", number)
    assert none.returncode == 2
    assert f"avatar-validation measures {number}" in none.stderr
    within.run("sets", "put", write_set(tmp_path, "The only one"))
    request = {"report": job["report"], "parameter_sets": ["The only one"]}
    service.http.post("/api/reports", json=request).raise_for_status()
    assert "The only one, version 1: pass" in within.run("report", number).stdout


def test_a_failed_job_is_retried(within: Within, service: Service, media: Path) -> None:
    bad = service.measure(media / "empty.jpg", avatar="Retried")
    good = service.measure(media / "face.jpg", avatar="Retried")
    found = within.json("retry", bad["id"], good["id"])
    assert found["exit_code"] == 2
    retried, left = found["results"]
    assert retried["error"]["code"] == "no_face_found"
    starts = [line["happening"] for line in retried["job"]["steps"][1]["log"]].count("started")
    assert starts == 2
    assert left["job"]["steps"] == good["steps"]


def test_deleting_counts_and_asks(
    within: Within, service: Service, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [service.measure(media / name, avatar="Gone") for name in ("face.jpg", "empty.jpg")]
    command = ("delete", *(job["id"] for job in jobs))
    extent = "2 jobs with the media, 1 measurement and 0 reports"
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    nobody = within.run(*command)
    assert nobody.returncode == 2
    assert f"Add --yes to delete {extent}." in nobody.stderr
    monkeypatch.setattr("sys.stdin", Terminal("no\n"))
    refused = within.run(*command)
    assert f"Delete {extent}? It does not come back. [y/N]" in refused.stderr
    assert "Nothing was deleted." in refused.stderr
    assert [service.job(job["id"])["state"] for job in jobs] == ["done", "failed"]
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert within.run(*command).stdout == f"Deleted: {extent}.\n"
    assert service.http.get("/api/jobs?avatar=Gone").json()["items"] == []


def test_what_was_known_is_said_to_be(within: Within, media: Path, tmp_path: Path) -> None:
    """No step is shown as if it had just been done."""
    within.run("sets", "put", write_set(tmp_path, "Known sets"))
    command = ("submit", media / "face.jpg", "--avatar", "Said", "--set", "Known sets")
    first, second = within.run(*command), within.run(*command)
    job = within.json(*command)["results"][0]["job"]
    assert "extract succeeded" in first.stderr
    assert "measured on" not in first.stdout
    assert second.stderr == ""
    measured = f"measured on {day(job['finished'])}, held to the set anew (job {job['id']})"
    assert second.stdout.startswith(f"face.jpg: pass; {measured}\n")
