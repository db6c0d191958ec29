"""Making properties, and adding options to one. Options are replaced as a whole, so that what is there is sent along."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Never
from urllib.parse import quote

import msgspec

from awase.connectors.hubspot.auth import VENDOR
from awase.connectors.hubspot.faults import vendor_words
from awase.connectors.hubspot.paths import Paths, canonical_object
from awase.connectors.sdk.bodies import JSON_HEADERS, expected, json_body
from awase.connectors.sdk.calls import ask_one, read_failure
from awase.core.new_fields import NewField
from awase.core.schema import Option
from awase.core.values import Kind
from awase.errors import AwaseError, BadInput
from awase.ports.flows import Answer, Flow, Lane, Request, Response

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")
"""Names of properties: small letters, digits and underscores, a letter first, at most 100 (from memory)."""
_TYPES: Mapping[Kind, tuple[str, str]] = {
    Kind.TEXT: ("string", "text"),
    Kind.BOOLEAN: ("bool", "booleancheckbox"),
    Kind.INTEGER: ("number", "number"),
    Kind.DECIMAL: ("number", "number"),
    Kind.DATE: ("date", "date"),
    Kind.DATETIME: ("datetime", "date"),
    Kind.TEXTS: ("enumeration", "checkbox"),
}
"""Type and field type that hold a kind's values (pairs confirmed)."""
_YES_OR_NO = (Option("true", "Yes"), Option("false", "No"))
"""A yes-or-no property has these two options (from memory)."""


def field_name(source: str) -> str:
    """``Industry_Group__c`` becomes ``industry_group``."""
    plain = re.sub(r"[^a-z0-9_]+", "_", re.sub(r"__[a-z]+\Z", "", source.lower())).strip("_")
    return plain if _NAME.match(plain) else f"crm_{plain}"[:100]


def definition(object: str, new: NewField) -> dict[str, Any]:
    """The body that makes ``new``. Raises BadInput for a name that HubSpot does not allow."""
    if not _NAME.match(new.name) or new.name.startswith("hs_"):
        raise BadInput(
            "a HubSpot property cannot be named “{name}”",
            where="--name",
            remedy="Use small letters, digits and _, a letter first; hs_ is HubSpot's own. For instance: {fitting}",
            name=new.name,
            fitting=field_name(new.name.removeprefix("hs_")),
        )
    type, field_type = _TYPES[new.kind]
    options = _YES_OR_NO if new.kind == Kind.BOOLEAN else new.options or ()
    if new.kind == Kind.TEXT and new.options is not None:
        type, field_type = "enumeration", "select"
    elif new.many_lines:
        field_type = "textarea"
    body: dict[str, Any] = {
        "name": new.name,
        "label": new.label,
        "type": type,
        "fieldType": field_type,
        "groupName": new.group or _usual_group(object),
        "description": new.description,
    }
    return (
        {**body, "options": [_option(one, place) for place, one in enumerate(options)]} if options else body
    )


def _usual_group(object: str) -> str:
    """The group that every object has (confirmed for the standard ones; of custom objects from memory)."""
    name = canonical_object(object)
    return f"{name}information" if name in ("contact", "company", "deal", "ticket") else f"{name}_information"


def _option(option: Option, place: int) -> dict[str, Any]:
    return {
        "label": option.label or option.value,
        "value": option.value,
        "displayOrder": place,
        "hidden": False,
    }


def create(paths: Paths, object: str, body: Mapping[str, Any]) -> Flow[Never, None]:
    """Make the property. An answer that was lost is looked for, never sent for again."""
    doing = f"making the property {body['name']}"
    answer = yield from ask_one(_write("POST", paths.properties(object), body))
    if isinstance(answer, Response) and answer.status in (200, 201):
        return
    if not isinstance(answer, Response) and answer.maybe_sent:
        found = yield from _property(paths, object, str(body["name"]))
        if isinstance(found, Response) and found.status == 200:
            return
    raise _refused(answer, doing, object)


def add_options(paths: Paths, object: str, name: str, options: Sequence[Option]) -> Flow[Never, int]:
    """Send the options that are there, as they are, and behind them those that are not; how many were added."""
    doing = f"adding options to the property {name}"
    before = yield from _options_of(paths, object, name)
    known = {str(one.get("value")) for one in before}
    new = [one for one in options if one.value not in known]
    if not new:
        return 0
    first = max((int(one.get("displayOrder") or 0) for one in before), default=-1) + 1
    body = {"options": [*before, *(_option(one, first + place) for place, one in enumerate(new))]}
    address = f"{paths.properties(object)}/{quote(name, safe='')}"
    answer = yield from ask_one(_write("PATCH", address, body))
    if not isinstance(answer, Response) and answer.maybe_sent:
        after = {str(one.get("value")) for one in (yield from _options_of(paths, object, name))}
        if after >= {one.value for one in new}:
            return len(new)
    if not isinstance(answer, Response) or answer.status != 200:
        raise _refused(answer, doing, object)
    return len(new)


def _write(method: str, address: str, body: Mapping[str, Any]) -> Request:
    return Request(
        method, address, headers=JSON_HEADERS, body=json_body(body), lane=Lane.WRITE, idempotent=False
    )


def _property(paths: Paths, object: str, name: str) -> Flow[Never, Answer]:
    address = f"{paths.properties(object)}/{quote(name, safe='')}"
    return (yield from ask_one(Request("GET", address, headers=JSON_HEADERS, lane=Lane.OTHER)))


class _Choices(msgspec.Struct, rename="camel"):
    options: list[dict[str, Any]] = []


def _options_of(paths: Paths, object: str, name: str) -> Flow[Never, list[dict[str, Any]]]:
    answer = yield from _property(paths, object, name)
    found = expected(answer, _Choices)
    if found is None:
        words = vendor_words(answer) if isinstance(answer, Response) else ""
        raise read_failure(answer, vendor=VENDOR, doing=f"reading the property {name}", words=words)
    return found.options


def _refused(answer: Answer, doing: str, object: str) -> AwaseError:
    if not isinstance(answer, Response):
        return read_failure(answer, vendor=VENDOR, doing=doing, words="")
    if answer.status == 429 or answer.status >= 500:
        return read_failure(answer, vendor=VENDOR, doing=doing, words=vendor_words(answer))
    return BadInput(
        "HubSpot refused {doing}: {words}",
        where=object,
        remedy="Give the app the scope to write property definitions ({scope}), then run the same command again."
        if answer.status == 403
        else "Change what HubSpot names, or make the property there by hand.",
        doing=doing,
        words=vendor_words(answer) or "no explanation",
        scope=f"crm.schemas.{_scope_name(object)}.write",
    )


def _scope_name(object: str) -> str:
    """What scopes call an object (confirmed for the standard ones; ``custom`` for all others)."""
    plurals = {"contact": "contacts", "company": "companies", "deal": "deals", "ticket": "tickets"}
    return plurals.get(canonical_object(object), "custom")
