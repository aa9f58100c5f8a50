"""How close the embedded engine comes to OpenFace; writes `docs/measurements.md`.

    python benchmarks/accuracy.py [--media FOLDER] [--reference FOLDER]

Reads the clips and pictures in `../shared/media` and what a real OpenFace 2.x gave for them in
`../shared/reference/openface`. Where they are not there it says so and changes nothing. The
reference is for this comparison alone: nothing in the product is fitted to it.
"""

import argparse
import csv
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shared.engines.base import Task  # noqa: E402
from shared.engines.mediapipe.engine import MediapipeEngine  # noqa: E402
from shared.measurements.action_units import INTENSITIES, WORDS  # noqa: E402
from shared.measurements.model import Facts, MediaType, Row  # noqa: E402

SHARED: Final = ROOT.parent / "shared"
DOCUMENT: Final = ROOT / "docs" / "measurements.md"

CLIPS: Final = {
    "WolfgangLanger_Pexels.mp4": "video_aus.WolfgangLanger_Pexels.csv",
    "single_face.mp4": "video_aus.single_face.csv",
}
PICTURES: Final = {
    # The last: our faces, from left to right, in the order of OpenFace's table, which does not say
    # where a face is. Told by closed lips (first), the widest open ones (third), and sunglasses
    # (fourth, without AU07); of the two that are left, by whose lips are further apart.
    "multi_face.jpg": ("image_aus.multi_face.csv", MediaType.IW, (2, 3, 1, 0, 4)),
    "single_face.jpg": ("image_aus.single_face.csv", MediaType.IP, (0,)),
}
VARIES: Final = 0.1  # standard deviation from which an Action Unit of the reference has a r
GOAL_MEAN: Final = 0.70
GOAL_UNIT: Final = 0.85
GOAL_UNITS: Final = ("AU06", "AU12", "AU25", "AU45")

COMPARED: Final = ("AU06", "AU12", "AU25")  # in pictures

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """One Action Unit of one clip."""

    r: float | None  # None where the reference hardly varies
    error: float  # mean absolute
    measured: float  # means
    reference: float


def measure(engine: MediapipeEngine, media: Path, kind: MediaType) -> tuple[Facts, list[Row]]:
    task = Task(media, kind)
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for segment in engine.plan(task, 1):
            output = Path(folder) / f"{segment.index}.raw"
            engine.measure(task, segment, output, _ignore)
            files.append((segment, output))
        measurement = engine.join(task, files)
        return measurement.facts, list(measurement.rows)


def _ignore(frames: int) -> None:
    del frames


def read_reference(path: Path) -> Values:
    with path.open(newline="") as file:
        table = list(csv.DictReader(file, skipinitialspace=True))
    return np.array([[float(row[f"{au}_r"]) for au in INTENSITIES] for row in table])


def compare(rows: list[Row], reference: Values) -> dict[str, Agreement]:
    measured = np.array([row.intensities for row in rows])
    if len(measured) != len(reference):
        raise SystemExit(f"{len(measured)} frames measured, but {len(reference)} in the reference")
    return {
        au: Agreement(
            _correlation(measured[:, unit], reference[:, unit]),
            float(np.abs(measured[:, unit] - reference[:, unit]).mean()),
            float(measured[:, unit].mean()),
            float(reference[:, unit].mean()),
        )
        for unit, au in enumerate(INTENSITIES)
    }


def _correlation(measured: Values, reference: Values) -> float | None:
    if reference.std() <= VARIES:
        return None
    if measured.std() == 0:
        return 0.0
    return float(np.corrcoef(measured, reference)[0, 1])


def mean_r(agreements: dict[str, Agreement]) -> float:
    return float(np.mean([each.r for each in agreements.values() if each.r is not None]))


def rank_correlation(a: Values, b: Values) -> float:
    """Spearman's."""
    return float(np.corrcoef(a.argsort().argsort(), b.argsort().argsort())[0, 1])


def clip_table(results: dict[str, dict[str, Agreement]], facts: dict[str, Facts]) -> list[str]:
    names = list(results)
    lines = [
        "| AU | | "
        + " | ".join(f"`{name}` r | error | mean, OpenFace" for name in names)
        + " | validity |",
        "|---|---|" + "---|---|---|" * len(names) + "---|",
    ]
    validity = facts[names[0]].validity["0"]
    for au in INTENSITIES:
        cells = []
        for name in names:
            each = results[name][au]
            r = "-" if each.r is None else f"{each.r:.2f}"
            cells.append(f"{r} | {each.error:.2f} | {each.measured:.2f}, {each.reference:.2f}")
        lines.append(f"| {au} | {WORDS[au]} | {' | '.join(cells)} | {validity[au]} |")
    means = " | ".join(f"**{mean_r(results[name]):.2f}** | | " for name in names)
    return [*lines, f"| mean | of those with an r | {means} | |"]


