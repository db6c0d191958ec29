"""Writing associations: adding them, taking them away, and what the answers mean for each operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Never

import msgspec

from awase.connectors.hubspot.faults import Refusal, item_state, vendor_error
from awase.connectors.hubspot.limits import SIZES
from awase.connectors.hubspot.paths import Paths
from awase.connectors.hubspot.relations import Relation, ids_in, relation_named, spec
from awase.connectors.hubspot.settling import refused_whole, unreadable
from awase.connectors.sdk.bodies import JSON_HEADERS, json_answer, json_body
from awase.connectors.sdk.calls import ask_one
from awase.connectors.sdk.chunks import chunks
from awase.connectors.sdk.outcomes import same_for_all, without_answer, worst
from awase.core.operations import Operation, Outcome, State, VendorError
from awase.ports.flows import Answer, Flow, Lane, Request, Response


class _Created(msgspec.Struct, rename="camel"):
    from_object_id: int | str = ""
    to_object_id: int | str = ""


class _Answer(msgspec.Struct):
    results: list[_Created] | None = None
    errors: list[Refusal] | None = None


def relate(paths: Paths, object: str, operations: Sequence[Operation]) -> Flow[Never, list[Outcome]]:
    """Add associations; a primary one takes the place of the one before, which stays as a plain one (confirmed).

    An operation is applied when all of its associations are; one of more than a call holds takes several.
    """
    relation = relation_named(object, operations[0].about)
    wanted = [(one, target) for one in operations for target in sorted(_added(one))]
    settled: list[tuple[int, Outcome]] = []
    for some in chunks(wanted, SIZES.relate):
        inputs = [
            {"from": {"id": one.id}, "to": {"id": target}, "types": [spec(relation)]} for one, target in some
        ]
        answer = yield from ask_one(_request(paths, object, relation, "/batch/create", inputs))
        outcomes = _settle_pairs(answer, some)
        settled += zip((id(one) for one, _ in some), outcomes, strict=True)
    return [worst(one, [outcome for of, outcome in settled if of == id(one)]) for one in operations]


def unrelate(paths: Paths, object: str, operations: Sequence[Operation]) -> Flow[Never, list[Outcome]]:
    """Take associations away. The vendor says nothing of single ones: those that were gone are gone all the same."""
    relation = relation_named(object, operations[0].about)
    acting = [one for one in operations if _removed(one)]
    if not acting:
        return same_for_all(operations, State.APPLIED)
    inputs = [{"from": {"id": one.id}, "to": [{"id": t} for t in sorted(_removed(one))]} for one in acting]
    answer = yield from ask_one(_request(paths, object, relation, "/batch/archive", inputs))
    said = iter(_settle_removal(answer, acting))
    return [
        next(said) if _removed(one) else Outcome(link=one.link, id=one.id, state=State.APPLIED)
        for one in operations
    ]


def _added(operation: Operation) -> set[str]:
    return ids_in(operation.values[operation.about]) - ids_in(operation.before.get(operation.about))


def _removed(operation: Operation) -> set[str]:
    return ids_in(operation.before.get(operation.about)) - ids_in(operation.values[operation.about])


def _request(paths: Paths, object: str, relation: Relation, tail: str, inputs: Sequence[object]) -> Request:
    path = paths.associations(object, relation.target, tail)
    body = json_body({"inputs": inputs})
    return Request("POST", path, headers=JSON_HEADERS, body=body, lane=Lane.WRITE, idempotent=False)


def _settle_pairs(answer: Answer, pairs: Sequence[tuple[Operation, str]]) -> list[Outcome]:
    """What became of each association of one call."""
    operations = [one for one, _ in pairs]
    if not isinstance(answer, Response):
        return without_answer(operations, answer)
    if answer.status not in (200, 201, 207):
        return refused_whole(answer, operations)
    told = json_answer(answer, _Answer)
    if told is None:
        return same_for_all(operations, State.UNKNOWN, unreadable(answer))
    made = {(str(one.from_object_id), str(one.to_object_id)) for one in told.results or ()}
    missing = sum((one.id or "", target) not in made for one, target in pairs)
    refusals = iter(_attributed(told.errors or [], missing))
    return [
        Outcome(link=one.link, id=one.id, state=State.APPLIED)
        if (one.id or "", target) in made
        else Outcome(link=one.link, id=one.id, state=(said := next(refusals))[0], error=said[1])
        for one, target in pairs
    ]


def _attributed(refusals: Sequence[Refusal], missing: int) -> list[tuple[State, VendorError]]:
    """What is said of each association that was not made: the errors do not name whom they are for.

    They are for all that are missing where there is one for each and all say the same; otherwise what is missing is
    looked for.
    """
    said = [(item_state(refusal, vendor_error(refusal)), vendor_error(refusal)) for refusal in refusals]
    if len(said) == missing and len({(state, error.code) for state, error in said}) <= 1:
        return said
    error = VendorError(code="NO_ANSWER", message="the answer does not say what became of this association")
    return [(State.UNKNOWN, error)] * missing


def _settle_removal(answer: Answer, operations: Sequence[Operation]) -> list[Outcome]:
    if not isinstance(answer, Response):
        return without_answer(operations, answer)
    if answer.status == 204:
        return same_for_all(operations, State.APPLIED)
    if answer.status not in (200, 207):
        return refused_whole(answer, operations)
    told = json_answer(answer, _Answer)
    if told is None:
        return same_for_all(operations, State.UNKNOWN, unreadable(answer))
    if not told.errors:
        return same_for_all(operations, State.APPLIED)
    [(state, error)] = _attributed(told.errors[:1], 1)
    return same_for_all(operations, state if len(operations) == 1 else State.UNKNOWN, error)
