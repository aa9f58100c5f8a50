"""Jobs of the list that have something in common."""

from collections.abc import Iterable

import pytest

from shared.analysis.parameter_sets import ParameterSet
from shared.analysis.report import Verdict
from shared.app import App
from shared.jobs import listing
from shared.jobs.listing import WantedJobs
from shared.reports import parameter_sets, reports
from tests import recorded
from tests.pages.made import job

BOUNDS = {Verdict.PASS: 5.0, Verdict.FAIL: 0.0}


def held(app: App, filename: str, verdicts: Iterable[Verdict], **values: str) -> None:
    """A measured job with a report of each of these verdicts."""
    with app.database.begin() as session:
        stored = recorded.measurement(session)
        found = reports.measured(session, app.storage, stored)
        for verdict in verdicts:
            content = ParameterSet.model_validate(
                {
                    "name": verdict.value,
                    "engine": "openface",
                    "parameters": [
                        {"measure": "AU12.peak", "lower": 0.0, "upper": BOUNDS[verdict]}
                    ],
                }
            )
            chosen = parameter_sets.find(session, content.name)
            chosen = chosen or parameter_sets.add(session, content, None)
            reports.hold(session, app.storage, stored, found, [chosen])
    job(app, filename=filename, report_id=stored.report.id, **values)


@pytest.mark.parametrize(
    ("wanted", "files"),
    [
        (WantedJobs(verdict=Verdict.PASS), ["good.mp4"]),
        (WantedJobs(verdict=Verdict.FAIL), ["bad.mp4", "mixed 100%.mp4"]),
        (WantedJobs(verdict=Verdict.INCONCLUSIVE), []),
        (WantedJobs(name="build 2"), ["bad.mp4"]),
        (WantedJobs(file="GOOD"), ["good.mp4"]),
        (WantedJobs(file="0%"), ["mixed 100%.mp4"]),  # no pattern
        (WantedJobs(file="mp4", verdict=Verdict.FAIL, name="build 2"), ["bad.mp4"]),
        (WantedJobs(avatar="Nobody"), []),
    ],
)
def test_filters(app: App, wanted: WantedJobs, files: list[str]) -> None:
    held(app, "good.mp4", [Verdict.PASS])
    held(app, "bad.mp4", [Verdict.FAIL], name="build 2")
    held(app, "mixed 100%.mp4", [Verdict.PASS, Verdict.FAIL])
    job(app, filename="waits.jpg")
    with app.database.begin() as session:
        found = [item.filename for item in listing.newest(session, 10, wanted)]
    assert sorted(found) == files
