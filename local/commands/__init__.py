"""The commands of `dev.py`, one module each; they run in the virtual environment."""

from argparse import Namespace
from collections.abc import Callable
from importlib import import_module

_MODULES = {
    "demo": "demo",
    "up": "up",
    "down": "down",
    "services": "services",
    "test": "suite",
    "check": "check",
    "migrate": "migrate",
    "lock": "requirements",
    "bench": "bench",
}


def run(options: Namespace) -> int:
    """Run the command that was asked for; only its own module is imported."""
    module = import_module(f"local.commands.{_MODULES[options.command]}")
    command: Callable[[Namespace], int] = module.run
    return command(options)
