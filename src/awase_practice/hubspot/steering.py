"""What the control port does to a portal, past or through its rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..kernel.org import ControlRefused, history_of
from ..kernel.rows import Row
from .properties import changed, from_json
from .records import MERGED_INTO, Records
from .settings import changed as changed_settings
from .state import PortalState
from .stock import BY_NAME
from .values import as_text
from .wire import Refusal

_OPT_OUT = "hs_email_optout"


def load(state: PortalState, object: str, rows: Sequence[Mapping[str, Any]], author: str) -> list[str]:
    """Put rows in without rules. ``hs_email_optout`` true takes the row's address out of all e-mail."""
    records = _records(state, object)
    at = state.now()
    ids: list[str] = []
    for raw in rows:
        values = _stored(records, raw)
        address = values.get("email")
        if address and values.pop(_OPT_OUT, None) == "true":
            state.consent.set_wide(address, True, author, at)
        mirror = state.consent.mirror(address)
        if mirror is not None:
            values[_OPT_OUT] = mirror
        ids.append(records.table.insert(values, author, at).id)
    return ids


def edit(
    state: PortalState, object: str, id: str, values: Mapping[str, Any], author: str, rules: bool
) -> None:
    """Change a record; with rules, what the portal's own form would refuse is refused."""
    records = _records(state, object)
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
    records = _records(state, object)
    records.table.delete(_live(records, id), author, state.now())


def restore(state: PortalState, object: str, id: str, author: str) -> None:
    """Bring an archived record back."""
    records = _records(state, object)
    row = records.find(id, archived=True)
    if row is None:
        raise ControlRefused(f"no archived {object} has the id {id}")
    records.table.restore(row, author, state.now())


def rows(state: PortalState, object: str, deleted: bool) -> list[dict[str, Any]]:
    """All live or all archived records: id, stored values, when and by whom last changed."""
    return [
        {"id": row.id, **row.values, "_modified": row.modified_at, "_author": row.modified_by}
        for row in _records(state, object).table.all()
        if (row.deleted_at is not None) == deleted and MERGED_INTO not in row.values
    ]


def history(state: PortalState, object: str, id: str) -> list[dict[str, Any]]:
    """A record's creation and changes."""
    return history_of(_records(state, object).table, id)


def change_schema(state: PortalState, body: Mapping[str, Any]) -> Any:
    """``add_field`` and ``change_field`` take a definition as the properties API does (the rest is filled in),
    ``remove_field`` a name, ``add_rule`` ``{"kind": "required_on_create", "field": name}``.
    """
    records = _records(state, str(body.get("object", "")))
    at = state.now()
    try:
        match body:
            case {"add_field": Mapping() as wanted}:
                name = str(wanted.get("name", ""))
                filled = {
                    "label": name,
                    "type": "string",
                    "fieldType": "text",
                    "groupName": "contactinformation",
                }
                definition = from_json({**filled, **wanted}, at)
                records.properties.put(definition)
            case {"change_field": Mapping() as wanted}:
                old = records.properties.get(str(wanted.get("name", "")))
                if old is None:
                    raise ControlRefused(f"no property {wanted.get('name')} to change")
                unique = bool(wanted.get("hasUniqueValue", old.unique))
                definition = replace(changed(old, wanted, at), unique=unique)
                records.properties.put(definition)
            case {"remove_field": (str() | Mapping()) as wanted}:
                name = wanted if isinstance(wanted, str) else str(wanted.get("name", ""))
                if not records.properties.archive(name, at):
                    raise ControlRefused(f"no property {name} to remove")
                records.unique.rebuild()
                return {"removed": name}
            case {"add_rule": {"kind": "required_on_create", "field": str() as name}}:
                records.required_on_create.append(name)
                return {"required_on_create": records.required_on_create}
            case _:
                raise ControlRefused("give one of add_field, change_field, remove_field or add_rule")
    except Refusal as refusal:
        raise ControlRefused(refusal.message) from refusal
    records.unique.rebuild()
    return definition.to_json()


def change_settings(state: PortalState, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Change settings; all settings as they are then."""
    state.set(changed_settings(state.settings, body))
    return state.settings.to_json()


def _records(state: PortalState, object: str) -> Records:
    kind = BY_NAME.get(object.lower())
    if kind is None:
        raise ControlRefused(f"the portal has no object {object}")
    return state.records[kind.key]


def _live(records: Records, id: str) -> Row:
    row = records.find(id)
    if row is None:
        raise ControlRefused(f"no live {records.kind.key} has the id {id}")
    return row


def _stored(records: Records, raw: Mapping[str, Any]) -> dict[str, str]:
    """Values as the portal keeps them: text, nothing for empty, addresses in lower case."""
    unknown = [name for name in raw if records.properties.get(name) is None]
    if unknown:
        raise ControlRefused(f"{records.kind.key} has no property {', '.join(unknown)}")
    values = {
        name: ";".join(map(as_text, value)) if isinstance(value, list) else as_text(value)
        for name, value in raw.items()
    }
    if "email" in values:
        values["email"] = values["email"].strip().lower()
    return {name: value for name, value in values.items() if value}
