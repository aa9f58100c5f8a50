"""Holding a measurement to a parameter set.

A parameter is *within* when its value lies in its band, ends included. The level of an Action Unit
in a video must besides lie in the band for the set's required share of the time, and every time it
does not is a violation. A measure that cannot be had is *not measured* and never counts as within.

An Action Unit that the engine calls `low` is not judged by being named in a measure, for every
parameter names one: it is judged where the parameter says `allow_low_validity`.

A face seen for less than the set's share of a video is listed without results; a natural set judges
the main face all the same, for absence is a fault. `Verdict` says how results become a verdict,
`natural_judging` what a natural set judges before its parameters.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.analysis.figures import SHARE, amount
from shared.analysis.measuring import Measured, MeasuredFace, MeasuredRecording
from shared.analysis.natural_judging import judge_face
from shared.analysis.parameter_sets import Bounds, Mode, Parameter, ParameterSet
from shared.analysis.report import (
    MAX_VIOLATIONS,
    Counts,
    EngineFacts,
    FaceReport,
    Media,
    Outcome,
    Report,
    Result,
    SetReference,
    Subject,
    Verdict,
    Violation,
    verdict_of,
    worst,
    worst_of,
)
from shared.analysis.series import Bools, Floats
from shared.analysis.statistics import DECIMALS, rounded
from shared.analysis.track import Track
from shared.measurements.model import Facts
from shared.measurements.versions import Origin
from shared.platform.errors import Code, Problem

Places = NDArray[np.intp]


def judge(
    parameter_set: ParameterSet,
    measured: MeasuredRecording,
    subject: Subject,
    *,
    version: int | None = None,
    allow_engine_mismatch: bool = False,
) -> Report:
    """The report. `version` is the set's.

    Raises Problem `engine_mismatch` where the set's numbers come from another engine, or another
    version of it, than the measurement's, unless that is allowed: then the report says so first.
    """
    facts = measured.facts
    mismatch = engine_notice(parameter_set, facts, allow=allow_engine_mismatch)
    main = measured.main_face if parameter_set.mode is Mode.NATURAL else None
    faces = tuple(
        _face(parameter_set, face, always=face is main)
        for face in measured.faces
        if len(face.track)
    )
    results = [result for face in faces for result in face.results]
    verdicts = [face.verdict for face in faces if face.verdict is not None]
    oddest = _most_deviating(faces)
    nature = oddest.naturalness if oddest else None
    return Report(
        notices=(*([mismatch] if mismatch else []), *facts.warnings),
        verdict=worst(verdicts) or Verdict.INCONCLUSIVE,
        score=oddest.score if oddest else _score(results),
        words=nature.words if nature else None,
        deviation=nature.deviation if nature else None,
        deviation_limit=nature.deviation_limit if nature else None,
        deviation_percentile=nature.deviation_percentile if nature else None,
        counts=_counts(results),
        subject=subject,
        media=Media(
            type=measured.type,
            frames=facts.frames,
            fps=facts.fps,
            duration=facts.duration,
            faces=facts.faces,
        ),
        engine=EngineFacts(name=facts.engine, version=facts.version, scale=facts.scale),
        parameter_set=SetReference(
            name=parameter_set.name,
            version=version,
            engine=parameter_set.engine,
            engine_version=parameter_set.engine_version,
            mode=parameter_set.mode.value,
            required_share=parameter_set.required_share,
            min_face_share=parameter_set.min_face_share,
        ),
        faces=faces,
    )


def engine_notice(parameter_set: ParameterSet, facts: Facts, *, allow: bool) -> str | None:
    """What to say of a set from another engine, or from another version of what it measures.

    Raises Problem where that is not allowed.
    """
    origin = Origin.of(facts)
    if parameter_set.origin.agrees_with(origin):
        return None
    found = (
        f"The numbers of {parameter_set.name!r} come from {parameter_set.origin}, this measurement "
        f"from {origin}: these measure on different scales."
    )
    if allow:
        return found + " The bounds were applied all the same, as was asked."
    raise Problem(
        Code.ENGINE_MISMATCH,
        f"{found} Use a set for {origin}, or say allow_engine_mismatch.",
    )


def judged_faces(
    parameter_set: ParameterSet | None, measured: MeasuredRecording
) -> list[MeasuredFace]:
    """Those that were seen for long enough."""
    least = parameter_set.min_face_share if parameter_set else 0.0
    return [face for face in measured.faces if len(face.track) and _seen(face) >= least]


def _seen(face: MeasuredFace) -> float:
    return rounded(face.track.seen_share)


def _most_deviating(faces: Sequence[FaceReport]) -> FaceReport | None:
    """Of the faces held to a natural set, that with the worst verdict and the largest deviation."""
    return min(
        (face for face in faces if face.naturalness and face.verdict),
        key=lambda face: (
            (face.verdict or Verdict.PASS).rank,
            -((face.naturalness and face.naturalness.deviation) or 0.0),
        ),
        default=None,
    )


def _face(parameter_set: ParameterSet, face: MeasuredFace, *, always: bool) -> FaceReport:
    """`always`: judged however short the time for which it was seen."""
    seen, least = _seen(face), parameter_set.min_face_share
    if seen < least and not always:
        return FaceReport(
            face=face.face,
            seen_share=seen,
            confident_frames=len(face.track),
            judged=False,
            reason=f"It was seen for {amount(seen, SHARE, (least,))} of the time; faces are judged "
            f"from {amount(least, SHARE)} on.",
        )
    results = tuple(
        _result(parameter, face, parameter_set.required_share)
        for parameter in parameter_set.parameters
    )
    judged = FaceReport(
        face=face.face,
        seen_share=seen,
        confident_frames=len(face.track),
        judged=True,
        verdict=verdict_of(results) if results else None,
        score=_score(results),
        results=results,
    )
    return judged if parameter_set.natural is None else _with_nature(judged, parameter_set, face)


def _with_nature(judged: FaceReport, parameter_set: ParameterSet, face: MeasuredFace) -> FaceReport:
    """With what a natural set says of the face before its parameters."""
    if parameter_set.natural is None or face.track.image:
        return judged.model_copy(update={"verdict": judged.verdict or Verdict.INCONCLUSIVE})
    nature = judge_face(parameter_set.natural, face)
    return judged.model_copy(
        update={
            "verdict": worst_of(nature.verdict, judged.verdict or nature.verdict),
            "score": nature.score,
            "naturalness": nature.naturalness,
            "results": (*nature.results, *judged.results),
        }
    )


def _result(parameter: Parameter, face: MeasuredFace, required_share: float) -> Result:
    found = face.values[parameter.measure]
    bounds = parameter.bounds
    reason = not_judged(parameter, found)
    margin = None if reason or found.value is None else _margin(found.value, bounds)
    share: float | None = None
    violations: tuple[Violation, ...] = ()
    count = 0
    if margin is not None and found.measure.by_frame and not face.track.image:
        share, violations, count = _over_time(face.track, found.measure.aus[0], bounds)
    if reason is None:
        reason = _not_within(found, bounds, share, required_share)
        outcome = Outcome.NOT_WITHIN if reason else Outcome.WITHIN
    else:
        outcome = Outcome.NOT_MEASURED
    measured = outcome is not Outcome.NOT_MEASURED
    return Result(
        measure=found.measure.code,
        words=found.measure.words,
        unit=found.measure.unit,
        outcome=outcome,
        value=found.value if measured else None,
        lower=bounds.lower,
        upper=bounds.upper,
        margin=margin,
        margin_bands=_in_bands(margin, bounds),
        at=found.at if measured else None,
        share_within=share,
        required_share=None if share is None else required_share,
        violations=violations,
        violation_count=count,
        validity=found.validity,
        optional=parameter.optional,
        reason=reason,
    )


def not_judged(parameter: Parameter, found: Measured) -> str | None:
    """Why a parameter is not measured of a face, as a sentence; None when it is."""
    if found.value is None:
        return found.reason
    if found.validity == "low" and not parameter.allow_low_validity:
        if found.hardly_moved:
            return (
                f"{' and '.join(found.hardly_moved)} hardly moved in this clip, so how is noise. "
                "To judge it all the same, let the parameter take low validity, too "
                "(allow_low_validity)."
            )
        return (
            "The engine calls what this rests on of low validity for this face. To judge it all "
            "the same, let the parameter take low validity, too (allow_low_validity)."
        )
    return None


def _not_within(
    found: Measured, bounds: Bounds, share: float | None, required_share: float
) -> str | None:
    """Why it is not within, as a sentence; None when it is."""
    value = found.value
    if value is None:
        return found.reason
    if bounds.lower is not None and value < bounds.lower:
        return _beyond(value, "below", bounds.lower, found.measure.unit)
    if bounds.upper is not None and value > bounds.upper:
        return _beyond(value, "above", bounds.upper, found.measure.unit)
    if share is not None and share < required_share:
        within = amount(share, SHARE, (required_share,))
        return f"Within for {within} of the time; {amount(required_share, SHARE)} is required."
    return None


def _beyond(value: float, where: str, bound: float, unit: str) -> str:
    return f"{amount(value, unit, (bound,))} is {where} {amount(bound, unit, (value,))}."


def _margin(value: float, bounds: Bounds) -> float:
    return rounded(-bounds.excess(np.array([value]))[0])


def _in_bands(margin: float | None, bounds: Bounds) -> float | None:
    if margin is None or bounds.lower is None or bounds.upper is None:
        return None
    width = bounds.upper - bounds.lower
    return rounded(margin / width) if width > 0 else None


def _over_time(track: Track, au: str, bounds: Bounds) -> tuple[float, tuple[Violation, ...], int]:
    """The share of time within, the violations in order of time, and how many there are in all."""
    values = np.round(track.intensity(au), DECIMALS)
    beyond = bounds.excess(values)
    outside = beyond > 0
    share = rounded(float(track.covers[~outside].sum() / track.covers.sum()))
    starts, stops = _runs(track, outside)
    if not len(starts) or not track.interval:
        return share, (), len(starts)
    kept = np.arange(len(starts))
    if len(starts) > MAX_VIOLATIONS:
        worst = np.maximum.reduceat(np.where(outside, beyond, 0), starts)
        kept = np.sort(np.argsort(-worst, kind="stable")[:MAX_VIOLATIONS])
    violations = tuple(
        _violation(track, values, beyond, start, stop)
        for start, stop in zip(starts[kept].tolist(), stops[kept].tolist(), strict=True)
    )
    return share, violations, len(starts)


def _runs(track: Track, outside: Bools) -> tuple[Places, Places]:
    """Runs start <= i < stop of frames outside that follow each other without a gap."""
    begins = np.zeros(len(outside) + 1, dtype=np.bool_)
    begins[[stretch.start for stretch in track.stretches] + [-1]] = True
    before = np.concatenate([[False], outside[:-1]])
    after = np.concatenate([outside[1:], [False]])
    starts = np.flatnonzero(outside & (~before | begins[:-1]))
    stops = np.flatnonzero(outside & (~after | begins[1:])) + 1
    return starts, stops


def _violation(track: Track, values: Floats, beyond: Floats, start: int, stop: int) -> Violation:
    worst = start + int(np.argmax(beyond[start:stop]))
    return Violation(
        start=rounded(track.times[start]),
        end=rounded(track.times[stop - 1] + track.covers[stop - 1]),
        worst=float(values[worst]),
        at=rounded(track.times[worst]),
    )


def _counts(results: Sequence[Result]) -> Counts:
    outcomes = Counter(result.outcome.value for result in results)
    return Counts(**{outcome.value: outcomes[outcome.value] for outcome in Outcome})


def _score(results: Sequence[Result]) -> float | None:
    counts = _counts(results)
    measured = counts.within + counts.not_within
    return rounded(counts.within / measured) if measured else None
