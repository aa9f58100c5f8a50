"""`python -m avatar_validation`."""

import sys

from avatar_validation.cli import main

sys.exit(main())
