"""`dev.py up`: the service, until Ctrl-C."""

from argparse import Namespace
from contextlib import AbstractContextManager, nullcontext

from local import runfile
from local.commands.starting import start_host, start_services
from local.follower import Follower, ended_job, whole
from local.functions_host import HostKind
from local.paths import RUN_FILE
from local.runfile import Run
from local.stack import Stack
from local.supervisor import watch


def run(options: Namespace) -> int:
    with start_services(HostKind(options.host)) as stack:
        start_host(stack)
        try:
            with runfile.written(stack, host=stack.host_kind.value) as run:
                _announce(stack, run)
                with _follower(options, stack):
                    watch(stack)
        except KeyboardInterrupt:
            print("\nStopping ...", flush=True)
    return 0


def _follower(options: Namespace, stack: Stack) -> AbstractContextManager[object]:
    if options.quiet:
        return nullcontext()
    return Follower(stack.logs / "host.log", whole if options.verbose else ended_job)


def _announce(stack: Stack, run: Run) -> None:
    print(
        f"The service runs, with {stack.host_description}.\n"
        f"  http      {run.http}\n"
        f"  storage   {run.blob}\n"
        f"  database  {run.database}\n"
        f"  logs      {run.logs}\n"
        f"The addresses are in {RUN_FILE}. Stop it with Ctrl-C. To try it:\n"
        f"  curl -F avatar=demo -F file=@samples/astronaut.jpg {run.http}/api/upload\n"
        f"or open {run.http} in a browser. A line for each job that ends:\n",
        flush=True,
    )
