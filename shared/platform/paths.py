"""Where the app's own files are, in a checkout as in a deployment."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
"""The folder of `function_app.py`: what is read at run time is found from here."""
