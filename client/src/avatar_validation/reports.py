"""Reports: fetched from the service, and in words."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from avatar_validation.errors import ClientError
from avatar_validation.results import Outcome, Result
from avatar_validation.service import Json, Service, body, part

STYLES = {
    Outcome.PASS: "green",
    Outcome.MEASURED: "green",
    Outcome.FAIL: "bold red",
    Outcome.ERROR: "bold red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.SUBMITTED: "",
}


def fetch(service: Service, results: Sequence[Result], sets: Sequence[str] = ()) -> None:
    """Each done job's reports, whole: one for each set, of the latest version it was held to.

    A job that was known before is held to the sets anew, for they may have newer versions now.
    """
    for result in results:
        if result.job is None or result.job["state"] != "done":
            continue
        try:
            if result.known and sets:
                entries = hold(service, result.job["id"], sets)
                result.held_anew = True
            else:
                entries = latest(result.job["reports"])
            result.reports = [one(service, entry["id"]) for entry in entries]
        except ClientError as error:
            result.fail(error)


def hold(service: Service, measurement: str, sets: Sequence[str]) -> list[Json]:
    """Hold what was measured to sets, without measuring again: what a job says of its reports."""
    request = {"report": measurement, "parameter_sets": list(dict.fromkeys(sets))}
    made: list[Json] = body(service.send("POST", "/api/reports", json=request))["items"]
    return made


def latest(entries: Sequence[Json]) -> list[Json]:
    """Of what a job says of its reports, the one with the highest version of each set."""
    ordered = sorted(entries, key=lambda entry: int(entry["version"]))
    return list({entry["parameter_set"].casefold(): entry for entry in ordered}.values())


def one(service: Service, report_id: str) -> Json:
    return {"id": report_id, **service.get_json(path(report_id))}


def path(report_id: str, suffix: str = "") -> str:
    return f"/api/reports/{part(report_id)}{suffix}"


def lines(report: Json, most: int | None = None) -> Iterator[Text]:
    """The verdict, and why it is not a better one: `most` reasons of each face, or all."""
    held_to, counts = report["parameter_set"], report["counts"]
    verdict = Outcome(report["verdict"])
    yield Text.assemble(
        f"{held_to['name']}, version {held_to['version']}: ",
        (verdict.value, STYLES[verdict]),
        f"{_said(report)}; {counts['within']} within, {counts['not_within']} not within, "
        f"{counts['not_measured']} not measured (report {report['id']})",
    )
    for notice in report["notices"]:
        yield Text(f"  Note: {notice}")
    for face in report["faces"]:
        where = f"face {face['face']}, " if len(report["faces"]) > 1 else ""
        if not face["judged"]:
            yield Text(f"  face {face['face']} is not judged: {face['reason']}")
        reasons = list(_of_face(face))
        for text in reasons[:most]:
            yield Text(f"  {where}{text}")
        if len(reasons) > len(reasons[:most]):
            yield Text(f"  {where}{len(reasons) - len(reasons[:most])} more in the report.")


def _said(report: Json) -> str:
    """The verdict of a natural set in its words, and how far it is from what is expected."""
    if not report.get("words"):
        return ""
    if report["deviation"] is None:
        return f", {report['words']}"
    return (
        f", {report['words']}; deviation {report['deviation']:.2f} of at most "
        f"{report['deviation_limit']:.2f}, {report['deviation_percentile']:.0%} of real recordings "
        "deviate less"
    )


def _of_face(face: Json) -> Iterator[str]:
    """What is wrong: a natural set's sentences, parameters, and what it could not judge."""
    if face.get("naturalness"):
        yield from face["naturalness"]["sentences"]
    unknown: dict[str, list[str]] = {}
    for found in face["results"]:
        if _is_fine(found):
            continue
        outcome = found["outcome"].replace("_", " ")
        if not found.get("group"):
            yield f"{found['measure']} ({found['words']}) is {outcome}: {found['reason']}"
        elif found["outcome"] == "not_measured":
            unknown.setdefault(found["reason"], []).append(found["words"])
    for reason, words in unknown.items():
        yield f"not measured: {', '.join(words)}. {reason}"


def _is_fine(found: Json) -> bool:
    return found["outcome"] == "within" or (
        found["outcome"] == "not_measured" and bool(found["optional"])
    )
