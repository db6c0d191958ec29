"""Fields of the records that a record refers to, as validation rules name and read them.

``Account.Type`` is a field of the account, ``Account.Parent.Industry`` one of the account above it; ``Owner:User.Email`` says
which of several objects is meant (confirmed), and without that an owner is a user (from memory). A query follows references
from the first record on by itself, five of them at most (confirmed): one call reads some hundreds of records however far
their rules look. Whether a user who may not see a record further on is shown nothing of it (from memory) is told by the
reference that stands beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Never

import msgspec
import polars as pl

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.limits import IDS_A_CALL, URI_ROOM
from awase.connectors.salesforce.pages import follow
from awase.connectors.salesforce.read import ASKED_TOGETHER, encoded_length
from awase.connectors.salesforce.related import know
from awase.connectors.salesforce.rest import query, query_path
from awase.connectors.salesforce.rows import series_of
from awase.connectors.salesforce.schema import KINDS, Described, DescribedField, field_of
from awase.connectors.sdk.calls import ask
from awase.connectors.sdk.chunks import chunks, chunks_within
from awase.core.checks.parents import ParentsAsked, hidden
from awase.core.schema import Field, ParentField
from awase.core.values import DTYPES, Kind
from awase.ports.flows import Flow, Lane, Page, Response

_MOST_STEPS = 5
"""References that one query follows on its way to a field (confirmed)."""
_HIDDEN = frozenset({400, 403, 404})
"""Statuses by which the vendor keeps an object or a field from a user."""


def describe_parents(
    api_version: str, paths: Mapping[str, Collection[str]]
) -> Flow[Never, Mapping[str, Mapping[str, ParentField]]]:
    """By object, where the ``paths`` of its rules lead; absent are those that the user may not read, or that no query
    follows. A call for each object on the way."""
    known: dict[str, Described | None] = {}
    found: dict[str, dict[str, ParentField]] = {}
    for object, names in sorted(paths.items()):
        for name in sorted(names):
            parent = yield from _follow(api_version, object, name, known)
            if parent is not None:
                found.setdefault(object, {})[name] = parent
    return found


def _follow(
    api_version: str, object: str, path: str, known: dict[str, Described | None]
) -> Flow[Never, ParentField | None]:
    *steps, last = path.split(".")
    taken: list[tuple[DescribedField, str]] = []
    here = object
    for step in steps:
        yield from know(api_version, [here], known)
        found = _step(known[here], step)
        # A query leads through a reference to several objects only to what all of these have.
        if found is None or (taken and _is_of_several(found[0])):
            return None
        taken.append(found)
        here = found[1]
    yield from know(api_version, [here], known)
    end = next((one for one in _fields(known[here]) if _same(one.name, last) and one.type in KINDS), None)
    if end is None or len(taken) > _MOST_STEPS + 1:
        return None
    (first, target), *further = taken
    relations = [item.relationship_name or "" for item, _ in further]
    described = known[target]
    return ParentField(
        reference=first.name,
        object=target,
        path=".".join((*relations, end.name)),
        field=_as_read(end),
        through=tuple(".".join((*relations[:place], item.name)) for place, (item, _) in enumerate(further)),
        prefix=(described.key_prefix if described is not None else None) or "",
        of_several=_is_of_several(first),
    )


def _step(described: Described | None, step: str) -> tuple[DescribedField, str] | None:
    """The reference behind a relationship's name, and the object that it leads to."""
    name, _, sort = step.partition(":")
    item = next((one for one in _fields(described) if _same(one.relationship_name or "", name)), None)
    targets = item.reference_to or () if item is not None else ()
    meant = sort or (targets[0] if len(targets) == 1 else "User")
    target = next((one for one in targets if _same(one, meant)), None)
    return None if item is None or target is None else (item, target)


def _is_of_several(item: DescribedField) -> bool:
    return len(item.reference_to or ()) > 1


def _fields(described: Described | None) -> Sequence[DescribedField]:
    return () if described is None else described.fields


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _as_read(item: DescribedField) -> Field:
    """No more of a field than a formula minds: a plan is stale where anything changes that it was made by."""
    field = field_of(item, frozenset(), ())
    return Field(
        name=field.name,
        label=field.name,
        kind=field.kind,
        vendor_type=field.vendor_type,
        scale=field.scale,
        options=None if field.options is None else (),
        percent=field.percent,
        references=field.references,
        id_pattern=field.id_pattern,
    )


# -- reading --------------------------------------------------------------------------------------------------------------
def read_parents(api_version: str, asked: ParentsAsked) -> Flow[Page, None]:
    """The records by their ids. Nothing where the vendor shows none, or where the fields alone fill a query."""
    names = _columns(asked)

    def path(ids: Sequence[str]) -> str:
        return query_path(api_version, soql.select(names, asked.object, [soql.one_of("Id", ids)]))

    room = URI_ROOM - len(path([]))
    paths = (
        [path(some) for some in chunks_within(asked.ids, IDS_A_CALL, encoded_length, room)]
        if room > 0
        else []
    )
    for group in chunks(paths, ASKED_TOGETHER):
        answers = yield from ask([query(each, Lane.READ) for each in group])
        for answer in answers:
            if not (isinstance(answer, Response) and answer.status in _HIDDEN):
                yield from follow(answer, asked.object, Lane.READ)


def _columns(asked: ParentsAsked) -> tuple[str, ...]:
    further = (name for one in asked.fields for name in (*one.through, one.path))
    return tuple(dict.fromkeys(("Id", *further)))


class _Answer(msgspec.Struct, frozen=True):
    records: list[dict[str, Any]]


_decoder = msgspec.json.Decoder(_Answer, float_hook=Decimal)
"""Reads numbers digit for digit."""


def decode_parents(page: Page, asked: ParentsAsked) -> pl.DataFrame:
    """A page as a frame (see ``ParentsAsked``)."""
    records = _decoder.decode(page.raw).records
    columns = [pl.Series("_id", [row["Id"] for row in records], dtype=pl.String())]
    for one in asked.fields:
        cells = [_at(row, one.path) for row in records]
        columns.append(_column(cells, one.field.kind).alias(one.path))
        if one.through:
            unseen = [_is_unseen(row, one) for row in records]
            columns.append(pl.Series(hidden(one.path), unseen, dtype=pl.Boolean()))
    return pl.DataFrame(columns)


def _column(cells: Sequence[Any], kind: Kind) -> pl.Series:
    if kind is Kind.DECIMAL:
        return pl.Series([None if cell is None else Decimal(cell) for cell in cells], dtype=DTYPES[kind])
    return series_of(cells, kind)


def _at(row: Mapping[str, Any], path: str) -> Any:
    here: Any = row
    for step in path.split("."):
        here = here.get(step) if isinstance(here, Mapping) else None
    return here


def _is_unseen(row: Mapping[str, Any], field: ParentField) -> bool:
    """Whether the way to the field goes through a record that is there and is not shown."""
    steps = field.path.split(".")
    return any(
        _at(row, reference) is not None and _at(row, ".".join(steps[: place + 1])) is None
        for place, reference in enumerate(field.through)
    )
