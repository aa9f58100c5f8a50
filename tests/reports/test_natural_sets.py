"""Natural sets where they are stored: learned from what is kept, held to, read back."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from shared.analysis import interchange
from shared.analysis import learning as analysis_learning
from shared.analysis.learning import LearnOptions
from shared.analysis.natural_measures import NATURAL
from shared.analysis.parameter_sets import Mode, Parameter, ParameterSet
from shared.analysis.report import Report
from shared.api import avatars
from shared.app import App
from shared.database.extractions import insert_extraction
from shared.database.frames import copy_frames
from shared.database.report_tables import AnalysisReport, AnalysisResult, MeasuredFaceRow
from shared.database.tables import ActionUnitReport, FrameMeasurement
from shared.measurements.csv import Block, paired
from shared.measurements.model import MediaType
from shared.platform.errors import Code, Problem
from shared.reports import learning, parameter_sets, reports, set_listing
from tests import recorded
from tests.analysis.living import signals
from tests.analysis.synthetic import drawn
from tests.reports.test_reports import multiply, request
from tests.statements import counted

SECONDS = 12


def living(app: App, folder: Path, seed: int = 1, much: float = 1.0, name: str = "take") -> int:
    """A stored clip of a face that moves as people do; its number."""
    frames = round(SECONDS * recorded.FPS)
    times = np.arange(frames) / recorded.FPS
    columns = {code: drawn(it, times) for code, it in signals(seed, much).items()}
    lines = [",".join(["frame", "face_id", *columns])]
    lines += [
        ",".join(map(str, [frame + 1, 0, *values]))
        for frame, values in enumerate(np.column_stack(list(columns.values())).tolist())
    ]
    path = folder / "signals.csv"
    path.write_text("\n".join([*lines, ""]))
    facts = recorded.facts(frames)
    facts.engine, facts.version = "mediapipe", "litert-2.3.0+2"
    facts.signals = tuple(columns)
    with app.database.begin() as session:
        report = ActionUnitReport(url="u", avatar="Ada", name=name, type=MediaType.VS)
        session.add(report)
        session.flush()
        copy_frames(session, report.id, paired(_seen(frames), path))
        insert_extraction(session, report.id, facts)
        reports.measured(session, app.storage, reports.locate(session, report.id))
        return report.id


def _seen(frames: int) -> Iterator[Block]:
    """Rows in which the face is always seen."""
    for block in recorded.blocks(recorded.waves(frames)):
        yield replace(block, successes=np.ones(len(block), np.bool_))


def learned(app: App, *numbers: int, **options: Any) -> ParameterSet:
    wanted = LearnOptions.model_validate({"name": "Ada", "coverage": 0.95} | options)
    with app.database.begin() as session:
        return learning.learn(session, app.storage, wanted, numbers)[0].parameter_set


def held(app: App, number: int, content: ParameterSet) -> Report:
    with app.database.begin() as session:
        present = parameter_sets.find(session, content.name)
        stored = parameter_sets.add(session, content, present)
        measurement = reports.locate(session, number)
        found = reports.measured(session, app.storage, measurement)
        reports.hold(session, app.storage, measurement, found, [stored])
        row = session.get_one(AnalysisReport, (number, stored.id))
        return Report.model_validate(row.report)


def test_what_is_learned_comes_back_exactly(app: App, tmp_path: Path) -> None:
    wanted = learned(app, living(app, tmp_path), living(app, tmp_path, 2, name="b" * 100))
    assert wanted.natural is not None
    with app.database.begin() as session:
        stored = parameter_sets.add(session, wanted, None)
        assert stored.content == wanted
        assert parameter_sets.add(session, wanted, stored).version == 1  # the same again
        other = wanted.natural.model_copy(update={"same_setup": False})
        changed = wanted.model_copy(update={"natural": other})
        assert parameter_sets.add(session, changed, stored).version == 2
    assert interchange.from_json(interchange.to_json(wanted)) == wanted
    values = interchange.csv_values(interchange.to_csv(wanted))
    assert ParameterSet.model_validate(values) == wanted


def test_a_natural_set_names_its_measurements(app: App, tmp_path: Path) -> None:
    numbers = [living(app, tmp_path, seed, name=f"take {seed}") for seed in (1, 2)]
    found = learned(app, *numbers, coverage=0.9, same_setup=False, measures=["blinks", "flicker"])
    assert (found.mode, found.engine, found.engine_version) == (Mode.NATURAL, "mediapipe", 2)
    nature = found.natural
    assert nature is not None
    assert (nature.false_alarms, nature.same_setup) == (0.1, False)
    assert set(nature.left_out) == {entry.code for entry in NATURAL} - {"blinks", "flicker"}
    assert [(item.report, item.name) for item in nature.recordings] == [
        (numbers[0], "take 1"),
        (numbers[1], "take 2"),
    ]
    assert nature.seconds == pytest.approx(2 * SECONDS)


def test_no_frame_is_read_to_learn_what_was_kept(app: App, tmp_path: Path) -> None:
    number = living(app, tmp_path)
    kept = learned(app, number)
    with app.database.begin() as session:
        session.execute(sa.update(MeasuredFaceRow).values(kept=None))  # as before there was any
    from_frames = learned(app, number)
    assert from_frames == kept
    with app.database.begin() as session:
        reports.measured(session, app.storage, reports.locate(session, number))
        session.execute(sa.delete(FrameMeasurement))
    assert learned(app, number) == kept
    with pytest.raises(Problem) as refused:
        learned(app, number, coverage=None, deviation_percent=10)
    assert refused.value.code is Code.NOTHING_TO_LEARN


def test_a_hundred_recordings_are_learned_from_by_what_was_kept(app: App, tmp_path: Path) -> None:
    number = living(app, tmp_path)
    multiply(app, 99)
    with app.database.begin() as session:
        session.execute(sa.delete(FrameMeasurement))
    with counted(app) as statements:
        found = learned(app, *range(number, number + 100))
    assert found.natural is not None
    assert len(found.natural.recordings) == 100
    assert len(statements) <= 4 * 100 + 5


def test_more_faces_than_a_set_can_name(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = living(app, tmp_path)
    monkeypatch.setattr(analysis_learning, "MAX_RECORDINGS", 0)
    with pytest.raises(Problem, match="Choose fewer") as refused:
        learned(app, number)
    assert refused.value.code is Code.INVALID_FIELD


def test_expressions_alone_make_no_natural_set(app: App, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="Add it by hand") as refused:
        learned(app, living(app, tmp_path), measures=["AU12.level"])
    assert refused.value.code is Code.NOTHING_TO_LEARN


def test_a_clip_is_held_to_its_person(app: App, tmp_path: Path) -> None:
    """Every result is a row, a measure's that is a parameter besides twice."""
    number, stiff = living(app, tmp_path), living(app, tmp_path, 2, much=0.2, name="stiff")
    parameter = Parameter(measure="brow_movement", lower=0.0)
    wanted = learned(app, number).model_copy(update={"parameters": (parameter,)})
    report = held(app, stiff, wanted)
    assert report.verdict == "fail"
    assert report.deviation is not None
    with app.database.begin() as session:
        rows = session.scalars(sa.select(AnalysisResult).filter_by(report_id=stiff)).all()
        (verdict,) = reports.verdicts(session, [stiff])[stiff]
    assert verdict.words == report.words
    (face,) = report.faces
    assert {(row.measure, row.is_parameter, row.outcome, row.z) for row in rows} == {
        (found.measure, found.group is None, found.outcome, found.z) for found in face.results
    }
    brows = {row.is_parameter: row for row in rows if row.measure == "brow_movement"}
    assert (brows[True].outcome, brows[False].outcome) == ("within", "not_within")
    assert (brows[True].z, brows[True].expected) == (None, None)
    assert brows[False].expected is not None
    history = avatars.show(request(query={"parameter_set": "Ada"}, name="Ada"), app)
    measures = {item["measure"]: item for item in json.loads(history.get_body())["measures"]}
    assert measures["brow_movement"]["outcomes"][0] == "within"  # the parameter's
    assert measures["brow_movement"]["lower"] == 0.0
    assert measures["face_visible"]["lower"] == 0.9
    assert measures["mouth_opening"]["outcomes"][0] == "not_within"


def test_lists_say_which_sets_are_natural(app: App, tmp_path: Path) -> None:
    with app.database.begin() as session:
        parameter_sets.add(session, learned(app, living(app, tmp_path)), None)
        listed = {item.name: item for item in set_listing.present(session, 10)}
    assert (listed["Ada"].mode, listed["Ada"].parameters) == (Mode.NATURAL, 0)
    assert listed["Alive"].default_for == (MediaType.VM, MediaType.VS)
