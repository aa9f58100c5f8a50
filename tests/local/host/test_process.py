"""The process: how it starts, refuses and stops."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from local.paths import ROOT
from tests.local.host.conftest import NewHost
from tests.local.host.process import SAMPLE_APP, HostProcess, wait_for

HEAD = "import azure.functions as func\napp = func.FunctionApp()\n"


def _refusal(app: Path, *arguments: str) -> str:
    """What a host says that does not start."""
    result = subprocess.run(
        [sys.executable, "-m", "local.host", "--app", str(app), *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 1, result.stdout
    return result.stderr


def _app(folder: Path, code: str) -> Path:
    (folder / "host.json").write_text(json.dumps({"version": "2.0"}))
    (folder / "function_app.py").write_text(code)
    return folder


def test_the_functions_are_listed_with_their_addresses(host: HostProcess) -> None:
    log = host.log.read_text()
    assert f"\techo: [ALL] {host.url}/echo/{{id:regex(^[0-9]+$)}}/{{*rest}}\n" in log
    assert f"\tlater: [GET,HEAD] {host.url}/later\n" in log
    assert "\ton_blob: blobTrigger\n" in log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_requests_end_and_exits_0(new_host: NewHost, number: signal.Signals) -> None:
    host = new_host()
    host.start()
    answers: list[str] = []
    request = threading.Thread(
        target=lambda: answers.append(host.client.get("/hang?seconds=1.5").text)
    )
    request.start()
    wait_for(lambda: "Executing 'Functions.hang'" in host.log.read_text(), "the request runs")
    assert host.stop(number) == 0
    request.join()
    assert answers == ["woke"]


def test_messages_of_functions_that_do_not_end_go_back(new_host: NewHost) -> None:
    host = new_host()
    host.start("--drain", "1")
    host.client.post("/send", content=b"hang 100").raise_for_status()
    wait_for(lambda: host.calls("work"), "the call")
    assert host.stop() == 0
    assert not host.calls("work", ended=True)
    (message,) = host.queue(host.work_queue).peek_messages()  # visible again, not leased
    assert message.content == "hang 100"


def test_what_is_left_in_the_queue_is_taken_at_the_start(new_host: NewHost) -> None:
    host = new_host()
    queue = host.queue(host.work_queue)
    queue.create_queue()
    queue.send_message("left over")
    host.start()
    wait_for(lambda: host.calls("work", text="left over"), "the call")


def test_an_error_in_the_app_is_shown_where_it_is(tmp_path: Path) -> None:
    error = _refusal(_app(tmp_path, f"{HEAD}\n1 / 0\n"))
    assert 'function_app.py", line 4' in error
    assert "ZeroDivisionError" in error


def test_an_app_that_is_not_there(tmp_path: Path) -> None:
    assert "There is no host.json in" in _refusal(tmp_path)
    assert "There is no folder" in _refusal(tmp_path / "nothing")
    (tmp_path / "host.json").write_text(json.dumps({"version": "2.0"}))
    assert "There is no function_app.py in" in _refusal(tmp_path)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            '@app.blob_trigger("b", path="c/{n}", connection="X")\ndef f(b): ...\n',
            "polls its container",
        ),
        (
            '@app.event_grid_trigger("e")\ndef f(e): ...\n',
            "binding of type 'eventGridTrigger'",
        ),
        ('@app.route("x")\ndef f(request): ...\n', "its decorators bind"),
        ('@app.route("x/{y:int}")\ndef f(req): ...\n', "a part that the local host does not know"),
        ('@app.timer_trigger("t", schedule="often")\ndef f(t): ...\n', "'often' cannot be read"),
    ],
)
def test_what_the_host_cannot_serve_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, message: str
) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "AccountName=a;AccountKey=k;BlobEndpoint=http://x/a")
    assert message in _refusal(_app(tmp_path, HEAD + code))


def test_a_trigger_without_storage_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AzureWebJobsStorage", raising=False)
    code = f'{HEAD}@app.timer_trigger("t", schedule="0 0 0 * * *")\ndef f(t): ...\n'
    assert "The app setting 'AzureWebJobsStorage' is missing" in _refusal(_app(tmp_path, code))


def test_a_port_in_use_is_said(host: HostProcess, tmp_path: Path) -> None:
    app = _app(tmp_path, f'{HEAD}@app.route("x")\ndef f(req): ...\n')
    port = host.url.rpartition(":")[2]
    assert f"Port {port} on 127.0.0.1 cannot be used" in _refusal(app, "--port", port)


def test_a_function_can_be_disabled(new_host: NewHost) -> None:
    host = new_host(**{"AzureWebJobs.tick.Disabled": "true"})
    host.start(app=SAMPLE_APP)
    assert "\ttick:" not in host.log.read_text()


def test_the_app_is_imported_once(host: HostProcess) -> None:
    assert host.log.read_text().count("the app is imported") == 1
