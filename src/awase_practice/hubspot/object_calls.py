"""Which call below ``/crm/objects`` is which."""

from __future__ import annotations

from ..kernel.http import HttpResponse
from . import record_calls
from .association_calls import record_association_call
from .batch_calls import batch_call
from .further_stock import ACTIVITIES
from .records import Records
from .state import Call, PortalState
from .stock import CONTACT
from .wire import method_not_allowed, no_such_path


def object_call(state: PortalState, call: Call) -> HttpResponse:
    """Any call below ``/crm/objects``. Raises Refusal."""
    if not call.rest:
        raise no_such_path()
    records = state.object(call.rest[0])
    if call.rest[2:3] == ("associations",):
        return record_association_call(state, call, records, call.rest[1], call.rest[3:])
    if call.version == "v4":  # which has the associations of records, but not the records
        raise no_such_path()
    _need_scope(call, records)
    match call.rest[1:], call.method:
        case (), "GET":
            return record_calls.listed(state, call, records)
        case (), "POST":
            return record_calls.created(state, call, records)
        case ("search",), "POST":
            return record_calls.searched(state, call, records)
        case ("gdpr-delete",), "POST" if records.kind is CONTACT:
            return record_calls.forgotten(state, call, records)
        case ("merge",), "POST" if records.kind not in ACTIVITIES:
            return record_calls.merged(state, call, records)
        case ("batch", verb), "POST":
            return batch_call(state, call, records, verb)
        case (record_id,), "GET":
            return record_calls.got(state, call, records, record_id)
        case (record_id,), "PATCH":
            return record_calls.changed(state, call, records, record_id)
        case (record_id,), "DELETE":
            return record_calls.archived(state, call, records, record_id)
        case ((), _) | ((_,), _) | (("batch", _), _):
            raise method_not_allowed()
        case _:
            raise no_such_path()


def _need_scope(call: Call, records: Records) -> None:
    reads = call.method == "GET" or call.rest[-1] in {"search", "read"}
    call.needs(records.kind.right("read" if reads else "write"))
