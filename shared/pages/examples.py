"""The parameter sets of `examples/`, to start from. Not every installation has the folder."""

from functools import cache
from typing import Final

from shared.analysis import interchange
from shared.analysis.parameter_sets import ParameterSet
from shared.platform.errors import Code, Problem
from shared.platform.paths import ROOT

FOLDER: Final = ROOT / "examples" / "parameter-sets"


@cache
def names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def load(name: str) -> ParameterSet:
    """Raises Problem where there is none of this name."""
    if name not in names():
        raise Problem(Code.NOT_FOUND, "There is no such example.")
    return interchange.from_json((FOLDER / f"{name}.json").read_bytes())
