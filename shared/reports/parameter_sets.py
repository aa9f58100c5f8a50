"""Parameter sets in the database: versions under a name, defaults, what may be deleted.

A set is a name; names that differ in case only are one. Its versions are counted from 1, the
highest is the present one, and none is ever changed. Take its `lock` before changing a set.
Every function takes the session of the caller's transaction.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, exists, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from shared.analysis.natural_sets import Natural
from shared.analysis.parameter_sets import Mode, Parameter, ParameterSet, name_key
from shared.database.report_tables import (
    AnalysisReport,
    DefaultSet,
    FallbackSet,
    ParameterRow,
    SetVersion,
)
from shared.measurements import versions
from shared.measurements.model import MediaType
from shared.platform.errors import Code, Problem


@dataclass(frozen=True, slots=True)
class StoredSet:
    """One version of a set, with what the database knows besides."""

    id: int
    version: int
    content: ParameterSet
    learned: dict[str, Any] | None
    default_for: tuple[MediaType, ...]  # none for a version that is not the present one
    archived: dt.datetime | None
    created: dt.datetime
    used: bool  # a report was held to this version

    @property
    def etag(self) -> str:
        """Changes with everything that can be changed of a set."""
        state = ["archived"] if self.archived else list(self.default_for)
        return f'"{"-".join([str(self.id), *state])}"'


def lock(session: Session, name: str) -> None:
    """Until the end of the transaction nobody else changes, makes or removes this set."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": name_key(name)}
    )


def find(session: Session, name: str, version: int | None = None) -> StoredSet | None:
    """A version of a set, the present one where none is named; also of an archived set."""
    query = select(SetVersion.id).where(SetVersion.name_key == name_key(name))
    if version is not None:
        query = query.where(SetVersion.version == version)
    found = session.scalar(query.order_by(SetVersion.version.desc()).limit(1))
    return None if found is None else _load(session, [found])[0]


def resolve(session: Session, names: Iterable[str], *, archived: bool = False) -> list[StoredSet]:
    """The present versions of sets, each once, in the order of the names.

    They cannot be deleted before the transaction ends. With `archived`, also archived ones. Raises
    Problem `unknown_parameter_set` naming all that are not there.
    """
    wanted = {name_key(name): name for name in names}
    latest = (
        select(SetVersion.name_key, SetVersion.id)
        .ext(distinct_on(SetVersion.name_key))
        .where(SetVersion.name_key.in_(wanted))
        .order_by(SetVersion.name_key, SetVersion.version.desc())
    )
    ids = dict(session.execute(latest).all())
    found = {name_key(item.content.name): item for item in _kept(session, ids.values())}
    missing = [name for key, name in wanted.items() if key not in found]
    if missing:
        raise Problem(Code.UNKNOWN_PARAMETER_SET, f"There is no parameter set {_quoted(missing)}.")
    hidden = [item.content.name for item in found.values() if item.archived and not archived]
    if hidden:
        raise Problem(
            Code.UNKNOWN_PARAMETER_SET,
            f"The parameter set {_quoted(hidden)} is archived. PUT it again to bring it back.",
        )
    return [found[key] for key in wanted]


def default(session: Session, media_type: MediaType) -> StoredSet | None:
    """The set that media of this type are held to where none is named; kept as by `resolve`.

    Somebody's choice, else the product's own set for the type, unless that was taken away.
    """
    for table in (DefaultSet, FallbackSet):
        ids = session.scalars(select(table.parameter_set_id).where(table.type == media_type)).all()
        if found := _kept(session, ids):
            return found[0]
    return None


def add(
    session: Session,
    content: ParameterSet,
    present: StoredSet | None,
    learned: dict[str, Any] | None = None,
) -> StoredSet:
    """A new version of a set, or a new set; the defaults go with it.

    A set that does not say which version of its engine it is for is for the present one. Nothing
    new where the content is that of the present version: at most, it is no longer archived.
    """
    if content.engine_version is None:
        content = content.model_copy(update={"engine_version": versions.present(content.engine)})
    if present is not None and present.content == content and learned is None:
        session.execute(update(SetVersion).where(SetVersion.id == present.id).values(archived=None))
        return _load(session, [present.id])[0]
    set_id = session.execute(
        insert(SetVersion)
        .values(
            **content.model_dump(mode="json", exclude={"parameters"}),
            name_key=name_key(content.name),
            version=present.version + 1 if present else 1,
            learned=learned,
        )
        .returning(SetVersion.id)
    ).scalar_one()
    rows = [
        {"parameter_set_id": set_id, "place": place, **parameter.model_dump()}
        for place, parameter in enumerate(content.parameters)
    ]
    if rows:
        session.execute(insert(ParameterRow), rows)
    if present is not None:
        for table in (DefaultSet, FallbackSet):
            session.execute(
                update(table)
                .where(table.parameter_set_id == present.id)
                .values(parameter_set_id=set_id)
            )
    return _load(session, [set_id])[0]


