"""A stored report and its measurement, one face at a time.

A report of a long clip has thousands of violations for each face and parameter; those of the faces
that are not asked for stay in the database. Functions take the session of a transaction.
"""

from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from shared.analysis.report import FaceReport, Report
from shared.database.report_tables import MeasuredFaceRow
from shared.database.tables import DataEntry

_HEAD: Final = text(
    "SELECT report - 'faces' AS head, (SELECT jsonb_agg(item - 'results' ORDER BY place) "
    "FROM jsonb_array_elements(report -> 'faces') WITH ORDINALITY AS each (item, place)) AS faces "
    "FROM analysis_report WHERE report_id = :number AND parameter_set_id = :set_id"
)
_FACE: Final = text(
    "SELECT item FROM analysis_report, jsonb_array_elements(report -> 'faces') AS each (item) "
    "WHERE report_id = :number AND parameter_set_id = :set_id AND (item ->> 'face')::int = :face"
)


def head(session: Session, number: int, set_id: int) -> tuple[Report, list[FaceReport]]:
    """A report without its faces, and its faces without their results."""
    found, faces = session.execute(_HEAD, {"number": number, "set_id": set_id}).one()
    report = Report.model_validate({**found, "faces": ()})
    return report, [FaceReport.model_validate({**item, "results": ()}) for item in faces or ()]


def result(session: Session, number: int, set_id: int, face: int) -> FaceReport:
    """What came of one face in a report. There must be one."""
    values = {"number": number, "set_id": set_id, "face": face}
    return FaceReport.model_validate(session.execute(_FACE, values).scalar_one())


def seen_shares(session: Session, number: int) -> dict[int, float]:
    """Every face of a measurement, and for which share of it the face was seen."""
    query = (
        select(MeasuredFaceRow.face, MeasuredFaceRow.seen_share)
        .where(MeasuredFaceRow.report_id == number)
        .order_by(MeasuredFaceRow.face)
    )
    return dict(session.execute(query).all())


def entries(session: Session, number: int, face: int) -> dict[str, DataEntry]:
    """What was measured of a face, by Action Unit."""
    query = select(DataEntry).where(DataEntry.report_id == number, DataEntry.face == face)
    return {entry.au: entry for entry in session.scalars(query)}
