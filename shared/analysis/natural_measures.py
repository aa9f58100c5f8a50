"""The natural measures: how a face moves and looks, whatever it says or feels.

None of them has bounds of its own. They are judged together, against the person's own recordings
and against people (`rule`).
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from shared.analysis import liveliness
from shared.analysis.liveliness import FAST, MIN_FPS, USUAL
from shared.analysis.measures import Group, Measure
from shared.analysis.statistics import NotMeasured, Statistic
from shared.analysis.track import Track

Compute = Callable[[Track], Statistic | NotMeasured]
Signals = tuple[str, ...]

OURS: Final = "own definition"

_EYES: Final = "eye distances"
_SIZE: Final = "eye_distance"  # [pixels]; tells whether the face is large enough
_LIGHT: Final = "face_brightness"  # [levels]; tells whether there is enough of it
_POSE: Final = ("pose_Rx", "pose_Ry", "pose_Rz")
_HEAD: Final = ("head_x", "head_y")
_BROWS: Final = ("brow_height_right", "brow_height_left")
_LIDS: Final = ("lid_opening_right", "lid_opening_left")

_TOLERANCES: Final = {
    "deg": 0.2,
    "deg/s": 1.0,
    _EYES: 0.0005,
    f"{_EYES}/s": 0.01,
    "1/min": 3.0,
    "ratio": 0.01,
    "share of brightness": 0.0002,
}
"""By unit: a difference that means nothing; one still face is not so far apart (`bench noise`)."""


def _natural(
    code: str,
    words: str,
    unit: str,
    definition: str,
    *,
    compute: Compute,
    signals: Signals,
    group: Group,
    tolerance: float | None = None,  # None: its unit's
) -> Measure:
    return Measure(
        code,
        words,
        unit,
        definition,
        OURS,
        compute,
        signals=(*signals, _SIZE, _LIGHT),
        min_fps=MIN_FPS,
        tolerance=tolerance or _TOLERANCES[unit],
        group=group,
    )


def _amount(of: str) -> str:
    return f"Square root of the summed variances of {of}."


def _fast(of: str) -> str:
    return f"95th percentile of the speed, over 0.12 s, of {of}."


_TURNING: Final = "pitch, yaw and roll"
_SHIFT: Final = "the place of the head, the mean of the points that its pose is found from"
_BROW: Final = "the mean height of both brows over the corners of the eyes"
_LID: Final = "the mean opening of both eyes (upper less lower lid)"
_OPENING: Final = "the mouth's opening (8 upper less 8 lower inner lip points)"
_WIDTH: Final = "the distance between the corners of the mouth"

NATURAL: Final[tuple[Measure, ...]] = (
    _natural(
        "head_turning",
        "head turning",
        "deg",
        _amount(_TURNING),
        compute=partial(liveliness.amount, of=liveliness.turning),
        signals=_POSE,
        group=Group.HEAD,
    ),
    _natural(
        "head_turning_fast",
        "fast head turning",
        "deg/s",
        _fast(_TURNING),
        compute=partial(liveliness.speed, of=liveliness.turning, percent=FAST),
        signals=_POSE,
        group=Group.HEAD,
    ),
    _natural(
        "head_shift",
        "head shift",
        _EYES,
        _amount(_SHIFT),
        compute=partial(liveliness.amount, of=liveliness.shift),
        signals=_HEAD,
        group=Group.HEAD,
    ),
    _natural(
        "head_shift_fast",
        "fast head shift",
        f"{_EYES}/s",
        _fast(_SHIFT),
        compute=partial(liveliness.speed, of=liveliness.shift, percent=FAST),
        signals=_HEAD,
        group=Group.HEAD,
    ),
    _natural(
        "head_shake",
        "head shake",
        _EYES,
        "Root mean square of x(t) - (x(t - 40 ms) + x(t + 40 ms)) / 2 of the head's place.",
        compute=partial(liveliness.shake, of=liveliness.quick_shift),
        signals=_HEAD,
        group=Group.HEAD,
    ),
    _natural(
        "brow_movement",
        "brow movement",
        _EYES,
        _amount(_BROW),
        compute=partial(liveliness.amount, of=liveliness.brows),
        signals=_BROWS,
        group=Group.EYES,
        tolerance=0.001,
    ),
    _natural(
        "brow_speed",
        "usual speed of the brows",
        f"{_EYES}/s",
        f"Median of the speed, over 0.12 s, of {_BROW}.",
        compute=partial(liveliness.speed, of=liveliness.brows, percent=USUAL),
        signals=_BROWS,
        group=Group.EYES,
    ),
    _natural(
        "lid_movement",
        "eyelid movement",
        _EYES,
        _amount(_LID),
        compute=partial(liveliness.amount, of=liveliness.lids),
        signals=_LIDS,
        group=Group.EYES,
    ),
    _natural(
        "lid_movement_fast",
        "fast eyelid movement",
        f"{_EYES}/s",
        _fast(_LID),
        compute=partial(liveliness.speed, of=liveliness.lids, percent=FAST),
        signals=_LIDS,
        group=Group.EYES,
    ),
    _natural(
        "blinks",
        "blinks",
        "1/min",
        "Times a minute at which the lids are below 0.6 of their median opening for less than "
        "0.6 s.",
        compute=liveliness.blinks,
        signals=_LIDS,
        group=Group.EYES,
    ),
    _natural(
        "mouth_opening",
        "mouth opening",
        _EYES,
        _amount(_OPENING),
        compute=partial(liveliness.amount, of=liveliness.opening),
        signals=("mouth_opening",),
        group=Group.MOUTH,
        tolerance=0.0015,
    ),
    _natural(
        "mouth_opening_fast",
        "fast opening of the mouth",
        f"{_EYES}/s",
        _fast(_OPENING),
        compute=partial(liveliness.speed, of=liveliness.opening, percent=FAST),
        signals=("mouth_opening",),
        group=Group.MOUTH,
    ),
    _natural(
        "mouth_width",
        "change of the mouth's width",
        _EYES,
        _amount(_WIDTH),
        compute=partial(liveliness.amount, of=liveliness.width),
        signals=("mouth_width",),
        group=Group.MOUTH,
        tolerance=0.0015,
    ),
    _natural(
        "mouth_width_fast",
        "fast change of the mouth's width",
        f"{_EYES}/s",
        _fast(_WIDTH),
        compute=partial(liveliness.speed, of=liveliness.width, percent=FAST),
        signals=("mouth_width",),
        group=Group.MOUTH,
    ),
    _natural(
        "facial_movement",
        "facial movement",
        _EYES,
        "Root mean square, over 72 points of lips, brows, lids, cheeks and chin and over time, of "
        "a point's distance from its own mean over 3 s.",
        compute=partial(liveliness.strength, signal="facial_movement"),
        signals=("facial_movement",),
        group=Group.FACE,
    ),
    _natural(
        "fine_facial_movement",
        "fine facial movement",
        _EYES,
        "Root mean square of x(t) - (x(t - 40 ms) + x(t + 40 ms)) / 2 over the same points.",
        compute=partial(liveliness.strength, signal="fine_facial_movement"),
        signals=("fine_facial_movement",),
        group=Group.FACE,
    ),
    _natural(
        "sharpness_face",
        "sharpness of the face",
        "ratio",
        "Energy of detail below 1.2 pixels relative to that of 1.2 to 4 pixels, in a crop with 56 "
        "pixels between the eyes.",
        compute=partial(liveliness.mean, signal="sharpness_face"),
        signals=("sharpness_face",),
        group=Group.PICTURE,
    ),
    _natural(
        "sharpness_mouth",
        "sharpness of the mouth",
        "ratio",
        "The same around the lips.",
        compute=partial(liveliness.mean, signal="sharpness_mouth"),
        signals=("sharpness_mouth",),
        group=Group.PICTURE,
    ),
    _natural(
        "flicker",
        "flicker",
        "share of brightness",
        "Median distance of L(t) from (L(t - 40 ms) + L(t + 40 ms)) / 2 relative to L, the face's "
        "brightness.",
        compute=liveliness.flicker,
        signals=("face_brightness",),
        group=Group.PICTURE,
    ),
)
