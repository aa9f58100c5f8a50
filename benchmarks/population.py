"""Makes a population table from real recordings, measured by the product's own engine.

    python benchmarks/population.py FOLDER [--version NAME] [--earlier TABLE.csv]

FOLDER holds recordings of people talking to the camera: FOLDER/.../PERSON/real.mp4, or a file for a
person. Writes shared/analysis/populations/NAME.csv and NAME.deviations.csv. `--earlier` names the
table of another study whose spreads are pooled with the new ones; the table of the package was made
with benchmarks/populations/legacy-mesh.csv (30 people, among them those of ../shared/media).
"""

import argparse
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._measured import face, person, videos  # noqa: E402
from shared.analysis.population import DEFAULT, FOLDER, Case, read_habits, write  # noqa: E402
from shared.analysis.population_estimate import estimate  # noqa: E402
from shared.analysis.rule import FALSE_ALARMS, LARGEST, Observed, highest  # noqa: E402

EARLIER: Final = ROOT / "benchmarks" / "populations" / "legacy-mesh.csv"


def people(paths: list[Path]) -> dict[str, list[Observed]]:
    """What was measured of every recording that is long and large enough, by person."""
    found: dict[str, list[Observed]] = {}
    for path in paths:
        observed = face(path).observed
        if len(observed) >= LARGEST:
            found.setdefault(person(path), []).append(observed)
    return found


def reals(folder: Path) -> list[Path]:
    """Real recordings: files called real, and those in a folder called real."""
    return [path for path in videos(folder) if "real" in (path.stem, path.parent.name)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--version", default=DEFAULT)
    parser.add_argument("--earlier", type=Path)
    options = parser.parse_args()
    paths = reals(options.folder) or videos(options.folder)
    earlier = read_habits(options.earlier) if options.earlier else None
    table = estimate(options.version, people(paths), earlier)
    FOLDER.mkdir(exist_ok=True)
    write(table, FOLDER / f"{table.version}.csv", FOLDER / f"{table.version}.deviations.csv")
    for case in Case:
        known = table.deviations.get(case, ())
        limit = highest(table.real(case), FALSE_ALARMS)
        print(f"{case}: {len(known)} deviations of real recordings, T {limit:.2f}")


if __name__ == "__main__":
    main()
