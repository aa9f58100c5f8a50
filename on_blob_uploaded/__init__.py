"""The blob trigger: one Event Grid subscription serves every container.

The path names no real container: with `source=EVENT_GRID` the host does not hold the event's
container against it, and the bound client says which blob it is.
"""

import azure.functions as func
from azurefunctions.extensions.bindings.blob import BlobClient

from shared.app import app
from shared.pipeline import events
from shared.platform.settings import STORAGE

blueprint = func.Blueprint()


@blueprint.blob_trigger(
    arg_name="client",
    path="jobs/{name}",
    connection=STORAGE,
    source=func.BlobSource.EVENT_GRID,
)
def on_blob_uploaded(client: BlobClient) -> None:
    events.blob_uploaded(app(), client.container_name, client.blob_name)
