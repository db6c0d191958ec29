"""Relations that Salesforce keeps as rows of their own: the people of an opportunity (OpportunityContactRole).

To the core such a relation is one field of the parent, holding the ids of the other records. Its rows have a stamp of
their own; the parent's stamp does not move with them (confirmed for roles: they are rows like any other).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Never

import msgspec

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.faults import UNREADABLE, errors_in, failed_read, main_error
from awase.connectors.salesforce.limits import MAX_BATCH, URI_ROOM
from awase.connectors.salesforce.rest import data_path, delete, query, query_path, write
from awase.connectors.salesforce.settling import settle, settle_rows
from awase.connectors.sdk.bodies import expected
from awase.connectors.sdk.calls import ask_one
from awase.connectors.sdk.chunks import chunks, chunks_within
from awase.connectors.sdk.outcomes import same_for_all, worst
from awase.core.operations import Operation, Outcome, State, VendorError
from awase.core.schema import Field
from awase.core.values import Kind
from awase.errors import Bug
from awase.ports.flows import Answer, Flow, Lane, Response


@dataclass(frozen=True, slots=True)
class Junction:
    """An object whose rows join two others."""

    object: str
    parent: str
    """Its field that names the parent."""
    other: str
    """Its field that names the other record."""
    refers_to: str


JUNCTIONS: Mapping[str, Mapping[str, Junction]] = {
    "Opportunity": {
        "OpportunityContactRoles": Junction("OpportunityContactRole", "OpportunityId", "ContactId", "Contact")
    }
}
"""Object → the relation's name there → the rows behind it."""


def junction(object: str, relation: str) -> Junction:
    """The rows behind a relation. Raises Bug for one that was never described."""
    found = JUNCTIONS.get(object, {}).get(relation)
    if found is None:
        raise Bug(f"{object} has no relation {relation!r}", where=object)
    return found


def relation_field(name: str, joined: Junction, *, writable: bool) -> Field:
    """The relation as a field of the parent."""
    return Field(
        name=name,
        label=joined.object,
        kind=Kind.TEXTS,
        vendor_type="association",
        createable=writable,
        updateable=writable,
        references=(joined.refers_to,),
        relation=True,
    )


def sub_select(object: str, relation: str) -> str:
    """The relation's rows within a query of the parent; deleted ones are left out even where a query shows them."""
    joined = junction(object, relation)
    inner = soql.select((joined.other,), relation, ("IsDeleted = false",))
    return f"({inner})"


class _Row(msgspec.Struct, frozen=True, rename="pascal"):
    id: str = ""
    opportunity_id: str | None = None
    contact_id: str | None = None


class _Rows(msgspec.Struct, frozen=True):
    records: list[_Row]
    done: bool = True
    next_path: str | None = msgspec.field(default=None, name="nextRecordsUrl")


def changed_parents(api_version: str, joined: Junction, since: str) -> Flow[Never, list[str]]:
    """Parents whose rows changed since that moment (a finished SOQL condition), deleted rows included."""
    statement = soql.select((joined.parent,), joined.object, (since,))
    answer = yield from ask_one(query(query_path(api_version, statement, deleted_too=True), Lane.READ))
    found: list[str] = []
    while True:
        rows = _rows(answer, joined)
        found += [row.opportunity_id for row in rows.records if row.opportunity_id]
        if rows.done or rows.next_path is None:
            return list(dict.fromkeys(found))
        answer = yield from ask_one(query(rows.next_path, Lane.READ))


def _rows(answer: Answer, joined: Junction) -> _Rows:
    rows = expected(answer, _Rows)
    if rows is None:
        raise failed_read(answer, f"reading {joined.object}")
    return rows


def relate(api_version: str, object: str, operations: Sequence[Operation]) -> Flow[Never, list[Outcome]]:
    """Add rows; an operation is applied when all of its rows are."""
    joined = junction(object, operations[0].about)
    wanted = [(at, other) for at, one in enumerate(operations) for other in sorted(_added(one))]
    answers: list[tuple[int, Outcome]] = []
    for some in chunks(wanted, MAX_BATCH):
        records = [
            {"attributes": {"type": joined.object}, joined.parent: operations[at].id, joined.other: other}
            for at, other in some
        ]
        body = {"allOrNone": False, "records": records}
        answer = yield from ask_one(
            write("POST", data_path(api_version, "composite/sobjects"), body, Lane.WRITE)
        )
        answers += zip(
            [at for at, _ in some], settle_rows(answer, [operations[at] for at, _ in some]), strict=True
        )
    return [worst(one, [o for at, o in answers if at == place]) for place, one in enumerate(operations)]


def unrelate(api_version: str, object: str, operations: Sequence[Operation]) -> Flow[Never, list[Outcome]]:
    """Look the rows up, then delete them; rows that are gone already are as good as deleted."""
    joined = junction(object, operations[0].about)
    found: dict[tuple[str, str], list[str]] = {}
    parents = sorted({one.id for one in operations if one.id})
    for some in chunks_within(parents, MAX_BATCH, lambda parent: len(parent) + 9, URI_ROOM):
        statement = soql.select(
            ("Id", joined.parent, joined.other), joined.object, (soql.one_of(joined.parent, some),)
        )
        path: str | None = query_path(api_version, statement)
        while path is not None:
            answer = yield from ask_one(query(path, Lane.WRITE))
            rows = expected(answer, _Rows)
            if rows is None:
                return _unread(operations, answer)
            for row in rows.records:
                found.setdefault((row.opportunity_id or "", row.contact_id or ""), []).append(row.id)
            path = None if rows.done else rows.next_path
    doomed = [
        (at, row)
        for at, one in enumerate(operations)
        for other in sorted(_removed(one))
        for row in found.get((one.id or "", other), ())
    ]
    answers: list[tuple[int, Outcome]] = []
    for group in chunks(doomed, MAX_BATCH):
        answer = yield from ask_one(delete(api_version, [row for _, row in group], Lane.WRITE))
        settled = settle_deletions(
            answer, [msgspec.structs.replace(operations[at], id=row) for at, row in group]
        )
        answers += zip([at for at, _ in group], settled, strict=True)
    return [worst(one, [o for at, o in answers if at == place]) for place, one in enumerate(operations)]


def settle_deletions(answer: Answer, operations: Sequence[Operation]) -> list[Outcome]:
    """Outcomes of a Collections delete; a record that is deleted already is what was wanted."""
    return [
        Outcome(link=one.link, state=State.APPLIED, id=one.id)
        if outcome.error is not None and outcome.error.code == "ENTITY_IS_DELETED"
        else outcome
        for one, outcome in zip(operations, settle(answer, operations, None), strict=True)
    ]


def _unread(operations: Sequence[Operation], answer: Answer) -> list[Outcome]:
    """Nothing was deleted: the rows could not even be looked up."""
    if not isinstance(answer, Response):
        return same_for_all(operations, State.DEFERRED, VendorError(code="NO_ANSWER", message=answer.reason))
    errors = errors_in(answer.body)
    error = main_error(errors) if errors else VendorError(code=UNREADABLE, message="")
    return same_for_all(operations, State.DEFERRED, error)


def _added(operation: Operation) -> set[str]:
    return _ids(operation.values) - _ids(operation.before)


def _removed(operation: Operation) -> set[str]:
    return _ids(operation.before) - _ids(operation.values)


def _ids(values: Mapping[str, Any]) -> set[str]:
    content = next(iter(values.values()), None)
    return set(content) if isinstance(content, tuple) else set()
