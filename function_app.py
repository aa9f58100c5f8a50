"""The Azure Functions app: registers the blueprints, nothing else."""

import azure.functions as func

from avatar_api import blueprint as avatar_api
from health import blueprint as health
from job_api import blueprint as job_api
from maintenance import blueprint as maintenance
from on_blob_uploaded import blueprint as on_blob_uploaded
from on_poisoned_blob import blueprint as on_poisoned_blob
from pages_http import blueprint as pages_http
from parameter_set_api import blueprint as parameter_set_api
from report_api import blueprint as report_api
from shared.api.access import auth_level
from shared.platform import telemetry
from upload_http import blueprint as upload_http

telemetry.start()
app = func.FunctionApp(http_auth_level=auth_level())
for blueprint in (
    upload_http,
    on_blob_uploaded,
    on_poisoned_blob,
    maintenance,
    job_api,
    parameter_set_api,
    report_api,
    avatar_api,
    health,
    pages_http,
):
    app.register_functions(blueprint)