def make_default(session: Session, stored: StoredSet, types: Sequence[MediaType]) -> StoredSet:
    """Make the set the default for these types and no others; other sets give way."""
    for table in (DefaultSet, FallbackSet):
        session.execute(
            delete(table).where(table.parameter_set_id == stored.id, table.type.not_in(types))
        )
    already = defaults(session, [stored.id]).get(stored.id, ())
    for media_type in sorted(types):  # always in this order, so that nobody waits in a circle
        if media_type in already:
            continue
        values = {"type": media_type, "parameter_set_id": stored.id}
        session.execute(
            upsert(DefaultSet)
            .values(values)
            .on_conflict_do_update(index_elements=[DefaultSet.type], set_=values)
        )
    return _load(session, [stored.id])[0]


def remove(session: Session, present: StoredSet) -> StoredSet | None:
    """Delete the set with all its versions, or archive it where a report was held to one of them.

    Returns the archived set, None where it was deleted.
    """
    key = name_key(present.content.name)
    ids = session.scalars(
        select(SetVersion.id).where(SetVersion.name_key == key).with_for_update()
    ).all()
    used = select(exists().where(AnalysisReport.parameter_set_id.in_(ids)))
    if not session.scalar(used):
        session.execute(delete(SetVersion).where(SetVersion.id.in_(ids)))
        return None
    for table in (DefaultSet, FallbackSet):
        session.execute(delete(table).where(table.parameter_set_id == present.id))
    if present.archived is None:
        session.execute(
            update(SetVersion).where(SetVersion.id == present.id).values(archived=func.now())
        )
    return _load(session, [present.id])[0]


def present_versions() -> Select[int]:
    """The ids of all present versions."""
    return (
        select(SetVersion.id)
        .ext(distinct_on(SetVersion.name_key))
        .order_by(SetVersion.name_key, SetVersion.version.desc())
    )


def defaults(session: Session, ids: Iterable[int]) -> Mapping[int, tuple[MediaType, ...]]:
    """What these versions are the default for; those that are for nothing are missing."""
    wanted = list(ids)
    chosen, fallback = (
        select(table.parameter_set_id, table.type).where(table.parameter_set_id.in_(wanted))
        for table in (DefaultSet, FallbackSet)
    )
    standing = fallback.where(FallbackSet.type.not_in(select(DefaultSet.type)))
    found: dict[int, tuple[MediaType, ...]] = {}
    for set_id, media_type in sorted(session.execute(chosen.union_all(standing))):
        found[set_id] = (*found.get(set_id, ()), MediaType(media_type))
    return found


def used(session: Session, ids: Iterable[int]) -> set[int]:
    """Those of these versions that a report was held to."""
    held = exists().where(AnalysisReport.parameter_set_id == SetVersion.id)
    return set(session.scalars(select(SetVersion.id).where(SetVersion.id.in_(ids), held)))


def _kept(session: Session, ids: Iterable[int]) -> list[StoredSet]:
    """As `_load`, and nobody can delete them before the transaction ends."""
    wanted = list(ids)
    session.execute(  # the lock of a foreign key's check: it waits for a deletion and sees its end
        select(SetVersion.id)
        .where(SetVersion.id.in_(wanted))
        .order_by(SetVersion.id)
        .with_for_update(read=True, key_share=True)
    )
    return _load(session, wanted)


def _load(session: Session, ids: Iterable[int]) -> list[StoredSet]:
    """Versions with all that belongs to them, in four queries; those that are gone are missing."""
    wanted = list(ids)
    rows = {
        row.id: row
        for row in session.scalars(
            select(SetVersion)
            .where(SetVersion.id.in_(wanted))
            .execution_options(populate_existing=True)
        )
    }
    parameters: dict[int, list[Parameter]] = {number: [] for number in rows}
    for parameter in session.scalars(
        select(ParameterRow)
        .where(ParameterRow.parameter_set_id.in_(rows))
        .order_by(ParameterRow.parameter_set_id, ParameterRow.place)
    ):
        values = {name: getattr(parameter, name) for name in Parameter.model_fields}
        parameters[parameter.parameter_set_id].append(Parameter.model_validate(values))
    default_for, held = defaults(session, rows), used(session, rows)
    return [
        StoredSet(
            id=number,
            version=rows[number].version,
            content=_content(rows[number], parameters[number]),
            learned=rows[number].learned,
            default_for=default_for.get(number, ()),
            archived=rows[number].archived,
            created=rows[number].created,
            used=number in held,
        )
        for number in wanted
        if number in rows
    ]


def _content(row: SetVersion, parameters: Sequence[Parameter]) -> ParameterSet:
    return ParameterSet(
        name=row.name,
        description=row.description,
        engine=row.engine,
        engine_version=row.engine_version,
        required_share=row.required_share,
        min_face_share=row.min_face_share,
        parameters=tuple(parameters),
        mode=Mode(row.mode),
        natural=None if row.natural is None else Natural.model_validate(row.natural),
    )


def _quoted(names: Sequence[str]) -> str:
    return " and ".join(repr(name) for name in names)
