"""`avatar-validation builds`: the builds of an avatar, newest first."""

from argparse import ArgumentParser, Namespace

from avatar_validation import builds
from avatar_validation.arguments import Commands, add_command, add_json, add_limit
from avatar_validation.results import Exit
from avatar_validation.service import Json
from avatar_validation.tool import Tool
from avatar_validation.words import minute


def add(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(
        commands,
        "builds",
        common,
        "list an avatar's builds and their verdicts, newest first",
        "A build's verdict is the worst of its clips'; of each file name the newest clip counts.",
    )
    parser.add_argument("avatar", metavar="AVATAR")
    add_limit(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace, tool: Tool) -> Exit:
    items = tool.service.items(builds.path(options.avatar), options.limit)
    if options.json:
        tool.json({"items": items})
    else:
        tool.table(["build", "verdict", "clips", "", "last"], [_row(item) for item in items])
        tool.line(tool.service.page("avatars", options.avatar))
    return Exit.PASS


def _row(build: Json) -> list[str]:
    verdict = build["verdict"] or "none"
    return [
        build["build"],
        verdict,
        str(build["clips"]),
        builds.total(build),
        minute(build["last"]),
    ]
