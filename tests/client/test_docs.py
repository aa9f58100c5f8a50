"""docs/client.md says what the client does: its commands run, its options are all there."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import avatar_validation
from avatar_validation.cli import parser
from local.paths import ROOT
from tests.client.running import Client, Run
from tests.end_to_end.service import Service

PAGE = (ROOT / "docs" / "client.md").read_text()


def commands() -> Iterator[tuple[str, ArgumentParser]]:
    """Every command with its name, `sets put` among them."""

    def below(name: str, found: ArgumentParser) -> Iterator[tuple[str, ArgumentParser]]:
        inner = [action for action in found._actions if isinstance(action, _SubParsersAction)]
        if not inner:
            yield name, found
        for action in inner:
            for word, one in action.choices.items():
                yield from below(f"{name} {word}".strip(), one)

    return below("", parser())


def options(found: ArgumentParser) -> set[str]:
    every = {option for action in found._actions for option in action.option_strings}
    return {option for option in every if option.startswith("--")} - {"--help"}


def run(client: Client, name: str, **variables: str) -> Run:
    """The shell block that follows `<!-- run: name -->`, with the client as an installed one is."""
    found = re.search(rf"<!-- run: {name} -->\n```sh\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"docs/client.md has no block {name}"
    programs = client.folder / "bin"
    programs.mkdir(exist_ok=True)
    program = programs / "avatar-validation"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m avatar_validation "$@"\n')
    program.chmod(0o755)
    environment = client.environment | {"PATH": f"{programs}:{os.environ['PATH']}"} | variables
    return subprocess.run(
        ["bash", "-ec", found[1]],
        cwd=client.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_tour(client: Client, service: Service, media: Path) -> None:
    for name in ("reference", "take-1", "take-2"):
        (client.folder / f"{name}.mp4").write_bytes((media / "living.mp4").read_bytes())
    reference = run(client, "reference")
    assert reference.returncode == 0, reference.stderr
    assert "  Alive, version 1: pass, no fault found, within human range; " in reference.stdout
    (job_id,) = re.findall(r"\(job (.*)\)", reference.stdout)
    learned = run(client, "learn", JOB=job_id)
    assert learned.returncode == 0, learned.stderr
    assert "Like Ada (version 1, for mediapipe)" in learned.stdout
    assert "Like Ada: version 1, natural, 1 recording\n" in learned.stdout
    submitted = run(client, "submit")
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr
    assert submitted.stdout.count("  Like Ada, version 1: pass, no fault found, moves as ") == 2
    assert "\nTotal: 2 pass\nAda, build 41: pass; " in submitted.stdout
    assert (client.folder / "face.xml").exists()
    assert (client.folder / "face.md").exists()
    compared = run(client, "compare")
    assert compared.returncode == 0, compared.stderr
    assert "Ada: from build 41 to build 42, held to Like Ada; 1 pair of clips" in compared.stdout
    assert re.search(r"^Only in build 41: .*\btake-2\.mp4$", compared.stdout, re.MULTILINE)
    assert "\ntake-1.mp4: no clear change by itself\n" in compared.stdout
    later = run(client, "later", JOB=job_id)
    assert later.returncode == 0, later.stdout + later.stderr
    assert "\nAda, build 41: pass; " in later.stdout
    assert "\nbuild 41 " in later.stdout
    assert re.search(r"^[0-9a-f-]{36} .* build 42 +take-1.mp4 +pass", later.stdout, re.MULTILINE)
    assert "Ada, filmed, default: measurement " in later.stdout


def test_every_command_is_documented() -> None:
    listed = set(re.findall(r"^\| `(.*)` \|", PAGE, re.MULTILINE))
    words = {re.split(r" [A-Z-]", part)[0] for row in listed for part in row.split("`, `")}
    assert {name for name, _ in commands()} <= words


def test_every_option_is_documented_and_there() -> None:
    there = set().union(*(options(found) for _, found in commands()))
    assert there == set(re.findall(r"--[a-z][a-z-]+", PAGE)) - {"--help"}


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name, found in [("", parser()), *commands()]:
        with pytest.raises(SystemExit) as ended:
            parser().parse_args([*name.split(), "--help"])
        assert ended.value.code == 0
        assert all(action.help for action in found._actions if action.option_strings)
    assert "AVATAR_VALIDATION_KEY" in capsys.readouterr().out


def test_the_workflow() -> None:
    """It is a workflow, and the client takes the arguments in it."""
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    workflow: dict[Any, Any] = yaml.safe_load(text)
    (job,) = workflow["jobs"].values()
    assert all(("run" in step) != ("uses" in step) for step in job["steps"])
    (step,) = [s for s in job["steps"] if "avatar-validation submit" in s.get("run", "")]
    assert {"AVATAR_VALIDATION_URL", "AVATAR_VALIDATION_KEY"} == set(step["env"])
    parsed = parser().parse_args(shlex.split(step["run"])[1:])
    shown = " ".join(s.get("run", "") + str(s.get("with")) for s in job["steps"])
    for file in (parsed.junit, parsed.markdown):
        assert shown.count(str(file)) == 2  # what is written is shown


def test_the_package_says_what_it_needs() -> None:
    project = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[<>=]", item)[0] for item in project["dependencies"]}
    imported = set()
    for path in Path(avatar_validation.__file__).parent.rglob("*.py"):
        found = re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.MULTILINE)
        imported |= set(found) - sys.stdlib_module_names
    assert imported == needed | {"avatar_validation"}
    assert project["scripts"] == {"avatar-validation": "avatar_validation.cli:main"}
