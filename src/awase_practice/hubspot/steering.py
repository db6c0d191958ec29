"""What the control port does to a portal, past or through its rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..kernel.org import ControlRefused, history_of
from ..kernel.rows import Row
from .association_types import KINDS
from .associations import MIRRORS
from .merging import merge as merged
from .records import MERGED_INTO, Records
from .state import PortalState
from .stock import BY_NAME
from .values import as_text
from .wire import Refusal

_OPT_OUT = "hs_email_optout"


def load(state: PortalState, object: str, rows: Sequence[Mapping[str, Any]], author: str) -> list[str]:
    """Put rows in without rules. ``hs_email_optout`` true takes the row's address out of all e-mail.

    The property that shows a record's primary company (``MIRRORS``) associates it with that company.
    """
    records = records_of(state, object)
    at = state.now()
    mirror_name = MIRRORS.get(records.kind.key, "")
    ids: list[str] = []
    for raw in rows:
        company = as_text(raw.get(mirror_name))
        if company:
            _live(state.records["company"], company)
        values = _stored(records, {name: value for name, value in raw.items() if name != mirror_name})
        if records.placing is not None:
            records.placing(None, values)  # fills what is missing; its complaints bind only calls
        address = values.get("email")
        if address and values.pop(_OPT_OUT, None) == "true":
            state.consent.set_wide(address, True, author, at)
        mirror = state.consent.mirror(address)
        if mirror is not None:
            values[_OPT_OUT] = mirror
        ids.append(records.table.insert(values, author, at).id)
        if company:
            kind = KINDS[records.kind.key, "company"]
            state.associations.add(kind, ids[-1], company, primary=True, author=author, at=at)
    return ids


def edit(
    state: PortalState, object: str, id: str, values: Mapping[str, Any], author: str, rules: bool
) -> None:
    """Change a record; with rules, what the portal's own form would refuse is refused."""
    records = records_of(state, object)
    row = _live(records, id)
    wanted = dict(values)
    opt_out = as_text(wanted.pop(_OPT_OUT, None))
    at = state.now()
    if wanted and rules:
        try:
            records.settle(records.draft_update(row, wanted), author, at)
        except Refusal as refusal:
            raise ControlRefused(refusal.message, refusal.body(state.correlation_id())) from refusal
    elif wanted:
        stored: dict[str, str | None] = dict.fromkeys(wanted)
        stored.update(_stored(records, wanted))
        if "email" in stored:
            stored[_OPT_OUT] = state.consent.mirror(stored["email"])
        records.table.update(row, stored, author, at)
    if opt_out:
        address = row.values.get("email")
        if not address:
            raise ControlRefused(f"{object} {id} has no address whose status could be set")
        state.consent.set_wide(address, opt_out == "true", author, at)


def delete(state: PortalState, object: str, id: str, author: str) -> None:
    """Archive a record."""
    records = records_of(state, object)
    records.table.delete(_live(records, id), author, state.now())


def restore(state: PortalState, object: str, id: str, author: str) -> None:
    """Bring an archived record back, under its old id; what it shared with a live one by now stands in the way."""
    records = records_of(state, object)
    row = records.find(id, archived=True)
    if row is None:
        raise ControlRefused(f"no archived {object} has the id {id}")
    for name, value in records.unique.keys(row.values):
        holder = records.unique.holder(name, value)
        if holder is not None:
            raise ControlRefused(f"{object} {holder} has the {name} {value} by now")
    records.table.restore(row, author, state.now())
    mirror = state.consent.mirror(row.values.get("email"))
    if row.values.get(_OPT_OUT) != mirror:
        records.table.update(row, {_OPT_OUT: mirror}, author, state.now())


def restored(state: PortalState, body: Mapping[str, Any]) -> dict[str, Any]:
    """``{object, id, author}``: see ``restore``."""
    restore(state, _text(body, "object"), _text(body, "id"), str(body.get("author", "user:someone")))
    return {"restored": body["id"]}


