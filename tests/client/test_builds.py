"""Builds of several clips: their verdict gates, they are listed, judged again and compared."""

from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from tests.client.running import Within
from tests.client.test_sets import write_set
from tests.end_to_end.service import Service

SERIOUS = {"measure": "AU12.level", "upper": 0.1}
SMILES = {"measure": "AU12.level", "lower": 1}


@pytest.fixture
def judged(within: Within, tmp_path: Path) -> Within:
    """A client of a service that has two sets."""
    for name, parameter in (("Serious faces", SERIOUS), ("Smiling faces", SMILES)):
        run = within.run("sets", "put", write_set(tmp_path, name, parameter), "--force")
        assert run.returncode == 0, run.stderr
    return within


def test_the_builds_verdict_decides(judged: Within, media: Path, tmp_path: Path) -> None:
    """Of clips that were submitted before, too, until they are sent again."""
    for name in ("one.jpg", "two.jpg"):
        (tmp_path / name).write_bytes((media / "face.jpg").read_bytes())
    command = ("submit", "--avatar", "Gate", "--name", "b 1")
    first = judged.run(*command, "one.jpg", "--set", "Serious faces")
    assert first.returncode == 1, first.stderr
    second = judged.run(*command, "two.jpg", "--set", "Smiling faces")
    assert second.stdout.startswith("two.jpg: pass (job ")
    assert "\nGate, b 1: fail; 1 pass, 1 fail of 2 clips\n" in second.stdout
    assert second.returncode == 1
    again = judged.json(*command, "one.jpg", "--set", "Smiling faces")
    assert again["exit_code"] == 0
    assert (again["build"]["verdict"], again["build"]["clips"]) == ("pass", 2)
    other = judged.run("submit", "--avatar", "Gate", "two.jpg", "--set", "Smiling faces")
    assert "Gate, " not in other.stdout  # of what has no name nothing is asked


def test_builds_are_listed(within: Within, service: Service, media: Path) -> None:
    for build, file in (("b 1", "face.jpg"), ("b 2", "face.jpg"), ("b 2", "empty.jpg")):
        service.measure(media / file, avatar="Builds", name=build)
    head, *rows, page = within.run("builds", "Builds").stdout.splitlines()
    assert head.split() == ["build", "verdict", "clips", "last"]
    assert [row.partition("  ")[0] for row in rows] == ["b 2", "b 1"]
    assert "1 only measured, 1 not measured" in rows[0]
    assert page == f"{service.stack.http}/avatars/Builds"
    assert within.run("builds", "Nobody's").returncode == 2


def test_a_build_is_judged_again(judged: Within, service: Service, media: Path) -> None:
    jobs = [
        service.measure(media / name, avatar="Judged", name="b 1")
        for name in ("face.jpg", "grey.jpg", "empty.jpg")
    ]
    command = ("judge", "b 1", "--avatar", "Judged", "--set", "Serious faces")
    run = judged.run(*command, "--junit", "out.xml", "--markdown", "out.md")
    assert run.returncode == 1, run.stderr
    assert "\nTotal: 2 fail, 1 not measured\n" in run.stdout
    assert "\nJudged, b 1: fail; 2 fail, 1 not measured of 3 clips\n" in run.stdout
    assert run.stdout.count("held to the set anew") == 2
    assert "Serious faces, version 1: fail" in judged.run("report", str(jobs[0]["report"])).stdout
    reports = [service.job(job["id"])["reports"][0]["id"] for job in jobs[:2]]
    pages = [f"{service.stack.http}/reports/{report}" for report in reports]
    properties = Xml.parse(judged.folder / "out.xml").findall(".//property[@name='url']")
    urls = {str(item.get("value")) for item in properties}
    assert urls == {*pages, f"{service.stack.http}/jobs/{jobs[2]['id']}"}
    text = (judged.folder / "out.md").read_text()
    assert text.startswith("**2 fail, 1 not measured**\n")
    assert all(f"[The report]({page})" in text for page in pages)
    assert judged.run(*command[:-1], "Nobody's").returncode == 2


def test_measurements_are_compared(within: Within, service: Service, media: Path) -> None:
    """Also within one build."""
    jobs = [service.measure(media / n, avatar="Pair", name="b") for n in ("face.jpg", "grey.jpg")]
    first, second = (str(job["report"]) for job in jobs)
    command = ("compare", "Pair", "--from-measurement", first, "--to-measurement", second)
    shown = within.run(*command)
    assert shown.returncode == 0, shown.stderr
    assert f"Pair: from b (measurement {first}) to b (measurement {second})\n" in shown.stdout
    mixed = within.run("compare", "Pair", "--from", "b", "--to-measurement", second)
    assert mixed.returncode == 2
    assert "Name two builds by --from and --to" in mixed.stderr
