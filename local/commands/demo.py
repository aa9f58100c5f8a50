"""`dev.py demo`: POST files to the service and show what was measured."""

import json
import os
import subprocess
import sys
import uuid
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
from rich.console import Console
from rich.text import Text

from avatar_validation import reports
from avatar_validation.errors import ClientError, Refused
from avatar_validation.following import follow
from avatar_validation.inputs import Input
from avatar_validation.results import Result
from avatar_validation.retrying import Patience
from avatar_validation.service import Json, Service
from avatar_validation.tool import consoles
from avatar_validation.uploads import Fields, Uploader
from local import runfile
from local.bootstrap.console import say, step
from local.commands.starting import start_host, start_services
from local.errors import StackError
from local.functions_host import HostKind
from local.paths import LOGS, ROOT, SAMPLE, SAMPLE_CLIP
from local.ports import wait_until
from local.runfile import Run
from local.terminal import Steps, mark, measurements, show

START_LIMIT = 300.0  # [s] for a service in the background
AWAY_LIMIT = 90.0  # [s] without an answer, after which the service is given up
TIME_LIMIT = 3600.0  # [s] for one job
_TABLES = ("extraction", "data_entry", "frame_measurement")


def run(options: Namespace) -> int:
    files: list[Path] = options.files or [SAMPLE_CLIP, SAMPLE]
    for file in files:
        if not file.is_file():
            raise StackError(f"There is no file {file}.")
    fields = Fields(options.avatar, type=options.type, engine=options.engine)
    out, err = consoles()
    console = err if options.json else out
    with _service(HostKind(options.host), keep=options.keep) as (running, stays):
        os.environ["no_proxy"] = "127.0.0.1"  # a proxy must not be asked for this machine
        patience = Patience(AWAY_LIMIT, partial(show, console))
        try:
            with Service(running.http, None, None, patience) as service:
                results = [measure(file, fields, service, running, console) for file in files]
        except ClientError as error:
            raise StackError(str(error)) from None
        if options.json:
            print(json.dumps({"http": running.http, "results": results}, indent=2))
    _say_where_to_look([_page(result, running) for result in results if result.get("job")], stays)
    return 0 if all(result.get("action_units") for result in results) else 1


def measure(file: Path, fields: Fields, service: Service, running: Run, console: Console) -> Json:
    """One file, from its upload to its table. The result is what `--json` prints of it."""
    failed = mark(console, succeeded=False)
    show(console, f"\n{file.name} -> POST {service.address}/api/upload")
    result = Result(file.name)
    try:
        uploader = Uploader(service, fields, uuid.uuid4().hex)
        result.update(uploader.send(Input(file, file.name), lambda *_: None))
    except Refused as refused:
        words = f" refused: {refused.problem.get('title')}: {refused}"
        show(console, Text.assemble("  ", failed, words))
        return {"file": str(file), "problem": refused.problem}
    show(console, f"  job {result.job_id}")
    with Steps(console) as steps:
        follow(service, [result], steps, TIME_LIMIT)
    if result.error is not None or result.job is None:
        error = result.error or {}
        why = f" failed ({error['code']}): {error['detail']}"
        show(console, Text.assemble("  ", failed, why))
        return {"file": str(file), "job": result.job}
    measured = service.get_json(f"/api/jobs/{result.job_id}/action-units")
    places = _places(result.job, measured, running)
    reports.fetch(service, [result])
    for line in (*_verdicts(result), *measurements(measured, console), *_where(places)):
        show(console, line)
    found = {"job": result.job, "reports": result.reports, "action_units": measured}
    return {"file": str(file), **found, **places}


def _verdicts(result: Result) -> Iterator[str | Text]:
    for report in result.reports:
        yield ""
        for line in reports.lines(report):
            yield Text("  ") + line


def _places(job: Json, result: Json, service: Run) -> Json:
    """Where the rows and the CSV are."""
    return {
        "rows": {
            "database": service.database,
            "report": result["report"],
            "tables": {"action_unit_report": "id", **dict.fromkeys(_TABLES, "report_id")},
        },
        "csv": {
            "container": job["container"],
            "blob": "openface.csv",
            "blob_url": f"{service.blob}/{job['container']}/openface.csv",
            "url": f"{service.http}/api/jobs/{job['id']}/openface.csv",
        },
    }


def _where(places: Json) -> Iterator[str]:
    report, csv = places["rows"]["report"], places["csv"]
    yield ""
    yield f"  rows  action_unit_report with id {report}; {', '.join(_TABLES)}"
    yield f"        with report_id {report}; in {places['rows']['database']}"
    yield f"  CSV   {csv['url']}"
    yield f"        in storage: {csv['blob']} in container {csv['container']}"


def _page(result: Json, service: Run) -> str:
    """Where a browser shows it."""
    job = result["job"]
    path = f"jobs/{job['id']}" if job["report"] is None else f"reports/{job['report']}"
    return f"{service.http}/{path}"


def _say_where_to_look(pages: list[str], stays: bool) -> None:
    if stays:
        say("\nThe service goes on; `python3 dev.py down` stops it.")
    else:
        say("\nThe service is stopped again, and its data stays: `python3 dev.py up` starts it.")
    if pages:
        when = "Open this in a browser" if stays else "Then open this in a browser"
        say("\n  ".join([f"{when}:", *pages]))


@contextmanager
def _service(host: HostKind, *, keep: bool) -> Iterator[tuple[Run, bool]]:
    """The service of this checkout, or one for the time of the demo; and whether it stays."""
    running = runfile.read()
    if running is None and keep:
        running = _start_in_background(host)
    if running is not None:
        _require_host(running)
        yield running, True
        return
    with start_services(host) as stack:
        start_host(stack)
        say(f"  with {stack.host_description}")
        with runfile.written(stack, host=stack.host_kind.value) as run:
            yield run, False


def _start_in_background(host: HostKind) -> Run:
    """`dev.py up` on its own, which goes on when this program has ended."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "up.log"
    command = [sys.executable, str(ROOT / "dev.py"), "up", "--quiet", "--host", host.value]
    with step("the service, in the background"), log.open("wb") as output:
        service = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_until(
                lambda: runfile.read() is not None,
                lambda: service.poll() is None,
                START_LIMIT,
                "The service",
            )
        except StackError as error:
            said = log.read_text(encoding="utf-8").strip()
            raise StackError(f"{error} What it said:\n{said}") from None
        finally:
            if runfile.read() is None:  # it failed, or we were interrupted
                service.terminate()
                service.wait()
    run = runfile.read()
    assert run is not None
    return run


def _require_host(running: Run) -> None:
    try:
        httpx.get(f"{running.http}/admin/host/ping", timeout=30, trust_env=False)
    except httpx.TransportError:
        what = "Start it there" if running.host == "none" else "Look at its log"
        raise StackError(f"No Functions host answers at {running.http}. {what}.") from None
