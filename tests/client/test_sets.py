"""`sets` against the running service."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.client.running import Within
from tests.end_to_end.service import Service

SMILE = {"measure": "AU12.level", "lower": 0.5}


def write_set(folder: Path, name: str, *parameters: dict[str, Any], **fields: Any) -> Path:
    """A file for `sets put`; without parameters, the astronaut's smile."""
    content = {"name": name, "engine": "mediapipe", "parameters": parameters or [SMILE], **fields}
    path = folder / "set.json"
    path.write_text(json.dumps(content))
    return path


def test_the_life_of_a_set(within: Within, tmp_path: Path) -> None:
    name = "Zoë's 100 % smile ☺"
    path = write_set(tmp_path, name, description="Agreed on 3 March.")
    assert within.run("sets", "put", path).stdout == f"{name}: version 1, 1 parameter\n"

    again = within.run("sets", "put", path)
    assert again.returncode == 2
    assert "--replace VERSION" in again.stderr
    same = within.run("sets", "put", path, "--replace", "1")
    assert same.stdout == f"{name}: version 1, 1 parameter\n"  # nothing has changed

    fetched = within.run("sets", "show", name.upper(), "--format", "json")
    assert fetched.returncode == 0, fetched.stderr
    content = json.loads(fetched.stdout)
    assert content["parameters"] == [SMILE]
    content["parameters"].append({"measure": "AU25.level", "reference": 0.2,
                                  "deviation_percent": 25, "deviation_absolute": 0.3,
                                  "optional": True})  # fmt: skip
    path.write_text(json.dumps(content))
    assert within.json("sets", "put", path, "--replace", "1")["version"] == 2
    late = within.run("sets", "put", path, "--replace", "1")
    assert late.returncode == 2
    assert "is at version 2, not 1" in late.stderr

    shown = within.run("sets", "show", name).stdout
    assert f"{name} (version 2, for mediapipe)\nAgreed on 3 March.\n" in shown
    assert "at least 0.5" in shown
    assert "0.2 ± 25 % or 0.3" in shown
    assert "optional" in shown
    old = json.loads(within.run("sets", "show", name, "--version=1", "--format=json").stdout)
    assert len(old["parameters"]) == 1

    run = within.run("sets", "show", name, "--format", "csv", "--output", "set.csv")
    assert (run.returncode, run.stdout) == (0, "")
    assert within.json("sets", "put", "set.csv", "--force")["version"] == 2
    (listed,) = [item for item in within.json("sets", "list")["items"] if item["name"] == name]
    assert (listed["version"], listed["parameters"]) == (2, 2)
    assert name in within.run("sets", "list", "--engine", "mediapipe").stdout
    assert name not in within.run("sets", "list", "--archived").stdout


def test_all_pages_are_listed(within: Within, service: Service) -> None:
    for number in range(51):  # one more than the service gives at once
        body = {"name": f"page {number:02}", "engine": "py-feat", "parameters": [SMILE]}
        assert service.http.post("/api/parameter-sets", json=body).status_code == 201
    found = within.json("sets", "list", "--engine", "py-feat")["items"]
    names = [item["name"] for item in found if item["name"].startswith("page ")]
    assert names == [f"page {number:02}" for number in range(51)]


def test_a_set_is_learned(within: Within, service: Service, media: Path) -> None:
    jobs = [service.measure(media / name) for name in ("face.jpg", "grey.jpg")]
    command = ("sets", "learn", "Learned", "--from", jobs[0]["id"], str(jobs[1]["report"]))
    run = within.run(*command, "--deviation-percent", "20", "--measure", "AU12.level")
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert lines[0] == "Learned: version 1, 1 parameter"
    assert lines[1] == "Learned from 2 faces in 2 measurements: 2 frames, 0.0 s."
    assert lines[2].startswith("Warning: ")
    none = within.run(*command, "--coverage", "0.9", "--force")
    assert none.returncode == 2
    assert "nothing_to_learn" in none.stderr or "No measure can be learned" in none.stderr


def test_a_natural_set_is_learned(within: Within, service: Service, media: Path) -> None:
    job = service.measure(media / "living.mp4")
    command = ("sets", "learn", "As filmed", "--from", job["id"])
    run = within.run(*command, "--coverage", "0.9", "--other-session", "--measure", "blinks")
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert lines[0] == "As filmed: version 1, natural, 1 recording"
    assert lines[1] == "Learned from 1 face in 1 measurement: 200 frames, 8.0 s."
    shown = within.run("sets", "show", "As filmed").stdout
    assert (
        "It must move and look as in 1 recording of 8.0 s, taken in another session; of real "
        "recordings 10.0% fail by chance." in " ".join(shown.split())
    )
    assert f"living.mp4 (measurement {job['report']}, 8.0 s)" in shown
    assert "Not judged: " in shown
    again = within.json(*command, "--coverage", "0.95", "--same-setup", "--force")
    assert (again["version"], again["natural"]["same_setup"]) == (2, True)
    (listed,) = [x for x in within.json("sets", "list")["items"] if x["name"] == "As filmed"]
    assert listed["mode"] == "natural"
    alive = within.run("sets", "show", "Alive").stdout
    assert "It must move and look as people do (talking-" in alive
    odd = within.run(*command, "--deviation-percent", "20", "--same-setup", "--force")
    assert odd.returncode == 2
    assert "are of --coverage" in odd.stderr


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        ("{", "set.json", "has no name of a set"),
        ("[]", "set.json", "has no name of a set"),
        ("engine,mediapipe\n", "set.csv", "has no name of a set"),
        ('{"name": "x", "engine": "y", "parameters": []}', "set.json", "parameters: "),
        ('{"name": "x", "engine": "y", "colour": 1}', "set.json", "colour: "),
        ("name,x\nengine,y\n\nmeasure\nnothing\n", "set.csv", "there is no such measure"),
    ],
)
def test_files_that_are_no_sets(
    within: Within, tmp_path: Path, content: str, name: str, words: str
) -> None:
    (tmp_path / name).write_text(content)
    run = within.run("sets", "put", name)
    assert run.returncode == 2
    assert words in run.stderr


def test_a_set_that_is_not_there(within: Within) -> None:
    run = within.run("sets", "show", "no/such set")
    assert run.returncode == 2
    assert "There is no parameter set of this name." in run.stderr
