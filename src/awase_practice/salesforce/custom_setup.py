"""Custom settings and custom metadata as an administrator makes them: objects whose rows formulas read.

A setting's rows are loaded like any other rows; the records of a custom metadata type are part of the org's schema. The
API only reads either. [from memory: their own fields]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ..kernel.org import ControlRefused
from ..kernel.rows import Row
from .data import SYSTEM_AUTHOR, OrgData
from .fields import Field, ObjectType
from .ids import two_digits
from .stock_fields import lookup, only_read, text

_SETTING_TYPES: Final = ("Hierarchy", "List")
_METADATA: Final = "__mdt"
_OWNERS: Final = ("Organization", "Profile", "User")


def add_object(data: OrgData, name: str, declared: Mapping[str, Any]) -> ObjectType:
    """``{"label"?, "setting": "Hierarchy" | "List"}``, without ``setting`` for X__mdt. Raises ControlRefused."""
    setting = declared.get("setting", "")
    if name in data.full:
        raise ControlRefused(f"the org has an object {name}")
    fits = not setting if name.endswith(_METADATA) else name.endswith("__c") and setting in _SETTING_TYPES
    if not fits:
        raise ControlRefused(
            "a new object is a custom setting (X__c) of a type, or a custom metadata type (X__mdt)"
        )
    prefix = ("a" if setting else "m") + two_digits(len(data.full))
    if setting:
        owner = lookup("SetupOwnerId", "場所 ID", "User", "SetupOwner", required=True)
        fields: tuple[Field, ...] = (
            text("Name", "名前", 80, name_field=True),
            replace(owner, reference_to=_OWNERS),
        )
    else:
        fields = (
            text("DeveloperName", "API 参照名", 40, required=True),
            text("MasterLabel", "表示ラベル", 40, name_field=True),
            text("NamespacePrefix", "名前空間プレフィックス", 15),
            text("QualifiedApiName", "修飾 API 参照名", 70),
        )
    made = replace(only_read(name, str(declared.get("label", name)), prefix, *fields), setting=setting)
    data.add_kind(made)
    return made


def set_record(data: OrgData, kind: ObjectType, name: str, label: str, values: Mapping[str, Any]) -> None:
    """Make or replace the record of a custom metadata type that formulas call ``name``. Raises ControlRefused."""
    if not kind.name.endswith(_METADATA) or not name:
        raise ControlRefused(
            f"{kind.name} has no records that belong to the schema, or the record has no name"
        )
    prefix, _, developer_name = name.rpartition("__")
    whole = {
        **kind.defaults,
        **values,
        "DeveloperName": developer_name,
        "MasterLabel": label or developer_name,
        "NamespacePrefix": prefix or None,
        "QualifiedApiName": name,
    }
    table, found = data.tables[kind.name], record(data, kind, name)
    if found is None:
        table.insert(whole, SYSTEM_AUTHOR, data.now())
    else:
        table.update(found, whole, SYSTEM_AUTHOR, data.now())


def record(data: OrgData, kind: ObjectType, name: str) -> Row | None:
    """The record of a custom metadata type that formulas call ``name``."""
    live = data.tables[kind.name].live()
    return next((row for row in live if row.values["QualifiedApiName"].lower() == name.lower()), None)


def setup_owner(data: OrgData, said: str) -> str:
    """Whose row of a setting it is: an id, ``organization``, ``profile``, or a user by author (``user:integration``)."""
    named = {"organization": data.org_id, "profile": data.profile}
    return named.get(said) or (data.user_id(said) if said.startswith("user:") else said)
