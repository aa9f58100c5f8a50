"""How well the verdict tells real people from generated ones; writes docs/verdict.md.

    python benchmarks/verdict.py FOLDER [--ladder FOLDER] [--hard FOLDER] [--votes FILE] [--write]

FOLDER holds real recordings and generated clips: PERSON/real.mp4 beside PERSON/<generator>.mp4, and
real/, generated/ of other people. Every clip is measured by the product's own engine, once. No
person is in the table that it is judged by: the table is estimated anew without each. T is that of
the package. What the constants were tuned on is what this folder holds, unless it is another.

    people       a clip against people, nobody's own footage
    own 5, 10 s  against that much of the person's own, from either end of the recording; real: the
                 rest of it

`--ladder` names what `benchmarks/ladder.py` wrote, `--hard` what `benchmarks/hard_look.py`,
`--votes` a file of people's votes on pairs of the generated clips.
"""

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._document import write  # noqa: E402
from benchmarks._intervals import exact  # noqa: E402
from benchmarks._measured import face, person, videos  # noqa: E402
from benchmarks.hard_look import LIVING, TRICKS  # noqa: E402
from benchmarks.ladder import HARMLESS, RUNGS  # noqa: E402
from benchmarks.population import EARLIER, people, reals  # noqa: E402
from shared.analysis import rule  # noqa: E402
from shared.analysis.catalogue import CATALOGUE  # noqa: E402
from shared.analysis.gates import GATES  # noqa: E402
from shared.analysis.measures import Group  # noqa: E402
from shared.analysis.measuring import MeasuredFace  # noqa: E402
from shared.analysis.population import Population, population, read_habits  # noqa: E402
from shared.analysis.population_estimate import OWN_SECONDS, habits_of, parts  # noqa: E402
from shared.analysis.rule import Judgement, Observed, Settings  # noqa: E402

DOCUMENT: Final = ROOT / "docs" / "verdict.md"
DECIDED: Final = 0.6  # of the votes on one side


@dataclass(frozen=True, slots=True)
class Trial:
    """One clip judged in one case."""

    case: str
    clip: Path
    real: bool
    judgement: Judgement
    faults: int

    @property
    def failed(self) -> bool:
        return bool(self.faults or self.judgement.deviating)

    @property
    def deviation(self) -> float:
        return self.judgement.deviation or 0.0

    @property
    def generator(self) -> str:
        """By the file's name, up to its first underscore."""
        return self.clip.stem.split("_")[0]


class Tables:
    """The package's table, estimated anew without one person."""

    def __init__(self, recordings: Mapping[str, Sequence[Observed]]) -> None:
        self._recordings = recordings
        self._earlier = read_habits(EARLIER)

    def without(self, name: str) -> Population:
        others = {who: found for who, found in self._recordings.items() if who != name}
        whole = population()
        return Population(whole.version, habits_of(others, self._earlier), whole.deviations)


def faults(found: MeasuredFace) -> int:
    """Gates that the clip breaks."""
    values = {gate: found.values[gate.measure.code].value for gate in GATES}
    return sum(value is not None and not gate.holds(value) for gate, value in values.items())


def trials(folder: Path, tables: Tables) -> Iterator[Trial]:
    real, settings = reals(folder), Settings()
    own_of: dict[str, list[tuple[str, Observed]]] = defaultdict(list)
    for path in real:
        found, table = face(path), tables.without(person(path))
        broken = faults(found)
        if len(found.observed) < rule.LARGEST:
            continue
        judgement = rule.judge(table, [], found.observed, settings)
        yield Trial("people", path, True, judgement, broken)
        for seconds, own, rest in _parts(found.observed):
            case = f"own {seconds:g} s"
            own_of[person(path)].append((case, own))
            judgement = rule.judge(table, [rule.own(own)], rest, settings)
            yield Trial(case, path, True, judgement, broken)
    for path in generated(folder):
        found, table = face(path), tables.without(path.parent.name)
        if len(found.observed) < rule.LARGEST:
            continue
        judgement = rule.judge(table, [], found.observed, settings)
        yield Trial("people", path, False, judgement, faults(found))
        for case, own in own_of[path.parent.name]:
            judgement = rule.judge(table, [rule.own(own)], found.observed, settings)
            yield Trial(case, path, False, judgement, faults(found))


def generated(folder: Path) -> list[Path]:
    """Clips beside a person's real.mp4, and those in a folder called generated."""
    return [
        path
        for path in videos(folder)
        if path.parent.name == "generated"
        or (path.stem != "real" and path.with_name("real.mp4").is_file())
    ]


def _parts(observed: Observed) -> Iterator[tuple[float, Observed, Observed]]:
    for seconds in OWN_SECONDS:
        for own, rest in parts(observed, (seconds,)):
            yield seconds, own, rest


def auc(real: Sequence[float], generated: Sequence[float]) -> float:
    """How often a generated clip deviates more than a real one."""
    pairs = list(product(real, generated))
    return sum((a < b) + 0.5 * (a == b) for a, b in pairs) / len(pairs)


def share(hits: int, count: int) -> str:
    low, high = exact(hits, count)
    return f"{hits}/{count} ({low:.0%} to {high:.0%})"


