"""The Azure Functions app: registers the blueprints, nothing else."""

import azure.functions as func

from api_http import blueprint as api_http
from maintenance import blueprint as maintenance
from on_blob_uploaded import blueprint as on_blob_uploaded
from pages_http import blueprint as pages_http
from shared.api.access import auth_level
from shared.platform import telemetry
from upload_http import blueprint as upload_http

telemetry.start()
app = func.FunctionApp(http_auth_level=auth_level())
for blueprint in (upload_http, on_blob_uploaded, maintenance, api_http, pages_http):
    app.register_functions(blueprint)
