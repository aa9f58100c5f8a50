"""The web pages, and what their scripts ask for.

Anonymous for the host, because a page can keep no key: `shared.pages.guard` says who is let in.
"""

import azure.functions as func

from shared.api import jobs, parameter_sets, reports
from shared.pages import (
    avatars_page,
    job_page,
    jobs_page,
    media,
    report_page,
    set_editor,
    sets_page,
    static_files,
    thumbnail,
    unknown,
    uploading,
)
from shared.pages.responses import respond

blueprint = func.Blueprint()

ANYONE = func.AuthLevel.ANONYMOUS


@blueprint.route(route="/", methods=["GET"], auth_level=ANYONE)
def page_jobs(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, jobs_page.jobs_page)


@blueprint.route(route="live/jobs", methods=["GET"], auth_level=ANYONE)
def page_jobs_live(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, jobs_page.live_jobs)


@blueprint.route(route="upload", methods=["POST"], auth_level=ANYONE)
def page_upload(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, uploading.upload)


@blueprint.route(route="upload-url", methods=["POST"], auth_level=ANYONE)
def page_upload_url(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, uploading.upload_url)


@blueprint.route(route="sample", methods=["POST"], auth_level=ANYONE)
def page_sample(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, uploading.sample)


@blueprint.route(route="jobs/{id}", methods=["GET"], auth_level=ANYONE)
def page_job(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, job_page.job_page)


@blueprint.route(route="jobs/{id}/live", methods=["GET"], auth_level=ANYONE)
def page_job_live(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, job_page.live_job)


@blueprint.route(route="jobs/{id}/retry", methods=["POST"], auth_level=ANYONE)
def page_job_retry(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, job_page.retry)


@blueprint.route(route="jobs/{id}/delete", methods=["POST"], auth_level=ANYONE)
def page_job_delete(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, job_page.delete)


@blueprint.route(route="jobs/{id}/media", methods=["GET"], auth_level=ANYONE)
def page_job_media(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, media.show)


@blueprint.route(route="jobs/{id}/thumbnail", methods=["GET"], auth_level=ANYONE)
def page_job_thumbnail(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, thumbnail.thumbnail)


@blueprint.route(route="jobs/{id}/openface.csv", methods=["GET"], auth_level=ANYONE)
def page_job_csv(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, jobs.openface_csv)


@blueprint.route(route="reports", methods=["POST"], auth_level=ANYONE)
def page_report_make(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, reports.make)


@blueprint.route(route="reports/{id}", methods=["GET"], auth_level=ANYONE)
def page_report(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, report_page.report_page)


@blueprint.route(route="reports/{id}/timelines", methods=["GET"], auth_level=ANYONE)
def page_report_timelines(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, report_page.timelines_part)


@blueprint.route(route="reports/{id}/boxes", methods=["GET"], auth_level=ANYONE)
def page_report_boxes(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, report_page.boxes_part)


@blueprint.route(route="avatars", methods=["GET"], auth_level=ANYONE)
def page_avatars(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, avatars_page.avatars_page)


@blueprint.route(route="avatars/{*name}", methods=["GET"], auth_level=ANYONE)
def page_avatars_one(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, avatars_page.avatar_page)


@blueprint.route(route="parameter-sets", methods=["GET"], auth_level=ANYONE)
def page_sets(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, sets_page.sets_page)


@blueprint.route(route="parameter-sets", methods=["POST"], auth_level=ANYONE)
def page_set_create(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, parameter_sets.create)


@blueprint.route(route="parameter-sets/{name}", methods=["GET"], auth_level=ANYONE)
def page_set(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, sets_page.set_page)


@blueprint.route(route="parameter-sets/{name}", methods=["PUT"], auth_level=ANYONE)
def page_set_replace(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, parameter_sets.replace)


@blueprint.route(route="parameter-sets/{name}", methods=["DELETE"], auth_level=ANYONE)
def page_set_remove(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, parameter_sets.remove)


@blueprint.route(route="parameter-sets/{name}/edit", methods=["GET"], auth_level=ANYONE)
def page_set_edit(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, set_editor.edit_page)


@blueprint.route(route="new-parameter-set", methods=["GET"], auth_level=ANYONE)
def page_set_new(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, set_editor.new_page)


@blueprint.route(route="parameter-set-check", methods=["POST"], auth_level=ANYONE)
def page_set_check(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, set_editor.check)


@blueprint.route(route="parameter-set-preview", methods=["POST"], auth_level=ANYONE)
def page_set_preview(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, set_editor.preview)


@blueprint.route(route="static/{*path}", methods=["GET"], auth_level=ANYONE)
def page_static(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, static_files.serve)


# The host takes the first fitting route in the order of the functions' names: this one is the last.
# It leaves alone what is the host's (/admin, /runtime) and the API's.
@blueprint.route(
    route="{*path:regex(^(?!admin|api|runtime).+$)}", methods=["GET"], auth_level=ANYONE
)
def zz_unknown_page(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, unknown.unknown)
