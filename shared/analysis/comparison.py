"""Two builds of an avatar side by side.

Per measure: both values, their difference, and the interval in which the difference lies with 95 %
confidence (block bootstrap; `bootstrap` says how). Whether the change is for the better is a
question to the set's band: what counts is how far the value is outside of it and, for levels in
videos, how much the share of time within falls short of the required one. A change is clear where
the interval of that does not include 0. A clear difference that is neither better nor worse (both
values are within, or there is no band) is higher or lower. What is below the noise of measuring
(`Measure.tolerance`) is no clear change, however narrow its interval.

A natural measure is compared on its own scale (`population`): its difference is besides given in
standard deviations of what one person does within a recording, and with a natural set, better is
closer to what the set expects. Its faults have the bands of their limits.

Where there is no interval (an image, a clip below 8 s, the one most extreme moment of a clip) only
a value that crosses a bound is better or worse; another is higher or lower, and the reason says
that nothing tells how sure that is. Of a clip that is too short a notice says so.
"""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from pydantic import Field

from shared.analysis.bootstrap import (
    BLOCK_SECONDS,
    CONFIDENCE,
    DRAWS,
    MIN_SECONDS,
    too_short,
)
from shared.analysis.changes import Difference
from shared.analysis.face_comparison import differences
from shared.analysis.judging import engine_notice, judged_faces
from shared.analysis.lip_sync_comparison import LipSync, lip_sync
from shared.analysis.measuring import MeasuredRecording
from shared.analysis.parameter_sets import ParameterSet
from shared.analysis.report import Model, Subject
from shared.measurements.versions import Origin
from shared.platform.errors import Code, Problem

TOO_SHORT: Final = f"too short to tell how sure a change is: {MIN_SECONDS:g} s are needed"
SHORT_CLIP: Final = f"The clip is {TOO_SHORT}."


class FaceComparison(Model):
    before: int = Field(description="Id of the face in the earlier build.")
    after: int
    differences: tuple[Difference, ...]


class Comparison(Model):
    notices: tuple[str, ...]
    before: Subject
    after: Subject
    parameter_set: str | None
    confidence: float = CONFIDENCE
    draws: int = DRAWS
    block_seconds: float = Field(
        default=BLOCK_SECONDS, description="Longer in clips of more than ten minutes."
    )
    seed: int
    faces: tuple[FaceComparison, ...]
    lip_sync: LipSync | None = Field(
        default=None,
        description="How lips and sound have moved against each other; null for images.",
    )


def compare(
    before: tuple[Subject, MeasuredRecording],
    after: tuple[Subject, MeasuredRecording],
    parameter_set: ParameterSet | None = None,
    *,
    seed: int = 0,
    allow_engine_mismatch: bool = False,
) -> Comparison:
    """With a set: its measures. Without: every measure that both have.

    Faces are paired in the order of their ids. Raises Problem `engine_mismatch` where the builds
    were measured by different engines, or the set's numbers come from another one, unless allowed;
    `type_mismatch` where one is an image and the other a video.
    """
    if before[1].type.is_image != after[1].type.is_image:
        raise Problem(
            Code.TYPE_MISMATCH, "One build is an image, the other a video: compare like with like."
        )
    notices = list(_engine_notices(before[1], after[1], parameter_set, allow_engine_mismatch))
    faces = []
    pairs = (judged_faces(parameter_set, item[1]) for item in (before, after))
    for old, new in zip_longest(*pairs):
        if old is None or new is None:
            which, face = ("later", new) if old is None else ("earlier", old)
            notices.append(f"Face {face.face} of the {which} build has no counterpart.")
            continue
        found = tuple(differences(old, new, parameter_set, seed))
        faces.append(FaceComparison(before=old.face, after=new.face, differences=found))
        timed = old.track.interval and new.track.interval
        if timed and (too_short(old.track) or too_short(new.track)):
            notices.append(SHORT_CLIP)
    return Comparison(
        notices=tuple(dict.fromkeys(notices)),
        before=before[0],
        after=after[0],
        parameter_set=parameter_set.name if parameter_set else None,
        seed=seed,
        faces=tuple(faces),
        lip_sync=lip_sync(before[1], after[1], seed=seed),
    )


def _engine_notices(
    before: MeasuredRecording,
    after: MeasuredRecording,
    parameter_set: ParameterSet | None,
    allow: bool,
) -> Iterator[str]:
    old, new = Origin.of(before.facts), Origin.of(after.facts)
    if not old.agrees_with(new):
        found = f"The earlier build was measured by {old}, the later one by {new}"
        if not allow:
            raise Problem(
                Code.ENGINE_MISMATCH,
                f"{found}. Measure both with one engine, or say allow_engine_mismatch.",
            )
        yield f"{found}: differences may be the engines'."
    if parameter_set:
        for recording in (before, after):
            if notice := engine_notice(parameter_set, recording.facts, allow=allow):
                yield notice
                break
