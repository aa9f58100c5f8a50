"""The image: what can be said of the Dockerfile without building it."""

import re
from pathlib import Path

import yaml

from local.paths import ROOT

Instruction = tuple[str, str]


def instructions() -> list[Instruction]:
    """(KEYWORD, rest) of each instruction, its lines joined and comments left out."""
    text = (ROOT / "Dockerfile").read_text()
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    joined = re.sub(r"\\\n", " ", text)
    lines = [line.strip() for line in joined.splitlines() if line.strip()]
    return [(line.split(None, 1)[0], re.sub(r"\s+", " ", line.split(None, 1)[1])) for line in lines]


def of(keyword: str, among: list[Instruction] | None = None) -> list[str]:
    return [rest for word, rest in among or instructions() if word == keyword]


def last_stage() -> list[Instruction]:
    found = instructions()
    start = max(index for index, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


def test_both_stages_have_the_same_base_of_the_python_that_azure_runs() -> None:
    assert of("ARG") == ["BASE=mcr.microsoft.com/azure-functions/python:4-python3.13"]
    assert [rest.split(" ")[0] for rest in of("FROM")] == ["${BASE}", "${BASE}"]


def test_the_app_does_not_run_as_root_and_its_port_needs_no_right() -> None:
    assert of("USER", last_stage()) == ["app"]
    assert last_stage()[-1][0] in {"HEALTHCHECK", "CMD"}
    users = [index for index, (word, _) in enumerate(last_stage()) if word == "USER"]
    assert all(word not in {"RUN", "COPY"} for word, _ in last_stage()[users[0] :])
    (port,) = of("EXPOSE")
    assert int(port) >= 1024
    assert f"ASPNETCORE_URLS=http://+:{port}" in of("ENV")[0]
    assert f":{port}/api/health/live" in of("HEALTHCHECK")[0]


def test_packages_are_locked() -> None:
    (install,) = [rest for rest in of("RUN") if "uv pip install" in rest]
    for option in ("--require-hashes", "--only-binary :all:", "--no-cache"):
        assert option in install
    (installer,) = [rest for rest in of("RUN") if "pip install" in rest and rest != install]
    assert re.search(r"uv==\d+\.\d+\.\d+$", installer)
    assert "--no-cache-dir" in installer


def test_no_compiler_no_cache_and_no_installer_are_left() -> None:
    text = " ".join(rest for word, rest in last_stage() if word == "RUN")
    assert not re.search(r"apt-get|apk |pip install|gcc|build-essential|curl |wget ", text)


def test_packages_lie_where_the_worker_is_told_to_look() -> None:
    """Outside App Service it looks nowhere by itself."""
    (told,) = re.findall(r"PYTHONPATH=(\S+)", of("ENV", last_stage())[0])
    assert any(rest.endswith(f" {told}") for rest in of("COPY", last_stage()))


def test_style_of_the_instructions() -> None:
    """The rules of hadolint that speak of what is used here."""
    found = instructions()
    assert all(word == word.upper() for word, _ in found)  # DL: keywords in capitals
    assert not of("ADD"), "DL3020: COPY for files"
    assert not of("MAINTAINER"), "DL4000"
    assert not [rest for rest in of("RUN") if re.search(r"\bsudo\b", rest)], "DL3004"
    assert not [rest for rest in of("RUN") if re.match(r"cd ", rest)], "DL3003: WORKDIR"
    assert not [rest for rest in of("FROM") if rest.endswith(":latest")], "DL3007"
    assert all(rest.startswith("[") for rest in of("CMD") + of("ENTRYPOINT")), "DL3025: JSON form"
    assert len(of("HEALTHCHECK")) == 1, "DL3012"
    assert not [rest for rest in of("ENV") if re.search(r"key|secret|password|token", rest, re.I)]


def test_the_container_listens_where_container_apps_asks() -> None:
    bicep = (ROOT / "infra" / "modules" / "container-app.bicep").read_text()
    assert f"var port = {of('EXPOSE')[0]}\n" in bicep
    assert "name: 'ASPNETCORE_URLS', value: 'http://+:${port}'" in bicep  # the placeholder too
    assert "path: '/admin/host/ping'" in bicep


def test_one_python_version_everywhere() -> None:
    texts = {
        name: (ROOT / name).read_text()
        for name in ("Dockerfile", "infra/deploy.py", "infra/modules/flex-consumption.bicep")
    }
    assert "python3.13" in texts["Dockerfile"]
    assert 'PYTHON: Final = "3.13"' in texts["infra/deploy.py"]
    assert "version: '3.13'" in texts["infra/modules/flex-consumption.bicep"]


def test_the_steps_of_azd_are_the_same_in_both_shells() -> None:
    project = yaml.safe_load((ROOT / "azure.yaml").read_text())
    hooks = {**project["hooks"], **project["services"]["functions"]["hooks"]}
    steps = {
        "preprovision": "check",
        "prepackage": "package",
        "predeploy": "migrate",
        "postdeploy": "subscribe",
    }
    assert hooks.keys() == steps.keys()
    for name, step in steps.items():
        hook = hooks[name]
        assert (hook["posix"]["shell"], hook["windows"]["shell"]) == ("sh", "pwsh")
        assert hook["posix"]["run"] == hook["windows"]["run"]
        command = hook["posix"]["run"].split()
        assert command[-2:] == ["infra/deploy.py", step]
        assert Path(ROOT / command[-2]).is_file()


def test_pip_never_resolves_in_azure() -> None:
    services = yaml.safe_load((ROOT / "azure.yaml").read_text())["services"]
    assert services["functions"]["remoteBuild"] is False
    assert services["container"]["docker"]["path"] == "./Dockerfile"
