"""`dev.py services`: all but the Functions host, which is started by hand (`func start`)."""

from argparse import Namespace
from dataclasses import replace

from local import local_settings, relay, runfile
from local.commands.starting import start_services
from local.errors import StackError
from local.functions_host import base_url
from local.ports import answers
from local.supervisor import watch


def run(options: Namespace) -> int:
    port: int = options.host_port
    if not 0 < port < 65536:
        raise StackError(f"{port} is not a port.")
    if answers(port):
        print(f"Port {port} is in use already. If that is not your host, choose --host-port.")
    with start_services() as stack:
        stack.start_relay(relay.webhook_url(base_url(port)))
        for line in local_settings.provide(stack):
            print(line)
        # the host is not ours: its address is what was said, in use or not
        stack.ports = replace(stack.ports, http=port)
        try:
            with runfile.written(stack, host="none"):
                print(
                    "Storage, database and event relay run. In another terminal:\n"
                    "  . .local/venv/bin/activate\n"
                    f"  func start --port {port}\n"
                    "Stop them with Ctrl-C.",
                    flush=True,
                )
                watch(stack)
        except KeyboardInterrupt:
            print("\nStopping ...", flush=True)
    return 0
