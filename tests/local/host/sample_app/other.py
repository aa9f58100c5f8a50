"""A blueprint beside the app's own functions."""

import json
import os
from pathlib import Path

import azure.functions as func

bp = func.Blueprint()  # type: ignore[no-untyped-call]


@bp.route("{*path}", methods=["GET"])
def zz_everything_else(req: func.HttpRequest) -> func.HttpResponse:
    """The last in the order of names, so that it answers what no other does."""
    return func.HttpResponse(f"else:{req.route_params.get('path', '')}", status_code=404)


@bp.blob_trigger(
    arg_name="stream", path="any/{name}", connection="", source=func.BlobSource.EVENT_GRID
)
def on_stream(stream: func.InputStream) -> None:
    """The blob's content through the host, as the older kind of binding has it."""
    facts = {
        "function": "on_stream",
        "name": stream.name,
        "length": stream.length,
        "uri": stream.uri,
        "metadata": getattr(stream, "metadata", None),
        "text": stream.read().decode(),
    }
    with Path(os.environ["RECORD"]).open("a") as file:
        file.write(json.dumps(facts) + "\n")
