"""The SFDX project that prepares an org for Awase: rights, key fields, and how to take both away again.

Written from the configuration alone, before anybody has signed in, so an administrator can read it first. What only the
org itself knows (which of its own fields are required) is told in the project's README.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from xml.etree import ElementTree

from awase.connectors.salesforce import setup_guide, soql
from awase.connectors.salesforce.consent import CONSENT_FIELDS, OPT_OUT_FIELD
from awase.core.mapping import FieldMapping, OnDelete, Sync
from awase.errors import BadConfiguration

PERMISSION_SET = "Awase_Integration"
KEY_LENGTH = 255
"""The most a Text field holds (from memory); a key of ours takes about forty characters."""

_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_OWN_FIELD = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c\Z")
"""A custom field of the org itself; ``package__Field__c`` belongs to a package and cannot be made here."""

_NO_RIGHTS = {
    "": (
        "Id Name CreatedById CreatedDate LastModifiedById LastModifiedDate SystemModstamp IsDeleted OwnerId "
        "RecordTypeId MasterRecordId LastActivityDate LastViewedDate LastReferencedDate CurrencyIsoCode"
    ),
    "Lead": (
        "FirstName LastName MiddleName Salutation Suffix Company Status IsConverted ConvertedDate "
        "ConvertedAccountId ConvertedContactId ConvertedOpportunityId IsUnreadByOwner"
    ),
    "Contact": "FirstName LastName MiddleName Salutation Suffix",
    "Opportunity": "StageName CloseDate IsClosed IsWon ForecastCategory ForecastCategoryName",
}
"""Object ("" for all) → fields that a permission set cannot name: whoever may use the object has them. That a required
field is refused there is confirmed; which standard fields are like that is from memory."""

_ADDRESSES = {
    "Lead": ("",),
    "Contact": ("Mailing", "Other"),
    "Account": ("Billing", "Shipping"),
}
_ADDRESS_PARTS = (
    *("Street", "City", "State", "StateCode", "PostalCode", "Country", "CountryCode"),
    *("Latitude", "Longitude", "GeocodeAccuracy"),
)
"""Rights are given to an address as a whole (from memory)."""

_NEEDS_ALSO = {"Contact": "Account", "Opportunity": "Account"}
"""Object → another that must be readable, or the vendor refuses the set (the refusal's form confirmed, the pairs from
memory)."""

_Content: TypeAlias = "str | bool | Sequence[tuple[str, _Content]]"


@dataclass(frozen=True, slots=True)
class ObjectAccess:
    """What the integration user needs on one object. Reading is always among it."""

    object: str
    create: bool = False
    edit: bool = False
    delete: bool = False
    fields: Mapping[str, bool] | None = None
    """Field as a permission set names it → whether values may be written to it; None for an object that stands here
    only because another one needs it."""
    without_rights: tuple[str, ...] = ()
    """Mapped fields that a permission set cannot name."""
    tracked: tuple[str, ...] = ()
    """Mapped fields that Awase writes, whose history tells it what people edited meanwhile."""


def project(
    syncs: Sequence[Sync],
    *,
    key_field: str,
    api_version: str,
    login_url: str = "https://login.salesforce.com",
) -> dict[str, str]:
    """Relative path → text of every file, in the order of the paths.

    Raises BadConfiguration for a key field that is none of the org's own, SchemaMismatch for an impossible name.
    """
    if not _OWN_FIELD.match(key_field):
        raise BadConfiguration(
            "“{name}” cannot be created: it is no custom field of the org's own",
            where="key_field",
            remedy="Choose a name such as Awase_Key__c.",
            name=key_field,
        )
    wanted = access(syncs, key_field)
    keyed = [one.object for one in wanted if one.fields is not None]
    members = {
        "CustomField": [f"{object}.{key_field}" for object in keyed],
        "PermissionSet": [PERMISSION_SET],
    }
    app = "force-app/main/default"
    files = {
        "sfdx-project.json": _sfdx_project(api_version, login_url),
        "manifest/package.xml": _package(members, api_version),
        "leaving/package.xml": _package({}, api_version),
        "leaving/destructiveChanges.xml": _package(members, None),
        f"{app}/permissionsets/{PERMISSION_SET}.permissionset-meta.xml": _permission_set(wanted),
        **{f"{app}/objects/{o}/fields/{key_field}.field-meta.xml": _key_field(key_field) for o in keyed},
        "README.md": setup_guide.english(_facts(wanted, keyed, key_field, login_url)),
        "README.ja.md": setup_guide.japanese(_facts(wanted, keyed, key_field, login_url)),
    }
    return dict(sorted(files.items()))


def access(syncs: Iterable[Sync], key_field: str) -> tuple[ObjectAccess, ...]:
    """The least that these syncs need, one an object, in the order of their names."""
    syncs = tuple(syncs)
    objects = {soql.name(object) for sync in syncs for object in sync.crm_objects}
    found = {object: _object_access(object, syncs, key_field) for object in objects}
    for object in objects & _NEEDS_ALSO.keys():
        found.setdefault(_NEEDS_ALSO[object], ObjectAccess(_NEEDS_ALSO[object]))
    return tuple(found[object] for object in sorted(found))


def _object_access(object: str, syncs: Sequence[Sync], key_field: str) -> ObjectAccess:
    create = any(rule.object == object for sync in syncs for rule in sync.create_as)
    opt_outs = object in CONSENT_FIELDS
    delete = any(object in sync.crm_objects and sync.deleted_in_ma is OnDelete.DELETE for sync in syncs)
    mapped: dict[str, bool] = {}
    for name, mapping in _mappings(object, syncs):
        mapped[name] = mapping.direction.may_write("crm") or mapped.get(name, False)
    for name in _filtered_by(object, syncs):
        mapped.setdefault(name, False)
    fields = {key_field: True} | ({OPT_OUT_FIELD: True} if opt_outs else {})
    for name, written in mapped.items():
        if not needs_no_rights(object, name):
            whole = right_for(object, name)
            fields[whole] = written or fields.get(whole, False)
    return ObjectAccess(
        object=object,
        create=create,
        # The vendor grants deleting only together with editing (confirmed).
        edit=opt_outs or delete or any(mapped.values()),
        delete=delete,
        fields=dict(sorted(fields.items())),
        without_rights=tuple(sorted(name for name in mapped if needs_no_rights(object, name))),
        tracked=tuple(sorted(name for name, written in mapped.items() if written)),
    )


def _mappings(object: str, syncs: Iterable[Sync]) -> Iterable[tuple[str, FieldMapping]]:
    """The object's mapped fields that are read at all."""
    for sync in syncs:
        for mapping in sync.fields:
            name = sync.field_on(mapping, "crm", object) if object in sync.crm_objects else None
            if name is not None and (mapping.direction.may_write("crm") or mapping.direction.may_write("ma")):
                yield soql.name(name), mapping


