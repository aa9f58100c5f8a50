"""What a report's page shows, read from the database: of one face at a time.

A report of a long clip has thousands of violations for each face and parameter; those of the faces
that are not shown stay in the database.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from shared.analysis.report import FaceReport, Report, Verdict
from shared.analysis.track import Track, track
from shared.database.report_tables import MeasuredFace
from shared.database.tables import DataEntry
from shared.platform.errors import Code, Problem
from shared.platform.storage import Storage
from shared.reports import reports
from shared.reports.reports import Measurement, SetVerdict

ADDRESS: Final = re.compile(r"(?P<number>[1-9]\d{0,17})(?:-(?P<set>[1-9]\d{0,17}))?", re.ASCII)

_HEAD: Final = text(
    "SELECT report - 'faces' AS head, (SELECT jsonb_agg(item - 'results' ORDER BY place) "
    "FROM jsonb_array_elements(report -> 'faces') WITH ORDINALITY AS each (item, place)) AS faces "
    "FROM analysis_report WHERE report_id = :number AND parameter_set_id = :set_id"
)
_FACE: Final = text(
    "SELECT item FROM analysis_report, jsonb_array_elements(report -> 'faces') AS each (item) "
    "WHERE report_id = :number AND parameter_set_id = :set_id AND (item ->> 'face')::int = :face"
)


@dataclass(frozen=True, slots=True)
class FaceSummary:
    """A face to choose from."""

    face: int
    seen_share: float
    judged: bool = False
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class ReportData:
    measurement: Measurement
    verdicts: Sequence[SetVerdict]  # of all sets that the measurement was held to
    chosen: SetVerdict | None  # the one that is shown
    report: Report | None  # of the chosen one, without its faces
    faces: Sequence[FaceSummary]
    face: FaceSummary | None  # the one that is shown; None where no face was measured
    result: FaceReport | None  # of the face that is shown
    entries: Mapping[str, DataEntry]  # of the face that is shown, by Action Unit

    @property
    def identifier(self) -> str:
        return self.chosen.id if self.chosen else str(self.measurement.report.id)


def load(session: Session, identifier: str, face: int | None) -> ReportData:
    """`identifier` is a measurement's number, or that and a set's: `17-4`. Raises Problem."""
    measurement, set_id = locate(session, identifier)
    number = measurement.report.id
    verdicts = reports.verdicts(session, [number]).get(number, [])
    chosen = _chosen(verdicts, identifier if set_id else None)
    report: Report | None = None
    if chosen is None:
        faces = _measured_faces(session, number)
    else:
        set_id = int(chosen.id.partition("-")[2])
        report, faces = _head(session, number, set_id)
    shown = _shown(faces, face)
    result = None
    if shown is not None and report is not None and set_id is not None:
        found = session.execute(_FACE, {"number": number, "set_id": set_id, "face": shown.face})
        result = FaceReport.model_validate(found.scalar_one())
    return ReportData(
        measurement=measurement,
        verdicts=verdicts,
        chosen=chosen,
        report=report,
        faces=faces,
        face=shown,
        result=result,
        entries=_entries(session, number, shown),
    )


def locate(session: Session, identifier: str) -> tuple[Measurement, int | None]:
    """The measurement, and the set's number where one is named. Raises Problem."""
    address = ADDRESS.fullmatch(identifier)
    try:
        if address is None:
            raise Problem(Code.UNKNOWN_REPORT, "")
        measurement = reports.locate(session, int(address["number"]))
    except Problem:
        raise Problem(
            Code.REPORT_NOT_FOUND,
            "There is no report at this address: its job was deleted or measured again, or the "
            "address is not complete.",
        ) from None
    return measurement, int(address["set"]) if address["set"] else None


def load_track(
    session: Session, storage: Storage, measurement: Measurement, face: int
) -> Track | None:
    """One face over time; None where it has no rows. Raises Problem `frames_gone`."""
    recording = measurement.recording(session, storage, face=face)
    return track(recording, recording.faces[0]) if recording.faces else None


def _chosen(verdicts: Sequence[SetVerdict], identifier: str | None) -> SetVerdict | None:
    """The one that is named; else the worst. Raises Problem where there is none of that name."""
    if identifier is None:
        return min(verdicts, key=lambda item: item.verdict.rank, default=None)
    found = next((item for item in verdicts if item.id == identifier), None)
    if found is None:
        raise Problem(
            Code.REPORT_NOT_FOUND, "The measurement was not held to this version of a set."
        )
    return found


def _head(session: Session, number: int, set_id: int) -> tuple[Report, list[FaceSummary]]:
    head, faces = session.execute(_HEAD, {"number": number, "set_id": set_id}).one()
    report = Report.model_validate({**head, "faces": ()})
    found = [FaceReport.model_validate({**item, "results": ()}) for item in faces or ()]
    return report, [
        FaceSummary(item.face, item.seen_share, item.judged, item.verdict) for item in found
    ]


def _measured_faces(session: Session, number: int) -> list[FaceSummary]:
    rows = session.execute(
        select(MeasuredFace.face, MeasuredFace.seen_share)
        .where(MeasuredFace.report_id == number)
        .order_by(MeasuredFace.face)
    )
    return [FaceSummary(face, share) for face, share in rows]


def _shown(faces: Sequence[FaceSummary], asked: int | None) -> FaceSummary | None:
    """The face that was asked for; else the one with the worst verdict, else the first."""
    if asked is not None:
        found = next((item for item in faces if item.face == asked), None)
        if found is None:
            raise Problem(Code.REPORT_NOT_FOUND, f"The measurement has no face {asked}.")
        return found
    order = [*Verdict, None]
    return min(faces, key=lambda item: order.index(item.verdict), default=None)


def _entries(session: Session, number: int, shown: FaceSummary | None) -> dict[str, DataEntry]:
    if shown is None:
        return {}
    rows = session.scalars(
        select(DataEntry).where(DataEntry.report_id == number, DataEntry.face == shown.face)
    )
    return {entry.au: entry for entry in rows}
