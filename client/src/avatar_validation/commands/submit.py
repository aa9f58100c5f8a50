"""`avatar-validation submit`: files in, verdicts out."""

import uuid
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from avatar_validation import builds, outputs, reports
from avatar_validation.arguments import (
    TYPES,
    Commands,
    add_command,
    add_files,
    add_json,
    add_timeout,
    check_outputs,
)
from avatar_validation.errors import Away, ClientError
from avatar_validation.following import follow, resumable
from avatar_validation.inputs import Input, inputs
from avatar_validation.results import Exit, Result
from avatar_validation.tool import Tool
from avatar_validation.uploads import Fields, Uploader


def add(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(
        commands,
        "submit",
        common,
        "submit images or clips of a build and wait for their verdicts",
        "A file that was submitted before, with the same fields, is not measured again.",
    )
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="PATH", help="an image, a clip or a folder of them"
    )
    parser.add_argument(
        "--recursive", action="store_true", help="also what is in the folders of a folder"
    )
    parser.add_argument("--avatar", required=True, help="whose face it is")
    parser.add_argument("--name", metavar="BUILD", help="which build of it (default: default)")
    parser.add_argument(
        "--type",
        choices=TYPES,
        help="image of one face or of all, video of one face or of all "
        "(default: of one, by the content)",
    )
    parser.add_argument("--engine", help="which engine measures (default: the service's setting)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME",
        dest="sets",
        help="a parameter set to hold it to; may be given several times "
        "(default: the service's, for this type of media)",
    )
    parser.add_argument(
        "--webhook",
        metavar="ADDRESS",
        help="where the service tells of the end of each job, and of the build's",
    )
    parser.add_argument(
        "--again", action="store_true", help="measure known files again, as jobs of their own"
    )
    parser.add_argument(
        "--wait", action=BooleanOptionalAction, default=True, help="wait for the verdicts"
    )
    add_timeout(parser)
    add_files(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace, tool: Tool) -> Exit:
    files = inputs(options.files, recursive=options.recursive)
    check_outputs(options)
    fields = Fields(
        options.avatar,
        options.name,
        options.type,
        options.engine,
        tuple(options.sets),
        options.webhook,
    )
    uploader = Uploader(tool.service, fields, nonce=uuid.uuid4().hex if options.again else "")
    results = [Result(file.name) for file in files]
    with resumable(tool.service, results), tool.display:
        _send(uploader, files, results, tool)
        if options.wait:
            follow(tool.service, results, tool.display, options.timeout)
            reports.fetch(tool.service, results, options.sets)
    build = None
    if options.wait and options.name:
        build = builds.found(tool.service, options.avatar, options.name)
    return outputs.deliver(options, results, tool, build=build)


def _send(
    uploader: Uploader, files: Sequence[Input], results: Sequence[Result], tool: Tool
) -> None:
    """One after the other; the first ones are measured meanwhile. A refused file stops no other."""
    away: Away | None = None
    for file, result in zip(files, results, strict=True):
        if away is not None:  # the others would only wait in vain as well
            result.fail(away)
            continue
        try:
            job = uploader.send(file, partial(tool.display.sending, result.label))
        except ClientError as error:
            away = error if isinstance(error, Away) else None
            result.fail(error)
        else:
            result.update(job)
            result.known = job["state"] == "done"
            if not result.known:
                tool.display.job(result.label, job)
