"""`avatar-validation measures`: what was measured, without any parameter set."""

from argparse import ArgumentParser, Namespace

from avatar_validation.arguments import Commands, add_command, add_json
from avatar_validation.results import Exit
from avatar_validation.service import part
from avatar_validation.tool import Tool
from avatar_validation.words import measured


def add(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(
        commands, "measures", common, "show every measure of a clip or image, without a set"
    )
    parser.add_argument("id", metavar="ID", help="a job's id, or the number of its measurement")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace, tool: Tool) -> Exit:
    found = tool.service.get_json(f"/api/measurements/{part(options.id)}")
    if options.json:
        tool.json(found)
        return Exit.PASS
    tool.line(
        f"{found['avatar']}, {found['name']}: measurement {found['measurement']}, by "
        f"{found['engine']} {found['engine_version']}"
    )
    for warning in found["warnings"]:
        tool.line(f"Note: {warning}")
    for face in found["faces"]:
        tool.line(f"\nFace {face['face']}, seen for {face['seen_share']:.0%} of the time")
        tool.table(
            ["measure", "", "value"],
            [
                [item["measure"], item["words"], measured(item["value"], item["unit"])]
                for item in face["measures"]
            ],
        )
    return Exit.PASS