def _filtered_by(object: str, syncs: Iterable[Sync]) -> Iterator[str]:
    """The fields that a sync's filter looks at, which have to be read even if nothing maps them."""
    waiting = [test for sync in syncs if object in sync.crm_objects for test in sync.filter_crm]
    while waiting:
        test = waiting.pop()
        waiting += test.any_of
        if test.field:
            yield soql.name(test.field)


def needs_no_rights(object: str, field: str) -> bool:
    """Whether whoever may use the object has this standard field."""
    named = f"{_NO_RIGHTS['']} {_NO_RIGHTS.get(object, '')}".casefold().split()
    return field.casefold() in named


def right_for(object: str, field: str) -> str:
    """The compound that rights are given to, for a part of one; otherwise the field."""
    if field.endswith("__s"):
        return f"{field.removesuffix('__s').rpartition('__')[0]}__c"
    for prefix in _ADDRESSES.get(object, ()):
        if field.startswith(prefix) and field.removeprefix(prefix) in _ADDRESS_PARTS:
            return f"{prefix}Address"
    return field


def _sfdx_project(api_version: str, login_url: str) -> str:
    content = {
        "packageDirectories": [{"path": "force-app", "default": True}],
        "name": "awase",
        "namespace": "",
        "sfdcLoginUrl": login_url,
        "sourceApiVersion": api_version,
    }
    return json.dumps(content, indent=2) + "\n"


def _package(members: Mapping[str, Sequence[str]], api_version: str | None) -> str:
    types = [
        ("types", [*(("members", name) for name in sorted(names)), ("name", kind)])
        for kind, names in sorted(members.items())
    ]
    return _xml("Package", [*types, *([("version", api_version)] if api_version else [])])


def _permission_set(wanted: Sequence[ObjectAccess]) -> str:
    fields: list[_Content] = [
        [("editable", editable), ("field", f"{one.object}.{field}"), ("readable", True)]
        for one in wanted
        for field, editable in (one.fields or {}).items()
    ]
    objects: list[_Content] = [
        [
            ("allowCreate", one.create),
            ("allowDelete", one.delete),
            ("allowEdit", one.edit),
            ("allowRead", True),
            ("modifyAllRecords", False),
            ("object", one.object),
            ("viewAllRecords", False),
        ]
        for one in wanted
    ]
    description = (
        "The rights of Awase's integration user: the mapped objects and fields, no more. "
        "Awaseの連携ユーザーの権限。対応づけたオブジェクトと項目だけです。"
    )
    return _xml(
        "PermissionSet",
        [
            ("description", description),
            *(("fieldPermissions", one) for one in fields),
            ("hasActivationRequired", False),
            ("label", "Awase Integration (Awase連携)"),
            *(("objectPermissions", one) for one in objects),
            ("userPermissions", [("enabled", True), ("name", "ApiEnabled")]),
        ],
    )


def _key_field(name: str) -> str:
    description = (
        "Written by Awase alone: which record of the marketing side this one was created from, so that no create is done twice. "
        "Awaseだけが書き込みます。どのレコードから作成したかを示し、二重の作成を防ぎます。"
    )
    return _xml(
        "CustomField",
        [
            ("fullName", name),
            ("caseSensitive", False),
            ("description", description),
            ("externalId", True),
            ("label", "Awase Key (Awaseのキー)"),
            ("length", str(KEY_LENGTH)),
            ("required", False),
            ("type", "Text"),
            ("unique", True),
        ],
    )


def _xml(root: str, content: _Content) -> str:
    element = _element(root, content)
    element.set("xmlns", _NAMESPACE)
    ElementTree.indent(element, "    ")
    body = ElementTree.tostring(element, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _element(name: str, content: _Content) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(content, bool):
        element.text = str(content).lower()
    elif isinstance(content, str):
        element.text = content
    else:
        element.extend(_element(part, inner) for part, inner in content)
    return element


def _facts(
    wanted: Sequence[ObjectAccess], keyed: Sequence[str], key_field: str, login_url: str
) -> setup_guide.Facts:
    return setup_guide.Facts(
        permission_set=PERMISSION_SET,
        key_field=key_field,
        login_url=login_url,
        objects=tuple(keyed),
        people=tuple(object for object in keyed if object in CONSENT_FIELDS),
        tracked={one.object: one.tracked for one in wanted if one.tracked},
        without_rights={one.object: one.without_rights for one in wanted if one.without_rights},
    )
