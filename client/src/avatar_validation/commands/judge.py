"""`avatar-validation judge`: a build held to sets, without measuring it again."""

from argparse import ArgumentParser, Namespace

from avatar_validation import builds, outputs, reports
from avatar_validation.arguments import Commands, add_command, add_files, add_json, check_files
from avatar_validation.errors import ClientError
from avatar_validation.results import Exit, Result
from avatar_validation.service import Json, set_path
from avatar_validation.tool import Tool


def add(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(
        commands,
        "judge",
        common,
        "hold a build that was measured to parameter sets",
        "Each of its clips is held to the present version of the sets; nothing is measured again. "
        "Exits as `submit` does.",
    )
    parser.add_argument("build", metavar="BUILD")
    parser.add_argument("--avatar", required=True, help="whose build it is")
    parser.add_argument(
        "--set",
        action="append",
        required=True,
        metavar="NAME",
        dest="sets",
        help="a parameter set; may be given several times",
    )
    add_files(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace, tool: Tool) -> Exit:
    check_files(options)
    for name in options.sets:
        tool.service.get(set_path(name))  # refused here and once, where there is none
    clips = builds.clips(tool.service, options.avatar, options.build)
    results = [_result(tool, clip) for clip in clips if clip["job"] is not None]
    if not results:
        raise ClientError(f"The build {options.build!r} was measured by another program only.")
    reports.fetch(tool.service, results, options.sets)
    build = builds.found(tool.service, options.avatar, options.build)
    return outputs.deliver(options, results, tool, Exit.INCONCLUSIVE, build)


def _result(tool: Tool, clip: Json) -> Result:
    result = Result(str(clip["filename"]))
    result.update(tool.service.job(clip["job"]))
    result.known = clip["state"] == "done"
    return result
