"""Parameter sets for lists; nothing is changed. Functions take the session of a transaction."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from shared.analysis.parameter_sets import Mode, name_key
from shared.database.report_tables import ParameterRow, SetVersion
from shared.measurements.model import MediaType
from shared.reports import parameter_sets

MAX_NAMES: Final = 200  # sets to choose from

_HEAD: Final = defer(SetVersion.natural, raiseload=True)  # of a set of many recordings it is 1 MB


@dataclass(frozen=True, slots=True)
class ListedSet:
    """A version of a set, without its parameters."""

    key: str  # its place in the order of the names
    name: str
    version: int
    description: str
    engine: str
    engine_version: int | None
    mode: Mode
    parameters: int  # how many
    default_for: tuple[MediaType, ...]
    archived: dt.datetime | None
    created: dt.datetime
    used: bool  # a report was held to this version


def present(
    session: Session,
    limit: int,
    *,
    archived: bool = False,
    engine: str | None = None,
    after: str | None = None,
) -> list[ListedSet]:
    """Present versions in the order of their names, behind the key `after`."""
    query = (
        select(SetVersion)
        .where(SetVersion.id.in_(parameter_sets.present_versions()))
        .where(SetVersion.archived.is_not(None) == archived)
        .order_by(SetVersion.name_key)
        .limit(limit)
        .options(_HEAD)
    )
    if engine is not None:
        query = query.where(func.lower(SetVersion.engine) == engine.lower())
    if after is not None:
        query = query.where(SetVersion.name_key > after)
    return _listed(session, session.scalars(query).all())


def versions(
    session: Session, name: str, limit: int, *, before: int | None = None
) -> list[ListedSet]:
    """Versions of one set, newest first; none where there is no such set."""
    query = (
        select(SetVersion)
        .where(SetVersion.name_key == name_key(name))
        .order_by(SetVersion.version.desc())
        .limit(limit)
        .options(_HEAD)
    )
    if before is not None:
        query = query.where(SetVersion.version < before)
    return _listed(session, session.scalars(query).all())


def names(session: Session, engine: str | None = None) -> list[str]:
    """Of the sets that are in use; with `engine`, of those whose numbers come from it."""
    query = (
        select(SetVersion.name)
        .where(SetVersion.id.in_(parameter_sets.present_versions()), SetVersion.archived.is_(None))
        .order_by(SetVersion.name_key)
        .limit(MAX_NAMES)
    )
    if engine is not None:
        query = query.where(func.lower(SetVersion.engine) == engine.lower())
    return list(session.scalars(query))


def _listed(session: Session, rows: Sequence[SetVersion]) -> list[ListedSet]:
    ids = [row.id for row in rows]
    counts = dict(
        session.execute(
            select(ParameterRow.parameter_set_id, func.count())
            .where(ParameterRow.parameter_set_id.in_(ids))
            .group_by(ParameterRow.parameter_set_id)
        ).all()
    )
    default_for, used = parameter_sets.defaults(session, ids), parameter_sets.used(session, ids)
    return [
        ListedSet(
            key=row.name_key,
            name=row.name,
            version=row.version,
            description=row.description,
            engine=row.engine,
            engine_version=row.engine_version,
            mode=Mode(row.mode),
            parameters=counts.get(row.id, 0),
            default_for=default_for.get(row.id, ()),
            archived=row.archived,
            created=row.created,
            used=row.id in used,
        )
        for row in rows
    ]
