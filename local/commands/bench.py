"""`dev.py bench NAME`: run `benchmarks/NAME.py`. Each of them starts what it needs itself."""

import os
import subprocess
import sys
from argparse import Namespace

from local.cli import benchmarks
from local.errors import StackError
from local.paths import ROOT


def run(options: Namespace) -> int:
    names = benchmarks()
    if options.name not in names:
        raise StackError(f"There is no benchmark {options.name!r}. There are: {', '.join(names)}.")
    module = f"benchmarks.{options.name}"
    return subprocess.run(
        [sys.executable, "-m", module, *options.arguments], cwd=ROOT, env=os.environ, check=False
    ).returncode