def merge(state: PortalState, body: Mapping[str, Any]) -> dict[str, Any]:
    """``{object, winner, losers, author}``: merge the losers into the winner, one after the other; ``{"survivor": id}``."""
    records = records_of(state, _text(body, "object"))
    survivor, losers = _text(body, "winner"), body.get("losers")
    if not isinstance(losers, list) or not losers:
        raise ControlRefused("losers must be a list of ids")
    author = str(body.get("author", "user:someone"))
    for loser in losers:
        try:
            survivor = merged(state, records, survivor, str(loser), author, state.now()).id
        except Refusal as refusal:
            raise ControlRefused(
                f"{records.kind.key} {loser} cannot be merged: {refusal.message}"
            ) from refusal
    return {"survivor": survivor}


def associate(state: PortalState, body: Mapping[str, Any]) -> dict[str, Any]:
    """``{from_object, from_id, to_object, to_id, primary?, remove?, author}``: join two records, or part them.

    With primary and remove only the primary label goes. Limits do not bind; ``{"associated": whether they are now}``.
    """
    origin, target = (records_of(state, _text(body, name)) for name in ("from_object", "to_object"))
    kind = KINDS.get((origin.kind.key, target.kind.key))
    if kind is None:
        raise ControlRefused(f"{origin.kind.key} and {target.kind.key} cannot be associated")
    ids = _live(origin, _text(body, "from_id")).id, _live(target, _text(body, "to_id")).id
    author, at, primary = str(body.get("author", "user:someone")), state.now(), bool(body.get("primary"))
    if primary and kind.primary is None:
        raise ControlRefused(f"a {origin.kind.key} has no primary {target.kind.key}")
    if not body.get("remove"):
        state.associations.add(kind, *ids, primary, author, at)
    elif primary:
        state.associations.remove_primary(kind, *ids, author, at)
    else:
        state.associations.remove(kind, *ids, author, at)
    return {"associated": state.associations.are_linked(kind, *ids)}


def associated(state: PortalState, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``from_object`` and ``to_object``: all their live associations, as ``from_id``, ``to_id``, ``primary``, ``author``."""
    origin, target = (records_of(state, _text(parameters, name)) for name in ("from_object", "to_object"))
    kind = KINDS.get((origin.kind.key, target.kind.key))
    if kind is None:
        return []
    return [
        {
            "from_id": row.id,
            "to_id": to_id,
            "primary": state.associations.is_primary(kind, row.id, to_id),
            "author": state.associations.author(kind, row.id, to_id),
        }
        for row in origin.table.live()
        for to_id in state.associations.targets(kind, row.id)
    ]


def rows(state: PortalState, object: str, deleted: bool) -> list[dict[str, Any]]:
    """All live or all archived records: id, stored and computed values, when and by whom last changed."""
    records = records_of(state, object)
    return [
        {
            "id": row.id,
            **row.values,
            **_computed(records, row),
            "_modified": row.modified_at,
            "_author": row.modified_by,
        }
        for row in records.table.all()
        if (row.deleted_at is not None) == deleted and MERGED_INTO not in row.values
    ]


def history(state: PortalState, object: str, id: str) -> list[dict[str, Any]]:
    """A record's creation and changes."""
    return history_of(records_of(state, object).table, id)


def records_of(state: PortalState, object: str) -> Records:
    """The records of an object by any of its names. Raises ControlRefused."""
    kind = BY_NAME.get(object.lower())
    if kind is None:
        raise ControlRefused(f"the portal has no object {object}")
    return state.records[kind.key]


def _live(records: Records, id: str) -> Row:
    row = records.find(id)
    if row is None:
        raise ControlRefused(f"no live {records.kind.key} has the id {id}")
    return row


def _stored(records: Records, raw: Mapping[str, Any]) -> dict[str, str | None]:
    """Values as the portal keeps them: text, nothing for empty, addresses in lower case."""
    unknown = [name for name in raw if records.properties.get(name) is None]
    if unknown:
        raise ControlRefused(f"{records.kind.key} has no property {', '.join(unknown)}")
    computed = [name for name in raw if name in records.computed]
    if computed:
        raise ControlRefused(f"{', '.join(computed)} follows from other things and cannot be set")
    values = {
        name: ";".join(map(as_text, value)) if isinstance(value, list) else as_text(value)
        for name, value in raw.items()
    }
    if "email" in values:
        values["email"] = values["email"].strip().lower()
    return {name: value for name, value in values.items() if value}


def _computed(records: Records, row: Row) -> dict[str, str]:
    found = {name: records.value(row, row, name) for name in records.computed}
    return {name: value for name, value in found.items() if value is not None}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise ControlRefused(f"{name} must be given as text")
    return value
