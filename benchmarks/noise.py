"""The noise floor of every signal: what it reads of a face that does not move at all.

    python3 dev.py bench noise [--write]

The sample photograph is shown for 10 s, under the grain of a camera (a new one every frame), and
encoded at three qualities. What is read then is the network's answer to the encoder and the grain:
printed are, per signal and quality, the range from the 5th to the 95th percentile over the frames
and the root mean square of the change from frame to frame. `--write` puts the table into
`docs/validity.md`; a test holds what the analysis calls still or moved to it.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._document import write  # noqa: E402
from benchmarks.accuracy import measure  # noqa: E402
from shared.engines.action_units import INTENSITIES  # noqa: E402
from shared.engines.base import MediaType  # noqa: E402
from shared.engines.mediapipe.engine import MediapipeEngine  # noqa: E402
from tests import faces  # noqa: E402
from tests.media_factory import Clip  # noqa: E402

DOCUMENT: Final = ROOT / "docs" / "validity.md"
QUALITIES: Final = (18, 28, 38)  # constant rate factors of x264: fine, usual, poor
SECONDS: Final = 10.0
FPS: Final = 25.0
SIZE: Final = (640, 480)
KEY_INTERVAL: Final = 50  # [frames]
GRAIN: Final = 2.0  # levels, standard deviation: a good camera indoors
FIRST_SEED: Final = 1

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Noise:
    """Of one signal at one quality."""

    spread: float  # from the 5th to the 95th percentile
    step: float  # root mean square of the change from frame to frame


def grainy(time: float, width: int, height: int) -> faces.Pixels:
    """The same picture for ever, each time with another grain."""
    picture = faces.still(time, width, height).astype(np.float64)
    grain = np.random.default_rng(FIRST_SEED + round(time * FPS)).normal(0, GRAIN, picture.shape)
    return np.asarray(np.clip(picture + grain, 0, 255).round(), np.uint8)


def read(engine: MediapipeEngine, quality: int, folder: Path) -> dict[str, Values]:
    """Signal -> its values over the clip."""
    clip = Clip(
        seconds=SECONDS,
        fps=FPS,
        size=SIZE,
        scene=grainy,
        key_interval=KEY_INTERVAL,
        options={"crf": str(quality)},
    ).write(folder / f"still-{quality}.mp4")
    facts, rows = measure(engine, clip, MediaType.VS)
    units = np.array([row.intensities for row in rows])
    others = np.array([row.signals for row in rows])
    return dict(zip(INTENSITIES, units.T, strict=True)) | dict(
        zip(facts.signals, others.T, strict=True)
    )


def noise(values: Values) -> Noise:
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return Noise(0.0, 0.0)
    return Noise(
        float(np.ptp(np.percentile(known, (5, 95)))),
        float(np.sqrt(np.mean(np.diff(known) ** 2))),
    )


def table(found: Sequence[Mapping[str, Noise]]) -> list[str]:
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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"into {DOCUMENT.name}")
    arguments = parser.parse_args()
    engine = MediapipeEngine()
    with tempfile.TemporaryDirectory() as folder:
        found = [
            {name: noise(values) for name, values in read(engine, quality, Path(folder)).items()}
            for quality in QUALITIES
        ]
    text = "\n".join(table(found))
    print(text)
    if arguments.write:
        write(DOCUMENT, "noise", text)


if __name__ == "__main__":
    main()
