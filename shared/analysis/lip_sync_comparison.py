"""The change of lip sync between two measured clips, for a comparison and for a set's parameter.

It is that of the faces that were seen for longest (`lip_sync` says how it is told).
"""

from dataclasses import replace
from typing import Self

from pydantic import Field

from shared.analysis.lip_sync import LipSyncChange, lip_sync_change
from shared.analysis.measuring import Measured, MeasuredRecording
from shared.analysis.mouth import Mouth, mouth_of
from shared.analysis.report import Model
from shared.analysis.sound_measures import LIP_SYNC
from shared.analysis.statistics import NotMeasured, rounded
from shared.analysis.track import Track
from shared.measurements.sound import Sound

_MS = 1000.0


class LipSync(Model):
    """Of the later build against the earlier one. Where there is no change, a reason."""

    change: float | None = Field(
        default=None,
        description="[ms] By how much the mouth comes later, against its sound, than before, in "
        "the middle of what both have in common; below 0: earlier.",
    )
    change_low: float | None = Field(default=None, description="Lower end of its interval.")
    change_high: float | None = Field(default=None, description="Upper end of its interval.")
    drift: float | None = Field(
        default=None, description="[ms/s] By how much the change grows with time."
    )
    drift_low: float | None = Field(default=None, description="Lower end of its interval.")
    drift_high: float | None = Field(default=None, description="Upper end of its interval.")
    sound_lag: float | None = Field(
        default=None, description="[ms] By how much the sound is later than before."
    )
    sound_correlation: float | None = Field(
        default=None, description="Of both sounds, at that lag; 1 is the same sound."
    )
    mouth_lag: float | None = Field(
        default=None, description="[ms] By how much the mouth is later than before."
    )
    mouth_correlation: float | None = Field(default=None, description="Of both mouths, likewise.")
    seconds: float | None = Field(default=None, description="[s] That it rests on.")
    reason: str | None = Field(default=None, description="Why there is none.")

    @classmethod
    def of(cls, found: LipSyncChange | NotMeasured) -> Self:
        if isinstance(found, NotMeasured):
            return cls(reason=found.reason)
        change, drift = (_in_ms(ends) for ends in (found.change_ends, found.drift_ends))
        return cls(
            change=rounded(found.change * _MS),
            change_low=change[0],
            change_high=change[1],
            drift=rounded(found.drift * _MS),
            drift_low=drift[0],
            drift_high=drift[1],
            sound_lag=rounded(found.sound_lag * _MS),
            sound_correlation=rounded(found.sound_correlation),
            mouth_lag=rounded(found.mouth_lag * _MS),
            mouth_correlation=rounded(found.mouth_correlation),
            seconds=rounded(found.seconds),
        )


def lip_sync(
    before: MeasuredRecording, after: MeasuredRecording, *, seed: int = 0
) -> LipSync | None:
    """Between two clips; None for images."""
    if before.type.is_image or after.type.is_image:
        return None
    return LipSync.of(_between(_main_track(before), _main_track(after), seed=seed))


def with_lip_sync(
    measured: MeasuredRecording, against: Track | NotMeasured | None
) -> MeasuredRecording:
    """The recording with `lip_sync_change` of its main face.

    `against` is the main face of the other recording; None where that has none.
    """
    main = measured.main_face
    if main is None or measured.type.is_image:
        return measured
    found = (
        against if isinstance(against, NotMeasured) else _between(against, _main_track(measured))
    )
    entry = main.values[LIP_SYNC].measure
    told = (
        Measured(entry, None, reason=found.reason)
        if isinstance(found, NotMeasured)
        else Measured(entry, None, rounded(found.change * _MS))
    )
    face = replace(main, values={**main.values, LIP_SYNC: told})
    return replace(measured, faces=tuple(face if each is main else each for each in measured.faces))


def _in_ms(ends: tuple[float, float] | None) -> tuple[float | None, float | None]:
    return (None, None) if ends is None else (rounded(ends[0] * _MS), rounded(ends[1] * _MS))


def _main_track(measured: MeasuredRecording) -> Track | None:
    return measured.main_face.track if measured.main_face else None


def _between(
    first: Track | None, second: Track | None, *, seed: int = 0
) -> LipSyncChange | NotMeasured:
    sides = _side("earlier", first), _side("later", second)
    for side in sides:
        if isinstance(side, NotMeasured):
            return side
    one, other = (side for side in sides if not isinstance(side, NotMeasured))
    return lip_sync_change(one, other, seed=seed)


def _side(which: str, track: Track | None) -> tuple[Sound, Mouth] | NotMeasured:
    if track is None:
        return NotMeasured(f"The {which} clip has no face.")
    if track.sound is None:
        return NotMeasured(f"Of the {which} clip: {track.no_sound}")
    mouth = mouth_of(track)
    if mouth is None:
        return NotMeasured(
            f"Of the {which} clip: the engine does not measure how far the mouth is open."
        )
    return track.sound, mouth
