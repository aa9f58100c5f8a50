"""One face held to a natural set: faults first, then how it moves and looks.

    faults     every gate that can be measured must hold
    movement   the rule's verdict over all measures but the picture's
    picture    the same over sharpness and flicker

Each is a verdict of its own; the whole is the worst of the three. Movement and picture are
inconclusive where the clip is too short, too small or too slow to be judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.analysis import rule, wording
from shared.analysis.gates import GATES, Gate
from shared.analysis.measuring import Measured, MeasuredFace
from shared.analysis.natural_measures import NATURAL
from shared.analysis.natural_sets import Natural
from shared.analysis.population import Case, Population, population
from shared.analysis.report import (
    MAX_VIOLATIONS,
    Naturalness,
    Outcome,
    Result,
    Verdict,
    Violation,
    worst_of,
)
from shared.analysis.rule import Finding, Judgement, Part
from shared.analysis.statistics import rounded


@dataclass(frozen=True, slots=True)
class NaturalVerdict:
    naturalness: Naturalness
    results: tuple[Result, ...]  # faults, then findings, the worst first, then what is not known
    score: float | None

    @property
    def verdict(self) -> Verdict:
        parts = self.naturalness
        return worst_of(parts.faults, parts.movement, parts.picture)


def judge_face(natural: Natural, face: MeasuredFace) -> NaturalVerdict:
    """The verdict of one face that was seen at all."""
    table = population(natural.population)
    chosen = {code: w for code, w in face.observed.items() if code not in natural.left_out}
    judgement = rule.judge(table, natural.own, chosen, natural.settings)
    gates = [_gate(gate, face) for gate in GATES]
    missing = [
        _unknown(face.values[measure.code])
        for measure in NATURAL
        if measure.code not in chosen and measure.code not in natural.left_out
    ]
    found = [_finding(finding, judgement, face) for finding in judgement.findings]
    return NaturalVerdict(
        _naturalness(natural, table, judgement, [*gates, *found, *missing]),
        (*gates, *found, *missing),
        None if judgement.score is None else rounded(judgement.score),
    )


def _gate(gate: Gate, face: MeasuredFace) -> Result:
    found = face.values[gate.measure.code]
    if found.value is None:
        return _result(
            found, Outcome.NOT_MEASURED, gate.lower, gate.upper, reason=found.reason, optional=True
        )
    if gate.holds(found.value):
        return _result(found, Outcome.WITHIN, gate.lower, gate.upper)
    spans = gate.spans(face.track)
    violations = tuple(
        Violation(start=rounded(start), end=rounded(end), worst=found.value, at=rounded(start))
        for start, end in spans[:MAX_VIOLATIONS]
    )
    reason = wording.fault(gate, found.value)
    result = _result(found, Outcome.NOT_WITHIN, gate.lower, gate.upper, reason=reason)
    return result.model_copy(
        update={"violations": violations, "violation_count": len(spans), "at": found.at}
    )


def _finding(found: Finding, judgement: Judgement, face: MeasuredFace) -> Result:
    measured = face.values[found.measure]
    outcome = Outcome.NOT_WITHIN if found.beyond else Outcome.WITHIN
    reason = wording.finding(found, judgement.case) if found.beyond else None
    result = _result(measured, outcome, rounded(found.lower), rounded(found.upper), reason=reason)
    windows = measured.windows
    violations = tuple(
        Violation(
            start=rounded(moment.start),
            end=rounded(moment.end),
            worst=rounded(moment.worst),
            at=rounded(moment.at),
        )
        for moment in found.moments[:MAX_VIOLATIONS]
    )
    return result.model_copy(
        update={
            "expected": rounded(found.expected),
            "z": rounded(found.z),
            "violations": violations,
            "violation_count": len(found.moments),
            "windows": tuple(map(rounded, windows.values)) if windows else (),
            "window_times": tuple(map(rounded, windows.times)) if windows else (),
        }
    )


def _unknown(found: Measured) -> Result:
    return _result(found, Outcome.NOT_MEASURED, None, None, reason=found.reason)


def _result(
    found: Measured,
    outcome: Outcome,
    lower: float | None,
    upper: float | None,
    *,
    reason: str | None = None,
    optional: bool = False,
) -> Result:
    entry, value = found.measure, found.value
    bounds = [value - lower] if value is not None and lower is not None else []
    bounds += [upper - value] if value is not None and upper is not None else []
    margin = rounded(min(bounds)) if bounds else None
    width = upper - lower if upper is not None and lower is not None else 0.0
    return Result(
        measure=entry.code,
        words=entry.words,
        unit=entry.unit,
        outcome=outcome,
        value=value,
        lower=lower,
        upper=upper,
        margin=margin,
        margin_bands=rounded(margin / width) if margin is not None and width > 0 else None,
        group=entry.group.value if entry.group else None,
        optional=optional,
        reason=reason,
    )


def _naturalness(
    natural: Natural, table: Population, judgement: Judgement, results: Sequence[Result]
) -> Naturalness:
    broken = any(result.outcome is Outcome.NOT_WITHIN and result.z is None for result in results)
    faults = Verdict.FAIL if broken else Verdict.PASS
    movement, picture = (_of_part(judgement, part) for part in Part)
    together = wording.together(judgement)
    sentences = [result.reason for result in results if result.outcome is Outcome.NOT_WITHIN]
    deviation = judgement.deviation
    verdict = worst_of(faults, movement, picture)
    return Naturalness(
        case=judgement.case.value,
        population=table.version,
        people=max(habit.people for habit in table.habits.values()),
        recordings=len(natural.recordings),
        seconds=rounded(natural.seconds),
        limit=rounded(judgement.limit) if judgement.findings else 0.0,
        deviation=None if deviation is None else rounded(deviation),
        deviation_limit=rounded(judgement.deviation_limit),
        deviation_percentile=(
            None if judgement.percentile is None else rounded(judgement.percentile)
        ),
        faults=faults,
        movement=movement,
        picture=picture,
        words=_words(verdict, judgement),
        sentences=tuple(filter(None, [*sentences, together])),
        caveats=() if broken else _caveats(natural, judgement),
    )


def _caveats(natural: Natural, judgement: Judgement) -> tuple[str, ...]:
    if not judgement.deviating:
        return ()
    chance = wording.by_chance(natural.false_alarms)
    silent = judgement.case is Case.PEOPLE and Part.MOVEMENT in judgement.deviating
    return (chance, wording.TALKING) if silent else (chance,)


def _of_part(judgement: Judgement, part: Part) -> Verdict:
    if part in judgement.deviating:
        return Verdict.FAIL
    known = any(found.part is part for found in judgement.findings)
    if judgement.deviation is None or not known:
        return Verdict.INCONCLUSIVE
    return Verdict.PASS


def _words(verdict: Verdict, judgement: Judgement) -> str:
    if verdict is Verdict.FAIL:
        return "does not move and look as it should"
    if verdict is Verdict.INCONCLUSIVE:
        return "too little is known to judge how it moves"
    return wording.passed(judgement.case)
