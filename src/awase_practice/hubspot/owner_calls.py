"""Owners: read only, by page, by address or one at a time."""

from __future__ import annotations

from typing import Any, Final

from ..kernel.http import HttpResponse
from .owners import Owner
from .state import Call, PortalState
from .wire import after_id, answer, flag, method_not_allowed, no_such_path, not_found, whole_number

_BORN: Final = "2024-01-01T00:00:00.000Z"
_LARGEST_PAGE: Final = 500


def owner_call(state: PortalState, call: Call) -> HttpResponse:
    """Any call below ``/crm/owners``. Raises Refusal."""
    call.needs("crm.objects.owners.read")
    if call.method != "GET":
        raise method_not_allowed()
    match call.rest:
        case ():
            return answer(200, _page(state, call))
        case (wanted,):
            archived = flag(call.request, "archived")
            by_user = call.request.first("idProperty") == "userId"
            for one in state.owners:
                if wanted == (str(one.user_id) if by_user else one.id) and one.archived == archived:
                    return answer(200, _shown(one))
            raise not_found()
        case _:
            raise no_such_path()


def _page(state: PortalState, call: Call) -> dict[str, Any]:
    request = call.request
    limit = whole_number(request, "limit", 100, _LARGEST_PAGE)
    after = after_id(request)
    archived, email = flag(request, "archived"), request.first("email")
    found = [
        one
        for one in state.owners
        if one.archived == archived and email in {None, one.email} and int(one.id) > after
    ]
    body: dict[str, Any] = {"results": [_shown(one) for one in found[:limit]]}
    if len(found) > limit:
        body["paging"] = call.next_page(found[limit - 1].id)
    return body


def _shown(one: Owner) -> dict[str, Any]:
    return {
        "id": one.id,
        "email": one.email,
        "type": "PERSON",
        "firstName": one.first_name,
        "lastName": one.last_name,
        "userId": None if one.archived else one.user_id,
        "userIdIncludingInactive": one.user_id,
        "createdAt": _BORN,
        "updatedAt": _BORN,
        "archived": one.archived,
        "teams": [],
    }
