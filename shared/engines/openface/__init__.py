"""The engine `openface`: the user's own OpenFace 2.x binaries.

OpenFace is free for academic and non-commercial use only: it is never shipped, built or fetched
here. docs/engines.md says how to set it up.
"""

from shared.engines.openface.engine import OpenFaceEngine

__all__ = ["OpenFaceEngine"]
