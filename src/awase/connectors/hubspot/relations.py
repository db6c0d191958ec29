"""Associations as fields of the records they belong to: which there are, and how they are read.

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
from awase.connectors.hubspot.faults import Refusal, vendor_words
from awase.connectors.hubspot.paths import Paths
from awase.connectors.sdk.bodies import JSON_HEADERS, json_answer, json_body
from awase.connectors.sdk.calls import ask, read_failure
from awase.connectors.sdk.chunks import chunks
from awase.core.schema import Field
from awase.core.values import Kind, Value
from awase.errors import Bug, VendorBusy
from awase.ports.flows import Answer, Flow, Lane, Request, Response

READ_AT_ONCE = 1_000
"""Records whose associations one call reads (confirmed)."""

PREFIX = "associations."
_CATEGORY = "HUBSPOT_DEFINED"
_NONE_FOUND = "NO_ASSOCIATIONS_FOUND"


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


def relation_named(object: str, name: str) -> Relation:
    """What is behind a field. Raises Bug for one that was never described."""
    found = RELATIONS.get(object, {}).get(name)
    if found is None:
        raise Bug(f"{object} has no relation {name!r}", where=object)
    return found


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
        {"to": {"id": target}, "types": [spec(relation)]}
        for name, relation in RELATIONS.get(object, {}).items()
        for target in sorted(ids_in(values.get(name)))
    ]


def spec(relation: Relation) -> dict[str, Any]:
    """The association's type as a request writes it."""
    return {"associationCategory": _CATEGORY, "associationTypeId": relation.type_id}


def ids_in(value: Value) -> set[str]:
    """The ids that a relation's content names: none, one, or several."""
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

    @property
    def after(self) -> str | None:
        return self.paging.next.after if self.paging and self.paging.next else None


class _Results(msgspec.Struct):
    results: list[_Result] = []
    errors: list[Refusal] | None = None

    @property
    def refusals(self) -> list[Refusal]:
        return self.errors or []


class _Input(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    after: str | None = None


def read(
    paths: Paths, object: str, names: Iterable[str], ids: Sequence[str], lane: Lane = Lane.READ
) -> Flow[Never, tuple[tuple[str, bytes], ...]]:
    """The answers that tell these relations of these records: (relation, body) each, in any number."""
    told: list[tuple[str, bytes]] = []
    for name in names:
        relation = relation_named(object, name)
        asked = [_Input(id) for id in dict.fromkeys(ids)]
        while asked:
            groups = list(chunks(asked, READ_AT_ONCE))
            answers = yield from ask(
                [_read_request(paths, object, relation, group, lane) for group in groups]
            )
            further: list[_Input] = []
            for group, answer in zip(groups, answers, strict=True):
                body, results = _told(answer, object, relation, group)
                told.append((name, body))
                further += [_Input(one.origin.id, one.after) for one in results if one.after is not None]
            if set(further) & set(asked):
                raise _busy(object, relation, "an answer names itself as the next one")
            asked = further
    return tuple(told)


def _read_request(
    paths: Paths, object: str, relation: Relation, inputs: Sequence[_Input], lane: Lane
) -> Request:
    path = paths.associations(object, relation.target, "/batch/read")
    return Request("POST", path, headers=JSON_HEADERS, body=json_body({"inputs": list(inputs)}), lane=lane)


def _told(
    answer: Answer, object: str, relation: Relation, asked: Sequence[_Input]
) -> tuple[bytes, list[_Result]]:
    """A record without associations is answered as an error of its own (confirmed); any other error is none of that.

    A record that is simply left out has not lost its associations: taking it for that would clear them elsewhere.
    """
    if not isinstance(answer, Response):
        raise read_failure(answer, vendor=VENDOR, doing=_doing(object, relation), words="")
    heard = json_answer(answer, _Results) if answer.status in (200, 207) else None
    if heard is None:
        words = vendor_words(answer)
        raise read_failure(answer, vendor=VENDOR, doing=_doing(object, relation), words=words)
    strange = [error for error in heard.refusals if not _says_none(error)]
    if strange:
        raise _busy(object, relation, strange[0].message or "no explanation")
    without = max(len(heard.refusals), sum(len(_without(error)) for error in heard.refusals))
    # Under another id than asked for: records that were merged into that one, perhaps several into the same.
    merged = {one.origin.id for one in heard.results} - {one.id for one in asked}
    if len(heard.results) + without < len(asked) and not merged:
        raise _busy(object, relation, "some records are left out of the answer")
    return answer.body, heard.results


def _doing(object: str, relation: Relation) -> str:
    return f"reading which {relation.target} belongs to {object}"


def _busy(object: str, relation: Relation, words: str) -> VendorBusy:
    return VendorBusy(
        "HubSpot could not answer for every record while {doing}: {words}",
        remedy="Run the same command again later.",
        doing=_doing(object, relation),
        words=words,
    )


def _says_none(error: Refusal) -> bool:
    return error.category == "OBJECT_NOT_FOUND" or (error.sub_category or "").endswith(_NONE_FOUND)


def _without(error: Refusal) -> list[str]:
    """The records that an error says have no associations."""
    return error.context_values("fromObjectId")


def answered(told: Iterable[tuple[str, bytes]], ids: Sequence[str]) -> list[str]:
    """Those of ``ids`` that the answers speak of under their own id: a merged record has become another one."""
    known: set[str] = set()
    for _, body in told:
        heard = msgspec.json.decode(body, type=_Results)
        if any(not _without(error) for error in heard.refusals):
            return list(ids)
        known.update(one.origin.id for one in heard.results)
        known.update(id for error in heard.refusals for id in _without(error))
    return [id for id in ids if id in known]


def related(object: str, told: Iterable[tuple[str, bytes]]) -> dict[str, dict[str, Value]]:
    """By relation and record: the id of the primary one, or all ids, sorted."""
    found: dict[str, dict[str, set[str]]] = {}
    for name, body in told:
        relation = relation_named(object, name)
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
