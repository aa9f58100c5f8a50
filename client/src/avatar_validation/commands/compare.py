"""`avatar-validation compare`: two builds of an avatar, or two measurements, side by side."""

from argparse import ArgumentParser, Namespace

from avatar_validation import comparisons
from avatar_validation.arguments import Commands, add_command, add_json, count
from avatar_validation.errors import ClientError
from avatar_validation.results import Exit
from avatar_validation.service import part, query
from avatar_validation.tool import Tool


def add(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(
        commands,
        "compare",
        common,
        "show what has changed from one build of an avatar to another",
        "Clips are paired by their file names. With --set a change may be better or worse. Exits "
        "with 0 whatever has changed.",
    )
    parser.add_argument("avatar", metavar="AVATAR")
    parser.add_argument("--from", dest="before", metavar="BUILD", help="the earlier build")
    parser.add_argument("--to", dest="after", metavar="BUILD", help="the later one")
    parser.add_argument(
        "--from-measurement",
        type=count,
        metavar="N",
        help="the number of the earlier measurement, in the place of a build",
    )
    parser.add_argument(
        "--to-measurement", type=count, metavar="N", help="the number of the later one"
    )
    parser.add_argument("--set", metavar="NAME", help="the parameter set whose bands count")
    parser.add_argument("--file", metavar="NAME", help="of builds: the clips of this name only")
    parser.add_argument("--all", action="store_true", help="list also what has not clearly changed")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace, tool: Tool) -> Exit:
    of_builds = options.before is not None and options.after is not None
    of_numbers = options.from_measurement is not None and options.to_measurement is not None
    if of_builds == of_numbers:
        raise ClientError(
            "Name two builds by --from and --to, or two measurements by --from-measurement and "
            "--to-measurement."
        )
    asked = {
        "from": options.before,
        "to": options.after,
        "from_measurement": options.from_measurement,
        "to_measurement": options.to_measurement,
        "parameter_set": options.set,
        "file": options.file,
    }
    path = f"/api/avatars/{part(options.avatar)}/compare"
    found = tool.service.get_json(path, params=query(asked))
    if options.json:
        tool.json(found)
    elif of_builds:
        comparisons.show_builds(found, tool, everything=options.all)
    else:
        comparisons.show_measurements(found, tool, everything=options.all)
    return Exit.PASS
