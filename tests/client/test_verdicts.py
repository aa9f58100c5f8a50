"""Verdicts: exit codes, files for CI servers, reports."""

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from local.stack import Stack
from tests.client.running import Client, Within
from tests.client.test_sets import SMILE, write_set
from tests.end_to_end.service import Service

EXPECTATIONS = {
    "Smiles": SMILE,
    "Serious": {"measure": "AU12.level", "upper": 0.1},
    "Steady": {"measure": "jitter", "upper": 0.1},  # which no picture can tell
}


@pytest.fixture(scope="module")
def sets(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One that the astronaut passes, one that she fails, one that nobody can say."""
    folder = tmp_path_factory.mktemp("sets")
    client = Client(stack.http, folder)
    for name, parameter in EXPECTATIONS.items():
        run = client.run("sets", "put", write_set(folder, name, parameter), "--force")
        assert run.returncode == 0, run.stderr


@pytest.mark.usefixtures("sets")
@pytest.mark.parametrize(
    ("names", "code", "outcome"),
    [
        (["Smiles"], 0, "pass"),
        (["smiles", "Serious", "Steady"], 1, "fail"),
        (["Smiles", "Steady"], 3, "inconclusive"),
    ],
)
def test_exit_codes(client: Client, media: Path, names: list[str], code: int, outcome: str) -> None:
    chosen = [f"--set={name}" for name in names]
    run = client.run("submit", media / "face.jpg", "--avatar", "Ada", *chosen)
    assert run.returncode == code, run.stderr
    assert run.stdout.startswith(f"face.jpg: {outcome} (job ")
    assert run.stdout.count(", version 1: ") == len(names)
    if "Serious" in names:
        assert "AU12.level (" in run.stdout
        assert "is above 0.1." in run.stdout


@pytest.mark.usefixtures("sets")
def test_files_for_a_ci_server(client: Client, media: Path) -> None:
    """A verdict that fails counts more than a file that could not be measured."""
    files = [media / name for name in ("face.jpg", "grey.jpg", "empty.jpg")]
    outputs = ("--junit", "out.xml", "--markdown", "out.md")
    sets = ("--set", "Serious", "--set", "Steady")
    run = client.run("submit", *files, "--avatar", "Files", "--name", "b | 1", *sets, *outputs)
    assert run.returncode == 1, run.stderr
    suites = Xml.parse(client.folder / "out.xml").findall("testsuite")
    assert [suite.get("name") for suite in suites] == [
        *(f"{file}: b | 1, held to {name}, face 0"
          for file in ("face.jpg", "grey.jpg") for name in ("Serious", "Steady")),
        "empty.jpg",
    ]  # fmt: skip
    cases = [case for suite in suites for case in suite.findall("testcase")]
    assert [case.find("failure") is not None for case in cases] == [True, False, True, False, False]
    assert [case.find("error") is not None for case in cases] == [False] * 4 + [True]
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == 5
    assert cases[0].get("classname") == "face_jpg.Serious.face 0"
    text = (client.folder / "out.md").read_text()
    assert text.count("`b | 1` failed") == 2
    assert text.count("`b | 1` is inconclusive") == 2
    assert "## `grey.jpg`" in text
    assert "### `empty.jpg` has no verdict" in text
    assert "`no_face_found`" in text


def test_a_known_file_is_held_to_the_present_version(
    within: Within, service: Service, media: Path, tmp_path: Path
) -> None:
    command = ("submit", media / "face.jpg", "--avatar", "Versions", "--set", "In versions")
    within.run("sets", "put", write_set(tmp_path, "In versions"))
    first = within.json(*command)
    stricter = write_set(tmp_path, "In versions", {"measure": "AU12.level", "upper": 0.1})
    within.run("sets", "put", stricter, "--replace", "1")
    second = within.json(*command)
    assert (first["exit_code"], second["exit_code"]) == (0, 1)
    assert first["results"][0]["job"]["id"] == second["results"][0]["job"]["id"]
    assert second["results"][0]["reports"][0]["parameter_set"]["version"] == 2
    status = within.run("status", second["results"][0]["job"]["id"])
    assert status.returncode == 1  # the first version's verdict counts no more
    assert "version 1" not in status.stdout


@pytest.mark.usefixtures("sets")
def test_reports(within: Within, service: Service, media: Path) -> None:
    job = service.measure(media / "face.jpg", parameter_set="Serious")
    (entry,) = job["reports"]
    shown = within.run("report", entry["id"])
    assert shown.returncode == 0, shown.stderr
    assert "Serious, version 1: fail; 0 within, 1 not within" in shown.stdout
    assert "at most 0.1" in shown.stdout
    for form, suffix in (("json", "json"), ("csv", "csv"), ("md", "md"), ("junit", "xml")):
        wanted = service.http.get(f"/api/reports/{entry['id']}.{suffix}").content
        run = within.run("report", job["id"], "--format", form, "--output", "report")
        assert (run.returncode, run.stdout) == (0, "")
        assert (within.folder / "report").read_bytes() == wanted
    printed = within.run("report", entry["id"], "--format", "json").stdout
    assert json.loads(printed)["verdict"] == "fail"


@pytest.mark.usefixtures("sets")
def test_reports_that_cannot_be_had(within: Within, service: Service, media: Path) -> None:
    several = service.measure(media / "face.jpg", parameter_set=["Serious", "Smiles"])
    none = service.measure(media / "face.jpg")
    for report_id, words in (
        (several["id"], f"{several['reports'][0]['id']} (Serious)"),
        (none["id"], "which is done, has no report."),
        ("17-99999", "There is no report at this address."),
        ("../jobs", "There is no report at this address."),
    ):
        run = within.run("report", report_id)
        assert run.returncode == 2
        assert words in run.stderr


@pytest.mark.usefixtures("sets")
def test_two_builds_side_by_side(within: Within, service: Service, media: Path) -> None:
    for build, file in (("b 1", "face.jpg"), ("b & 2", "grey.jpg")):
        service.measure(media / file, avatar="Zoë / Ada", name=build)
    command = ("compare", "Zoë / Ada", "--from", "b 1", "--to", "b & 2")
    shown = within.run(*command, "--set", "Serious", "--all")
    assert shown.returncode == 0, shown.stderr
    assert "Zoë / Ada: from b 1 to b & 2, held to Serious; 1 pair of clips\n" in shown.stdout
    assert "face.jpg" in shown.stdout.split("Note: ")[1]
    assert "Changes: 1 no clear change\n" in shown.stdout
    assert "at most 0.1" in shown.stdout
    found = within.json(*command)
    query = {"from": "b 1", "to": "b & 2"}
    assert found == service.http.get("/api/avatars/Zoë%20%2F%20Ada/compare", params=query).json()
    assert len(found["changes"]) > 1
    assert "--all lists them." in within.run(*command).stdout
    assert within.run(*command, "--all").stdout.count("AU12") >= 1
    unknown = within.run(*command[:-1], "b 3")
    assert unknown.returncode == 2
    assert "b 3" in unknown.stderr


def test_an_unknown_set(client: Client, media: Path) -> None:
    run = client.run("submit", media / "face.jpg", "--avatar", "Ada", "--set", "Nobody's")
    assert run.returncode == 2
    assert 'unknown_parameter_set: There is no parameter set "Nobody\'s".' in run.stdout
