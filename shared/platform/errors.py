"""Errors carry their status and a stable code; `shared.api.http` turns them into a response.

The same codes stand on a failed job. A `detail` is a sentence that says what to do and holds
nothing that the caller may not see.
"""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """The stable words of the API. Their HTTP status and title are in `STATUS` below."""

    BAD_REQUEST = "bad_request"
    INVALID_FIELD = "invalid_field"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FILE = "missing_file"
    TOO_MANY_FILES = "too_many_files"
    EMPTY_FILE = "empty_file"
    NOT_SIGNED_IN = "not_signed_in"
    PAGES_CLOSED = "pages_closed"
    FOREIGN_ORIGIN = "foreign_origin"
    NOT_FOUND = "not_found"
    JOB_NOT_FOUND = "job_not_found"
    PARAMETER_SET_NOT_FOUND = "parameter_set_not_found"
    REPORT_NOT_FOUND = "report_not_found"
    AVATAR_NOT_FOUND = "avatar_not_found"
    BUILD_NOT_FOUND = "build_not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    STATE_CONFLICT = "state_conflict"
    MEDIA_CHANGED = "media_changed"
    NAME_TAKEN = "name_taken"
    AMBIGUOUS_REPORT = "ambiguous_report"
    FRAMES_GONE = "frames_gone"
    PRECONDITION_FAILED = "precondition_failed"
    PRECONDITION_REQUIRED = "precondition_required"
    LENGTH_REQUIRED = "length_required"
    FILE_TOO_LARGE = "file_too_large"
    UNSUPPORTED_MEDIA = "unsupported_media"
    UNDECODABLE_MEDIA = "undecodable_media"
    ANIMATED_IMAGE = "animated_image"
    IMAGE_TOO_LARGE = "image_too_large"
    VIDEO_TOO_LONG = "video_too_long"
    NO_VIDEO_STREAM = "no_video_stream"
    TYPE_MISMATCH = "type_mismatch"
    NO_FACE_FOUND = "no_face_found"
    INVALID_CSV = "invalid_csv"
    UNKNOWN_ENGINE = "unknown_engine"
    ENGINE_UNAVAILABLE = "engine_unavailable"
    ENGINE_FAILED = "engine_failed"
    UNKNOWN_PARAMETER_SET = "unknown_parameter_set"
    UNKNOWN_REPORT = "unknown_report"
    UNKNOWN_BUILD = "unknown_build"
    ENGINE_MISMATCH = "engine_mismatch"
    NOTHING_TO_LEARN = "nothing_to_learn"
    UPLOAD_INCOMPLETE = "upload_incomplete"
    MEDIA_MISSING = "media_missing"
    TOO_MANY_UPLOADS = "too_many_uploads"
    TOO_MANY_OPEN_JOBS = "too_many_open_jobs"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    SERVICE_UNAVAILABLE = "service_unavailable"
    INTERNAL = "internal_error"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field of a request that is not as it must be."""

    field: str
    detail: str


class Problem(Exception):
    """A refusal with a status: what RFC 9457 calls a problem."""

    def __init__(
        self,
        code: Code,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}

    @property
    def status(self) -> int:
        return STATUS[self.code][0]

    @property
    def title(self) -> str:
        return STATUS[self.code][1]

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.code, self.detail, self.errors, self.headers))


def _rebuild(
    kind: type[Problem],
    code: Code,
    detail: str,
    errors: tuple[FieldError, ...],
    headers: dict[str, str],
) -> Problem:
    return kind(code, detail, errors=errors, headers=headers)


class MediaError(Problem):
    """The media's own fault: no retry will change it. Fails the job at once."""


class UpgradingError(Exception):
    """A service cannot be used until an upgrade is over; then the same call succeeds."""


class EngineError(Problem):
    """The engine's fault (crash, hang, garbage): the attempt is lost, the next may succeed."""


class CrashError(EngineError):
    """A process that reads the media ended by a fault in it, as damaged files cause."""


