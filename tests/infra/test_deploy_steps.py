"""The steps that azd's hooks run, against stand-ins for the Azure CLI and uv."""

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra import deploy

AZD = {
    "AZURE_RESOURCE_GROUP": "rg-test",
    "APP_NAME": "func-x",
    "APP_HOSTNAME": "func-x.example.net",
    "APP_HOSTING": "flexConsumption",
    "EVENT_TOPIC_NAME": "evgst-x",
    "HOST_STORAGE_ID": "/subscriptions/1/storage",
    "DEAD_LETTER_CONTAINER": "undelivered-events",
    "DATABASE_HOST": "psql-x.example.net",
    "DATABASE_NAME": "avatars",
    "DATABASE_ADMIN_NAME": "me#EXT#@example.org",
    "APP_IDENTITY_NAME": "id-x",
    "APP_IDENTITY_PRINCIPAL_ID": "22222222-2222-2222-2222-222222222222",
}
KEY = "webhook-key-of-the-host=="

Calls = Callable[[], list[list[str]]]


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH; `stand_in` puts programs there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("STAND_IN_LOG", str(tmp_path / "calls"))
    return folder


@pytest.fixture
def calls(tmp_path: Path) -> Calls:
    """The arguments of each call of a stand-in, in order."""

    def read() -> list[list[str]]:
        log = tmp_path / "calls"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    return read


def stand_in(tools: Path, name: str, body: str) -> None:
    """A program that notes its arguments and then runs `body`, with `argv` and `count` at hand."""
    program = tools / name
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, os, pathlib, shutil, sys\n"
        "argv = sys.argv[1:]\n"
        "log = pathlib.Path(os.environ['STAND_IN_LOG'])\n"
        "count = len(log.read_text().splitlines()) if log.exists() else 0\n"
        f"log.open('a').write(json.dumps([{name!r}, *argv]) + '\\n')\n"
        f"{body}\n"
    )
    program.chmod(0o755)


def test_the_key_is_waited_for_and_never_an_argument(
    tools: Path, calls: Calls, tmp_path: Path
) -> None:
    """The host makes the key late; Event Grid's question meets an app that still starts."""
    stand_in(
        tools,
        "az",
        "if 'keys' in argv:\n"
        f"    print({KEY!r} if count >= 2 else '')\n"
        "elif count < 4:\n"
        "    sys.exit('webhook validation failed')\n"
        "else:\n"
        "    source = argv[argv.index('--parameters') + 1].removeprefix('@')\n"
        f"    shutil.copy2(source, {str(tmp_path / 'parameters')!r})\n",
    )
    deploy.subscribe(AZD, pause=0)
    seen = calls()
    assert [call[1] for call in seen] == ["functionapp"] * 3 + ["deployment"] * 2
    assert not any(KEY in argument for call in seen for argument in call)
    file = tmp_path / "parameters"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    given = {
        name: item["value"] for name, item in json.loads(file.read_text())["parameters"].items()
    }
    assert given["webhookKey"] == KEY
    assert given["hostname"] == "func-x.example.net"
    source = Path(seen[-1][seen[-1].index("--parameters") + 1].removeprefix("@"))
    assert not source.exists(), "the file with the key outlived its use"
    template = Path(seen[-1][seen[-1].index("--template-file") + 1])
    asked = {line.split()[1] for line in template.read_text().splitlines() if line[:6] == "param "}
    assert given.keys() == asked


def test_container_apps_keep_their_keys_elsewhere(tools: Path, calls: Calls) -> None:
    stand_in(tools, "az", f"print({KEY!r})")
    deploy.subscribe(AZD | {"APP_HOSTING": "containerApps"}, pause=0)
    assert calls()[0][1:5] == ["containerapp", "function", "keys", "show"]


def test_no_key_says_what_to_look_at(tools: Path) -> None:
    stand_in(tools, "az", "pass")
    with pytest.raises(deploy.DeployError, match="has not loaded on_blob_uploaded"):
        deploy.subscribe(AZD, pause=0)


def test_the_database_is_migrated_as_who_deploys(
    tools: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment = tmp_path / "environment"
    monkeypatch.setattr(deploy, "ENVIRONMENT", environment)
    (environment / "bin").mkdir(parents=True)
    stand_in(tools, "uv", "pass")
    stand_in(
        environment / "bin",
        "python",
        "open(os.environ['STAND_IN_LOG'], 'a').write(json.dumps("
        "[os.environ['DATABASE_URL'], os.environ['DATABASE_AUTH']]) + '\\n')",
    )
    deploy.migrate(AZD)
    seen = calls()
    address = "postgresql://me%23EXT%23%40example.org@psql-x.example.net:5432/avatars"
    assert [call[0] for call in seen[:2]] == ["uv", "uv"]
    role = ["id-x", "22222222-2222-2222-2222-222222222222"]
    assert seen[2][1:] == ["-m", "migrations.rollout", *role]
    assert seen[3] == [address, "entra"]


def test_a_failed_migration_stops_the_deployment(
    tools: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment = tmp_path / "environment"
    monkeypatch.setattr(deploy, "ENVIRONMENT", environment)
    (environment / "bin").mkdir(parents=True)
    stand_in(tools, "uv", "pass")
    stand_in(environment / "bin", "python", "sys.exit(1)")
    with pytest.raises(deploy.DeployError, match=r"migrations\.rollout.* failed"):
        deploy.migrate(AZD)


@pytest.mark.parametrize("missing", ["DATABASE_HOST", "APP_HOSTNAME"])
def test_what_is_not_provisioned_is_named(tools: Path, missing: str) -> None:
    stand_in(tools, "az", f"print({KEY!r})")
    step = deploy.migrate if missing == "DATABASE_HOST" else deploy.subscribe
    with pytest.raises(deploy.DeployError, match=f"{missing} is not set: `azd provision`"):
        step({name: value for name, value in AZD.items() if name != missing})


@pytest.mark.usefixtures("tools")
def test_a_missing_tool_is_named() -> None:
    with pytest.raises(deploy.DeployError, match="az is not installed"):
        deploy.subscribe(AZD, pause=0)
