"""Parameter sets to choose from."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.database.report_tables import SetVersion
from shared.reports import parameter_sets

MAX_OFFERED = 200


def offered_sets(session: Session, engine: str | None = None) -> list[str]:
    """Names of the sets that are in use; with `engine`, of those whose numbers come from it."""
    query = (
        select(SetVersion.name)
        .where(SetVersion.id.in_(parameter_sets.present_versions()), SetVersion.archived.is_(None))
        .order_by(SetVersion.name_key)
        .limit(MAX_OFFERED)
    )
    if engine is not None:
        query = query.where(func.lower(SetVersion.engine) == engine.lower())
    return list(session.scalars(query))