STATUS: dict[Code, tuple[int, str]] = {
    Code.BAD_REQUEST: (400, "The request is malformed"),
    Code.INVALID_FIELD: (400, "A field is not as it must be"),
    Code.UNKNOWN_FIELD: (400, "The request has a field that is not known"),
    Code.MISSING_FILE: (400, "The request has no file"),
    Code.TOO_MANY_FILES: (400, "The request has more than one file"),
    Code.EMPTY_FILE: (400, "The file is empty"),
    Code.NOT_SIGNED_IN: (401, "The caller has not signed in"),
    Code.PAGES_CLOSED: (403, "The pages are closed"),
    Code.FOREIGN_ORIGIN: (403, "The request comes from another site"),
    Code.NOT_FOUND: (404, "There is nothing at this address"),
    Code.JOB_NOT_FOUND: (404, "There is no such job"),
    Code.PARAMETER_SET_NOT_FOUND: (404, "There is no such parameter set"),
    Code.REPORT_NOT_FOUND: (404, "There is no such report"),
    Code.AVATAR_NOT_FOUND: (404, "There is no such avatar"),
    Code.BUILD_NOT_FOUND: (404, "The avatar has no such build"),
    Code.METHOD_NOT_ALLOWED: (405, "The address does not take this method"),
    Code.IDEMPOTENCY_CONFLICT: (409, "The idempotency key was used for another request"),
    Code.STATE_CONFLICT: (409, "The job's state does not allow this"),
    Code.MEDIA_CHANGED: (409, "The media was changed since it was measured"),
    Code.NAME_TAKEN: (409, "A parameter set of this name is there already"),
    Code.AMBIGUOUS_REPORT: (409, "The address fits several reports"),
    Code.FRAMES_GONE: (410, "The frames of the measurement are gone"),
    Code.LENGTH_REQUIRED: (411, "The request has no length"),
    Code.PRECONDITION_FAILED: (412, "It was changed meanwhile"),
    Code.FILE_TOO_LARGE: (413, "The file is too large"),
    Code.UNSUPPORTED_MEDIA: (415, "The file is not of a supported kind"),
    Code.UNDECODABLE_MEDIA: (422, "The file cannot be decoded"),
    Code.ANIMATED_IMAGE: (422, "The image is animated"),
    Code.IMAGE_TOO_LARGE: (422, "The picture has too many pixels"),
    Code.VIDEO_TOO_LONG: (422, "The video is too long"),
    Code.NO_VIDEO_STREAM: (422, "The file has no video in it"),
    Code.TYPE_MISMATCH: (422, "The type does not fit the media"),
    Code.NO_FACE_FOUND: (422, "No face could be measured"),
    Code.INVALID_CSV: (422, "The CSV cannot be used"),
    Code.UNKNOWN_ENGINE: (422, "There is no such engine"),
    Code.ENGINE_UNAVAILABLE: (422, "The engine is not available here"),
    Code.UNKNOWN_REPORT: (422, "There is no such measurement"),
    Code.UNKNOWN_BUILD: (422, "The avatar has no such build"),
    Code.ENGINE_FAILED: (500, "The engine failed"),
    Code.UNKNOWN_PARAMETER_SET: (422, "There is no such parameter set"),
    Code.ENGINE_MISMATCH: (422, "The numbers come from different engines"),
    Code.NOTHING_TO_LEARN: (422, "There is nothing to learn a parameter set from"),
    Code.UPLOAD_INCOMPLETE: (422, "The upload was never finished"),
    Code.MEDIA_MISSING: (422, "The job's media is gone"),
    Code.PRECONDITION_REQUIRED: (428, "The request does not say what it changes"),
    Code.TOO_MANY_UPLOADS: (429, "Too many uploads in one minute"),
    Code.TOO_MANY_OPEN_JOBS: (429, "Too many jobs are open"),
    Code.ATTEMPTS_EXHAUSTED: (500, "The job failed in every attempt"),
    Code.SERVICE_UNAVAILABLE: (503, "A service that this one needs is away"),
    Code.INTERNAL: (500, "Something went wrong on our side"),
}
