"""Parameter sets over HTTP: what is expected of a face; and the measures there are."""

import azure.functions as func

from shared.api import parameter_sets
from shared.api.http import respond

blueprint = func.Blueprint()


@blueprint.route(route="api/measures", methods=["GET"])
def list_measures(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, parameter_sets.list_measures)


@blueprint.route(route="api/parameter-sets", methods=["GET"])
def list_parameter_sets(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, parameter_sets.list_sets)


@blueprint.route(route="api/parameter-sets", methods=["POST"])
def create_parameter_set(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, parameter_sets.create)


@blueprint.route(route="api/parameter-sets/{name}", methods=["GET"])
def get_parameter_set(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, parameter_sets.show)


@blueprint.route(route="api/parameter-sets/{name}", methods=["PUT"])
def replace_parameter_set(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, parameter_sets.replace)


@blueprint.route(route="api/parameter-sets/{name}", methods=["DELETE"])
def delete_parameter_set(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, parameter_sets.remove)


@blueprint.route(route="api/parameter-sets/{name}/versions", methods=["GET"])
def list_parameter_set_versions(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, parameter_sets.list_versions)
