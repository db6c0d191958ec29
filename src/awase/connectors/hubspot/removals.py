"""Deleting records and taking them off lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Never

from awase.connectors.hubspot.paths import Paths
from awase.connectors.hubspot.settling import settled_whole
from awase.connectors.sdk.bodies import JSON_HEADERS, json_body
from awase.connectors.sdk.calls import ask_one
from awase.core.operations import Operation, Outcome
from awase.errors import Bug
from awase.ports.flows import Flow, Lane, Request


def archive(paths: Paths, object: str, operations: Sequence[Operation]) -> Flow[Never, list[Outcome]]:
    """Archive records; they can be restored for 90 days. Those that are gone already are no error (from memory)."""
    body = json_body({"inputs": [{"id": id} for id in _ids(operations)]})
    path = paths.objects(object, "/batch/archive")
    request = Request("POST", path, headers=JSON_HEADERS, body=body, lane=Lane.WRITE, idempotent=False)
    return settled_whole((yield from ask_one(request)), operations)


def take_off_list(paths: Paths, operations: Sequence[Operation]) -> Flow[Never, list[Outcome]]:
    """Take records off the list whose id the operations name; who was not on it is off it too (confirmed)."""
    if not operations[0].list:
        raise Bug("a removal from a list of {object} names no list", object=operations[0].object)
    path = paths.list_memberships(operations[0].list, "/remove")
    body = json_body(_ids(operations))
    request = Request("PUT", path, headers=JSON_HEADERS, body=body, lane=Lane.WRITE, idempotent=False)
    return settled_whole((yield from ask_one(request)), operations)


def _ids(operations: Sequence[Operation]) -> list[str]:
    if not all(one.id for one in operations):
        raise Bug("a removal of {object} names no record", object=operations[0].object)
    return [one.id or "" for one in operations]
