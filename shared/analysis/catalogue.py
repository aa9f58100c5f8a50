"""Every measure there is, in one place: what it is, when it can be had, and what computes it.

To add a measure, add an entry here and, where none fits, a function in `levels`, `events` or
`movement`. docs/measures.md is made from this table (`python -m shared.analysis.catalogue`).

A code is a stable word: it stands in URLs, CSV files and other people's parameter sets.
"""

import sys
from functools import partial
from types import MappingProxyType
from typing import Final

from shared.analysis import events, levels, movement
from shared.analysis.gates import GATES
from shared.analysis.measures import IMAGES, ONE_PERSON, VIDEOS, Measure
from shared.analysis.natural_measures import NATURAL
from shared.analysis.sound_measures import SOUND
from shared.measurements.action_units import INTENSITIES, INTENSITY_MAX, PRESENCES, WORDS

__all__ = ["CATALOGUE", "IMAGES", "VIDEOS", "Measure", "markdown"]

FACS: Final = "Ekman, Friesen & Hager 2002, Facial Action Coding System"
OURS: Final = "own definition"

MIN_RATE_SECONDS: Final = 10.0
"""[s] People at rest blink about every 3 to 7 s; in less than this a rate is a matter of luck."""

MIN_MOVEMENT_SECONDS: Final = 2.0

MIN_FAST_FPS: Final = 20.0
"""Frames a second from which movement up to 10 Hz is seen at all (Nyquist)."""


def _unit_measures(au: str) -> list[Measure]:
    presence = Measure(
        f"{au}.presence",
        f"{WORDS[au]}: share of time present",
        "share",
        f"Share of the time in which {au} is present (AUxx_c); of an image 0 or 1.",
        FACS,
        partial(levels.presence, au=au),
        types=IMAGES | VIDEOS,
        upper=1.0,
        aus=(au,),
        tolerance=0.05,
    )
    if au not in INTENSITIES:
        return [presence]
    intensity = partial(Measure, unit="intensity", upper=INTENSITY_MAX, aus=(au,), tolerance=0.3)
    return [
        intensity(
            f"{au}.level",
            WORDS[au],
            definition=f"Image: the intensity of {au} (AUxx_r). Video: its mean over all confident "
            "frames; the share of time within the bounds is judged as well.",
            source=FACS,
            compute=partial(levels.level, au=au),
            types=IMAGES | VIDEOS,
            by_frame=True,
        ),
        intensity(
            f"{au}.peak",
            f"{WORDS[au]}: peak",
            definition=f"95th percentile of the intensity of {au} over confident frames.",
            source=OURS,
            compute=partial(levels.peak, au=au),
        ),
        presence,
        intensity(
            f"{au}.range",
            f"{WORDS[au]}: range",
            definition=f"95th minus 5th percentile of the intensity of {au} over confident frames.",
            source=OURS,
            compute=partial(levels.spread, au=au),
        ),
    ]


_EVENTS: Final = (
    Measure(
        "blinks_per_minute",
        "blinks per minute",
        "1/min",
        "Rises of AU45 by 1 above its median, at most 1 s long at half height and seen to begin, "
        "per minute in which the face was seen.",
        "rates at rest, reading and talking: Doughty 2001, Optometry and Vision Science 78:712; "
        "Bentivoglio et al. 1997, Movement Disorders 12:1028",
        events.blink_rate,
        aus=("AU45",),
        min_seconds=MIN_RATE_SECONDS,
        min_fps=10.0,
        tolerance=3.0,
    ),
    Measure(
        "blink_duration",
        "blink duration",
        "s",
        "Median time between the half-height points of AU45's rise and fall, over whole blinks.",
        "own definition; healthy people: Ousler et al. 2014, Clinical Ophthalmology 8:869",
        events.blink_duration,
        upper=events.MAX_BLINK,
        aus=("AU45",),
        shape=True,
        min_fps=MIN_FAST_FPS,
        tolerance=0.05,
    ),
    Measure(
        "smile_onset",
        "smile onset duration",
        "s",
        "Median time in which AU12 goes from rest to the height of a smile (from 10 % to 90 % of "
        "its height, extended to the whole height).",
        "onset and offset phases: Schmidt, Cohn & Tian 2003, Biological Psychology 65:49",
        events.smile_onset,
        aus=("AU12",),
        shape=True,
        min_fps=10.0,
        tolerance=0.1,
    ),
    Measure(
        "smile_offset",
        "smile offset duration",
        "s",
        "As smile_onset, from the height of a smile back to rest.",
        "onset and offset phases: Schmidt, Cohn & Tian 2003, Biological Psychology 65:49",
        events.smile_offset,
        aus=("AU12",),
        shape=True,
        min_fps=10.0,
        tolerance=0.1,
    ),
)

