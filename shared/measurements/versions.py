"""Which measurements can be compared.

An engine's version (`Facts.version`) says which software measured and, after its last +, the
version of the measurement: `litert-2.3.0+2`. That number is raised when a change of ours changes
what is measured. Values of different engines or of different measurement versions are on different
scales. OpenFace, and whatever wrote a CSV, have no such number.
"""

import re
from dataclasses import dataclass
from typing import Final

from shared.measurements.model import Facts

MEDIAPIPE: Final = 2
"""1: mediapipe 0.10.21 and the geometry of its mesh. 2: Face Mesh V2 and blendshapes in LiteRT."""

_PRESENT: Final = {"mediapipe": MEDIAPIPE}
_TOLD: Final = re.compile(r"\+(\d+)$")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where values come from."""

    engine: str
    version: int | None = None  # of the measurement; None: not told, or the engine has none

    @classmethod
    def of(cls, facts: Facts) -> "Origin":
        return cls.told(facts.engine, facts.version)

    @classmethod
    def told(cls, engine: str, version: str) -> "Origin":
        """By an engine's name and version, as they are stored."""
        found = _TOLD.search(version) if present(engine) else None
        return cls(engine, int(found[1]) if found else None)

    def agrees_with(self, other: "Origin") -> bool:
        """Whether values can be compared; also where one of the two does not tell its version."""
        same = self.engine.casefold() == other.engine.casefold()
        return same and (None in (self.version, other.version) or self.version == other.version)

    def __str__(self) -> str:
        if self.version is None:
            return self.engine
        return f"{self.engine} (measurement version {self.version})"


def present(engine: str) -> int | None:
    """The version that an engine here measures in; None for one that has none."""
    return _PRESENT.get(engine.casefold())
