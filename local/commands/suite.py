"""`dev.py test`: the test suite. Its fixtures start the services that it needs."""

import os
import sys
from argparse import Namespace

from local.paths import ROOT

_ADDRESSES = ("DATABASE_URL", "AZURE_STORAGE_CONNECTION_STRING", "AzureWebJobsStorage")


def run(options: Namespace) -> int:
    for name in _ADDRESSES:  # tests never touch what these may name
        os.environ.pop(name, None)
    os.chdir(ROOT)
    # pytest takes the place of this process: Ctrl-C and its exit code are its own
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *options.arguments])  # noqa: S606