def picture_table(measured: Values, reference: Values) -> list[str]:
    lines = ["| AU | rank correlation | mean absolute error |", "|---|---|---|"]
    for unit, au in enumerate(INTENSITIES):
        if au in COMPARED:
            rank = rank_correlation(measured[:, unit], reference[:, unit])
            error = np.abs(measured[:, unit] - reference[:, unit]).mean()
            lines.append(f"| {au} | {rank:.2f} | {error:.2f} |")
    every = np.abs(measured - reference).mean()
    return [*lines, f"| all 17 | | {every:.2f} |"]


def goals(results: dict[str, dict[str, Agreement]]) -> list[str]:
    """What is below its goal, as sentences."""
    missed = []
    overall = float(np.mean([mean_r(each) for each in results.values()]))
    if overall < GOAL_MEAN:
        missed.append(f"The mean r is {overall:.2f}; the goal is {GOAL_MEAN}.")
    for name, each in results.items():
        for au in GOAL_UNITS:
            r = each[au].r
            if r is not None and r < GOAL_UNIT:
                missed.append(f"{au} of {name} has r {r:.2f}; the goal is {GOAL_UNIT}.")
    return missed


def document(
    version: str,
    results: dict[str, dict[str, Agreement]],
    facts: dict[str, Facts],
    pictures: list[str],
) -> str:
    overall = float(np.mean([mean_r(each) for each in results.values()]))
    missed = goals(results)
    introduction = (
        f"Engine `mediapipe` {version}, against a real build of OpenFace 2.x. r is Pearson's "
        "correlation over the frames of a clip, given where OpenFace's values vary (standard "
        f"deviation above {VARIES}); the error is the mean absolute difference on the scale of 0 "
        "to 5. What the engine's values mean and why they are not OpenFace's: "
        "[validity.md](validity.md)."
    )
    verdict = (
        f"Mean r of both clips: **{overall:.2f}** (goal {GOAL_MEAN}); goal of "
        f"{', '.join(GOAL_UNITS)} each: {GOAL_UNIT}. "
    )
    pictures_note = (
        "The six faces of two photographs. OpenFace's table does not say where a face is; the five "
        "of the group were matched by eye."
    )
    lines = [
        "# Measurements of the embedded engine beside OpenFace's",
        "",
        "<!-- Written by `python3 dev.py bench accuracy`; do not edit. -->",
        "",
        introduction,
        "",
        verdict + (" ".join(missed) if missed else "All goals are met."),
        "",
        "## Clips",
        "",
        *clip_table(results, facts),
        "",
        "## Pictures",
        "",
        pictures_note,
        "",
        *pictures,
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--media", type=Path, default=SHARED / "media")
    parser.add_argument("--reference", type=Path, default=SHARED / "reference" / "openface")
    arguments = parser.parse_args()
    needed = [arguments.media / name for name in (*CLIPS, *PICTURES)]
    needed += [arguments.reference / name for name in CLIPS.values()]
    needed += [arguments.reference / name for name, _, _ in PICTURES.values()]
    missing = [path for path in needed if not path.is_file()]
    if missing:
        print(f"Nothing measured: {missing[0]} is not there ({len(missing)} files missing).")
        return
    engine = MediapipeEngine()
    results, facts = {}, {}
    for clip, table in CLIPS.items():
        facts[clip], rows = measure(engine, arguments.media / clip, MediaType.VS)
        results[clip] = compare(rows, read_reference(arguments.reference / table))
    measured, reference = [], []
    for picture, (table, kind, order) in PICTURES.items():
        _, rows = measure(engine, arguments.media / picture, kind)
        found = np.array([row.intensities for row in rows])
        if len(found) != len(order):
            raise SystemExit(f"{len(found)} faces measured in {picture}, not {len(order)}")
        measured.append(found[list(order)])
        reference.append(read_reference(arguments.reference / table))
    pictures = picture_table(np.concatenate(measured), np.concatenate(reference))
    text = document(engine.version(), results, facts, pictures)
    DOCUMENT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
