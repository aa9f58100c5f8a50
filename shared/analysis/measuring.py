"""All measures of a recording, computed once; judging, learning and comparing start from here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.analysis.catalogue import CATALOGUE, Measure
from shared.analysis.series import Recording
from shared.analysis.statistics import NotMeasured, Statistic, Windows, rounded
from shared.analysis.track import Track, track
from shared.measurements.model import Facts, MediaType, Validity

_RANK: Final[dict[Validity, int]] = {"unseen": -1, "low": 0, "moderate": 1, "high": 2}


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure of one face: a value, or why there is none."""

    measure: Measure
    validity: Validity | None  # of the least valid Action Unit it rests on; None: not said
    value: float | None = None
    at: float | None = None  # [s] when it was seen, where it is of one moment
    reason: str | None = None  # a sentence, where there is no value
    hardly_moved: tuple[str, ...] = ()  # Action Units without whose movement it says little
    windows: Windows | None = None  # of a natural measure


@dataclass(frozen=True, slots=True)
class MeasuredFace:
    track: Track
    values: Mapping[str, Measured]  # every code of the catalogue

    @property
    def face(self) -> int:
        return self.track.face

    @property
    def observed(self) -> dict[str, Windows]:
        """The windows of those natural measures that could be had."""
        found = ((code, measured.windows) for code, measured in self.values.items())
        return {code: windows for code, windows in found if windows is not None}

    def statistic(self, code: str) -> Statistic | None:
        """What a value was computed from; None where there is no value.

        Computed again whenever it is asked for: kept for every measure of an hour it would be
        150 MB.
        """
        if self.values[code].value is None:
            return None
        found = CATALOGUE[code].compute(self.track)
        return None if isinstance(found, NotMeasured) else found


@dataclass(frozen=True, slots=True)
class MeasuredRecording:
    type: MediaType
    facts: Facts
    faces: tuple[MeasuredFace, ...]

    @property
    def main_face(self) -> MeasuredFace | None:
        """The face that was seen for longest; of equals the one with the lowest id."""
        return max(self.faces, key=lambda face: face.track.seen_share, default=None)


def measure(recording: Recording) -> MeasuredRecording:
    """Every measure of every face that has rows. docs/verdict.md says what that costs."""
    faces = []
    for series in recording.faces:
        prepared = track(recording, series)
        values = {
            code: _measured(entry, prepared, recording.type) for code, entry in CATALOGUE.items()
        }
        faces.append(MeasuredFace(prepared, values))
    return MeasuredRecording(recording.type, recording.facts, tuple(faces))


def _measured(entry: Measure, prepared: Track, media_type: MediaType) -> Measured:
    validity = _validity(entry, prepared)
    reason = _obstacle(entry, prepared, media_type)
    if reason is not None:
        return Measured(entry, validity, reason=reason)
    found = entry.compute(prepared)
    if isinstance(found, NotMeasured):
        return Measured(entry, validity, reason=found.reason)
    at = None if found.at is None else rounded(found.at)
    return Measured(
        entry,
        validity,
        rounded(found.value),
        at,
        hardly_moved=_hardly_moved(entry, prepared),
        windows=found if isinstance(found, Windows) else None,
    )


def _validity(entry: Measure, prepared: Track) -> Validity | None:
    known = [prepared.validity[au] for au in entry.aus if au in prepared.validity]
    lowest = min(known, key=_RANK.__getitem__, default=None)
    return "low" if lowest != "unseen" and _hardly_moved(entry, prepared) else lowest


def _hardly_moved(entry: Measure, prepared: Track) -> tuple[str, ...]:
    """What hardly moved is judged in its amount, not in its shape."""
    if not entry.shape:
        return ()
    return tuple(au for au in entry.aus if au in prepared.hardly_moved)


def _obstacle(entry: Measure, prepared: Track, media_type: MediaType) -> str | None:
    """Why a measure cannot be had of this face; None when it can."""
    if media_type not in entry.types:
        is_not = (
            "; this is an image" if media_type.is_image else " of one person; this is one of more"
        )
        return f"It needs a video{is_not} ({media_type})."
    for au in entry.aus:
        if au in prepared.absent or (not entry.code.endswith(".presence") and not prepared.has(au)):
            return f"The measurement has no {au}."
        if prepared.validity.get(au) == "unseen":
            return f"The part of the face that {au} rests on lies outside of the picture."
    for signal in entry.signals:
        if signal not in prepared.signals:
            return f"The engine gives no {signal}."
    if entry.needs_movement and not prepared.moving_aus:
        return "No Action Unit of this face is of better than low validity."
    return _too_little(entry, prepared)


def _too_little(entry: Measure, prepared: Track) -> str | None:
    frames = 1 if prepared.image else entry.min_frames
    if len(prepared) < frames:
        return f"It needs {frames} confident frames; there are {len(prepared)}."
    if (entry.min_seconds or entry.min_fps) and not prepared.interval:
        return "It needs timestamps; the measurement has none."
    if prepared.seconds < entry.min_seconds - 1e-6:
        return (
            f"It needs the face for {entry.min_seconds:g} s; it was seen for "
            f"{prepared.seconds:.1f} s."
        )
    if prepared.fps < entry.min_fps - 0.5:  # 19.98 is 20
        return f"It needs {entry.min_fps:g} frames a second; there are {prepared.fps:.1f}."
    return None
