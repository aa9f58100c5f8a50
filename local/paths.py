"""Where things are in this checkout. All that is downloaded or made stands below `.local`."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
VENV = LOCAL / "venv"
TOOLS = LOCAL / "tools"
NODE = LOCAL / "node"
DATA = LOCAL / "data"
LOGS = LOCAL / "logs"
RUN_FILE = LOCAL / "run.json"
SETTINGS_FILE = ROOT / "local.settings.json"
SETTINGS_EXAMPLE = ROOT / "local.settings.json.example"
SAMPLE_CLIP = ROOT / "samples" / "astronaut-talking.mp4"
SAMPLE = ROOT / "samples" / "astronaut.jpg"
CLIENT = ROOT / "client" / "src"
