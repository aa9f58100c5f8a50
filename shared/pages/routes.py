"""Every address of the pages: method, route, the function's name, and who answers.

`pages_http` registers this table. The host takes the first fitting route in the order of the
functions' names, so a name here is not free to change.

Where a page says what the API says (a file to save, a set to store), the API's own handler answers.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import azure.functions as func

from shared.api import jobs, parameter_sets, reports
from shared.api.http import Handler
from shared.app import App
from shared.pages import (
    avatar_page,
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


class Route(NamedTuple):
    method: str
    route: str
    name: str  # of the function
    handler: Handler


def _either(is_file: Callable[[func.HttpRequest], bool], file: Handler, page: Handler) -> Handler:
    """One address for a page and for the file that the API makes of it."""

    def handler(req: func.HttpRequest, app: App) -> func.HttpResponse:
        return (file if is_file(req) else page)(req, app)

    return handler


ROUTES: Final = (
    Route("GET", "/", "page_jobs", jobs_page.jobs_page),
    Route("GET", "live/jobs", "page_jobs_live", jobs_page.live_jobs),
    Route("POST", "upload", "page_upload", uploading.upload),
    Route("POST", "upload-url", "page_upload_url", uploading.upload_url),
    Route("POST", "sample", "page_sample", uploading.sample),
    Route("GET", "jobs/{id}", "page_job", job_page.job_page),
    Route("GET", "jobs/{id}/live", "page_job_live", job_page.live_job),
    Route("POST", "jobs/{id}/retry", "page_job_retry", job_page.retry),
    Route("POST", "jobs/{id}/delete", "page_job_delete", job_page.delete),
    Route("GET", "jobs/{id}/media", "page_job_media", media.show),
    Route("GET", "jobs/{id}/thumbnail", "page_job_thumbnail", thumbnail.thumbnail),
    Route("GET", "jobs/{id}/openface.csv", "page_job_csv", jobs.openface_csv),
    Route("POST", "reports", "page_report_make", reports.make),
    Route(
        *("GET", "reports/{id}", "page_report"),
        _either(report_page.wants_file, reports.show, report_page.report_page),
    ),
    Route("GET", "reports/{id}/timelines", "page_report_timelines", report_page.timelines_part),
    Route("GET", "reports/{id}/boxes", "page_report_boxes", report_page.boxes_part),
    Route("GET", "avatars", "page_avatars", avatars_page.avatars_page),
    Route("GET", "avatars/{*name}", "page_avatars_one", avatar_page.avatar_page),
    Route("GET", "parameter-sets", "page_sets", sets_page.sets_page),
    Route("POST", "parameter-sets", "page_set_create", parameter_sets.create),
    Route(
        *("GET", "parameter-sets/{name}", "page_set"),
        _either(sets_page.wants_file, parameter_sets.show, sets_page.set_page),
    ),
    Route("PUT", "parameter-sets/{name}", "page_set_replace", parameter_sets.replace),
    Route("DELETE", "parameter-sets/{name}", "page_set_remove", parameter_sets.remove),
    Route("GET", "parameter-sets/{name}/edit", "page_set_edit", set_editor.edit_page),
    Route("GET", "new-parameter-set", "page_set_new", set_editor.new_page),
    Route("POST", "parameter-set-check", "page_set_check", set_editor.check),
    Route("POST", "parameter-set-preview", "page_set_preview", set_editor.preview),
    Route("GET", "static/{*path}", "page_static", static_files.serve),
    # the last by its name; it leaves alone what is the host's (/admin, /runtime) and the API's
    Route("GET", "{*path:regex(^(?!admin|api|runtime).+$)}", "zz_unknown_page", unknown.unknown),
)
