"""One command per chore: `python3 dev.py --help`. Needs Python 3.9 or newer to start.

Installs into `.local` what is missing, then goes on in the virtual environment there. This file
keeps to the syntax of old Pythons, so that they can say which one is needed.
"""

import sys

if sys.version_info < (3, 9):  # noqa: UP036  # any Python may be the one that starts this
    version = ".".join(map(str, sys.version_info[:2]))
    sys.exit(
        "dev.py needs Python 3.9 or newer to start; this is "
        + version
        + ", "
        + sys.executable
        + "."
        " Start it with a newer one, for example: python3.11 dev.py"
    )
if sys.platform == "win32":
    sys.exit("The local stack runs on Linux and macOS. On Windows, start it inside WSL 2.")

from local.bootstrap import main  # an older Python could not read it

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
