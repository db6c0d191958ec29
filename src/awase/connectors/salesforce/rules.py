"""Validation rules, by the Tooling API: a list of the active ones in one call, then the formula of each that is new.

A formula is shown one rule a call only (from memory); the stamp of a rule's last change tells which need none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Never
from urllib.parse import quote

import msgspec

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.faults import failed_read
from awase.connectors.salesforce.rest import data_path, get
from awase.connectors.sdk.bodies import expected
from awase.connectors.sdk.calls import ask, ask_one
from awase.core.schema import Rule
from awase.ports.flows import Answer, Flow, Response

_OBJECT = "EntityDefinition.QualifiedApiName"
_LISTED = ("Id", "ValidationName", "ErrorDisplayField", "ErrorMessage", "LastModifiedDate")
_UNSEEN = frozenset({400, 403, 404})
"""Statuses by which the vendor keeps its rules from a user without the right to view setup."""


class _Definition(msgspec.Struct, frozen=True, rename="pascal"):
    qualified_api_name: str


class _Listed(msgspec.Struct, frozen=True, rename="pascal"):
    id: str
    validation_name: str
    last_modified_date: str
    entity_definition: _Definition
    error_display_field: str | None = None
    error_message: str | None = None


class _Rules(msgspec.Struct, frozen=True):
    records: list[_Listed]
    done: bool = True


class _Metadata(msgspec.Struct, frozen=True, rename="camel"):
    error_condition_formula: str | None = None


class _Shown(msgspec.Struct, frozen=True, rename="pascal"):
    metadata: _Metadata | None = None


def read_rules(
    api_version: str, objects: Sequence[str], known: Sequence[Rule]
) -> Flow[Never, tuple[Rule, ...]]:
    """The active rules of ``objects``; empty where the user may not view setup. ``known``: as read before."""
    asked = [soql.one_of(_OBJECT, objects), "Active = true"]
    text = soql.select([*_LISTED, _OBJECT], "ValidationRule", asked)
    answer = yield from ask_one(get(data_path(api_version, f"tooling/query?q={quote(text, safe='')}")))
    listed = expected(answer, _Rules)
    if listed is None:
        if isinstance(answer, Response) and answer.status in _UNSEEN:
            return ()
        raise failed_read(answer, "reading validation rules")
    before = {(rule.id, rule.changed): rule for rule in known}
    new = [each for each in listed.records if (each.id, each.last_modified_date) not in before]
    paths = [data_path(api_version, f"tooling/sobjects/ValidationRule/{each.id}") for each in new]
    answers = (yield from ask([get(path) for path in paths])) if paths else []
    for each, shown in zip(new, answers, strict=True):
        before[each.id, each.last_modified_date] = _rule(each, shown)
    return tuple(
        before[each.id, each.last_modified_date] for each in sorted(listed.records, key=lambda r: r.id)
    )


def _rule(listed: _Listed, answer: Answer) -> Rule:
    shown = expected(answer, _Shown)
    # The formula of a rule that belongs to an installed package is hidden (from memory): the rule is there all the same.
    formula = (
        shown.metadata.error_condition_formula if shown is not None and shown.metadata is not None else None
    )
    return Rule(
        id=listed.id,
        object=listed.entity_definition.qualified_api_name,
        name=listed.validation_name,
        formula=formula or "",
        message=listed.error_message or "",
        field=listed.error_display_field or "",
        changed=listed.last_modified_date,
    )
