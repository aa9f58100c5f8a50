"""A small app that shows what a host does: each function writes what it was given to a file.

The file of the environment variable RECORD gets one JSON line per call, which outlives a killed
host.
"""

import asyncio
import json
import logging
import os
import time
from pathlib import Path
from typing import Any

import azure.functions as func
import other  # type: ignore[import-not-found]  # beside this file, which the host puts first
from azurefunctions.extensions.bindings import blob

log = logging.getLogger("sample")
log.info("the app is imported")
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
app.register_functions(other.bp)


def record(**facts: Any) -> None:
    with Path(os.environ["RECORD"]).open("a") as file:
        file.write(json.dumps(facts) + "\n")


@app.route("echo/{id:regex(^[0-9]+$)}/{*rest}")
def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    body = {
        "method": req.method,
        "url": req.url,
        "params": dict(req.params),
        "route": dict(req.route_params),
        "x": req.headers.get("X-Test"),
        "size": len(req.get_body()),
        "invocation": context.invocation_id,
        "local": getattr(context.thread_local_storage, "invocation_id", None),
        "function": context.function_name,
        "trace": context.trace_context.trace_parent,
    }
    return func.HttpResponse(json.dumps(body), mimetype="application/json", status_code=201)


@app.route("fail", methods=["GET"])
def fail(req: func.HttpRequest) -> func.HttpResponse:
    raise ValueError("the app's own fault")


@app.route("hang", methods=["GET"])
def hang(req: func.HttpRequest) -> str:
    time.sleep(float(req.params["seconds"]))
    return "woke"


@app.route("later", methods=["GET", "HEAD"])
async def later(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(0)
    headers = {"X-Answer": "42", "Content-Length": "7"}
    return func.HttpResponse(b"" if req.method == "HEAD" else b"seven!!", headers=headers)


@app.route("cookies", methods=["GET"])
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse(status_code=204)
    response.headers.add("Set-Cookie", "a=1; Path=/")
    response.headers.add("Set-Cookie", "b=2; HttpOnly")
    return response


@app.route("send", methods=["POST"])
@app.queue_output(arg_name="out", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
def send(req: func.HttpRequest, out: func.Out[str]) -> str:
    out.set(req.get_body().decode())
    log.info("said by the app")
    return "sent"


@app.queue_trigger(arg_name="msg", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
def work(msg: func.QueueMessage) -> None:
    text = msg.get_body().decode()
    record(function="work", id=msg.id, text=text, dequeued=msg.dequeue_count)
    if text.startswith("fail"):
        raise ValueError("asked to fail")
    if text.startswith("hang"):
        time.sleep(float(text.split()[1]))
        record(function="work", text=text, ended=True)
    if text.startswith("hold"):
        while not Path(os.environ["RECORD"]).with_suffix(".go").exists():
            time.sleep(0.05)
        record(function="work", text=text, ended=True)


@app.blob_trigger(
    arg_name="client", path="media/{name}", connection="DATA", source=func.BlobSource.EVENT_GRID
)
def on_blob(client: blob.BlobClient, context: func.Context) -> None:
    size = client.get_blob_properties().size
    record(function="on_blob", container=client.container_name, blob=client.blob_name, size=size)
    if client.blob_name.startswith("fail"):
        raise ValueError("asked to fail")
    if client.blob_name.startswith("hang"):
        time.sleep(float(client.blob_name.split("-")[1]))
        record(function="on_blob", blob=client.blob_name, ended=True)


@app.timer_trigger(arg_name="timer", schedule="%EVERY%", run_on_startup=True)
def tick(timer: func.TimerRequest) -> None:
    record(function="tick", past_due=timer.past_due)
