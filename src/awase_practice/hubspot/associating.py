"""What every way of associating records has in common: both must be there, limits hold, and batches answer alike."""

from __future__ import annotations

from typing import Any

from ..kernel.http import HttpResponse
from .association_types import Kind, kind_between
from .associations import Wish
from .labels import Asked
from .records import Records
from .state import Call, PortalState
from .wire import Refusal, answer, bad_request, json_object, stamp

Input = dict[str, Any]


def asked_kind(state: PortalState, call: Call, records: Records, target: str, right: str) -> Kind:
    """The kind that a path names, if the caller may ``read`` or ``write`` both objects. Raises Refusal."""
    to = state.object(target)
    call.needs(*(each.kind.right(right) for each in (records, to)))
    return kind_between(records.kind.key, to.kind.key)


def end(each: Input, name: str) -> str:
    """The id of the ``from`` or ``to`` of an input. Raises Refusal."""
    found = each.get(name)
    if not isinstance(found, dict) or not found.get("id"):
        raise bad_request(
            f"Invalid input JSON on line 1, column 1: Some required fields were not set: [{name}]"
        )
    return str(found["id"])


def inputs_of(call: Call, most: int) -> list[Input]:
    """The inputs of a batch. Raises Refusal."""
    inputs = json_object(call.request).get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(each, dict) for each in inputs):
        raise bad_request(
            "Invalid input JSON on line 1, column 1: Some required fields were not set: [inputs]"
        )
    if len(inputs) > most:
        raise bad_request(f"A batch may have at most {most} inputs, but has {len(inputs)}")
    return inputs


def wishes_of(state: PortalState, records: Records, body: Input) -> tuple[Wish, ...]:
    """The ``associations`` that a create asks for. Raises Refusal: an unknown type, or a record that is not there."""
    items = body.get("associations") or ()
    wishes = []
    for each in items:
        asked = state.labels.asked(each.get("types") if isinstance(each, dict) else None)
        kind = asked.kind
        if kind.origin != records.kind.key:
            raise bad_request(
                f"The association types of a {records.kind.key} cannot begin at a {kind.origin}"
            )
        target = state.existing(state.records[kind.target], end(each, "to"))
        wishes.append(Wish(kind, target.id, asked.primary, asked.labels))
    return tuple(wishes)


def link(
    state: PortalState,
    call: Call,
    kind: Kind,
    from_id: str,
    to_id: str,
    primary: bool,
    labels: tuple[int, ...] = (),
) -> tuple[str, str]:
    """Associate two records; their ids. Raises Refusal: one is not there, or has as many as it may."""
    origin = state.existing(state.records[kind.origin], from_id).id
    target = state.existing(state.records[kind.target], to_id).id
    state.associations.check(kind, origin, target)
    for each in labels:
        label = state.labels.of(each)
        if label is not None:
            state.associations.check_label(kind, origin, target, label)
    state.associations.add(kind, origin, target, primary, call.caller.app_id, state.now(), labels)
    return origin, target


def part(
    state: PortalState, call: Call, kind: Kind, from_id: str, to_id: str, only_primary: bool = False
) -> None:
    """Part two records, or only take the primary label away. What is not there is passed over.

    Without its plain type nothing is left of an association (from memory).
    """
    origin, target = state.records[kind.origin].find(from_id), state.records[kind.target].find(to_id)
    if origin is None or target is None:
        return
    take = state.associations.remove_primary if only_primary else state.associations.remove
    take(kind, origin.id, target.id, call.caller.app_id, state.now())


def take_off(state: PortalState, call: Call, asked: Asked, from_id: str, to_id: str) -> None:
    """Take labels off an association, the primary one included. What is not there is passed over."""
    if asked.plain:
        part(state, call, asked.kind, from_id, to_id)
        return
    if asked.primary:
        part(state, call, asked.kind, from_id, to_id, only_primary=True)
    origin, target = (
        state.records[key].find(each)
        for key, each in ((asked.kind.origin, from_id), (asked.kind.target, to_id))
    )
    if origin is not None and target is not None:
        author = call.caller.app_id
        state.associations.remove_labels(asked.kind, origin.id, target.id, asked.labels, author, state.now())


def none_associated(kind: Kind, record_id: str) -> Refusal:
    """What a batch says of a record that is not there or has nothing associated (confirmed)."""
    return Refusal(
        404,
        "OBJECT_NOT_FOUND",
        f"No {kind.target} is associated with {kind.origin} {record_id}.",
        sub_category="crm.associations.NO_ASSOCIATIONS_FOUND",
        context={
            "fromObjectId": [record_id],
            "fromObjectType": [kind.origin],
            "toObjectType": [kind.target],
        },
    )


def closed(state: PortalState, results: list[Input], errors: list[Input], whole: int) -> HttpResponse:
    """The batch envelope; 207 (or what is set) when there are errors in it."""
    body: dict[str, Any] = {"status": "COMPLETE", "results": results}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    body |= {"startedAt": stamp(state.now()), "completedAt": stamp(state.now())}
    return answer(state.settings.partial_status if errors else whole, body)