_MOVEMENT: Final = (
    Measure(
        "longest_still",
        "longest time without movement",
        "s",
        "Longest time in which no Action Unit of better than low validity leaves a band of half a "
        "FACS grade.",
        OURS,
        movement.longest_still,
        needs_movement=True,
        min_seconds=MIN_MOVEMENT_SECONDS,
        tolerance=0.5,
    ),
    Measure(
        "jitter",
        "jitter",
        "share",
        "Energy of movement above 6 Hz relative to all of it, over the Action Units of better than "
        "low validity (Welch, Hann windows of 2 s). Faster frame rates see more of it.",
        "speech moves the mouth at 2 to 7 Hz: Chandrasekaran et al. 2009, PLoS Computational "
        "Biology 5:e1000436",
        movement.jitter,
        upper=1.0,
        needs_movement=True,
        min_seconds=MIN_MOVEMENT_SECONDS,
        min_fps=MIN_FAST_FPS,
        tolerance=0.02,
    ),
    Measure(
        "fastest_change",
        "speed of the fastest change",
        "intensity/s",
        "Greatest change of any Action Unit of better than low validity but AU45 within 0.1 s, "
        "per second.",
        OURS,
        movement.fastest_change,
        needs_movement=True,
        min_fps=10.0,
        tolerance=3.0,
    ),
)

_TOGETHER: Final = (
    Measure(
        "duchenne_share",
        "smiles with raised cheeks",
        "share",
        "Share of smiles (AU12 at 1 or more for at least 0.2 s) during at least half of whose time "
        "AU06 is at 1 or more.",
        "Duchenne smile: Ekman, Davidson & Friesen 1990, Journal of Personality and Social "
        "Psychology 58:342",
        events.duchenne_share,
        upper=1.0,
        aus=("AU06", "AU12"),
        shape=True,
        tolerance=0.1,
    ),
    Measure(
        "brow_lid_share",
        "raised brows with raised lids",
        "share",
        "Share of brow raises (AU01 or AU02 at 1 or more for at least 0.2 s) during at least half "
        "of whose time AU05 is at 1 or more.",
        OURS,
        events.brow_lid_share,
        upper=1.0,
        aus=("AU01", "AU02", "AU05"),
        shape=True,
        tolerance=0.1,
    ),
    Measure(
        "smile_asymmetry",
        "left-right asymmetry of smiles",
        "% of the eye distance",
        "Mean difference between the right and the left lip corner's pull while smiling, in "
        "hundredths of the distance between the outer corners of the eyes.",
        OURS,
        partial(events.smile_asymmetry, signal="asymmetry_smile"),
        aus=("AU12",),
        shape=True,
        signals=("asymmetry_smile",),
        tolerance=1.0,
    ),
    Measure(
        "eye_asymmetry",
        "left-right asymmetry of the eyes",
        "ratio",
        "Mean difference between the openings of both eyes, relative to their mean.",
        OURS,
        partial(events.eye_asymmetry, right="eye_opening_right", left="eye_opening_left"),
        types=IMAGES | VIDEOS,
        upper=2.0,
        signals=("eye_opening_right", "eye_opening_left"),
        tolerance=0.05,
    ),
)

CATALOGUE: Final = MappingProxyType(
    {
        measure.code: measure
        for measure in (
            *(measure for au in PRESENCES for measure in _unit_measures(au)),
            *_EVENTS,
            *_MOVEMENT,
            *_TOGETHER,
            *NATURAL,
            *(gate.measure for gate in GATES),
            *SOUND,
        )
    }
)
"""Code to measure, in the order in which reports list them."""