def main_table(found: Sequence[Trial]) -> Iterator[str]:
    yield "| case | real that fail | generated, caught | by movement | by picture | AUC of D |"
    yield "|---|---|---|---|---|---|"
    for case in dict.fromkeys(trial.case for trial in found):
        chosen = [trial for trial in found if trial.case == case]
        real = [trial for trial in chosen if trial.real]
        made = [trial for trial in chosen if not trial.real]
        parted = [
            share(sum(part in t.judgement.deviating for t in made), len(made)) for part in rule.Part
        ]
        yield (
            f"| {case} | {share(sum(t.failed for t in real), len(real))} | "
            f"{share(sum(t.failed for t in made), len(made))} | {' | '.join(parted)} | "
            f"{auc([t.deviation for t in real], [t.deviation for t in made]):.3f} |"
        )


def generator_table(found: Sequence[Trial]) -> Iterator[str]:
    generators = sorted({trial.generator for trial in found if not trial.real})
    cases = list(dict.fromkeys(trial.case for trial in found))
    yield f"| generator | {' | '.join(cases)} |"
    yield "|---|" + "---|" * len(cases)
    for generator in generators:
        cells = []
        for case in cases:
            chosen = [t for t in found if not t.real and (t.generator, t.case) == (generator, case)]
            cells.append(f"{sum(t.failed for t in chosen)}/{len(chosen)}" if chosen else "")
        yield f"| {generator} | {' | '.join(cells)} |"


def ladder_table(
    folder: Path, rungs: Iterable[str], harmless: Container[str], tables: Tables
) -> Iterator[str]:
    """FOLDER/<person>/own.mp4 and the rungs beside it."""
    clips = sorted(path.parent for path in folder.glob("*/own.mp4"))
    yield "| rung | must | fails | by |"
    yield "|---|---|---|---|"
    for rung in rungs:
        failed, by = [], set()
        for clip in (each for each in clips if (each / f"{rung}.mp4").is_file()):
            found = face(clip / f"{rung}.mp4")
            own = rule.own(face(clip / "own.mp4").observed)
            judgement = rule.judge(tables.without(clip.name), [own], found.observed, Settings())
            broken = [
                gate.measure.words
                for gate in GATES
                if (value := found.values[gate.measure.code].value) is not None
                and not gate.holds(value)
            ]
            beyond = [CATALOGUE[f.measure].words for f in judgement.findings if f.beyond]
            failed.append(bool(broken or judgement.deviating))
            by.update(broken[:1] or beyond[:1])
        must = "pass" if rung in harmless else "fail"
        yield f"| {rung} | {must} | {sum(failed)}/{len(failed)} | {', '.join(sorted(by))} |"


def votes_table(folder: Path, votes: Path) -> Iterator[str]:
    """Pairs of which most people chose the one that is closer to the person's own clip."""
    with votes.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    groups = {"head": Group.HEAD, "lip": Group.MOUTH}
    away = {
        (who, generator): distances(folder / who, generator)
        for who in {row["person"] for row in rows}
        for generator in {row[side] for row in rows for side in "ab"}
    }
    yield "| asked | measures | decided pairs predicted |"
    yield "|---|---|---|"
    for asked, group in groups.items():
        hits = []
        for row in rows:
            a, b = int(row["votes_a"]), int(row["votes_b"])
            if row["asked"] == asked and max(a, b) >= DECIDED * (a + b):
                ours = [away[row["person"], row[side]][group] for side in "ab"]
                hits.append((ours[0] < ours[1]) == (a > b))
        yield f"| {asked} | {group.value} | {share(sum(hits), len(hits))} |"


def distances(folder: Path, generator: str) -> dict[Group | None, float]:
    """Mean |z| of each group of measures of a generated clip against the person's own."""
    own = rule.own(face(folder / "real.mp4").observed)
    clip = face(folder / f"{generator}.mp4").observed
    found = rule.judge(population(), [own], clip, Settings()).findings
    groups: dict[Group | None, list[float]] = defaultdict(list)
    for finding in found:
        groups[CATALOGUE[finding.measure].group].append(abs(finding.z))
    return {group: sum(each) / len(each) for group, each in groups.items()}


def other_table(folder: Path) -> Iterator[str]:
    """Real recordings that are not of people talking to the camera."""
    judged = [(path, face(path)) for path in videos(folder)]
    known = [(path, found) for path, found in judged if len(found.observed) >= rule.LARGEST]
    failed = [
        path.stem
        for path, found in known
        if faults(found) or rule.judge(population(), [], found.observed, Settings()).deviating
    ]
    yield f"{share(len(failed), len(known))} fail: {', '.join(failed)}."


def document(sections: Iterable[tuple[str, Iterable[str]]]) -> str:
    return "\n\n".join(f"### {title}\n\n" + "\n".join(lines) for title, lines in sections)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ladder", type=Path)
    parser.add_argument("--hard", type=Path)
    parser.add_argument("--votes", type=Path)
    parser.add_argument("--others", type=Path, help="real recordings of another kind")
    parser.add_argument("--write", action="store_true", help=f"into {DOCUMENT.name}")
    options = parser.parse_args()
    tables = Tables(people(reals(options.folder)))
    found = list(trials(options.folder, tables))
    sections = [
        ("Real against generated", main_table(found)),
        ("By generator", generator_table(found)),
    ]
    if options.ladder:
        sections.append(("The ladder", ladder_table(options.ladder, RUNGS, HARMLESS, tables)))
    if options.hard:
        rungs = (*TRICKS, *LIVING)
        sections.append(("A hard look", ladder_table(options.hard, rungs, LIVING, tables)))
    if options.votes:
        sections.append(("People's votes", votes_table(options.folder / "people", options.votes)))
    if options.others:
        sections.append(("Real, but not of this kind", other_table(options.others)))
    text = document(sections)
    print(text)
    if options.write:
        write(DOCUMENT, "verdict", text)


if __name__ == "__main__":
    main()
