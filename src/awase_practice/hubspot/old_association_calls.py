"""Associations as v3 has them: one type at a time, by its name. Records show theirs in this way in every version."""

from __future__ import annotations

from typing import Any, Final

from ..kernel.http import HttpResponse
from .associating import Input, asked_kind, closed, end, inputs_of, link, none_associated, part
from .association_types import Kind, kind_between, type_by_name
from .records import Records
from .state import Call, PortalState
from .wire import NO_CONTENT, Refusal, answer, bad_request, method_not_allowed, no_such_path

MOST_READ: Final = 1_000
MOST_WRITTEN: Final = 2_000


def shown_associations(
    state: PortalState, records: Records, record_id: str, wanted: list[str]
) -> dict[str, Any]:
    """What ``?associations=`` adds to a record: by plural, left out where there is none. Raises Refusal."""
    shown: dict[str, Any] = {}
    for name in wanted:
        target = state.object(name).kind
        kind = kind_between(records.kind.key, target.key)
        found = _named(state, kind, record_id)
        if found:
            shown[target.plural] = {"results": found}
    return shown


def _named(state: PortalState, kind: Kind, record_id: str) -> list[dict[str, str]]:
    """A record's associations, one entry for each type, primary first."""
    found = []
    for to_id in state.associations.targets(kind, record_id):
        primary = state.associations.is_primary(kind, record_id, to_id)
        found += [{"id": to_id, "type": kind.name(each)} for each in ((True, False) if primary else (False,))]
    return found


def old_record_association_call(
    state: PortalState, call: Call, records: Records, record_id: str, rest: tuple[str, ...]
) -> HttpResponse:
    """Any v3 call below ``…/{object}/{id}/associations``. Raises Refusal."""
    match rest, call.method:
        case (target,), "GET":
            kind = asked_kind(state, call, records, target, "read")
            return answer(200, {"results": _named(state, kind, state.existing(records, record_id).id)})
        case (target, to_id, type_name), "PUT":
            kind = asked_kind(state, call, records, target, "write")
            origin, _ = link(state, call, kind, record_id, to_id, _is_primary(kind, type_name))
            shown = records.show(state.existing(records, origin), records.kind.shown)
            return answer(
                200, {**shown, "associations": shown_associations(state, records, origin, [target])}
            )
        case (target, to_id, type_name), "DELETE":
            kind = asked_kind(state, call, records, target, "write")
            part(state, call, kind, record_id, to_id, only_primary=_is_primary(kind, type_name))
            return NO_CONTENT
        case ((_,), _) | ((_, _, _), _):
            raise method_not_allowed()
        case _:
            raise no_such_path()


def _is_primary(kind: Kind, name: str) -> bool:
    """Whether a type is the primary one of a kind. Raises Refusal if it is not of this kind at all."""
    found, primary = type_by_name(name)
    if found is not kind:
        raise bad_request(f"The association type {name} does not lead from {kind.origin} to {kind.target}")
    return primary


def old_association_call(state: PortalState, call: Call, kind: Kind, rest: tuple[str, ...]) -> HttpResponse:
    """Any v3 call below ``/crm/v3/associations/{from}/{to}``. Raises Refusal."""
    if rest == ("types",) and call.method == "GET":
        ids = {kind.name(True): kind.primary or kind.plain, kind.name(False): kind.plain}
        return answer(200, {"results": [{"id": str(each), "name": name} for name, each in ids.items()]})
    if call.method != "POST":
        raise method_not_allowed()
    match rest:
        case ("batch", "read"):
            return _read(state, kind, inputs_of(call, MOST_READ))
        case ("batch", "create"):
            return _created(state, call, kind, inputs_of(call, MOST_WRITTEN))
        case ("batch", "archive"):
            for each in inputs_of(call, MOST_WRITTEN):
                primary = _is_primary(kind, str(each.get("type", "")))
                part(state, call, kind, end(each, "from"), end(each, "to"), only_primary=primary)
            return NO_CONTENT
        case _:
            raise no_such_path()


def _read(state: PortalState, kind: Kind, inputs: list[Input]) -> HttpResponse:
    results: list[Input] = []
    errors: list[Input] = []
    for each in inputs:
        asked = str(each.get("id", ""))
        row = state.records[kind.origin].find(asked)
        found = _named(state, kind, row.id) if row is not None else []
        if row is not None and found:
            results.append({"from": {"id": row.id}, "to": found})
        else:
            errors.append(none_associated(kind, asked).item())
    return closed(state, results, errors, 200)


def _created(state: PortalState, call: Call, kind: Kind, inputs: list[Input]) -> HttpResponse:
    results: list[Input] = []
    errors: list[Input] = []
    primaries = [_is_primary(kind, str(each.get("type", ""))) for each in inputs]
    for each, primary in zip(inputs, primaries, strict=True):
        try:
            origin, target = link(state, call, kind, end(each, "from"), end(each, "to"), primary)
        except Refusal as refusal:
            errors.append(refusal.item())
            continue
        results.append({"from": {"id": origin}, "to": {"id": target}, "type": kind.name(primary)})
    return closed(state, results, errors, 201)
