"""`avatar-validation retry`: failed jobs, once more."""

from argparse import ArgumentParser, BooleanOptionalAction, Namespace

from avatar_validation import jobs, outputs, reports
from avatar_validation.arguments import (
    Commands,
    add_command,
    add_files,
    add_ids,
    add_json,
    add_timeout,
    check_outputs,
)
from avatar_validation.errors import ClientError
from avatar_validation.following import follow, resumable
from avatar_validation.results import Exit, Result
from avatar_validation.service import Json
from avatar_validation.tool import Tool


def add(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(
        commands,
        "retry",
        common,
        "run failed jobs again and wait for their verdicts",
        "Exits as `submit` does. What has not failed is not run again.",
    )
    add_ids(parser)
    parser.add_argument(
        "--wait", action=BooleanOptionalAction, default=True, help="wait for the verdicts"
    )
    add_timeout(parser)
    add_files(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace, tool: Tool) -> Exit:
    check_outputs(options)
    found = jobs.of_ids(tool.service, options.ids)
    results = jobs.results(found)
    with resumable(tool.service, results), tool.display:
        for job, result in zip(found, results, strict=True):
            if job["state"] == "failed":
                _begin(tool, job, result)
            else:
                tool.display.note(f"{result.label}: its job is {job['state']}, not failed")
        if options.wait:
            follow(tool.service, results, tool.display, options.timeout)
            reports.fetch(tool.service, results)
    return outputs.deliver(options, results, tool)


def _begin(tool: Tool, job: Json, result: Result) -> None:
    try:
        begun = jobs.again(tool.service, job)
    except ClientError as error:
        result.fail(error)
    else:
        result.error = None
        result.update(begun)
