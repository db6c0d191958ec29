"""Associations as fields of the records they belong to: which there are, how they are read, written and taken away.

To the core the primary company of a contact is one field that holds an id, the contacts of a deal are one that holds
several. The vendor keeps them apart: an association moves no record's stamp (from memory), is written by calls of its
own, and is read 1,000 records at a time (confirmed).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Never

import msgspec

from awase.connectors.hubspot.auth import VENDOR
from awase.connectors.hubspot.faults import (
    NOT_ACTED,
    Refusal,
    item_state,
    refusal_of,
    vendor_error,
    vendor_words,
)
from awase.connectors.hubspot.paths import Paths
from awase.connectors.sdk.bodies import JSON_HEADERS, json_answer, json_body
from awase.connectors.sdk.calls import ask, ask_one, read_failure
from awase.connectors.sdk.chunks import chunks
from awase.connectors.sdk.outcomes import same_for_all, without_answer
from awase.core.operations import Operation, Outcome, State, VendorError
from awase.core.schema import Field
from awase.core.values import Kind, Value
from awase.errors import VendorBusy
from awase.ports.flows import Answer, Flow, Lane, Request, Response

READ_AT_ONCE = 1_000
"""Records whose associations one call reads (confirmed)."""

PREFIX = "associations."
_CATEGORY = "HUBSPOT_DEFINED"


@dataclass(frozen=True, slots=True)
class Relation:
    """One sort of association, seen from the object that has the field."""

    target: str
    type_id: int
    """What is written: the primary label where there is one, else the plain association (confirmed)."""
    single: bool
    """Only the primary one counts."""


RELATIONS: Mapping[str, Mapping[str, Relation]] = {
    "contact": {f"{PREFIX}company": Relation("company", 1, single=True)},
    "deal": {
        f"{PREFIX}company": Relation("company", 5, single=True),
        f"{PREFIX}contact": Relation("contact", 3, single=False),
    },
}
"""Object → field → association. Their ids are confirmed."""


def relation_fields(object: str) -> dict[str, Field]:
    """The object's associations as fields."""
    return {
        name: Field(
            name=name,
            label=f"{relation.target} (primary)" if relation.single else relation.target,
            kind=Kind.TEXT if relation.single else Kind.TEXTS,
            vendor_type="association",
            references=(relation.target,),
            relation=True,
            rides_in_create=True,
        )
        for name, relation in RELATIONS.get(object, {}).items()
    }


def create_members(object: str, values: Mapping[str, Value]) -> list[dict[str, Any]]:
    """The member ``associations`` of a create, for the relations among ``values``."""
    return [
        {"to": {"id": target}, "types": [_type(relation)]}
        for name, relation in RELATIONS.get(object, {}).items()
        for target in sorted(_ids(values.get(name)))
    ]


def _type(relation: Relation) -> dict[str, Any]:
    return {"associationCategory": _CATEGORY, "associationTypeId": relation.type_id}


def _ids(value: Value) -> set[str]:
    if isinstance(value, tuple):
        return set(value)
    return set() if value is None else {str(value)}


# -- reading -----------------------------------------------------------------------------------------------------


class _Type(msgspec.Struct, rename="camel"):
    type_id: int = 0


class _To(msgspec.Struct, rename="camel"):
    to_object_id: int | str
    association_types: list[_Type] = []


class _From(msgspec.Struct):
    id: str


class _After(msgspec.Struct):
    after: str


class _Paging(msgspec.Struct):
    next: _After | None = None


class _Result(msgspec.Struct, rename={"origin": "from"}):
    origin: _From
    to: list[_To] = []
    paging: _Paging | None = None


class _Results(msgspec.Struct):
    results: list[_Result] = []
    errors: list[Refusal] | None = None


def read(
    paths: Paths, object: str, names: Iterable[str], ids: Sequence[str], lane: Lane = Lane.READ
) -> Flow[Never, tuple[tuple[str, bytes], ...]]:
    """The answers that tell these relations of these records: (relation, body) each, in any number."""
    told: list[tuple[str, bytes]] = []
    for name in names:
        relation = RELATIONS[object][name]
        asked: list[dict[str, str]] = [{"id": id} for id in dict.fromkeys(ids)]
        while asked:
            groups = list(chunks(asked, READ_AT_ONCE))
            answers = yield from ask(
                [_read_request(paths, object, relation, group, lane) for group in groups]
            )
            asked = []
            for answer in answers:
                body, results = _told(answer, object, relation)
                told.append((name, body))
                asked += [
                    {"id": one.origin.id, "after": one.paging.next.after}
                    for one in results
                    if one.paging is not None and one.paging.next is not None
                ]
    return tuple(told)


def _read_request(
    paths: Paths, object: str, relation: Relation, inputs: Sequence[dict[str, str]], lane: Lane
) -> Request:
    path = paths.associations(object, relation.target, "/batch/read")
    return Request("POST", path, headers=JSON_HEADERS, body=json_body({"inputs": list(inputs)}), lane=lane)


def _told(answer: Answer, object: str, relation: Relation) -> tuple[bytes, list[_Result]]:
    """A record without associations is answered as an error of its own (confirmed); any other error is none of that."""
    doing = f"reading which {relation.target} belongs to {object}"
    if not isinstance(answer, Response):
        raise read_failure(answer, vendor=VENDOR, doing=doing, words="")
    read_well = json_answer(answer, _Results) if answer.status in (200, 207) else None
    if read_well is None:
        raise read_failure(answer, vendor=VENDOR, doing=doing, words=vendor_words(answer))
    strange = [e for e in read_well.errors or () if (e.category or "") not in ("OBJECT_NOT_FOUND", "")]
    strange = [e for e in strange if "association" not in (e.message or "").casefold()]
    if strange:
        raise VendorBusy(
            "HubSpot could not answer for every record while {doing}: {words}",
            remedy="Run the same command again later.",
            doing=doing,
            words=strange[0].message or "no explanation",
        )
    return answer.body, read_well.results


