"""Schemas of objects: of those that HubSpot brings one at a time, and of custom ones, of which this portal has none."""

from __future__ import annotations

from typing import Any, Final

from ..kernel.http import HttpResponse
from .association_types import KINDS
from .records import Records
from .state import Call, PortalState
from .wire import answer, method_not_allowed, no_such_path

_BORN: Final = "2024-01-01T00:00:00.000Z"
_CUSTOM: Final = "crm.schemas.custom.write"


def schema_call(state: PortalState, call: Call) -> HttpResponse:
    """Any call below ``/crm-object-schemas`` or ``/crm/v3/schemas``. Raises Refusal."""
    rest = call.rest[1:] if call.request.segments[0] == "crm-object-schemas" else call.rest
    if call.request.segments[0] == "crm-object-schemas" and call.rest[:1] != ("schemas",):
        raise no_such_path()
    match rest, call.method:
        case (), "GET":
            return answer(200, {"results": []})
        case ((), "POST") | ((_,), "PATCH" | "DELETE"):
            # Only an Enterprise portal has custom objects; the token of another cannot have this right (from memory).
            call.needs(_CUSTOM)
            raise method_not_allowed()
        case (name,), "GET":
            records = state.object(name)
            call.needs(records.kind.schema_right("read"))
            return answer(200, _schema(state, records))
        case ((), _) | ((_,), _):
            raise method_not_allowed()
        case _:
            raise no_such_path()


def _schema(state: PortalState, records: Records) -> dict[str, Any]:
    kind = records.kind
    first, *others = kind.searched
    return {
        "id": kind.type_id,
        "objectTypeId": kind.type_id,
        "fullyQualifiedName": kind.label,
        "name": kind.label,
        "labels": {"singular": kind.key.capitalize(), "plural": kind.plural.capitalize()},
        "archived": False,
        "createdAt": _BORN,
        "updatedAt": _BORN,
        "primaryDisplayProperty": first,
        "secondaryDisplayProperties": others[:2],
        "requiredProperties": list(kind.needed),
        "searchableProperties": list(kind.searched),
        "metaType": "HUBSPOT",
        "properties": [each.to_json() for each in records.properties],
        "associations": [
            {
                "id": str(each.plain),
                "name": each.name(False),
                "fromObjectTypeId": kind.type_id,
                "toObjectTypeId": state.records[each.target].kind.type_id,
                "createdAt": _BORN,
                "updatedAt": _BORN,
            }
            for each in KINDS.values()
            if each.origin == kind.key
        ],
    }