def markdown() -> str:
    """docs/measures.md."""
    lines = [_INTRODUCTION]
    groups = (
        ("One Action Unit", ("AU12.level", "AU12.peak", "AU12.presence", "AU12.range")),
        ("Over time", tuple(measure.code for measure in (*_EVENTS, *_MOVEMENT))),
        ("Together", tuple(measure.code for measure in _TOGETHER)),
        ("How a face moves and looks", tuple(measure.code for measure in NATURAL)),
        ("Faults", tuple(gate.measure.code for gate in GATES)),
        ("Sound", tuple(measure.code for measure in SOUND)),
    )
    for title, codes in groups:
        lines += [f"\n## {title}\n", "| measure | what it is | unit, scale | media | needs |"]
        lines.append("|---|---|---|---|---|")
        lines += [_row(CATALOGUE[code]) for code in codes]
    lines.append("\n## Action Units\n\n| | |\n|---|---|")
    lines += [f"| {au} | {WORDS[au]} |" for au in PRESENCES]
    return "\n".join(lines) + "\n"


_INTRODUCTION: Final = """\
# Measures

Made from `shared/analysis/catalogue.py` by `python -m shared.analysis.catalogue`; a test holds the
two together.

A parameter names a measure by its code. Per Action Unit there are four (AU12 stands for all 17 with
an intensity; AU28 has a presence only). Time is the timestamps', so a variable frame rate is no
trouble. Only confident frames count; holes of up to 0.2 s are bridged, longer ones split the clip.
Where the engine gives probabilities (py-feat) instead of intensities, thresholds are 0.5 instead of
FACS intensity 1 (A, "a trace").

How a face moves and looks is measured in windows of 3 s, one every 1.5 s, in which the face is seen
for 80 % of the time: a value is the mean over windows of the logarithm (of the square root, for
blinks). It needs two windows and 60 pixels between the outer corners of the eyes. Signals are read
25 times a second under a Gaussian of 30 ms (15 ms for lids, brightness and shake), so that neither
frame rate nor size matters. These measures are judged together, by a set of mode `natural`
(`shared/analysis/rule.py`); faults have limits of their own there (`shared/analysis/gates.py`).

What sounds is never a fault by itself: a clip may be silent, and a mouth moves without speech as
well. These measures inform, and are judged where a set has a parameter for one. `lip_sync_change`
takes two recordings of one script (`shared/analysis/lip_sync.py`): its parameter has the other
one's number in `against`.

A measure that rests on an Action Unit of `low` validity is `not_measured`, unless the parameter has
`allow_low_validity`. Of an Action Unit that hardly moved in a clip (by less than 1) the amount is
judged all the same (level, peak, range, presence); its shape is of low validity: measures that say
"which must have moved". What rests on a part of the face outside of the picture is `not_measured`
in any case. So is a measure whose media type, number of frames, time, frame rate or signal is not
there: the report says which. Thresholds and where they come from stand beside the code in
`shared/analysis/episodes.py`, `events.py` and `movement.py`; "own definition" means that we know of
no standard to follow."""


def _row(measure: Measure) -> str:
    needs = [
        f"{measure.min_frames} frames" if measure.types != IMAGES else "",
        f"{measure.min_seconds:g} s" if measure.min_seconds else "",
        f"{measure.min_fps:g} frames/s" if measure.min_fps else "",
        " and ".join(f"`{signal}`" for signal in measure.signals),
        ", ".join(measure.aus) + (", which must have moved" if measure.shape else ""),
    ]
    lower, upper = ("" if end is None else f"{end:g}" for end in (measure.lower, measure.upper))
    media = "image, video" if measure.types >= IMAGES else "video"
    media += " of one person" if measure.types == ONE_PERSON else ""
    return (
        f"| `{measure.code}` | {measure.definition} *{measure.source}* | "
        f"{measure.unit}, {lower}..{upper} | {media} | "
        f"{'; '.join(need for need in needs if need)} |"
    )


if __name__ == "__main__":
    sys.stdout.write(markdown())
