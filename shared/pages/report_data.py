"""What a report's page shows: all of its faces to choose from, and the results of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from azure.core.exceptions import AzureError
from sqlalchemy.orm import Session

from shared.analysis.report import FaceReport, Report, Verdict
from shared.analysis.track import Track, track
from shared.database.extractions import facts_of
from shared.database.tables import DataEntry
from shared.measurements.sound import Sound
from shared.platform.errors import Code, Problem
from shared.platform.outages import is_outage
from shared.platform.storage import Storage
from shared.reports import by_face, reports, sounds
from shared.reports.reports import Measurement, ReportId, SetVerdict


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
    chosen = _chosen(verdicts, set_id)
    report: Report | None = None
    if chosen is None:
        shares = by_face.seen_shares(session, number)
        faces = [FaceSummary(each, share) for each, share in shares.items()]
    else:
        report, results = by_face.head(session, number, chosen.set_id)
        faces = [
            FaceSummary(item.face, item.seen_share, item.judged, item.verdict) for item in results
        ]
    shown = _shown(faces, face)
    result = None
    if shown is not None and chosen is not None:
        result = by_face.result(session, number, chosen.set_id, shown.face)
    return ReportData(
        measurement=measurement,
        verdicts=verdicts,
        chosen=chosen,
        report=report,
        faces=faces,
        face=shown,
        result=result,
        entries=by_face.entries(session, number, shown.face) if shown else {},
    )


def locate(session: Session, identifier: str) -> tuple[Measurement, int | None]:
    """The measurement, and the set's number where one is named. Raises Problem."""
    wanted = ReportId.parse(identifier)
    try:
        if wanted is None:
            raise Problem(Code.UNKNOWN_REPORT, "")
        return reports.locate(session, wanted.measurement_id), wanted.set_id
    except Problem:
        raise Problem(
            Code.REPORT_NOT_FOUND,
            "There is no report at this address: its job was deleted or measured again, or the "
            "address is not complete.",
        ) from None


def load_track(
    session: Session, storage: Storage, measurement: Measurement, face: int
) -> Track | None:
    """One face over time; None where it has no rows. Raises Problem `frames_gone`."""
    recording = measurement.recording(session, storage, face=face)
    return track(recording, recording.faces[0]) if recording.faces else None


def load_sound(storage: Storage, measurement: Measurement) -> Sound | None:
    """The clip's sound; None where there is none, or storage is away: the page can do without."""
    try:
        return sounds.fetch(storage, measurement.outputs, facts_of(measurement.extraction)).sound
    except AzureError as error:
        if not is_outage(error):
            raise
        return None


def _chosen(verdicts: Sequence[SetVerdict], set_id: int | None) -> SetVerdict | None:
    """The one that is named; else the worst. Raises Problem where there is none of that name."""
    if set_id is None:
        return min(verdicts, key=lambda item: item.verdict.rank, default=None)
    found = next((item for item in verdicts if item.set_id == set_id), None)
    if found is None:
        raise Problem(
            Code.REPORT_NOT_FOUND, "The measurement was not held to this version of a set."
        )
    return found


def _shown(faces: Sequence[FaceSummary], asked: int | None) -> FaceSummary | None:
    """The face that was asked for; else the one with the worst verdict, else the first."""
    if asked is not None:
        found = next((item for item in faces if item.face == asked), None)
        if found is None:
            raise Problem(Code.REPORT_NOT_FOUND, f"The measurement has no face {asked}.")
        return found
    order = [*Verdict, None]
    return min(faces, key=lambda item: order.index(item.verdict), default=None)
