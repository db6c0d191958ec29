"""Deleting records and taking them off lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Never

import msgspec

from awase.connectors.hubspot.faults import NOT_ACTED, refusal_of, vendor_error
from awase.connectors.hubspot.paths import Paths
from awase.connectors.sdk.bodies import JSON_HEADERS, json_body
from awase.connectors.sdk.calls import ask_one
from awase.connectors.sdk.outcomes import same_for_all, without_answer
from awase.core.operations import Operation, Outcome, State, VendorError
from awase.ports.flows import Answer, Flow, Lane, Request, Response


def archive(paths: Paths, object: str, operations: Sequence[Operation]) -> Flow[Never, list[Outcome]]:
    """Archive records; they can be restored for 90 days. Those that are gone already are no error (from memory)."""
    body = json_body({"inputs": [{"id": one.id} for one in operations]})
    path = paths.objects(object, "/batch/archive")
    request = Request("POST", path, headers=JSON_HEADERS, body=body, lane=Lane.WRITE, idempotent=False)
    return _settled((yield from ask_one(request)), operations)


def take_off_list(paths: Paths, operations: Sequence[Operation]) -> Flow[Never, list[Outcome]]:
    """Take records off the list whose id the operations name; who was not on it is off it too (confirmed)."""
    path = paths.list_memberships(operations[0].list, "/remove")
    body = json_body([one.id for one in operations])
    request = Request("PUT", path, headers=JSON_HEADERS, body=body, lane=Lane.WRITE, idempotent=False)
    return _settled((yield from ask_one(request)), operations)


def _settled(answer: Answer, operations: Sequence[Operation]) -> list[Outcome]:
    if not isinstance(answer, Response):
        return without_answer(operations, answer)
    if 200 <= answer.status < 300:
        return same_for_all(operations, State.APPLIED)
    refusal = refusal_of(answer)
    if refusal is None or not 400 <= answer.status < 500:
        error = VendorError(code="NO_ANSWER", message=f"no usable answer (HTTP {answer.status})")
        return same_for_all(operations, State.UNKNOWN, error)
    error = vendor_error(refusal, answer.status)
    if answer.status in NOT_ACTED:
        return same_for_all(operations, State.DEFERRED, error)
    if len(operations) == 1:
        return same_for_all(operations, State.REJECTED, error)
    return same_for_all(operations, State.DEFERRED, msgspec.structs.replace(error, whole_call=True))
