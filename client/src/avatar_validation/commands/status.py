"""`avatar-validation status`: a job's steps, and its verdicts when it is done."""

from argparse import ArgumentParser, Namespace

from avatar_validation import jobs, outputs, reports
from avatar_validation.arguments import (
    Commands,
    add_command,
    add_files,
    add_ids,
    add_json,
    add_timeout,
    check_files,
)
from avatar_validation.following import follow, resumable
from avatar_validation.results import Exit
from avatar_validation.tool import Tool


def add(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(
        commands,
        "status",
        common,
        "show what has become of jobs",
        "Exits as `submit` does; with 3 where a job is not at its end.",
    )
    add_ids(parser)
    parser.add_argument("--wait", action="store_true", help="wait until the jobs are at their end")
    add_timeout(parser)
    add_files(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace, tool: Tool) -> Exit:
    check_files(options)
    found = jobs.of_ids(tool.service, options.ids)
    results = jobs.results(found)
    with resumable(tool.service, results), tool.display:
        for job, result in zip(found, results, strict=True):
            tool.display.job(result.label, job)
        if options.wait:
            follow(tool.service, results, tool.display, options.timeout)
        reports.fetch(tool.service, results)
    return outputs.deliver(options, results, tool, submitted=Exit.INCONCLUSIVE)
