"""The handlers of `/api/avatars/{name}/builds` and `/api/avatars/{name}/compare`."""

from typing import Final

import azure.functions as func
from pydantic import TypeAdapter

from shared.analysis.comparison import Comparison
from shared.api.avatars import avatar_of, named, unknown
from shared.api.build_bodies import (
    BuildDetail,
    BuildSummary,
    CompareQuery,
    build_detail,
    build_summary,
    clip_view,
)
from shared.api.http import json_response, parse_query
from shared.api.operation import JSON, QUERY, SETS, Answer, Link, Operation, json_answer
from shared.api.paging import Page, PageQuery, Text, part, position
from shared.app import App
from shared.platform import api_addresses
from shared.platform.errors import Code, Problem
from shared.reports import avatars, build_comparison, builds, clips
from shared.reports.build_comparison import BuildComparison
from shared.reports.builds import Place
from shared.reports.clips import BuildKey, ClipPlace

_PLACE: Final = TypeAdapter(Place)
_CLIP: Final = TypeAdapter(tuple[bool, Text])


def list_builds(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """Newest first."""
    avatar, wanted = avatar_of(req), parse_query(PageQuery, req)
    before = position(wanted, _PLACE)
    with app.database.begin() as session:
        if not avatars.exists(session, avatar):
            unknown()
        found = builds.page(session, avatar, before, wanted.limit + 1)
    items, following = part(found, wanted, api_addresses.builds(avatar), lambda build: build.place)
    views = [build_summary(build) for build in items]
    return json_response(Page[BuildSummary](items=views, next=following))


def show(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """A build; its clips in parts, in the order of their file names."""
    key, wanted = BuildKey(avatar_of(req), named(req, "build")), parse_query(PageQuery, req)
    after = position(wanted, _CLIP)
    with app.database.begin() as session:
        build = builds.one(session, key)
        if build is None:
            raise Problem(Code.BUILD_NOT_FOUND, "The avatar has no build of this name.")
        place = ClipPlace(*after) if after else None
        found = clips.page(session, [key], wanted.limit + 1, after=place)
    items, following = part(found, wanted, api_addresses.build(*key), lambda clip: clip.place)
    return json_response(build_detail(build, [clip_view(clip) for clip in items], following))


def compare(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """Two builds, or two measurements."""
    avatar, wanted = avatar_of(req), parse_query(CompareQuery, req)
    options = build_comparison.ComparisonOptions(
        wanted.parameter_set, wanted.seed, wanted.allow_engine_mismatch
    )
    found: Comparison | BuildComparison
    with app.database.begin() as session:
        if not avatars.exists(session, avatar):
            unknown()
        where = (session, app.storage, avatar)
        if wanted.measurements is not None:
            found = build_comparison.compare_measurements(*where, wanted.measurements, options)
        else:
            file = wanted.file
            found = build_comparison.compare_builds(*where, wanted.builds, options, file=file)
    return json_response(found)


_OF_BUILD: Final = ("get_build",)

OPERATIONS: Final = (
    Operation(
        "get",
        "/api/avatars/{name}/builds",
        "list_builds",
        list_builds,
        "avatars",
        "Builds of an avatar, newest first, each judged by its clips",
        {200: json_answer(Page[BuildSummary], link=Link(_OF_BUILD, "build", "/items/0/build"))},
        (Code.AVATAR_NOT_FOUND, *QUERY),
        query=PageQuery,
    ),
    Operation(
        "get",
        "/api/avatars/{name}/builds/{build}",
        "get_build",
        show,
        "avatars",
        "A build and its clips",
        {200: json_answer(BuildDetail)},
        (Code.AVATAR_NOT_FOUND, Code.BUILD_NOT_FOUND, *QUERY),
        query=PageQuery,
    ),
    Operation(
        "get",
        "/api/avatars/{name}/compare",
        "compare_builds",
        compare,
        "avatars",
        "Two builds side by side, clip by clip; or two measurements",
        {200: Answer("Of builds, or of measurements.", {JSON: [BuildComparison, Comparison]})},
        (
            Code.AVATAR_NOT_FOUND,
            Code.UNKNOWN_BUILD,
            Code.UNKNOWN_REPORT,
            Code.FRAMES_GONE,
            Code.TYPE_MISMATCH,
            *SETS,
            *QUERY,
        ),
        query=CompareQuery,
    ),
)
