"""Builds: an avatar's clips of one name, judged together."""

import httpx

from avatar_validation.errors import Refused
from avatar_validation.results import Exit
from avatar_validation.service import Json, Service, part
from avatar_validation.words import tally

MOST_CLIPS = 1000  # of a build that are looked at

_COUNTED = {
    "pass": "pass",
    "fail": "fail",
    "inconclusive": "inconclusive",
    "not_judged": "only measured",
    "not_measured": "not measured",
    "in_progress": "not at the end",
}
_EXITS = {"pass": Exit.PASS, "fail": Exit.FAIL, "inconclusive": Exit.INCONCLUSIVE}


def path(avatar: str, build: str | None = None) -> str:
    """Of an avatar's builds, or of one of them."""
    every = f"/api/avatars/{part(avatar)}/builds"
    return every if build is None else f"{every}/{part(build)}"


def found(service: Service, avatar: str, build: str) -> Json | None:
    """The build with its verdict; None where nothing of it became a job."""
    try:
        whole = service.get_json(path(avatar, build), params={"limit": 1})
    except Refused as refused:
        if refused.status != httpx.codes.NOT_FOUND:
            raise
        return None
    return {name: value for name, value in whole.items() if name not in ("items", "next")}


def clips(service: Service, avatar: str, build: str) -> list[Json]:
    """Of each file name the newest, by name."""
    return service.items(path(avatar, build), MOST_CLIPS)


def total(build: Json) -> str:
    """As "7 pass, 2 fail, 1 inconclusive"."""
    return tally(build["counts"], _COUNTED)


def exits(build: Json) -> list[Exit]:
    """What its verdict, and clips that could not be measured, end a command with."""
    found = [_EXITS[build["verdict"]]] if build["verdict"] else []
    return [*found, Exit.ERROR] if build["counts"]["not_measured"] else found
