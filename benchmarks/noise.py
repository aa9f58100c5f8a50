"""The noise floor of signals and measures: what they read of a face that does not move at all.

    python3 dev.py bench noise [--write]

The sample photograph is shown for 10 s, under the grain of a camera (a new one every frame), and
encoded at three qualities. What is read then is the network's answer to the encoder and the grain.
Per signal and quality: the range from the 5th to the 95th percentile over the frames, and the root
mean square of the change from frame to frame. Per measure and quality: the mean over clips that
differ in their grain alone, and how far apart they are. `--write` puts both tables into
`docs/validity.md`; tests hold what the analysis calls still, moved or no difference to them.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._document import write  # noqa: E402
from benchmarks._measured import recording  # noqa: E402
from shared.analysis.catalogue import CATALOGUE  # noqa: E402
from shared.analysis.measuring import measure  # noqa: E402
from shared.analysis.series import Recording  # noqa: E402
from tests import faces  # noqa: E402
from tests.media_factory import Clip  # noqa: E402

DOCUMENT: Final = ROOT / "docs" / "validity.md"
QUALITIES: Final = (18, 28, 38)  # constant rate factors of x264: fine, usual, poor
SECONDS: Final = 10.0
FPS: Final = 25.0
SIZE: Final = (640, 480)
KEY_INTERVAL: Final = 50  # [frames]
GRAIN: Final = 2.0  # levels, standard deviation: a good camera indoors
CLIPS: Final = 4  # of each quality, each with a grain of its own; signals are read of the first

Values = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Noise:
    """Of one signal at one quality."""

    spread: float  # from the 5th to the 95th percentile
    step: float  # root mean square of the change from frame to frame


def filmed(quality: int, number: int, folder: Path) -> Recording:
    """The same picture for ever, each time with another grain, as it is measured."""

    def grainy(time: float, width: int, height: int) -> faces.Pixels:
        picture = faces.still(time, width, height).astype(np.float64)
        seed = number * round(SECONDS * FPS) + round(time * FPS) + 1
        grain = np.random.default_rng(seed).normal(0, GRAIN, picture.shape)
        return np.asarray(np.clip(picture + grain, 0, 255).round(), np.uint8)

    return recording(
        Clip(
            seconds=SECONDS,
            fps=FPS,
            size=SIZE,
            scene=grainy,
            key_interval=KEY_INTERVAL,
            options={"crf": str(quality)},
        ).write(folder / f"still-{quality}-{number}.mp4")
    )


def signals(clip: Recording) -> dict[str, Noise]:
    (face,) = clip.faces
    return {name: noise(each[name]) for each in (face.intensities, face.signals) for name in each}


def noise(values: Values) -> Noise:
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return Noise(0.0, 0.0)
    return Noise(
        float(np.ptp(np.percentile(known, (5, 95)))),
        float(np.sqrt(np.mean(np.diff(known) ** 2))),
    )


def signal_table(found: Sequence[Mapping[str, Noise]]) -> list[str]:
    """One row per signal; those that never move at all are left to a sentence."""
    heads = [f"CRF {quality}: range | step" for quality in QUALITIES]
    lines = [f"| signal | {' | '.join(heads)} |", "|---|" + "---|" * (2 * len(QUALITIES))]
    still = []
    for name in found[0]:
        cells = [each[name] for each in found]
        if not any(cell.spread or cell.step for cell in cells):
            still.append(f"`{name}`")
            continue
        numbers = " | ".join(f"{cell.spread:.2g} | {cell.step:.2g}" for cell in cells)
        lines.append(f"| `{name}` | {numbers} |")
    return [*lines, "", f"Never anything but one value: {', '.join(still) or 'none'}."]


def measures(clips: Sequence[Recording]) -> dict[str, Values]:
    """Measure -> its value in each clip; only those that every clip has."""
    found = [measure(clip).faces[0].values for clip in clips]
    values = {code: [each[code].value for each in found] for code in CATALOGUE}
    return {code: np.array(each) for code, each in values.items() if None not in each}


def measure_table(found: Sequence[Mapping[str, Values]]) -> list[str]:
    """One row per measure; those that read 0 and those without a value are left to sentences."""
    heads = [f"CRF {quality}: mean | CRF {quality}: apart" for quality in QUALITIES]
    lines = [
        f"| measure | {' | '.join(heads)} | tolerance | unit |",
        "|---|" + "---|" * (2 * len(QUALITIES) + 2),
    ]
    still, without = [], []
    for code, entry in CATALOGUE.items():
        cells = [each[code] for each in found if code in each]
        if len(cells) < len(found):
            without.append(f"`{code}`")
        elif not any(np.ptp(values) for values in cells):
            still.append(f"`{code}`")
        else:
            numbers = " | ".join(f"{np.mean(each):.2g} | {np.ptp(each):.2g}" for each in cells)
            lines.append(f"| `{code}` | {numbers} | {entry.tolerance:g} | {entry.unit} |")
    return [
        *lines,
        "",
        f"The same in all clips of a quality: {', '.join(still) or 'none'}.",
        "",
        f"Not to be had of a face that does nothing: {', '.join(without) or 'none'}.",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"into {DOCUMENT.name}")
    arguments = parser.parse_args()
    of_signals, of_measures = [], []
    with tempfile.TemporaryDirectory() as folder:
        for quality in QUALITIES:
            clips = [filmed(quality, number, Path(folder)) for number in range(CLIPS)]
            of_signals.append(signals(clips[0]))
            of_measures.append(measures(clips))
    for name, lines in (
        ("noise", signal_table(of_signals)),
        ("noise of measures", measure_table(of_measures)),
    ):
        text = "\n".join(lines)
        print(text)
        if arguments.write:
            write(DOCUMENT, name, text)


if __name__ == "__main__":
    main()
