"""What an administrator changes in a portal: properties, owners, pipelines, settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..kernel.org import ControlRefused
from .drafts import Condition
from .owners import owner_from
from .pipelines import pipeline_from
from .properties import Property, changed, from_json
from .settings import changed as changed_settings
from .state import PortalState
from .steering import records_of
from .wire import Refusal


def change_schema(state: PortalState, body: Mapping[str, Any]) -> Any:
    """``add_field`` and ``change_field`` take a definition as the properties API does (the rest is filled in),
    ``remove_field`` a name, ``remove_option`` ``{"field": name, "option": value}``, ``add_rule`` ``{"kind": "required_on_create", "field": name}`` or
    ``{"kind": "required_if", "field": name, "when": name, "is": [value, …]}``. Without an object:
    ``set_owners`` a list, ``put_owner`` one, ``archive_owner`` an id; ``set_pipelines`` a list.
    """
    if {"set_owners", "put_owner", "archive_owner"} & body.keys():
        return _change_owners(state, body)
    if "set_pipelines" in body:
        return _set_pipelines(state, body)
    records = records_of(state, str(body.get("object", "")))
    at = state.now()
    try:
        match body:
            case {"add_field": Mapping() as wanted}:
                name = str(wanted.get("name", ""))
                filled = {
                    "label": name,
                    "type": "string",
                    "fieldType": "text",
                    "groupName": records.kind.group,
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
            case {"remove_option": {"field": str() as name, "option": str() as option}}:
                definition = _without_option(records.properties.get(name), name, option, at)
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
            case {
                "add_rule": {
                    "kind": "required_if",
                    "field": str() as name,
                    "when": str() as when,
                    "is": list() as of,
                }
            }:
                records.required_if.append(Condition(name, when, frozenset(map(str, of))))
                return {"required_if": [each.field for each in records.required_if]}
            case _:
                raise ControlRefused(
                    "give one of add_field, change_field, remove_field, remove_option or add_rule"
                )
    except Refusal as refusal:
        raise ControlRefused(refusal.message) from refusal
    records.unique.rebuild()
    return definition.to_json()


def _without_option(old: Property | None, name: str, option: str, at: datetime) -> Property:
    if old is None or option not in old.options:
        raise ControlRefused(f"the property {name} has no option {option}")
    fewer = {value: label for value, label in old.options.items() if value != option}
    return replace(old, options=fewer, updated_at=at)


def change_settings(state: PortalState, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Change settings; all settings as they are then."""
    state.set(changed_settings(state.settings, body))
    return state.settings.to_json()


def _change_owners(state: PortalState, body: Mapping[str, Any]) -> Any:
    match body:
        case {"set_owners": list() as wanted}:
            state.owners.set([owner_from(each) for each in wanted])
        case {"put_owner": Mapping() as wanted}:
            state.owners.put(owner_from(wanted))
        case {"archive_owner": owner_id}:
            if not state.owners.archive(str(owner_id)):
                raise ControlRefused(f"no owner has the id {owner_id}")
        case _:
            raise ControlRefused("set_owners takes a list of owners, put_owner one, archive_owner an id")
    return {"owners": [each.id for each in state.owners], "active": sorted(state.owners.active)}


def _set_pipelines(state: PortalState, body: Mapping[str, Any]) -> Any:
    wanted = body["set_pipelines"]
    if not isinstance(wanted, list):
        raise ControlRefused("set_pipelines takes a list of pipelines")
    state.pipelines.set(pipeline_from(each) for each in wanted)
    state.follow_pipelines()
    return {"pipelines": {each.id: [stage.id for stage in each.stages] for each in state.pipelines}}