def related(object: str, told: Iterable[tuple[str, bytes]]) -> dict[str, dict[str, Value]]:
    """By relation and record: the id of the primary one, or all ids, sorted."""
    found: dict[str, dict[str, set[str]]] = {}
    for name, body in told:
        relation = RELATIONS[object][name]
        for result in msgspec.json.decode(body, type=_Results).results:
            ids = {
                str(to.to_object_id)
                for to in result.to
                if not relation.single or any(t.type_id == relation.type_id for t in to.association_types)
            }
            found.setdefault(name, {}).setdefault(result.origin.id, set()).update(ids)
    return {
        name: {
            id: (min(ids) if RELATIONS[object][name].single else tuple(sorted(ids))) if ids else None
            for id, ids in records.items()
        }
        for name, records in found.items()
    }


# -- writing -----------------------------------------------------------------------------------------------------


class _Created(msgspec.Struct, rename="camel"):
    from_object_id: int | str = ""
    to_object_id: int | str = ""


class _Answer(msgspec.Struct):
    results: list[_Created] | None = None
    errors: list[Refusal] | None = None


def relate(paths: Paths, object: str, operations: Sequence[Operation]) -> Flow[Never, list[Outcome]]:
    """Add associations; a primary one takes the place of the one before, which stays as a plain one (confirmed)."""
    relation = RELATIONS[object][operations[0].about]
    pairs = [
        (at, one.id or "", target)
        for at, one in enumerate(operations)
        for target in sorted(_ids(one.values[one.about]) - _ids(one.before.get(one.about)))
    ]
    inputs = [
        {"from": {"id": record}, "to": {"id": target}, "types": [_type(relation)]}
        for _, record, target in pairs
    ]
    answer = yield from ask_one(_write_request(paths, object, relation, "/batch/create", inputs))
    return _settle(answer, operations, pairs)


def unrelate(paths: Paths, object: str, operations: Sequence[Operation]) -> Flow[Never, list[Outcome]]:
    """Take associations away. The vendor says nothing of single ones: those that were gone are gone all the same."""
    relation = RELATIONS[object][operations[0].about]
    inputs = [
        {"from": {"id": one.id}, "to": [{"id": t} for t in sorted(_gone(one))]}
        for one in operations
        if _gone(one)
    ]
    answer = yield from ask_one(_write_request(paths, object, relation, "/batch/archive", inputs))
    if isinstance(answer, Response) and answer.status == 204:
        return same_for_all(operations, State.APPLIED)
    return _settle(answer, operations, [])


def _gone(operation: Operation) -> set[str]:
    return _ids(operation.before.get(operation.about)) - _ids(operation.values[operation.about])


def _write_request(
    paths: Paths, object: str, relation: Relation, tail: str, inputs: Sequence[Any]
) -> Request:
    path = paths.associations(object, relation.target, tail)
    body = json_body({"inputs": list(inputs)})
    return Request("POST", path, headers=JSON_HEADERS, body=body, lane=Lane.WRITE, idempotent=False)


def _settle(
    answer: Answer, operations: Sequence[Operation], pairs: Sequence[tuple[int, str, str]]
) -> list[Outcome]:
    if not isinstance(answer, Response):
        return without_answer(operations, answer)
    if answer.status not in (200, 201, 207):
        return _refused_whole(answer, operations)
    told = json_answer(answer, _Answer)
    if told is None:
        return same_for_all(operations, State.UNKNOWN, _unreadable(answer))
    made = {(str(one.from_object_id), str(one.to_object_id)) for one in told.results or ()}
    missing = [(at, record, target) for at, record, target in pairs if (record, target) not in made]
    refusals = told.errors or []
    if len(missing) != len(refusals):
        # The errors do not say whom they are for: what is missing is looked for.
        unsure = {at for at, _, _ in missing}
        return [
            Outcome(link=one.link, id=one.id, state=State.UNKNOWN if at in unsure else State.APPLIED)
            for at, one in enumerate(operations)
        ]
    said: dict[int, tuple[State, VendorError]] = {}
    for (at, _, _), refusal in zip(missing, refusals, strict=True):
        error = vendor_error(refusal)
        said.setdefault(at, (item_state(refusal, error), error))
    return [
        Outcome(link=one.link, id=one.id, state=said[at][0], error=said[at][1])
        if at in said
        else Outcome(link=one.link, id=one.id, state=State.APPLIED)
        for at, one in enumerate(operations)
    ]


def _refused_whole(answer: Response, operations: Sequence[Operation]) -> list[Outcome]:
    refusal = refusal_of(answer)
    if refusal is None or answer.status == 408 or not 400 <= answer.status < 500:
        return same_for_all(operations, State.UNKNOWN, _unreadable(answer))
    error = vendor_error(refusal, answer.status)
    if answer.status in NOT_ACTED:
        return same_for_all(operations, State.DEFERRED, error)
    if len(operations) == 1:
        return same_for_all(operations, State.REJECTED, error)
    return same_for_all(operations, State.DEFERRED, msgspec.structs.replace(error, whole_call=True))


def _unreadable(response: Response) -> VendorError:
    return VendorError(code="NO_ANSWER", message=f"no usable answer (HTTP {response.status})")
